"""The page on applications says what is true of its files; criteria of unique factors against numbers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qeclose
from qeclose.support import Mask
from qeclose.support.identifiability import identifiability

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "applications.md").read_text("utf-8")
FILES = re.findall(r"^\| `([\w.]+)` \|[^|]*\| ([\w-]+) \| (yes|no) \|$", PAGE, flags=re.MULTILINE)
FAMILIES = re.findall(r"`qeclose generate ([^`]+)` \| ([\w-]+) \|$", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize(("file", "verdict", "unique"), FILES)
def test_files_of_the_page(file: str, verdict: str, unique: str) -> None:
    (support,) = qeclose.read(str(ROOT / "supports" / "applications" / file))
    assert isinstance(support, qeclose.Support)
    assert qeclose.check(support, method="certify").verdict == verdict
    assert support.J.nnz == len(support.J.rows) * support.J.n_cols
    assert identifiability(support.I).holds is (unique == "yes")


@pytest.mark.parametrize(("command", "verdict"), FAMILIES)
def test_families_of_the_page(command: str, verdict: str) -> None:
    family, *arguments = command.split()
    assert qeclose.check(qeclose.generate(family, *arguments), method="certify").verdict == verdict


def test_the_page_has_its_tables() -> None:
    assert len(FILES) == 3
    assert len(FAMILIES) == 7


def test_the_report_uses_the_names_of_genes_and_factors() -> None:
    (support,) = qeclose.read(str(ROOT / "supports" / "applications" / "genes.I.csv"))
    report = " ".join(qeclose.check(support, method="certify").report().split())
    assert "rows cydA, narG, sdhC, columns s1, s2 and terms ArcA, FNR" in report


@given(st.integers(1, 5), st.integers(1, 3), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_criteria_are_those_of_generic_matrices(m: int, r: int, rng) -> None:
    rows = [[rng.randint(0, 1) for _ in range(r)] for _ in range(m)]
    found = identifiability(Mask.from_lists(rows))
    x = np.array(rows) * np.random.default_rng(rng.randint(0, 10**6)).normal(size=(m, r))
    assert found.full_rank == (np.linalg.matrix_rank(x) == r)
    for k in range(r):
        rest = np.delete(x[x[:, k] == 0], k, axis=1)
        rank = np.linalg.matrix_rank(rest) if rest.size else 0
        assert (k in found.failing) == (rank < r - 1)
