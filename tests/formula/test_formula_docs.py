"""The output shown in docs/formulas.md is the real one."""

import re
from pathlib import Path

import pytest

from qeclose.formula.builders import AtomShape, SetName, set_formula
from qeclose.formula.printers import PRINTERS
from qeclose.support import Support

TEXT = (Path(__file__).parents[2] / "docs" / "formulas.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("syntax", PRINTERS)
def test_the_page_shows_what_each_printer_prints(syntax):
    shown = re.search(rf"^\*\*`{syntax}`\*\*:.*?^```\n(.*?)\n```", TEXT, re.DOTALL | re.MULTILINE)
    assert shown is not None
    rank_one = Support([[1], [1]], [[1], [1]])
    assert shown[1] == PRINTERS[syntax](set_formula(rank_one, SetName.E, AtomShape.EQUATIONS)).rstrip()


@pytest.mark.parametrize("word", [*SetName, *AtomShape])
def test_the_page_names_every_set_and_shape(word):
    assert f"`{word}`" in TEXT
