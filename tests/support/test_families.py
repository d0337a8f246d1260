"""The named families, checked against products computed with numpy, and the files in supports/."""

from __future__ import annotations

import tracemalloc
from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from qeclose.errors import UsageError
from qeclose.files import format_support, read_supports
from qeclose.support import FAMILIES, Support, generate
from qeclose.support.families import kronecker

SUPPORTS = Path(__file__).parents[2] / "supports"
PUBLISHED = {"full-2x2-r2", "full-3x3-r2", "lu-2", "lu-3", "fsmf-4x5-r4"}


def arrays(support: Support) -> list[np.ndarray]:
    return [factor.to_array().astype(int) for factor in support.factors]


@pytest.mark.parametrize("path", sorted(SUPPORTS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_published_file_is_what_its_first_line_generates(path: Path) -> None:
    command = path.read_text().splitlines()[0]
    family, *arguments = command.removeprefix("# qeclose generate ").split()
    support = generate(family, *arguments)
    assert path.read_text() == format_support(support, comment=support.source)
    assert [found.name for found in read_supports(str(path))] == [path.stem]


def test_the_published_examples_are_there_and_small() -> None:
    files = list(SUPPORTS.glob("*.txt"))
    assert {path.stem for path in files} >= PUBLISHED
    assert sum(path.stat().st_size for path in files) < 1_000_000
    for family in ("butterfly", "hodlr", "block-low-rank", "arrow"):
        assert len([path for path in files if path.stem.startswith(family)]) >= 3


def test_the_talks_example_is_as_drawn() -> None:
    left, right = (factor.to_strings() for factor in generate("fsmf-4x5-r4").factors)
    assert left == ["1101", "0110", "1010", "0101"]
    assert right == ["01010", "11001", "10110", "10101"]


def test_lu_is_lower_times_upper_triangular() -> None:
    left, right = arrays(generate("lu", "4"))
    assert np.array_equal(left, np.tri(4))
    assert np.array_equal(right, np.tri(4).T)


def test_banded_factors_multiply_to_the_band() -> None:
    left, right = arrays(generate("banded-lu", "7", "1", "2"))
    i, j = np.indices((7, 7))
    assert np.array_equal(left @ right > 0, (i - j <= 1) & (j - i <= 2))


def test_the_arrow_with_its_tip_last_has_no_fill_in() -> None:
    left, right = arrays(generate("arrow", "5"))
    i, j = np.indices((5, 5))
    assert np.array_equal(left @ right > 0, (i == j) | (i == 4) | (j == 4))


def test_the_arrow_with_its_tip_first_fills_in() -> None:
    left, right = arrays(generate("arrow", "5", "first"))
    assert (left @ right > 0).all()
    assert left.sum() == right.sum() == 2 * 5 - 1


def test_kronecker_factors_are_kronecker_products() -> None:
    patterns = [(2, 3, 2, 5), (2, 2, 3, 5)]
    for (a, b, c, d), factor in zip(patterns, arrays(kronecker(patterns)), strict=True):
        assert np.array_equal(factor, np.kron(np.kron(np.eye(a), np.ones((b, c))), np.eye(d)))


def test_the_kronecker_family_reads_its_chain() -> None:
    assert generate("kronecker", "2,3,2,5/2,2,3,5") == kronecker([(2, 3, 2, 5), (2, 2, 3, 5)])


def test_every_position_has_one_path_through_a_butterfly() -> None:
    factors = arrays(generate("butterfly", "16"))
    assert len(factors) == 4
    assert (reduce(np.matmul, factors) == 1).all()


@pytest.mark.parametrize("split", [1, 2, 3])
def test_a_butterfly_pair_is_the_product_of_the_chains_two_ends(split: int) -> None:
    chain = arrays(generate("butterfly", "16"))
    left, right = arrays(generate("butterfly-pair", "16", str(split)))
    assert np.array_equal(left, reduce(np.matmul, chain[:split]))
    assert np.array_equal(right, reduce(np.matmul, chain[split:]))


def test_monarch_is_an_interleaved_then_a_block_diagonal_factor() -> None:
    left, right = arrays(generate("monarch", "3", "2"))
    assert np.array_equal(left, np.kron(np.ones((3, 3)), np.eye(2)))
    assert np.array_equal(right, np.kron(np.eye(3), np.ones((2, 2))))


def test_hodlr_has_rank_terms_off_the_diagonal_and_dense_leaves() -> None:
    left, right = arrays(generate("hodlr", "2", "3", "1"))
    expected = np.kron(np.eye(4), 2 * np.ones((3, 3))) + 1
    assert np.array_equal(left @ right, expected)


def test_block_low_rank_has_rank_terms_in_each_block_off_the_diagonal() -> None:
    left, right = arrays(generate("block-low-rank", "3", "4", "2"))
    assert np.array_equal(left @ right, np.kron(2 * np.eye(3) + 2, np.ones((4, 4))))


def test_a_random_mask_depends_on_its_seed_alone() -> None:
    first = generate("random", "4", "5", "3", "0.5", "7")
    assert first == generate("random", "m=4", "n=5", "r=3", "seed=7")
    assert first != generate("random", "4", "5", "3", "0.5", "8")
    # These bits are the contract that every machine and Python version draws the same masks.
    assert first.I.to_strings() == ["110", "101", "101", "111"]


def test_a_random_mask_has_about_its_density() -> None:
    support = generate("random", "200", "200", "50", "0.2", "1")
    assert 0.18 < support.I.nnz / (200 * 50) < 0.22
    assert generate("random", "9", "9", "9", "0").I.nnz == 0
    assert generate("random", "9", "9", "9", "1").I.nnz == 81


def test_a_pruned_network_keeps_its_fraction_in_each_layer() -> None:
    support = generate("pruned-network", "10", "20", "30", "0.25", "3")
    assert support.shape == (10, 30)
    assert [factor.nnz for factor in support.factors] == [50, 150]
    assert support != generate("pruned-network", "10", "20", "30", "0.25", "4")


@pytest.mark.parametrize(
    ("family", "arguments", "message"),
    [
        ("lux", ["2"], "unknown family 'lux'"),
        ("lu", [], "n is missing: lu n"),
        ("lu", ["two"], "n must be a whole number, not 'two'"),
        ("lu", ["0"], "n must be at least 1, not 0"),
        ("lu", ["2", "3"], "too many values for lu n: '3'"),
        ("lu", ["2", "n=3"], "n is given twice"),
        ("lu", ["k=3"], "lu has no parameter 'k': lu n"),
        ("lu", ["100000"], "100000x100000 is too large: at most 268435456 entries"),
        ("full", ["1", "2000000", "1"], "2000000x1 is too large: at most 1048576 rows or columns"),
        ("banded-lu", ["3", "-1", "0"], "lower must not be negative"),
        ("arrow", ["3", "middle"], "tip must be last or first, not 'middle'"),
        ("butterfly", ["12"], "size must be a power of two from 4 on, not 12"),
        ("butterfly", ["-4"], "size must be a power of two from 4 on, not -4"),
        ("butterfly-pair", ["8", "3"], "split must be from 1 to 2, not 3"),
        ("kronecker", ["1,2,2"], "chain must look like"),
        ("kronecker", ["1,2,2,1"], "at least two patterns"),
        ("kronecker", ["1,2,2,1/1,3,2,1"], "2 columns do not meet 3 rows"),
        ("hodlr", ["1000000", "1", "1"], "levels must be at most 20"),
        ("random", ["1", "1", "1", "1.5"], "density must be from 0 to 1, not 1.5"),
        ("random", ["1", "1", "1", "nan"], "density must be from 0 to 1, not nan"),
        ("random", ["1", "1", "1", "0.5", "-1"], "seed must not be negative"),
        ("pruned-network", ["1", "1", "1", "-0.1"], "keep must be from 0 to 1"),
    ],
)
def test_a_family_refuses_what_it_cannot_make(family: str, arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        generate(family, *arguments)
    assert message in str(caught.value)


def test_every_family_says_what_it_is_and_what_it_takes() -> None:
    for name, family in FAMILIES.items():
        assert family.name == name
        assert family.summary.endswith((".", "…"))
        assert all(parameter.help for parameter in family.parameters)


@pytest.mark.parametrize(
    "call", ["lu 2000", "butterfly-pair 4096 6", "hodlr 7 32 8", "random 1000 1000 300"], ids=str
)
def test_large_members_stay_bitsets(call: str) -> None:
    tracemalloc.start()
    family, *arguments = call.split()
    support = generate(family, *arguments)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    entries = sum(factor.shape[0] * factor.shape[1] for factor in support.factors)
    n_rows = sum(factor.shape[0] + factor.shape[1] for factor in support.factors)
    # Rows and cached columns at an eighth of a byte an entry; a nested list would take eight bytes each.
    assert kept < entries // 2 + 100 * n_rows
    assert peak < 3 * entries + 200 * n_rows
