"""Where no algorithm is known: bounds hold, ill-posed masks are told, ridge and bound do what they say."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

import qeclose
from qeclose import Support, fit
from qeclose.errors import UsageError
from qeclose.fitting import algorithm
from qeclose.fitting.local import Target, alternate, best_of_starts, starting_factors

LU = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])
SWAP = [[0, 1], [1, 0]]


def random_support(rng: np.random.Generator) -> Support:
    r = int(rng.integers(1, 4))
    sides = [(rng.random((int(rng.integers(2, 5)), r)) < 0.7).astype(int) for _ in "IJ"]
    return Support(*sides)


def require_sound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    support = random_support(rng)
    A = rng.standard_normal(support.shape)
    found = fit(A, support, seed=seed)
    scale = float((A**2).sum())
    assert np.isclose(found.loss, ((A - found.X @ found.Y.T) ** 2).sum())
    assert not found.X[~support.I.to_array().astype(bool)].any()
    assert not found.Y[~support.J.to_array().astype(bool)].any()
    assert found.lower_bound <= found.loss + 1e-12 * scale
    masks = tuple(mask.to_array().astype(bool) for mask in support.factors)
    other, _ = best_of_starts(Target(A, np.ones(A.shape, bool), masks), rng, starts=3)
    assert other.loss >= found.lower_bound - 1e-9 * scale
    if found.optimal:
        assert other.loss >= found.loss - 1e-9 * scale
    assert found.verdict == qeclose.check(support, method="certify").verdict


@pytest.mark.parametrize("seed", range(12))
def test_losses_are_true_and_never_below_the_lower_bound(seed: int) -> None:
    require_sound(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 600, 100))
def test_losses_are_true_and_never_below_the_lower_bound_on_500_masks(first: int) -> None:
    for seed in range(first, first + 100):
        require_sound(seed)


def require_as_good_as_100_starts(seeds: Iterable[int], masks: int, good_enough: int) -> None:
    """At most 1 % worse than the best of 100 random starts of plain alternation, on so many of the masks without an algorithm."""
    good = count = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        support = random_support(rng)
        if algorithm(support) is not None:
            continue
        A = rng.standard_normal(support.shape)
        sides = tuple(mask.to_array().astype(bool) for mask in support.factors)
        target = Target(A, np.ones(A.shape, bool), sides)
        runs = alternate(target, list(starting_factors(target, rng, 100, None)))
        found = fit(A, support, seed=seed)
        good += found.loss <= 1.01 * min(run.loss for run in runs) + 1e-6 * float((A**2).sum())
        count += 1
        if count == masks:
            break
    assert count == masks and good >= good_enough


def test_the_best_found_is_that_of_100_random_starts_on_a_few_masks() -> None:
    require_as_good_as_100_starts(range(8000, 8100), 5, 5)


@pytest.mark.slow
def test_the_best_found_is_seldom_worse_than_100_random_starts_of_alternation() -> None:
    require_as_good_as_100_starts(range(9000, 10000), 100, 95)


def test_many_starts_at_once_are_the_runs_of_each_alone() -> None:
    rng = np.random.default_rng(7)
    A = rng.standard_normal((4, 3))
    observed = rng.random(A.shape) < 0.9
    two = (rng.random((4, 2)) < 0.8, rng.random((2, 3)) < 0.8)
    three = (rng.random((4, 3)) < 0.8, rng.random((3, 2)) < 0.8, rng.random((2, 3)) < 0.8)
    for masks in (two, three):
        target = Target(A, observed, masks)
        starts = [[rng.standard_normal(mask.shape) for mask in masks] for _ in range(6)]
        for ridge in (0.0, 0.1):
            together = alternate(target, starts, ridge=ridge, rounds=5)
            for start, run in zip(starts, together, strict=True):
                (alone,) = alternate(target, [start], ridge=ridge, rounds=5)
                assert np.isclose(run.loss, alone.loss, rtol=1e-6)
                assert run.loss == pytest.approx(target.loss(run.factors))
                assert all(not f[~mask].any() for f, mask in zip(run.factors, masks, strict=True))
                # Steps of alternating least squares never go up.
                losses = [loss for loss, _ in run.history]
                assert ridge or all(b <= a * (1 + 1e-9) for a, b in zip(losses, losses[1:], strict=False))


def test_a_matrix_without_an_optimum_is_told_with_the_right_words() -> None:
    found = fit(SWAP, LU)
    assert found.verdict == "ill-posed"
    assert found.diverging and not found.optimal
    assert "some matrices have no optimum" in found.reason
    assert "the loss fell while terms grew" in found.reason and "stopped for that" in found.reason
    assert "--ridge" in found.reason and "--bound" in found.reason
    assert found.largest_term > 1000 and found.loss < 1e-4


def test_a_matrix_in_e_of_an_ill_posed_mask_has_its_factors() -> None:
    found = fit([[1, 2], [3, 4]], LU)
    assert found.verdict == "ill-posed" and found.optimal and not found.diverging
    assert np.allclose(found.X @ found.Y.T, [[1, 2], [3, 4]])


def test_a_ridge_keeps_factors_small_and_the_path_shows_them_grow() -> None:
    found = fit(SWAP, LU, ridge=0.1)
    assert not found.diverging and not found.optimal
    assert [point.ridge for point in found.path] == pytest.approx([0.1 * 10.0**-k for k in range(7)])
    losses, norms = [p.loss for p in found.path], [p.norms[0] for p in found.path]
    assert all(later < earlier for earlier, later in zip(losses, losses[1:], strict=False))
    assert all(later > earlier for earlier, later in zip(norms, norms[1:], strict=False))
    # For min (1 - xy)² + λ(x² + y²) with λ < 1 the optimum is xy = 1 - λ.
    single = fit([[1.0]], Support([[1]], [[1]]), ridge=0.25)
    assert np.isclose((single.X @ single.Y.T)[0, 0], 0.75)


def test_a_bound_holds_for_every_entry_and_more_room_means_less_loss() -> None:
    tight, wide = fit(SWAP, LU, bound=1.0, starts=4), fit(SWAP, LU, bound=3.0, starts=4)
    for found, bound in ((tight, 1.0), (wide, 3.0)):
        assert max(np.abs(factor).max() for factor in found.factors) <= bound
    assert wide.loss < tight.loss


def test_a_chain_without_an_algorithm_is_fitted_too() -> None:
    rng = np.random.default_rng(3)
    masks = [np.array([[1, 1], [1, 0], [0, 1]]), np.array([[1, 1], [0, 1]]), np.array([[1, 0, 1], [1, 1, 1]])]
    factors = [mask * rng.standard_normal(mask.shape) for mask in masks]
    A = factors[0] @ factors[1] @ factors[2]
    found = fit(A, Support.of_factors(masks))
    assert found.loss <= 1e-9 * (A**2).sum()
    assert all(not f[mask == 0].any() for f, mask in zip(found.factors, masks, strict=True))


def test_the_same_seed_gives_the_same_factors() -> None:
    A = np.random.default_rng(1).standard_normal((3, 3))
    support = Support([[1, 1], [1, 0], [1, 1]], [[1, 0], [1, 1], [0, 1]])
    one, two = fit(A, support, seed=4), fit(A, support, seed=4)
    assert one.loss == two.loss and (one.X == two.X).all()


@pytest.mark.parametrize(
    "matrix", [[[1, 2, 3]], [[1, "a"], [2, 3]], [[1, float("nan")], [1, 1]], [[1, 2], [3]]]
)
def test_what_is_no_matrix_of_this_shape_is_refused(matrix: object) -> None:
    with pytest.raises(UsageError):
        fit(matrix, LU)


def test_a_zero_matrix_and_masks_without_terms_are_no_trouble() -> None:
    assert fit(np.zeros((2, 2)), LU).loss == 0
    empty = fit([[3.0, 4.0]], Support([[0]], [[0], [0]]))
    assert empty.loss == 25 and empty.optimal


def test_missing_entries_are_not_asked_for() -> None:
    """Rank one, one entry of four missing: it can be completed, whatever stands there; but not if the entry opposite is 0."""
    support = Support([[1], [1]], [[1], [1]], missing=[[1, 0], [0, 0]])
    found = fit([[float("nan"), 2.0], [3.0, 6.0]], support)
    assert found.loss <= 1e-20
    assert np.isclose((found.X @ found.Y.T)[0, 0], 1.0)
    hopeless = fit([[5.0, 1.0], [1.0, 0.0]], support)
    assert hopeless.verdict == "ill-posed" and hopeless.diverging and not hopeless.optimal


@pytest.mark.parametrize("seed", range(4))
def test_with_missing_entries_losses_are_true_and_never_below_the_lower_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = 4, 3
    W = (rng.random((m, n)) < 0.2).astype(int)
    sides = [(rng.random((size, 2)) < 0.8).astype(int) for size in (m, n)]
    support = Support(*sides, missing=W)
    A = rng.standard_normal((m, n))
    found = fit(A, support)
    assert np.isclose(found.loss, ((A - found.X @ found.Y.T)[W == 0] ** 2).sum())
    masks = tuple(mask.to_array().astype(bool) for mask in support.factors)
    other, _ = best_of_starts(Target(A, W == 0, masks), rng, starts=3)
    assert other.loss >= found.lower_bound - 1e-9
    if found.optimal:
        assert other.loss >= found.loss - 1e-9
