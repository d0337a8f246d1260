"""Refutations by a minor: rank too large whatever stands where nothing is observed; theorem 2 of docs/completion.md."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

import qeclose
from qeclose.errors import CertificateError
from qeclose.support import Support

ONE_GAP = [[0, 1], [0, 0]]


def certificate(point: list[list[Any]], positions: list[list[int]], missing: list[str] | None = None) -> Any:
    """Rank one, 2×2: the curve x = (1, t), y = (1, 1/t), with (0, 1) missing."""
    return {
        "format": "qeclose-certificate",
        "version": 1,
        "mask": {"factors": [["1", "1"], ["11"]], "missing": missing or ["01", "00"]},
        "claim": "ill-posed",
        "proof": {
            "kind": "curve",
            "point": point,
            "factors": [
                [[0, 0, [[0, "1"]]], [1, 0, [[1, "1"]]]],
                [[0, 0, [[0, "1"]]], [0, 1, [[-1, "1"]]]],
            ],
            "refutation": {"kind": "minor", "positions": positions},
        },
    }


POINT = [[0, 0, "1"], [1, 1, "1"]]
SEEN = [[0, 0], [1, 0], [1, 1]]


def test_a_minor_that_no_value_makes_zero_refutes() -> None:
    assert qeclose.verify(certificate(POINT, SEEN)).complete


@pytest.mark.parametrize(
    ("positions", "said"),
    [
        ([[0, 0], [0, 1], [1, 0], [1, 1]], "not observed"),
        ([[0, 0], [1, 1]], "depends on what is not listed"),
        ([[0, 0], [1, 0]], "as many rows as columns"),
        ([[0, 0]], "enough for rank 1"),
        ([], "at least one"),
        ([[0, 0], [0, 0], [1, 0], [1, 1]], ""),
    ],
)
def test_a_minor_that_proves_nothing_is_rejected(positions: list[list[int]], said: str) -> None:
    with pytest.raises(CertificateError, match=said or "twice"):
        qeclose.verify(certificate(POINT, positions))


def has_such_a_minor(missing: list[list[int]], r: int) -> bool:
    lines = (itertools.combinations(range(len(side)), r + 1) for side in (missing, missing[0]))
    return any(sum(missing[i][j] for i in R for j in C) == 1 for R, C in itertools.product(*lines))


@pytest.mark.slow
@pytest.mark.parametrize("r", [1, 2, 3])
def test_a_minor_with_one_missing_entry_makes_a_pattern_ill_posed(r: int) -> None:
    rng = random.Random(r)
    tried = 0
    while tried < 3:
        m, n = rng.randint(r + 1, r + 2), rng.randint(r + 1, r + 2)
        missing = [[int(rng.random() < 0.15) for _ in range(n)] for _ in range(m)]
        if not has_such_a_minor(missing, r):
            continue
        tried += 1
        support = Support([[1] * r] * m, [[1] * r] * n, missing=missing)
        assert qeclose.check(support, method="certify", timeout=120).verdict == "ill-posed", missing
