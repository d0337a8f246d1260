"""Chains of Kronecker-sparse factors: as the package lazylinop saves them, as lists of patterns, and as arrays (a, b, c, d)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qeclose
from qeclose import Support, read
from qeclose.errors import InputError
from qeclose.support.families import butterfly, kronecker

PATTERNS = [(1, 3, 2, 4), (2, 2, 2, 2), (4, 2, 3, 1)]


def saved(patterns: list[tuple[int, int, int, int]], **more: Any) -> dict[str, Any]:
    """What lazylinop's save() writes: values of shape (a, b, c, d) as nested lists, one factor a key."""
    rng = np.random.default_rng(0)
    factors = {
        f"factor{k}": {
            "package": "numpy",
            "device": "cpu",
            "ks_values_real": rng.integers(0, 2, pattern).tolist(),
            "dtype": "float64",
        }
        for k, pattern in enumerate(patterns)
    }
    return {**factors, "params": None, "backend": "xp", **more}


def written(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value))
    return str(path)


def masks(support: Any) -> list[list[str]]:
    assert isinstance(support, Support)
    return [factor.to_strings() for factor in support.factors]


def test_what_lazylinop_saves_is_the_chain_of_its_patterns_whatever_the_values(tmp_path: Path) -> None:
    (found,) = read(written(tmp_path / "h.json", saved(PATTERNS)))
    assert masks(found) == masks(kronecker(PATTERNS))
    assert found.name == "h" and "(1, 3, 2, 4), (2, 2, 2, 2), (4, 2, 3, 1)" in found.notes[0]
    # Factors are products from left to right, in the order of their numbers, not in that of the file.
    turned = dict(reversed(saved(PATTERNS).items()))
    assert masks(read(written(tmp_path / "t.json", turned))[0]) == masks(found)
    eleven = [(1, 1, 1, 2)] * 10 + [(1, 2, 2, 1)]
    assert masks(read(written(tmp_path / "e.json", saved(eleven)))[0]) == masks(kronecker(eleven))


def test_a_permutation_is_left_out_and_told(tmp_path: Path) -> None:
    (found,) = read(written(tmp_path / "d.json", saved(PATTERNS, bitrev_perm=True)))
    assert masks(found) == masks(kronecker(PATTERNS))
    assert any("permutation" in note for note in found.notes)


def test_patterns_alone_and_arrays_of_four_dimensions_are_chains_too(tmp_path: Path) -> None:
    expected = masks(kronecker(PATTERNS))
    for name, value in (("l.json", PATTERNS), ("o.json", {"ks_patterns": PATTERNS})):
        assert masks(read(written(tmp_path / name, value))[0]) == expected
    arrays = [np.zeros(pattern) for pattern in PATTERNS]
    np.savez(tmp_path / "a.npz", *arrays)
    np.savez_compressed(tmp_path / "f.npz", **{f"F{k + 1}": array for k, array in enumerate(arrays)})
    for name in ("a.npz", "f.npz"):
        assert masks(read(str(tmp_path / name))[0]) == expected


def test_a_butterfly_read_from_a_file_is_well_posed_and_has_its_algorithm(tmp_path: Path) -> None:
    dyadic = [(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)]
    (found,) = read(written(tmp_path / "b.json", saved(dyadic)))
    assert masks(found) == masks(butterfly(8))
    verdict = qeclose.check(found, method="certify")
    assert (verdict.verdict, verdict.algorithm) == ("well-posed", "butterfly")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "no factor0"),
        ([], "wanted is a chain"),
        ([[1, 2, 2]], "wanted is a chain"),
        ([[1, 2, 2, 2]], "at least two patterns"),
        ([[1, 2, 2, 1], [1, 3, 2, 1]], "do not meet"),
        ([[1, 2, 0, 1], [1, 2, 2, 1]], "c must be at least 1"),
        ([[1, 2**30, 2**30, 2**30], [2**60, 1, 1, 1]], "too large"),
        ("text", "wanted is a chain"),
        ({"factor0": {"ks_values_real": [[[[1.0]]]]}, "factor2": {}}, "factor1 is missing"),
        ({"factor0": {}}, "factor0: no ks_values_real"),
        ({"factor0": {"ks_values_real": [[1, 2], [3]]}}, "factor0: its values are no array"),
        ({"factor0": {"ks_values_real": [[[["1"]]]]}}, "factor0: its values are no array"),
        ({"factor0": {"ks_values_real": [[[[[1]]]]]}}, "factor0: its values are no array"),
        ({"factor0": {"ks_values_real": 3}}, "factor0: its values are no array"),
    ],
)
def test_what_is_no_chain_is_refused_in_one_line(value: Any, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        read(written(tmp_path / "bad.json", value))


def test_broken_json_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"factor0":\n oops}')
    with pytest.raises(InputError, match=r"bad\.json:2:2: not JSON"):
        read(str(tmp_path / "bad.json"))


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"F1": np.zeros((1, 2, 2, 1)), "F2": np.zeros((2, 2))}, "four dimensions"),
        ({"F1": np.zeros((1, 2, 2, 1)), "G": np.zeros((1, 2, 2, 1))}, "are called F1"),
        ({"F1": np.zeros((1, 2, 2, 1)), "F3": np.zeros((1, 2, 2, 1))}, "are called F1"),
        ({"F1": np.zeros((1, 2, 0, 1)), "F2": np.zeros((1, 2, 2, 1))}, "c must be at least 1"),
        ({"F1": np.zeros((1, 2, 2)), "F2": np.zeros((1, 2, 2))}, "not a matrix"),
    ],
)
def test_arrays_that_are_no_chain_are_refused(
    arrays: dict[str, np.ndarray], problem: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(InputError, match=problem):
        read(str(tmp_path / "bad.npz"))
