"""References to pages of docs/ lead somewhere: the page is there, and so is the place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PLACE = re.compile(r"\b([a-z-]+\.md)#([\w-]+)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def texts() -> Iterator[Path]:
    for folder in ("qeclose", "tests", "scripts", "docs"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md"))
    yield from (ROOT / "README.md", ROOT / "CONTRIBUTING.md")


@lru_cache(maxsize=64)
def places(page: str) -> frozenset[str]:
    """What may stand after # in a link to the page: ids written there, and its headings as GitHub spells them."""
    text = next(path for path in (DOCS / page, ROOT / page) if path.exists()).read_text()
    spelled = (
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)
    )
    return frozenset(re.findall(r'<a id="([^"]+)">', text)) | frozenset(spelled)


def test_every_reference_to_a_place_in_a_page_is_there() -> None:
    lost = [
        f"{path.relative_to(ROOT)}: {page}#{place}"
        for path in texts()
        for page, place in PLACE.findall(path.read_text())
        if place not in places(page)
    ]
    assert not lost, "\n".join(lost)


def test_modules_that_docstrings_name_are_there() -> None:
    named = re.compile(r"``(?:qeclose\.)?([a-z_]+(?:\.\w+)+)``")
    rooms = {path.name for path in (ROOT / "qeclose").iterdir() if path.is_dir()}
    lost = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in texts()
        for name in named.findall(path.read_text())
        if name.partition(".")[0] in rooms and not is_there(name)
    ]
    assert not lost, "\n".join(lost)


def is_there(name: str) -> bool:
    """Whether ``name`` is a module of the package, or a name in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        place = ROOT.joinpath("qeclose", *parts[:count])
        for module in (place.with_suffix(".py"), place / "__init__.py"):
            if module.exists():
                return count == len(parts) or bool(re.search(rf"\b{parts[count]}\b", module.read_text()))
    return False


def test_theorems_are_cited_by_anchors_and_not_by_numbers_of_sections() -> None:
    numbered = re.compile(r"theory(\.md)?,? sections? \d", re.IGNORECASE)
    assert not [
        str(path) for path in texts() if path.name != "test_anchors.py" and numbered.search(path.read_text())
    ]


def test_an_anchor_stands_once_in_the_page_on_theory() -> None:
    ids = re.findall(r'<a id="([^"]+)">', (DOCS / "theory.md").read_text())
    assert len(ids) == len(set(ids)) > 15
