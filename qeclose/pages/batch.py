"""The page of a batch: a table of thousands of rows that sorts and filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qeclose.decide.verdict import Verdict
from qeclose.explaining.advice import advice_on
from qeclose.pages.document import document
from qeclose.pages.markup import Child, Markup, element
from qeclose.pages.masks import thumbnail
from qeclose.pages.verdict import page, verdict_body
from qeclose.support.model import Support

if TYPE_CHECKING:
    from qeclose.batch.run import Finished

__all__ = ["batch_page", "batch_pages"]

_HEADS = (
    ("item", ""),
    ("verdict", ""),
    ("expected", ""),
    ("m", "number"),
    ("n", "number"),
    ("r", ""),
    ("method", ""),
)
_MOST_REASON = 300
_MOST_PAGES = 500
"""Items that get a page of their own; the table has all of them."""


def batch_pages(finished: Sequence[Finished], summary: str) -> Iterator[tuple[str, str]]:
    """The names and texts of all pages, index.html last: that table, and a page for each of the first items not well-posed."""
    links: dict[int, str] = {}
    for number, found in enumerate(finished):
        support, record = found.item.support, found.record
        telling = record["verdict"] in ("ill-posed", "undecided")
        if telling and isinstance(support, Support) and len(links) < _MOST_PAGES:
            verdict = Verdict(support, record["verdict"], record["method"] or "", 0.0, record["reason"] or "")
            body = verdict_body(support, record, list(advice_on(verdict, None)))
            links[number] = f"item-{number + 1}.html"
            yield links[number], page([(found.item.title, body)])
    yield "index.html", batch_page(finished, links, summary)


def batch_page(finished: Sequence[Finished], links: Mapping[int, str], summary: str) -> str:
    """The page; ``links`` are the addresses of the pages of some items, relative to this one, by place in the list."""
    counts = Counter(found.record["verdict"] for found in finished)
    heads = [
        *(
            element("th", element("button", name, type="button"), scope="col", class_=kind or None)
            for name, kind in _HEADS
        ),
        element("th", element("button", "seconds", type="button"), scope="col", class_="number"),
        element("th", "masks", scope="col"),
        element("th", element("button", "reason", type="button"), scope="col"),
    ]
    table = element(
        "table",
        element("thead", element("tr", *heads)),
        element("tbody", *(_row(found, links.get(number)) for number, found in enumerate(finished))),
    )
    chosen = [element("option", f"all ({len(finished)})", value="")]
    chosen += [element("option", f"{name} ({count})", value=name) for name, count in sorted(counts.items())]
    tools = element(
        "div",
        element("label", "find ", element("input", id="wanted", type="search")),
        element("label", "verdict ", element("select", *chosen, id="verdict")),
        element("span", id="count", role="status"),
        class_="tools",
    )
    return document(
        "qeclose batch",
        element("h1", "qeclose batch"),
        element("p", summary, class_="lead"),
        element("p", "A click on a heading sorts, another one turns the order around.", class_="soft live"),
        tools,
        element("div", table, class_="scroll", tabindex="0", role="group", aria_label="results"),
        element("button", "more rows", id="more", type="button", class_="live"),
        script="batch.js",
        wide=True,
    )


def _row(found: Finished, link: str | None) -> Markup:
    record, item = found.record, found.item
    verdict, reason = record["verdict"], record["reason"] or ""
    support = item.support
    shape: Mapping[str, Any] = record.get("shape", {})
    name: Child = item.title if link is None else element("a", item.title, href=link)
    # What the verdict means is the same in every row; what is special comes after it.
    short = reason.partition("; ")[2] or reason
    short = short if len(short) <= _MOST_REASON else f"{short[:_MOST_REASON]}…"
    inner = shape.get("r", "")
    cells = [
        element("td", name),
        element("td", element("span", verdict, class_=f"verdict {verdict}")),
        element("td", record.get("expected") or ""),
        element("td", shape.get("m", ""), class_="number"),
        element("td", shape.get("n", ""), class_="number"),
        element("td", "×".join(map(str, inner)) if isinstance(inner, list) else inner),
        element("td", record["method"] or ""),
        element("td", f"{record['seconds'] or 0:.3f}", class_="number"),
        element("td", thumbnail(support) if isinstance(support, Support) else None),
        element("td", short, class_="reason"),
    ]
    return element("tr", *cells, data_verdict=verdict, data_text=f"{item.title} {verdict} {short}")
