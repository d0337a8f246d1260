#!/usr/bin/env python3
"""Confirm a random sample of the classification of small masks by methods that share nothing with its proofs.

    python scripts/confirm_classification.py --rank 3 --count 25
    python scripts/confirm_classification.py --rank 3 --lists --engine z3
    python scripts/confirm_classification.py --rank 3 --count 10 --engine z3 --engine qepcad --timeout 20

The sample has as many pairs of each of four kinds: minimal ill-posed, other ill-posed, maximal well-posed, other well-posed.
With ``--lists`` it consists of all minimal ill-posed and all maximal well-posed ones.

Numerically, min ‖A − XYᵀ‖² + λ(‖X‖² + ‖Y‖²) is followed from random starts as λ → 0. For an ill-posed pair, A is the limit
point that its certificate names: the loss must tend to 0 while the factors grow, and no start may reach loss 0 with bounded
factors. Then, for pairs of all kinds, A is drawn at random, mostly as a limit of products whose factors blow up. If a pair is
well-posed, growing factors are never better than all bounded ones; of ill-posed pairs this shows how much such an attempt
finds. Numbers can contradict a verdict, but prove none.

With engines, the limit points are also put to them as systems of equations, which must have no solution; and pairs with few
positions are decided by elimination (``qeclose check --method staged --engine NAME``), first as they are and then
presolved. An engine that gives no answer in time confirms nothing.

Prints what was confirmed, contradicted and left open; the exit status is 1 if anything was contradicted.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space
from scipy.optimize import least_squares

import qeclose
from qeclose import Support
from qeclose.certify import Certified, certify
from qeclose.engine.protocol import Ability, Limits
from qeclose.engine.registry import find_engine
from qeclose.errors import EngineError
from qeclose.formula import builders
from qeclose.formula.symbols import substitute
from qeclose.support import Mask
from qeclose.table import RANKS, entries
from qeclose.table.coverage import coverage, multisets
from qeclose.table.types import Pair

Matrix = NDArray[np.float64]

WEIGHTS = tuple(10.0**-e for e in range(1, 13))
"""The λ of one run, each step starting from the solution of the one before."""
BOUNDED, GROWING = 1.5, 4.0
"""Factors by which ‖X‖² + ‖Y‖² grows over the last four steps, at most and at least."""
ATTAINED = 1e-12
"""A loss, relative to ‖A‖², that bounded factors only have if A is a product."""
APPROACHED = 1e-5
MARGIN = 1e-6
"""By how much growing factors have to be better."""
STARTS = 8
TARGETS = 50


@dataclass(frozen=True)
class Run:
    """Where one start ended: the loss relative to ‖A‖², and how the squared norm of the factors grew at last."""

    loss: float
    growth: float


def follow(support: Support, target: Matrix, rng: np.random.Generator) -> Run:
    """Minimise from one random start with ever smaller λ."""
    left, right = (mask.to_array().astype(bool) for mask in (support.I, support.J))
    cut, total = int(left.sum()), int(left.sum() + right.sum())

    def factors(z: Matrix) -> tuple[Matrix, Matrix]:
        x, y = np.zeros(left.shape), np.zeros(right.shape)
        x[left], y[right] = z[:cut], z[cut:]
        return x, y

    def residuals(z: Matrix, weight: float) -> Matrix:
        x, y = factors(z)
        return np.concatenate([(x @ y.T - target).ravel(), np.sqrt(weight) * z])

    def jacobian(z: Matrix, weight: float) -> Matrix:
        x, y = factors(z)
        m, n = target.shape
        by_x = np.einsum("ab,jk->ajbk", np.eye(m), y).reshape(m * n, m, -1)[:, left]
        by_y = np.einsum("ik,jb->ijbk", x, np.eye(n)).reshape(m * n, n, -1)[:, right]
        return np.vstack([np.hstack([by_x, by_y]), np.sqrt(weight) * np.eye(total)])

    # Large λ and small factors lead all starts to the same minimum, which need not be the best.
    z = rng.standard_normal(total) * 10 ** rng.uniform(0, 1.5)
    norms, scale = [], float((target**2).sum()) or 1.0
    for weight in WEIGHTS[rng.integers(0, 7) :]:
        solved = least_squares(
            residuals,
            z,
            jacobian,
            method="lm",
            args=(weight,),
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
            max_nfev=400,
        )
        z = solved.x
        norms.append(float(z @ z))
    x, y = factors(z)
    loss = float(((x @ y.T - target) ** 2).sum()) / scale
    return Run(loss, norms[-1] / max(norms[-5], 1e-9))


def certified_point(support: Support) -> Mapping[tuple[int, int], Fraction]:
    """The nonzero entries of the limit point that an ill-posed mask's certificate names."""
    result = certify(support, deadline=time.monotonic() + 30)
    if not isinstance(result, Certified) or result.closed:
        sys.exit(f"the classification has no limit point for {support}")
    return result.point


