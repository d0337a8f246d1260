"""Well-posed by explicit solutions: full spaces and varieties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qeclose.checker.budget import TOO_LARGE, TooLarge
from qeclose.checker.claims import Closed, Step
from qeclose.checker.moves import Target
from qeclose.checker.polynomial import (
    Polynomial,
    Variable,
    as_constant,
    as_variable,
    read_polynomial,
    substitute,
    variables,
)
from qeclose.checker.problem import Problem
from qeclose.checker.products import term_products, term_variables
from qeclose.checker.questions import engine_names, full_space
from qeclose.checker.reading import Path, fields, members
from qeclose.checker.tree import Cases, Goal, check_tree

__all__ = [
    "check_asked_full_space",
    "check_full_space",
    "check_variety",
    "full_space_goal",
    "vanishing_equations",
]


def check_full_space(proof: Any, path: Path, claim: Closed) -> Step:
    """Check the tree for ∀A ∃X ∃Y on Q: E is everything, hence closed. Raises ``CertificateError``."""
    _, tree = fields(proof, path, "kind", "tree")
    goal, universal = full_space_goal(claim.problem, path)
    cases = Cases(tree, path / "tree", (), universal.__contains__, goal)
    found = f"{path}: full space by explicit solutions in {check_tree(cases)} case(s)"
    return Step((found,), trees=[cases])


def check_asked_full_space(proof: Any, path: Path, claim: Closed) -> Step:
    """The same on the word of an engine. Raises ``CertificateError``."""
    _, statement, engines = fields(proof, path, "kind", "statement", "engines")
    if statement != "full-space":
        raise (path / "statement").error('inside a proof an engine is asked for "full-space" only')
    goal, universal = full_space_goal(claim.problem, path)
    question = full_space(goal, universal, str(path), engine_names(engines, path / "engines"))
    return Step((f"{path}: full space, on the word of an engine",), questions=[question])


def check_variety(proof: Any, path: Path, claim: Closed) -> Step:
    """Check that E is, on Q, the zero set of the equations, hence closed.

    They vanish on all of E: putting Σ x y for every a leaves the zero polynomial. The tree gives every solution of them
    factors. Raises ``CertificateError``.
    """
    _, listed, tree = fields(proof, path, "kind", "equations", "tree")
    goal, universal = full_space_goal(claim.problem, path)
    equations = vanishing_equations(listed, path / "equations", term_products(claim.problem, path))
    cases = Cases(tree, path / "tree", equations, universal.__contains__, goal)
    what = f"{path}: the zero set of {len(equations)} equation(s)"
    return Step((f"{what}, by explicit solutions in {check_tree(cases)} case(s)",), trees=[cases])


def vanishing_equations(
    value: Any, path: Path, products: Mapping[tuple[int, int], Polynomial]
) -> list[Polynomial]:
    """The polynomials listed, in entries of A, after checking that they vanish if every entry is its product.

    Raises ``CertificateError``.
    """
    equations = []
    for where, entry in members(value, path):
        p = read_polynomial(entry, where)
        if other := variables(p) - {("a", *place) for place in products}:
            raise where.error(f"{list(min(other))} is no entry of A that is asked for")
        if not _vanishes(p, products, where):
            raise where.error("this polynomial does not vanish on all products")
        equations.append(p)
    return equations


def _vanishes(p: Polynomial, products: Mapping[tuple[int, int], Polynomial], path: Path) -> bool:
    try:
        for v in sorted(variables(p)):
            _, i, j = v
            p = substitute(p, v, products[int(i), int(j)], as_constant(1))
    except TooLarge:
        raise path.error(TOO_LARGE) from None
    return not p


def full_space_goal(problem: Problem, path: Path) -> tuple[Goal, frozenset[Variable]]:
    """The target Σ x y = a on Q, and the universal variables: the entries of A on Q."""
    sums = term_products(problem, path)
    wanted = {place: (as_variable(("a", *place)), as_constant(1)) for place in sums}
    goal = Goal(term_variables(problem.terms), target=Target(problem, sums, wanted))
    return goal, frozenset(("a", *place) for place in sums)
