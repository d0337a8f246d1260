"""The page of a batch: a table of thousands of rows that sorts and filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qeclose.pages.document import document
from qeclose.pages.markup import Child, Markup, element
from qeclose.pages.masks import thumbnail
from qeclose.support.model import Support

if TYPE_CHECKING:
    from qeclose.batch.run import Finished

__all__ = ["batch_page"]

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
        script="batch.js",
    )


def _row(found: Finished, link: str | None) -> Markup:
    record, item = found.record, found.item
    verdict, reason = record["verdict"], record["reason"] or ""
    support = item.support
    shape: Mapping[str, Any] = record.get("shape", {})
    name: Child = item.title if link is None else element("a", item.title, href=link)
    short = reason if len(reason) <= _MOST_REASON else f"{reason[:_MOST_REASON]}…"
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
        element("td", short),
    ]
    return element("tr", *cells, data_verdict=verdict, data_text=f"{item.title} {verdict} {short}")
