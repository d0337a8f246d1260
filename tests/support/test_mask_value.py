"""The Mask and Support values."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qeclose.support import Mask, Support


@st.composite
def grids(draw: st.DrawFn) -> list[list[int]]:
    m, n = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    return [[draw(st.integers(0, 1)) for _ in range(n)] for _ in range(m)]


@given(grids())
def test_lists_arrays_and_strings_tell_the_same_mask(grid: list[list[int]]) -> None:
    mask = Mask.from_lists(grid)
    assert mask.to_lists() == grid
    assert mask.to_array().tolist() == grid
    assert Mask.from_array(np.array(grid)) == mask
    assert Mask.from_lists(np.array(grid, dtype=bool)) == mask
    assert mask.to_strings() == ["".join(map(str, row)) for row in grid]


@given(grids())
def test_transposing_exchanges_rows_and_columns(grid: list[list[int]]) -> None:
    assert Mask.from_lists(grid).transpose().to_lists() == [
        list(column) for column in zip(*grid, strict=True)
    ]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_transposing_keeps_the_shape_of_empty_masks(shape: tuple[int, int]) -> None:
    mask = Mask((0,) * shape[0], shape[1])
    assert mask.transpose().shape == shape[::-1]
    assert mask.transpose().transpose() == mask
    assert mask.to_array().shape == shape


def test_a_large_mask_is_transposed_like_a_small_one() -> None:
    array = np.random.default_rng(1).integers(0, 2, (300, 517))
    mask = Mask.from_array(array)
    assert np.array_equal(mask.transpose().to_array(), array.T)


def test_a_row_with_a_bit_beyond_the_last_column_is_refused() -> None:
    with pytest.raises(ValueError, match="outside its 2 columns"):
        Mask((0b100,), 2)
    with pytest.raises(ValueError, match="outside its 2 columns"):
        Mask((-1,), 2)


def test_only_matrices_are_masks() -> None:
    with pytest.raises(ValueError, match="not one with 3 dimensions"):
        Mask.from_array(np.zeros((1, 1, 1)))
    with pytest.raises(ValueError, match="same length"):
        Mask.from_lists([[1], [1, 0]])


def test_a_wide_mask_can_be_shown() -> None:
    assert repr(Mask((1 << 50_000,), 50_001)) == "<Mask 1x50001, 1 inside>"
    assert repr(Mask.from_lists([[1, 0], [1, 1]])) == "<Mask 2x2: 10 11>"


def test_a_4096_square_mask_takes_about_two_megabytes() -> None:
    mask = Mask(((1 << 4096) - 1,) * 1, 4096)
    assert sys.getsizeof(mask.rows[0]) * 4096 < 3_000_000


def test_name_and_source_take_no_part_in_equality() -> None:
    first, second = (Support([[1]], [[1]], name=name, source=name) for name in "ab")
    assert first == second
    assert hash(first) == hash(second)
    assert pickle.loads(pickle.dumps(first)).name == "a"  # noqa: S301 (pickled here)


def test_a_support_of_terms_has_those_terms() -> None:
    terms = ((0b011, 0b10), (0b110, 0b01), (0b011, 0b10))
    support = Support.of_terms(3, 2, terms)
    assert support.shape == (3, 2)
    assert support.terms == terms
    with pytest.raises(ValueError, match="outside its 3 columns"):
        Support.of_terms(3, 2, [(0b1000, 1)])


def test_importing_supports_does_not_import_numpy() -> None:
    program = "import sys, qeclose.support; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
