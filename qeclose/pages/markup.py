"""HTML, SVG and MathML elements as text in which everything from outside is escaped.

Only ``element`` makes ``Markup``; a plain string among its children or attributes is text, and is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import final

from qeclose.report.drawing import clean

__all__ = ["Child", "Markup", "element", "joined", "text"]

_VOID = frozenset({"br", "hr", "input", "link", "meta"})


@final
class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | int | float | None | Iterable["Child"]
"""What an element may contain: markup, text to be escaped, numbers, nothing, or several of them."""


def text(value: str) -> Markup:
    """The text, escaped; what would reorder the letters around it or is no letter is replaced."""
    return Markup(escape("\n".join(map(clean, value.split("\n")))))


def joined(children: Iterable[Child]) -> Markup:
    """Children one after the other."""
    return Markup("".join(map(_child, children)))


def element(tag: str, *children: Child, **attributes: object) -> Markup:
    """``<tag attributes>children</tag>``; an attribute None or False is left out, True has no value.

    Underscores of names become hyphens, one at the end goes (``class_``).

    >>> element("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    """
    shown = "".join(
        f" {_name(name)}" if value is True else f' {_name(name)}="{text(str(value))}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{tag}{shown}>" if tag in _VOID else f"<{tag}{shown}>{joined(children)}</{tag}>")


def _name(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


def _child(child: Child) -> str:
    match child:
        case None:
            return ""
        case Markup():
            return child
        case str():
            return text(child)
        case int() | float():
            return str(child)
        case _:
            return joined(child)
