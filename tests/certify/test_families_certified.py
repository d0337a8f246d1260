"""The named families are decided as theory says, with certificates, large members too."""

from __future__ import annotations

import time

import pytest
from deciding import decide
from width_two_rule import has_small_obstruction

from qeclose import Support
from qeclose.support import families

# E is all matrices of rank ≤ r, or a product of such sets and full spaces: block structure that does not overlap.
CLOSED = [
    families.full(2, 2, 2),
    families.full(3, 3, 2),
    families.full(7, 4, 3),
    families.full(300, 300, 50),
    families.hodlr(1, 1, 1),
    families.hodlr(2, 2, 1),
    families.hodlr(3, 4, 2),
    families.hodlr(6, 4, 3),
    families.block_low_rank(2, 1, 1),
    families.block_low_rank(4, 4, 2),
    families.block_low_rank(8, 6, 3),
    families.butterfly_pair(4, 1),
    families.butterfly_pair(16, 2),
    families.butterfly_pair(64, 3),
    families.monarch(3, 2),
]
# Two rows and two columns see nothing but the 2×2 LU mask.
ILL_POSED = [
    families.lu(2),
    families.lu(3),
    families.lu(20),
    families.lu(200),
    families.banded_lu(12, 1, 2),
    families.arrow(2, "last"),
    families.arrow(16, "last"),
    families.arrow(16, "first"),
    families.arrow(40, "first"),
    families.fsmf_example(),
]


def name(support: Support) -> str:
    return support.name


@pytest.mark.parametrize("support", CLOSED, ids=name)
def test_rank_bounds_on_disjoint_blocks_are_closed(support: Support) -> None:
    assert decide(support, seconds=20).closed


@pytest.mark.parametrize("support", ILL_POSED, ids=name)
def test_masks_with_the_lu_mask_in_a_corner_are_ill_posed(support: Support) -> None:
    order = min(support.shape)
    assert has_small_obstruction(support, sorted({*range(min(order, 5)), order - 1}))
    result = decide(support, seconds=20)
    assert not result.closed
    assert result.obstruction is not None
    assert result.obstruction.rows
    assert set(result.obstruction.terms) <= set(range(support.inner[0]))


def test_lu_of_order_200_costs_less_than_a_hundred_times_order_20() -> None:
    def cost(n: int) -> float:
        support = families.lu(n)
        best = 1e9
        for _ in range(3):
            start = time.process_time()
            decide(support)
            best = min(best, time.process_time() - start)
        return best

    cost(5)  # what is imported on first use is not counted
    assert cost(200) < 100 * max(cost(20), 1e-3)
