"""A whole page: one file that fetches nothing, with styles for light, dark, narrow and paper."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from pathlib import Path

from qeclose import __version__
from qeclose.pages.markup import Child, Markup, element

__all__ = ["document"]


def document(title: str, *content: Child, script: str | None = None, wide: bool = False) -> str:
    """The page with this content; ``script`` is the name of a file of this folder that makes it livelier.

    The content-security policy allows that script and the style by their digests, and nothing else at all: not from the
    network, not from what a mask file may have brought in.
    """
    style, code = _file("page.css"), None if script is None else _file(script)
    allowed = [f"style-src {_digest(style)}", "base-uri 'none'", "form-action 'none'"]
    allowed += [f"script-src {_digest(code)}"] if code is not None else []
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element(
            "meta", http_equiv="Content-Security-Policy", content="; ".join(["default-src 'none'", *allowed])
        ),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"qeclose {__version__}"),
        element("title", title),
        element("style", Markup(style)),
    )
    live = None if code is None else element("script", Markup(code))
    body = element("body", element("main", *content, class_="wide" if wide else None), live)
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


@cache
def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")
