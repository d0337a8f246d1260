"""The examples of docs/completion.md are decided as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qeclose
from qeclose.support import Support

PAGE = (Path(__file__).parents[2] / "docs" / "completion.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "expected"), [("ratings.txt", "ill-posed"), ("unrated.txt", "well-posed")])
def test_the_examples_are_decided_as_described(name: str, expected: str) -> None:
    blocks = [re.sub(r"(?m)^ {4}", "", block) for block in re.findall(r"(?:^ {4}.*\n)+", PAGE, re.MULTILINE)]
    (text,) = [block for block in blocks if block.startswith(f"# {name}")]
    verdict = qeclose.check(Support.parse(text), method="certify", timeout=60)
    assert verdict.verdict == expected
    assert qeclose.verify(verdict.certificate, Support.parse(text)).complete
