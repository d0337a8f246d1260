"""Where a matrix lies if some of its entries are not observed: E and A are seen at the others only."""

from __future__ import annotations

import copy
import random
from fractions import Fraction

import pytest
from attack.locations import Asked, outside
from attack.locations import trial as attack
from attack.tally import Tally
from hypothesis import given
from hypothesis import strategies as st

from qeclose import Support
from qeclose.checker import verify
from qeclose.errors import CertificateError
from qeclose.location import Location, locate
from qeclose.problem import without_free
from qeclose.support.bits import bits

NAN = float("nan")
CORNER = Support([[1], [1]], [[1], [1]], missing=[[1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("matrix", "place"),
    [
        ([[NAN, 2], [3, 6]], "inside"),
        ([["?", 1], [1, 0]], "frontier"),
        ([[7, 0], [1, 0]], "inside"),
        ([[None, 0], [0, 0]], "inside"),
    ],
)
def test_rank_one_with_one_entry_missing(matrix: object, place: str) -> None:
    """x₁y₂ = a, x₂y₁ = b, x₂y₂ = c has no solution exactly if a ≠ 0, b ≠ 0 and c = 0; the closure is everything."""
    found = locate(matrix, CORNER)
    assert found.place == place
    assert found.certificate is not None
    assert verify(found.certificate, CORNER).claim == place


def test_a_minor_with_a_missing_entry_says_nothing_and_one_without_does() -> None:
    rank_one = [[1], [1], [1]]
    matrix = [[1, 2, 3], [2, 4, 6], [3, 6, 0]]
    assert locate(matrix, Support(rank_one, rank_one)).place == "outside"
    holes = Support(rank_one, rank_one, missing=[[0, 0, 0], [0, 0, 0], [0, 0, 1]])
    found = locate(matrix, holes)
    assert found.place == "inside" and found.lower_bound == 0
    elsewhere = Support(rank_one, rank_one, missing=[[1, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert locate(matrix, elsewhere).place == "outside"


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=4))
def test_every_submatrix_without_a_missing_entry_lies_in_one_that_is_looked_at(
    missing: list[list[bool]],
) -> None:
    free = {i: sum(1 << j for j, hole in enumerate(row) if hole) for i, row in enumerate(missing) if any(row)}
    rows = (1 << len(missing)) - 1
    found = set(without_free(free, rows, 15))
    for down in range(1, rows + 1):
        touched = 0
        for i in bits(down):
            touched |= free.get(i, 0)
        across = 15 & ~touched
        assert not across or any(not down & ~r and not across & ~c for r, c in found)
    assert all(not free.get(i, 0) & columns for chosen, columns in found for i in bits(chosen))


def forged(location: Location, **changes: object) -> dict[str, object]:
    certificate = copy.deepcopy(location.certificate)
    assert certificate is not None
    return {**certificate, **changes}


def test_a_certificate_that_uses_a_missing_entry_is_refused() -> None:
    found = locate([[NAN, 2], [3, 6]], CORNER)
    with pytest.raises(CertificateError, match="not observed"):
        verify(forged(found, matrix=[[0, 0, "1"], [0, 1, "2"], [1, 0, "3"], [1, 1, "6"]]), CORNER)
    minor = {"kind": "rank", "rows": [0, 1], "columns": [0, 1]}
    with pytest.raises(CertificateError, match="not observed"):
        verify(forged(found, claim="outside", proof=minor, matrix=[[0, 1, "2"], [1, 0, "3"]]), CORNER)
    with pytest.raises(CertificateError):
        verify(forged(found), Support([[1], [1]], [[1], [1]]))


def test_an_entry_that_no_term_reaches_proves_nothing_if_it_is_missing() -> None:
    empty = Support([[1], [0]], [[1], [1]], missing=[[0, 0], [1, 0]])
    assert locate([[1, 2], [5, 0]], empty).place == "inside"
    assert locate([[1, 2], [5, 3]], empty).place == "outside"


@pytest.mark.parametrize("seed", range(12))
def test_places_agree_with_how_matrices_were_made_with_descent_and_with_z3(seed: int) -> None:
    pytest.importorskip("z3")
    tally = Tally()
    attack(seed, random.Random(f"holes {seed}"), tally)
    assert not tally.disagreements
    assert tally.counts["comparisons"] >= 2


def test_matrices_made_outside_are_found_outside() -> None:
    rng = random.Random(5)
    column = ((1,), (1,), (1,))
    asked = Asked((column, column), ((0, 1, 0), (0, 0, 0), (1, 0, 0)))
    for _ in range(5):
        matrix = outside(asked, rng)
        assert matrix is not None
        assert locate(matrix, asked.support).place == "outside"
        assert all(isinstance(entry, Fraction) for row in matrix for entry in row)
