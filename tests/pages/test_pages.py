"""Pages: complete, escaped, fetching nothing, and small whatever the mask."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qeclose
from qeclose.batch.output.record import malformed, record
from qeclose.batch.requests.item import Item
from qeclose.batch.run import Finished
from qeclose.decide.options import Options
from qeclose.pages.batch import batch_page, batch_pages
from qeclose.pages.document import document
from qeclose.pages.markup import Markup, element
from qeclose.pages.verdict import explanation_page, verdicts_page
from qeclose.pages.verification import verification_page
from qeclose.support.families import lu
from qeclose.support.mask import Mask
from qeclose.support.names import Names

EVIL = "<script>alert(1)</script>&\"'><img src=x onerror=alert(2)>"
VOID = {"br", "hr", "input", "link", "meta"}


class Reader(HTMLParser):
    """Tags in order, and whether each is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def require_nothing_remote(page: str) -> None:
    reader = read(page)
    for tag, attributes in reader.seen:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or ""
            assert "//" not in value, (tag, name, value)
        assert not any(name.startswith("on") for name in attributes)
        assert "style" not in attributes
    assert "@import" not in page
    assert "url(" not in page
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|WebSocket", page)
    (policy,) = (a["content"] for tag, a in reader.seen if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def check(*factors):
    return qeclose.check(qeclose.Support(*factors), method="certify", timeout=60)


LU = ["10", "11"]


@pytest.fixture(scope="module")
def explained():
    return qeclose.explain(lu(3), timeout=60)


def test_a_page_tells_verdict_meaning_place_numbers_and_what_to_do(explained):
    page = explanation_page(explained)
    require_nothing_remote(page)
    words = "".join(read(page).said)
    for said in (
        "ill-posed", "Some matrices A have no best approximation", "4 minimal obstructions", "No. 1: rows 1, 2; columns 1, 2",
        "0.001", "1414", "What to do now", "contradiction",
    ):  # fmt: skip
        assert said in words


def test_the_obstruction_is_framed_in_the_picture_with_the_entries_of_a(explained):
    reader = read(explanation_page(explained))
    frames = [a for tag, a in reader.seen if a.get("class") == "frame"]
    assert len({(a["x"], a["y"]) for a in frames}) == 4
    coloured = {(a["x"], a["y"]) for tag, a in reader.seen if a.get("class") == "f0"}
    assert {(a["x"], a["y"]) for a in frames} <= coloured
    values = [a for tag, a in reader.seen if (a.get("class") or "").startswith("value")]
    assert len(values) == 4


def test_a_well_posed_page_tells_the_reductions_step_by_step_and_what_would_break_it():
    explanation = qeclose.explain(qeclose.Support(["11", "11"], ["10", "11"]), timeout=60)
    words = "".join(read(explanation_page(explanation)).said)
    assert "Every matrix A has a best approximation" in words
    assert "Simplified without loss, step by step" in words
    assert "absorb-equal" in words
    assert "Changing one of 2 of the 8 entries" in words


@given(st.text())
def test_text_never_becomes_markup(text):
    reader = read(document("t", element("p", text, title=text)))
    assert [tag for tag, _ in reader.seen] == [
        "html",
        "head",
        *["meta"] * 5,
        "title",
        "style",
        "body",
        "main",
        "p",
    ]


def test_names_from_files_are_escaped_everywhere():
    names = Names(((EVIL, EVIL), (EVIL, EVIL), (EVIL, EVIL)))
    support = qeclose.Support.of_factors(
        (Mask.from_lists([[1, 0], [1, 1]]), Mask.from_lists([[1, 1], [0, 1]])),
        name=EVIL,
        source=EVIL,
        names=names,
        notes=(EVIL,),
    )
    page = explanation_page(qeclose.explain(support, timeout=60))
    require_nothing_remote(page)
    assert EVIL not in page
    assert "<img" not in page
    assert page.count("<script") == 1


def test_markup_is_made_by_element_alone():
    assert element("p", Markup("<b>x</b>"), "<i>") == "<p><b>x</b>&lt;i&gt;</p>"
    assert element("input", hidden=True, value=None, data_x=1) == '<input hidden data-x="1">'


def test_a_mask_of_millions_of_entries_makes_a_small_page():
    rows = tuple((1 << 40) - 1 - ((1 << (i % 40)) - 1) for i in range(2000))
    support = qeclose.Support(Mask(rows, 40), Mask(rows, 40), name="large")
    verdict = qeclose.Verdict(support, "undecided", "certify", 1.0, "nothing was found")
    page = verdicts_page([verdict])
    assert len(page) < 1_000_000
    assert "drawn in 48 × 40 blocks" in page


def test_three_factors_have_a_page_too():
    verdict = qeclose.check(qeclose.Support.parse("F1:\n10\n11\nF2:\n10\n01\nF3:\n11\n01\n"), timeout=60)
    page = verdicts_page([verdict])
    require_nothing_remote(page)
    assert "X1X2X3" in page


def test_entries_that_are_not_observed_have_a_question_mark():
    support = qeclose.Support(["1", "1"], ["1", "1"], missing=["10", "00"])
    page = verdicts_page([qeclose.check(support, method="certify", timeout=60)])
    require_nothing_remote(page)
    assert page.count(">?</text>") == 1
    assert "not observed" in page


def test_several_supports_share_one_page():
    page = verdicts_page([check(LU, LU), check(["1"], ["1"])])
    require_nothing_remote(page)
    assert len(re.findall("<h1>", page)) == 2


def test_a_verified_certificate_has_a_page_with_its_proof():
    certificate = check(LU, LU).certificate
    found = qeclose.verify(certificate)
    report = {
        "result": "verified",
        "claim": found.claim,
        "name": "",
        "checked": list(found.checked),
        "engine_words": [],
    }
    page = verification_page([report], [certificate])
    require_nothing_remote(page)
    assert "something nonzero is 0: contradiction" in page
    assert "A is the limit of the product" in page and "Ever nearer, and ever larger" in page
    rejected = {"result": "rejected", "problem": EVIL, "name": EVIL}
    page = verification_page([rejected], [None])
    require_nothing_remote(page)
    assert EVIL not in page


def items(count: int) -> list[Finished]:
    verdict = check(LU, LU)
    said = verdict.to_json()
    options = Options("auto", None, (), 60.0, 4096, 0, (), True)
    support = qeclose.Support(LU, LU)
    found = []
    for number in range(count):
        item = Item(f"{EVIL}{number}.txt", "", options, support)
        found.append(Finished(number, item, record(item, {**said, "seconds": number / 7, "expected": None})))
    return found


@pytest.mark.slow
def test_ten_thousand_items_make_their_page_with_little_work():
    finished = items(10_000)
    start = time.process_time()
    page = batch_page(finished, {}, "10000 items")
    assert time.process_time() - start < 60
    assert len(page) < 20_000_000
    assert page.count("<tr ") == 10_000
    assert EVIL not in page


def test_pages_of_a_batch_link_to_each_other_and_nowhere_else():
    options = Options("auto", None, (), 60.0, 4096, 0, (), True)
    bad = Item("bad.txt", "", options, problem="bad.txt:1:1: what is this")
    finished = [*items(2), Finished(2, bad, record(bad, malformed(bad.problem)))]
    pages = dict(batch_pages(finished, "3 items"))
    assert sorted(pages) == ["index.html", "item-1.html", "item-2.html"]
    links = {a["href"] for tag, a in read(pages["index.html"]).seen if tag == "a"}
    assert links == {"item-1.html", "item-2.html"}
    for page in pages.values():
        require_nothing_remote(page)
