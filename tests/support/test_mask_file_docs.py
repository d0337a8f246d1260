"""The examples and tables of docs/mask-files.md are true."""

from __future__ import annotations

import re
from pathlib import Path

from qeclose.files import parse_many
from qeclose.support import FAMILIES, generate

PAGE = (Path(__file__).parents[2] / "docs" / "mask-files.md").read_text(encoding="utf-8")


def test_the_text_examples_are_read_as_described() -> None:
    blocks = re.findall(r"(?:^ {4}.*\n)+", PAGE, re.MULTILINE)
    texts = [block for block in blocks if re.search(r"^ +(I|F1):", block, re.MULTILINE)]
    lu, talk, named = ([*parse_many(text)] for text in texts)
    assert lu == [generate("lu", "2")]
    assert talk == [generate("fsmf-4x5-r4")]
    assert [support.name for support in named] == ["full", "sparse"]


def test_the_table_of_families_lists_each_with_its_parameters() -> None:
    table = PAGE[PAGE.index("| family |") :]
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*)\|", table, re.MULTILINE)
    assert {name: parameters.split() for name, parameters in rows} == {
        name: [parameter.name for parameter in family.parameters] for name, family in FAMILIES.items()
    }
