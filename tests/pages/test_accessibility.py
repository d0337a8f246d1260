"""axe-core finds nothing on any kind of page, light and dark, that would shut people out."""

from __future__ import annotations

import json

import pytest
from test_pages import items

import qeclose
from qeclose.pages.batch import batch_page, batch_pages
from qeclose.pages.verdict import explanation_page, verdicts_page
from qeclose.pages.verification import verification_page
from qeclose.support.families import lu

pytestmark = pytest.mark.slow

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
        for theme in ("0", "1"):
            flags = (f"--blink-settings=preferredColorScheme={theme}", "--virtual-time-budget=60000")
            passed, violations = run_in_page(text, axe + _RUN, *flags)
            assert passed > 10, name
            if violations:
                found[f"{name}, {'dark' if theme == '0' else 'light'}"] = violations
    assert not found, json.dumps(found, indent=1)