def by_limit_point(support: Support, rng: np.random.Generator) -> str:
    """For an ill-posed mask: whether the certificate's point is approached by growing factors only."""
    target = np.zeros(support.shape)
    for (i, j), value in certified_point(support).items():
        target[i, j] = float(value)
    runs = [follow(support, target, rng) for _ in range(STARTS)]
    if any(run.growth < BOUNDED and run.loss < ATTAINED for run in runs):
        return "contradicted"
    return "confirmed" if any(run.growth > GROWING and run.loss < APPROACHED for run in runs) else "open"


def violated(support: Support, rng: np.random.Generator) -> bool:
    """Whether for one of some random targets growing factors do better than all bounded ones."""
    for number in range(TARGETS):
        target = drawn_target(support, number, rng)
        bounded = growing = np.inf
        for start in range(10 * STARTS):
            run = follow(support, target, rng)
            bounded = min(bounded, run.loss if run.growth < BOUNDED else np.inf)
            growing = min(growing, run.loss if run.growth > GROWING else np.inf)
            # Most targets are products. Of the others some have a bounded optimum that is hard to find.
            if bounded < ATTAINED or (start >= STARTS and bounded <= growing + MARGIN):
                break
        else:
            return True
    return False


def drawn_target(support: Support, number: int, rng: np.random.Generator) -> Matrix:
    """A generic matrix, one of small integers, or, mostly, the limit of products of large factors that nearly cancel.

    That is ẊYᵀ + XẎᵀ with XYᵀ = 0, the limit of (X + tẊ)(Y + tẎ)ᵀ/t; the matrices have few nonzero entries.
    """
    left, right = (mask.to_array().astype(float) for mask in (support.I, support.J))

    def sparse(mask: Matrix) -> Matrix:
        return rng.integers(-1, 2, mask.shape) * mask

    if number < 2:
        entries = rng.standard_normal if number else lambda shape: rng.integers(-1, 2, shape)
        return np.where(left @ right.T > 0, entries((len(left), len(right))), 0.0)
    signs = [rng.choice((-1, 1), size) for size in left.shape]
    x = np.outer(*signs) * left * (rng.random(left.shape) < 0.7)
    y = np.zeros(right.shape)
    for j, terms in enumerate(right > 0):
        kernel = null_space(x[:, terms])
        y[j, terms] = kernel @ rng.standard_normal(kernel.shape[1])
    made: NDArray[np.float64] = sparse(left) @ y.T + x @ sparse(right).T
    return made


def outside(support: Support, engine: str, timeout: float) -> str:
    """For an ill-posed mask: whether the certificate's point is no product, by an engine for systems of equations."""
    point = certified_point(support)
    values = {symbol: point.get(place, Fraction(0)) for place, symbol in builders.entries(support).items()}
    inside = builders.membership(support, shape=builders.AtomShape.EQUATIONS)
    try:
        outcome = find_engine(engine).satisfy(substitute(inside, values), Limits(timeout, 4096))
    except EngineError:
        return "open"
    if outcome.value is None:
        return "open"
    return "confirmed" if outcome.value is False else "contradicted"


def by_engine(support: Support, closed: bool, engine: str, timeout: float) -> str:
    """What elimination says, without presolve if that is in reach."""
    for presolve in (False, True):
        found = qeclose.check(support, method="staged", engines=[engine], presolve=presolve, timeout=timeout)
        if found.verdict != "undecided":
            agrees = found.verdict == ("well-posed" if closed else "ill-posed")
            return "contradicted" if not agrees else "confirmed" if found.engines else "open"
    return "open"


