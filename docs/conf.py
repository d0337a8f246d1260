"""The documentation as a site: ``sphinx-build -W --keep-going docs FOLDER`` (CONTRIBUTING.md says why Sphinx).

The pages are plain Markdown that GitHub shows as well. What a site needs besides, the order of its pages and the names of
places in them, is here and not in them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

import qeclose

project = "qeclose"
author = "the authors of qeclose"
project_copyright = "the authors of qeclose"
version = release = qeclose.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "index"
exclude_patterns = ["data"]

html_theme = "furo"
html_title = "qeclose"
html_copy_source = False
highlight_language = "none"
lexers["csv"] = TextLexer()

myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 90

NAVIGATION = {
    "Begin": ["tutorial", "notebook", "glossary"],
    "How to": ["ci", "batch", "pytorch", "applications", "completion", "new-engine"],
    "Commands": [
        "cli", "mask-files", "explain", "repair", "fit", "locate", "sample", "relu", "pages", "json", "exit-status",
    ],
    "Python": ["reference"],
    "How it decides": ["methods", "formulas", "engines", "benchmarks"],
    "Theory": ["theory", "classification", "chains"],
    "Trust": ["certificates", "trust", "effort", "architecture"],
}  # fmt: skip
"""All pages, as the site lists them. A page that is missing here is a warning, and so an error."""


def _with_navigation(_app: Any, name: str, source: list[str]) -> None:
    if name == root_doc:
        for caption, pages in NAVIGATION.items():
            listed = "\n".join(pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def _note_places(app: Any, doctree: Any) -> None:
    """Links may lead to ``<a id="…">`` in a page, as to its headings."""
    places = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for node in doctree.findall(lambda one: one.tagname == "raw"):
        for place in re.findall(r'<a id="([^"]+)">', node.astext()):
            places[place] = (node.line or 0, place, place)


MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="This page">',
    '<div id="search-results">': '<h1>Search</h1>\n<div id="search-results">',
    "<pre>": '<pre tabindex="0">',  # a block that is wider than the page is scrolled by keys
    "<dl>\n<dd>": '<dl role="presentation">\n<dd>',  # the lines of a long signature, no list of definitions
}
"""What axe-core finds in the pages that Sphinx and Furo make, and what it wants (tests/pages/test_accessibility.py)."""


def _mend(app: Any, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        for page in Path(app.outdir).rglob("*.html"):
            text = page.read_text("utf-8")
            for found, wanted in MENDED.items():
                text = text.replace(found, wanted)
            page.write_text(text, "utf-8")


def _as_python(_app: Any, _name: str, source: list[str]) -> None:
    """The cells of a notebook are shown, not run: the tests run them."""
    source[0] = source[0].replace("```{code-cell}", "```python")


def setup(app: Any) -> None:
    app.connect("source-read", _with_navigation)
    app.connect("source-read", _as_python)
    app.connect("doctree-read", _note_places)
    app.connect("build-finished", _mend)
