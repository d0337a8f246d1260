"""Two terms: the verdicts are those of the complete theorem, which no code of qeclose knows."""

from __future__ import annotations

import itertools
import random

import pytest
from deciding import decide
from line_types import blown_up, multisets, support_of_types, transposed
from width_two_rule import closed_by_the_theorem

from qeclose import Support
from qeclose.support import Mask

PAIRS = list(itertools.product(multisets(2), repeat=2))


def theorem_says_closed(support: Support) -> bool:
    one, other = support.terms
    return closed_by_the_theorem(one, other)


def test_the_pairs_of_types_are_all_121_and_of_both_kinds() -> None:
    assert len(PAIRS) == len(set(PAIRS)) == 121
    closed = sum(theorem_says_closed(support_of_types(*pair, 2)) for pair in PAIRS)
    assert 20 < closed < 101


def test_all_pairs_of_types_are_decided_as_the_theorem_says() -> None:
    for rows, columns in PAIRS:
        support = support_of_types(rows, columns, 2)
        assert decide(support).closed == theorem_says_closed(support), support.name


@pytest.mark.parametrize("seed", range(3))
def test_blown_up_pairs_are_decided_as_the_theorem_says(seed: int) -> None:
    rng = random.Random(seed)
    for rows, columns in rng.sample(PAIRS, 60):
        support = blown_up(rows, columns, 2, rng)
        small = support_of_types(rows, columns, 2)
        assert theorem_says_closed(support) == theorem_says_closed(small)  # the theorem only looks at types
        assert decide(support).closed == theorem_says_closed(support), support


def test_blow_ups_are_larger_have_empty_lines_and_are_sometimes_transposed() -> None:
    rng = random.Random(0)
    grown = [(pair, blown_up(*pair, 2, rng)) for pair in rng.sample(PAIRS, 60)]
    larger = sum(support.shape > (len(rows), len(columns)) for (rows, columns), support in grown)
    assert larger > 30
    assert any(0 in support.I.rows for _, support in grown)
    assert any(
        sorted(filter(None, support.I.rows)) == sorted(columns) != sorted(rows)
        for (rows, columns), support in grown
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_large_random_masks_with_two_terms_are_decided_as_the_theorem_says(seed: int) -> None:
    rng = random.Random(seed)
    verdicts = []
    for _ in range(150):
        m, n = rng.randint(1, 30), rng.randint(1, 30)
        pool = [
            rng.choice((0, 1, 2, 3)) for _ in range(3)
        ]  # few types in a mask, else nearly all are ill-posed
        support = Support(
            Mask(tuple(rng.choices(pool, k=m)), 2),
            Mask(tuple(rng.choices([rng.choice(pool), *pool], k=n)), 2),
        )
        for mask in (support, transposed(support)):
            verdicts.append(decide(mask).closed)
            assert verdicts[-1] == theorem_says_closed(mask), mask
    assert min(verdicts.count(True), verdicts.count(False)) > 30
