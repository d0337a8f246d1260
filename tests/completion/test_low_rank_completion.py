"""Low-rank completion: I and J full, some entries of A missing. The two theorems of docs/completion.md, as tests."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Iterator

import pytest

import qeclose
from qeclose.support import Support

Pattern = tuple[tuple[int, ...], ...]
"""1 is observed."""


def completion(observed: Pattern, r: int) -> Support:
    """Matrices of rank at most r, with these entries observed."""
    m, n = len(observed), len(observed[0])
    return Support([[1] * r] * m, [[1] * r] * n, missing=[[1 - e for e in row] for row in observed])


def verdict(support: Support, **options: object) -> str:
    return qeclose.check(support, timeout=60, **{"method": "certify", **options}).verdict  # type: ignore[arg-type]


def patterns_up_to_order(m: int, n: int) -> Iterator[Pattern]:
    """One m×n pattern of each class under permutations of rows and of columns."""
    seen = set()
    for rows in itertools.combinations_with_replacement(range(1 << n), m):
        orders = itertools.permutations(range(n))
        first = min(
            tuple(sorted(sum((row >> p[j] & 1) << j for j in range(n)) for row in rows)) for p in orders
        )
        if first not in seen:
            seen.add(first)
            yield tuple(tuple(row >> j & 1 for j in range(n)) for row in first)


def rank_one_is_closed(observed: Pattern) -> bool:
    """Every connected component of the bipartite graph is complete: rows that share a column have the same columns."""
    rows = [{j for j, entry in enumerate(row) if entry} for row in observed]
    return all(not a & b or a == b for a, b in itertools.combinations(rows, 2))


def test_there_are_as_many_classes_as_bipartite_graphs() -> None:
    assert [sum(1 for _ in patterns_up_to_order(n, n)) for n in (1, 2, 3, 4)] == [2, 7, 36, 317]


@pytest.mark.slow
@pytest.mark.parametrize("size", [(m, n) for m in (1, 2, 3) for n in (1, 2, 3)])
def test_rank_one_is_closed_if_and_only_if_components_are_complete(size: tuple[int, int]) -> None:
    for observed in patterns_up_to_order(*size):
        expected = "well-posed" if rank_one_is_closed(observed) else "ill-posed"
        assert verdict(completion(observed, 1)) == expected, observed


@pytest.mark.slow
def test_rank_one_on_every_pattern_of_four_by_four() -> None:
    """All 65,536, each decided in its class."""
    known = {first: verdict(completion(first, 1)) for first in patterns_up_to_order(4, 4)}
    for first, found in known.items():
        assert found == ("well-posed" if rank_one_is_closed(first) else "ill-posed"), first
    by_class = {
        tuple(sum(e << j for j, e in enumerate(row)) for row in first): v for first, v in known.items()
    }
    orders = list(itertools.permutations(range(4)))
    moved = [[sum((row >> p[j] & 1) << j for j in range(4)) for row in range(16)] for p in orders]
    for rows in itertools.product(range(16), repeat=4):
        observed = tuple(tuple(row >> j & 1 for j in range(4)) for row in rows)
        found = by_class[min(tuple(sorted(image[row] for row in rows)) for image in moved)]
        assert (found == "well-posed") == rank_one_is_closed(observed), observed


@pytest.mark.slow
def test_rank_one_on_the_other_sizes_up_to_four() -> None:
    for size in ((4, 1), (4, 2), (4, 3), (1, 4), (2, 4), (3, 4)):
        for observed in patterns_up_to_order(*size):
            expected = "well-posed" if rank_one_is_closed(observed) else "ill-posed"
            assert verdict(completion(observed, 1)) == expected, observed


SMALL = [pattern for size in ((2, 2), (2, 3)) for pattern in patterns_up_to_order(*size)]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("qepcad") is None, reason="QEPCAD is not installed")
@pytest.mark.parametrize("observed", SMALL)
def test_qepcad_agrees_with_the_theorem_on_rank_one(observed: Pattern) -> None:
    """Its descriptions of E and of the frontier, seen at the observed entries; no theorem of ours has a part in it."""
    found = verdict(completion(observed, 1), method="staged", engines=["qepcad"], presolve=False)
    assert found == ("well-posed" if rank_one_is_closed(observed) else "ill-posed")


@pytest.mark.slow
def test_z3_never_disagrees_with_the_theorem_on_rank_one() -> None:
    pytest.importorskip("z3")
    decided = 0
    for observed in SMALL:
        found = verdict(completion(observed, 1), method="existential", engines=["z3"])
        assert found in ("undecided", "well-posed" if rank_one_is_closed(observed) else "ill-posed"), observed
        decided += found != "undecided"
    assert decided >= len(SMALL) // 2


def test_verdicts_do_not_depend_on_the_order_of_lines_nor_on_transposition() -> None:
    rng = random.Random(3)
    for _ in range(6):
        m, n, r = rng.randint(2, 4), rng.randint(2, 4), rng.randint(1, 2)
        observed = tuple(tuple(int(rng.random() < 0.7) for _ in range(n)) for _ in range(m))
        rows, columns = rng.sample(range(m), m), rng.sample(range(n), n)
        moved = tuple(tuple(observed[i][j] for j in columns) for i in rows)
        turned = tuple(zip(*observed, strict=True))
        found = {verdict(completion(pattern, r)) for pattern in (observed, moved, turned)}
        assert len(found - {"undecided"}) <= 1, observed


def test_a_row_seen_in_r_columns_only_changes_nothing() -> None:
    """Such a row can be made whatever the others are, so it counts for nothing."""
    full = ((1, 1, 1), (1, 1, 1), (1, 1, 1))
    assert verdict(completion(full, 2)) == "well-posed"
    assert verdict(completion((*full, (1, 1, 0)), 2)) == "ill-posed"  # but it is one entry short of a minor
    assert verdict(completion((*full, (0, 0, 0)), 2)) == "well-posed"