def sample(
    rank: int, count: int | None, largest: int, rng: random.Random
) -> Iterator[tuple[str, Pair, bool]]:
    """Pairs of each kind with at most ``largest`` positions of A, and whether they are well-posed.

    ``count`` None: all that are minimal or maximal, and no others.
    """
    lines, known = multisets(rank), coverage(rank)
    frontier = {
        closed: {(e.rows, e.columns) for e in entries(rank) if e.closed == closed} for closed in (True, False)
    }
    for closed in (False, True):
        fits = [pair for pair in sorted(frontier[closed]) if len(pair[0]) * len(pair[1]) <= largest]
        name = "maximal well-posed" if closed else "minimal ill-posed"
        for pair in fits if count is None else rng.sample(fits, min(count, len(fits))):
            yield name, pair, closed
        if count is None:
            continue
        others = [
            (lines[a], lines[b])
            for a, b in np.argwhere(known == (1 if closed else -1)).tolist()
            if a
            and b
            and len(lines[a]) * len(lines[b]) <= largest
            and (lines[a], lines[b]) not in frontier[closed]
        ]
        for pair in rng.sample(others, min(count, len(others))):
            yield "other " + name.split()[1], pair, closed


def ask(method: str, support: Support, closed: bool, rng: np.random.Generator, timeout: float) -> str | None:
    """The outcome of a method; None if it is not for such masks."""
    if method == "random":
        found = violated(support, rng)
        return "confirmed" if found != closed else "contradicted" if closed else "open"
    if method == "limit point":
        return None if closed else by_limit_point(support, rng)
    engine, _, what = method.partition(", ")
    if what == "A not in E":
        return None if closed else outside(support, engine, timeout)
    return by_engine(support, closed, engine, timeout)


def confirm(options: argparse.Namespace) -> Counter[tuple[str, str, str]]:
    """How often which kind of pair had which outcome by which method."""
    methods = {"limit point": options.largest, "random": options.largest}
    for engine in options.engine:
        if Ability.SATISFY in find_engine(engine).abilities:
            methods[f"{engine}, A not in E"] = options.largest
        methods[f"{engine}, E closed"] = options.positions
    outcomes: Counter[tuple[str, str, str]] = Counter()
    for method, largest in methods.items():
        rng = np.random.default_rng(options.seed)
        count = None if options.lists else options.count
        for kind, pair, closed in sample(options.rank, count, largest, random.Random(options.seed)):
            support = Support(*(Mask(types, options.rank) for types in pair))
            outcome = ask(method, support, closed, rng, options.timeout)
            if outcome is None:
                continue
            outcomes[kind, method, outcome] += 1
            if outcome == "contradicted" or options.verbose:
                print(f"{outcome} ({method}): {kind}, rows {pair[0]}, columns {pair[1]}", flush=True)
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rank", type=int, choices=RANKS, default=3)
    parser.add_argument(
        "--count", type=int, default=10, help="pairs of each of the four kinds, for each method"
    )
    parser.add_argument(
        "--lists", action="store_true", help="all minimal and all maximal pairs instead of a sample"
    )
    parser.add_argument("--largest", type=int, default=36, help="positions of A, for the numerical method")
    parser.add_argument("--engine", action="append", default=[], help="also ask this engine (repeatable)")
    parser.add_argument("--positions", type=int, default=9, help="positions of A, for engines")
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds for each question to an engine")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true", help="list confirmed pairs as well")
    outcomes = confirm(parser.parse_args())
    print(f"{'kind':<20} {'method':<18} {'confirmed':>9} {'open':>5} {'contradicted':>13}")
    for kind, method in dict.fromkeys((kind, method) for kind, method, _ in outcomes):
        counts = [outcomes[kind, method, outcome] for outcome in ("confirmed", "open", "contradicted")]
        print(f"{kind:<20} {method:<18} {counts[0]:>9} {counts[1]:>5} {counts[2]:>13}")
    sys.exit(any(outcome == "contradicted" for _, _, outcome in outcomes))


if __name__ == "__main__":
    main()
