"""Where there is an algorithm: the loss is that of theorem A, computed here in its own way, and nothing beats it."""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qeclose import Support, fit
from qeclose.fitting import algorithm
from qeclose.fitting.butterfly import butterfly
from qeclose.fitting.local import Target, best_of_starts
from qeclose.support.kronecker import Pattern, chainable_patterns

Array = NDArray[np.float64]
Terms = list[tuple[frozenset[int], frozenset[int]]]


def some(rng: np.random.Generator, size: int) -> frozenset[int]:
    chosen = frozenset(int(i) for i in np.flatnonzero(rng.random(size) < 0.6))
    return chosen or frozenset([int(rng.integers(size))])


def tractable_terms(rng: np.random.Generator, m: int, n: int) -> Terms:
    """Complete classes, and others whose rectangles are equal or disjoint but for what complete classes fill."""
    terms: Terms = []
    for _ in range(rng.integers(0, 3)):
        rows, columns = some(rng, m), some(rng, n)
        if min(len(rows), len(columns)) <= 3:
            terms += [(rows, columns)] * min(len(rows), len(columns))
    rest = list(range(m))
    rng.shuffle(rest)
    while rest and rng.random() < 0.8:
        size = int(rng.integers(1, len(rest) + 1))
        rows, rest = frozenset(rest[:size]), rest[size:]
        terms += [(rows, some(rng, n))] * int(rng.integers(1, 4))
    return terms or [(frozenset(range(m)), frozenset(range(n)))]


def support_of(terms: Terms, m: int, n: int) -> Support:
    return Support.of_terms(
        m, n, [(sum(1 << i for i in rows), sum(1 << j for j in columns)) for rows, columns in terms]
    )


def theorem_a(A: Array, terms: Terms) -> float | None:
    """The loss of theorem A by its own words; None if it does not apply."""
    m, n = A.shape
    classes = Counter(terms)
    complete = [t for t, count in classes.items() if count >= min(len(t[0]), len(t[1]))]
    filled = {(i, j) for rows, columns in complete for i in rows for j in columns}
    left: list[frozenset[tuple[int, int]]] = []
    for (rows, columns), count in classes.items():
        if (rows, columns) not in complete:
            left += [frozenset((i, j) for i in rows for j in columns if (i, j) not in filled)] * count
    left = [rest for rest in left if rest]
    for rest in left:
        rows, columns = {i for i, _ in rest}, {j for _, j in rest}
        if len(rest) != len(rows) * len(columns) or any(rest != o and rest & o for o in left):
            return None
    covered = {(i, j) for rows, columns in terms for i in rows for j in columns}
    loss = sum(A[i, j] ** 2 for i in range(m) for j in range(n) if (i, j) not in covered)
    for rest, s in Counter(left).items():
        block = A[np.ix_(sorted({i for i, _ in rest}), sorted({j for _, j in rest}))]
        loss += float((np.linalg.svd(block, compute_uv=False)[s:] ** 2).sum())
    return float(loss)


def require_optimum(seed: int) -> bool:
    rng = np.random.default_rng(seed)
    m, n = (int(side) for side in rng.integers(1, 7, 2))
    terms = tractable_terms(rng, m, n)
    A = rng.standard_normal((m, n)) * 10.0 ** rng.integers(-3, 4)
    expected = theorem_a(A, terms)
    if expected is None:
        return False
    support = support_of(terms, m, n)
    found = fit(A, support)
    scale = float((A**2).sum())
    assert abs(found.loss - expected) <= 1e-9 * scale
    assert found.optimal and found.theorem is not None and "theorem A" in found.theorem
    assert found.verdict == "well-posed" and not found.diverging
    assert algorithm(support) == "svd"
    assert not found.X[~support.I.to_array().astype(bool)].any()
    assert not found.Y[~support.J.to_array().astype(bool)].any()
    target = Target(
        A, np.ones(A.shape, bool), tuple(mask.to_array().astype(bool) for mask in support.factors)
    )
    local, _ = best_of_starts(target, rng, starts=2)
    assert local.loss >= expected - 1e-9 * scale
    return True


def test_the_loss_is_that_of_theorem_a_and_no_local_method_beats_it() -> None:
    assert sum(require_optimum(seed) for seed in range(40)) >= 20


@pytest.mark.slow
def test_the_loss_is_that_of_theorem_a_on_500_masks() -> None:
    done, seed = 0, 1000
    while done < 500:
        done += require_optimum(seed)
        seed += 1


def test_terms_of_one_line_each_meet_their_lines_whatever_else_is_fitted() -> None:
    """Rows of two widths, columns, and blocks below them: all found at once, and each leaves the others their positions."""
    m, n = 23, 19
    everywhere, right = frozenset(range(n)), frozenset(range(6, n))
    rows = [(frozenset([i]), everywhere) for i in (0, 2, 3, 7)] + [(frozenset([i]), right) for i in (11, 12)]
    below = frozenset(range(m)) - {0, 2, 3, 7, 11, 12}
    columns = [(below, frozenset([j])) for j in (18, 4, 5)]
    blocks = [(below, right - {18})] * 3 + [(frozenset([11, 12]), frozenset([0, 1]))]
    terms: Terms = [blocks[0], *columns, *rows, *blocks[1:]]
    A = np.random.default_rng(8).standard_normal((m, n))
    expected = theorem_a(A, terms)
    found = fit(A, support_of(terms, m, n))
    assert expected is not None and found.optimal
    assert abs(found.loss - expected) <= 1e-12 * float((A**2).sum())
    left = A - found.X @ found.Y.T
    assert np.abs(left[[0, 2, 3, 7]]).max() < 1e-12
    assert np.abs(left[np.ix_([11, 12], sorted(right))]).max() < 1e-12
    assert np.abs(left[np.ix_(sorted(below), [4, 5, 18])]).max() < 1e-12
    assert abs(float((left**2).sum()) - found.loss) <= 1e-12 * float((A**2).sum())


