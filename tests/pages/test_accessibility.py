"""axe-core finds nothing on any kind of page, light and dark, that would shut people out."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_pages import items

import qeclose
from qeclose.pages.batch import batch_page, batch_pages
from qeclose.pages.verdict import explanation_page, verdicts_page
from qeclose.pages.verification import verification_page
from qeclose.support.families import lu

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"
THEMES = {
    "dark": "--blink-settings=preferredColorScheme=0",
    "light": "--blink-settings=preferredColorScheme=1",
}
_LONG_ENOUGH = "--virtual-time-budget=60000"

_RUN = """
  result = axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
    .then(found => [found.passes.length, found.violations.map(one => [one.id, one.nodes.map(node => node.html).slice(0, 3)])])
"""


def pages() -> dict[str, str]:
    ill, well = (qeclose.check(one, timeout=60) for one in (lu(3), qeclose.generate("full", m=3, n=3, r=2)))
    assert ill.verdict == "ill-posed" and well.verdict == "well-posed"
    verified = {
        "result": "verified",
        "claim": "ill-posed",
        "name": "lu",
        "checked": ["the curve"],
        "engine_words": [],
    }
    rejected = {"result": "rejected", "problem": "the curve does not tend to A", "name": "other"}
    return {
        "explained": explanation_page(qeclose.explain(lu(2), timeout=60)),
        "well explained": explanation_page(qeclose.explain(well.support, timeout=60)),
        "verdicts": verdicts_page([ill, well]),
        "certificates": verification_page([verified, rejected], [ill.certificate, None]),
        "batch": batch_page(items(12), {0: "item-1.html"}, "12 items"),
        "batch item": next(text for name, text in batch_pages(items(12), "12 items") if name != "index.html"),
    }


def test_axe_finds_no_violation(run_in_page, axe):
    found = {}
    for name, text in pages().items():
        for theme, flag in THEMES.items():
            passed, violations = run_in_page(text, axe + _RUN, flag, _LONG_ENOUGH)
            assert passed > 10, name
            if violations:
                found[f"{name}, {theme}"] = violations
    assert not found, json.dumps(found, indent=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for name in ("sphinx", "furo", "myst_parser"):
        pytest.importorskip(name, reason=f"{name}, of the extra docs, is not installed")
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "sphinx", "-q", str(DOCS), str(folder)], timeout=600, check=True)
    return folder


SITE = ("index", "tutorial", "notebook", "certificates", "engines", "reference", "search", "genindex")
"""Pages with all that there is: lists, tables, formulas, pictures, blocks of code, long signatures, a form."""


@pytest.mark.parametrize("name", SITE)
def test_axe_finds_no_violation_on_the_site(
    name: str, site: Path, dump_page: Callable[..., str], axe: str
) -> None:
    code = f"""(() => {{
      let result;
      const tell = told => {{ document.title = JSON.stringify(told); }};
      addEventListener("load", () => {{ {_RUN}; result.then(tell); }});
    }})()"""
    (site / "axe.js").write_text(f"{axe}\n{code}", "utf-8")
    page = site / f"{name}-looked-at.html"
    whole = (site / f"{name}.html").read_text("utf-8")
    page.write_text(whole.replace("</body>", '<script src="axe.js"></script></body>'), "utf-8")
    for theme, flag in THEMES.items():
        title = dump_page(page, flag, _LONG_ENOUGH).partition("<title>")[2].partition("</title>")[0]
        passed, violations = json.loads(html.unescape(title))
        assert passed > 10
        assert violations == [], theme