@pytest.mark.parametrize(
    ("patterns", "chainable"),
    [
        ([(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)], True),
        ([(1, 4, 2, 2), (2, 2, 3, 1)], True),
        ([(1, 3, 4, 1), (2, 2, 2, 1)], True),
        ([(2, 3, 2, 1), (1, 4, 2, 1)], False),
        ([(4, 2, 2, 1), (2, 2, 2, 2)], False),
    ],
)
def test_kronecker_patterns_are_read_off_the_masks(
    patterns: list[tuple[int, int, int, int]], chainable: bool
) -> None:
    masks = [np.kron(np.kron(np.eye(a), np.ones((b, c))), np.eye(d)).astype(int) for a, b, c, d in patterns]
    found = chainable_patterns(Support.of_factors(masks))
    assert found == ([Pattern(*p) for p in patterns] if chainable else None)


@st.composite
def chainable(draw: st.DrawFn) -> list[tuple[int, int, int, int]]:
    """Chains whose consecutive patterns share blocks of rank r: a' = aκ, d = d'λ, c = κr, b' = rλ; some blocks are thinner."""
    length = draw(st.integers(2, 4))
    small, few = st.integers(1, 2), st.integers(1, 3)
    kappa, lam, rank = ([draw(small) for _ in range(length - 1)] for _ in range(3))
    a, d = [draw(small)], [draw(small)]
    for k, l in zip(kappa, reversed(lam), strict=True):
        a.append(a[-1] * k)
        d.insert(0, d[0] * l)
    b = [draw(few), *(r * l for r, l in zip(rank, lam, strict=True))]
    c = [*(k * r for k, r in zip(kappa, rank, strict=True)), draw(few)]
    return list(zip(a, b, c, d, strict=True))


@given(chainable(), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.01, 1.0]))
@settings(max_examples=60, deadline=None)
def test_the_error_of_the_butterfly_algorithm_is_within_its_guarantee_of_any_product(
    patterns: list[tuple[int, int, int, int]], seed: int, size: float
) -> None:
    """A product is at the distance of the noise, so the smallest distance is no larger."""
    rng = np.random.default_rng(seed)
    masks = [np.kron(np.kron(np.eye(a), np.ones((b, c))), np.eye(d)) for a, b, c, d in patterns]
    product = functools.reduce(np.matmul, [mask * rng.standard_normal(mask.shape) for mask in masks])
    noise = size * rng.standard_normal(product.shape)
    noise[functools.reduce(np.matmul, masks) == 0] = 0
    made = butterfly(product + noise, [Pattern(*pattern) for pattern in patterns])
    factors = [factor.toarray() for factor in made.factors]
    assert all(not factor[mask == 0].any() for factor, mask in zip(factors, masks, strict=True))
    distance, scale = float((noise**2).sum()), float((product**2).sum()) + 1.0
    loss = float(((product + noise - functools.reduce(np.matmul, factors)) ** 2).sum())
    assert loss <= made.loss + 1e-9 * scale
    assert loss <= (len(patterns) - 1) * distance + 1e-9 * scale
    assert made.lower_bound <= distance + 1e-9 * scale
    if len(patterns) == 2:
        assert abs(made.lower_bound - loss) <= 1e-9 * scale


CHAINS = [
    [(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)],
    [(1, 3, 4, 4), (2, 4, 4, 2), (4, 4, 2, 1)],
    [(2, 2, 2, 2), (4, 2, 3, 1)],
    [(1, 4, 4, 2), (2, 4, 4, 1), (4, 2, 3, 1)],
]


@pytest.mark.parametrize("patterns", CHAINS)
def test_the_butterfly_algorithm_finds_products_again_and_keeps_its_guarantee(
    patterns: list[tuple[int, int, int, int]],
) -> None:
    masks = [np.kron(np.kron(np.eye(a), np.ones((b, c))), np.eye(d)) for a, b, c, d in patterns]
    support = Support.of_factors([mask.astype(int) for mask in masks])
    if chainable_patterns(support) is None:
        pytest.fail("these are chainable")
    rng = np.random.default_rng(5)
    factors = [mask * rng.standard_normal(mask.shape) for mask in masks]
    product = np.linalg.multi_dot(factors) if len(factors) > 2 else factors[0] @ factors[1]
    again = fit(product, support)
    assert again.loss <= 1e-20 * float((product**2).sum())
    assert again.optimal
    noisy = product + 0.1 * rng.standard_normal(product.shape)
    found = fit(noisy, support)
    target = Target(noisy, np.ones(noisy.shape, bool), tuple(mask.astype(bool) for mask in masks))
    local, _ = best_of_starts(target, rng, starts=1, warm=factors)
    if len(patterns) == 2:
        assert found.optimal
        assert found.loss <= local.loss + 1e-9
        return
    assert found.guarantee is not None
    assert found.loss <= found.guarantee**2 * local.loss + 1e-9
    assert found.lower_bound <= local.loss + 1e-9
    assert found.lower_bound <= found.loss
    shown = [factor.toarray() for factor in found.factors]
    assert all(not factor[mask == 0].any() for factor, mask in zip(shown, masks, strict=True))
    assert np.isclose(((noisy - np.linalg.multi_dot(shown)) ** 2).sum(), found.loss)
