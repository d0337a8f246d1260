"""Closed under cardinality constraints: E, a finite union of the sets E(S), is a finite union of closed sets.

Either a rule says so at any size, or the supports are covered by *parts*. The maximal supports suffice, since E(S) grows with S.
A symmetry of the box and the bounds maps E to itself, and a part that says something about one support to one that says the
same about another.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from qeclose.checker.bounds import Bounded, maximal
from qeclose.checker.budget import spend
from qeclose.checker.claims import BoundedWellPosed, Closed, Obligation, Step
from qeclose.checker.goals import vanishing_equations
from qeclose.checker.masks import Factors, transposed
from qeclose.checker.polynomial import add
from qeclose.checker.problem import initial_problem
from qeclose.checker.products import term_products, term_variables
from qeclose.checker.reading import Path, fields, index, members
from qeclose.checker.tree import Cases, Goal, check_tree

__all__ = ["check_bounds_rule", "check_cover"]

# The rows of X and of Yᵀ.
_Masks = tuple[tuple[str, ...], tuple[str, ...]]
_Symmetry = Callable[[_Masks], _Masks]

_MAX_SUPPORTS = 20_000


def check_bounds_rule(proof: Any, path: Path, claim: BoundedWellPosed) -> Step:
    """A rule for all sizes. Raises ``CertificateError``."""
    return Step((_check_rule(proof, path, claim.bounded),))


def check_cover(proof: Any, path: Path, claim: BoundedWellPosed) -> Step:
    """The parts cover the union; that supports which are parts are closed is left to be proved.

    Raises ``CertificateError``.
    """
    bounded = claim.bounded
    _, parts = fields(proof, path, "kind", "parts")
    checked: list[str] = []
    rest: list[Obligation] = []
    trees: list[Cases] = []
    covering: list[_Masks] = []
    for where, part in members(parts, path / "parts"):
        if type(part) is dict and "proof" in part:
            factors, closed = fields(part, where, "factors", "proof")
            masks = bounded.read_member(factors, where / "factors")
            rest.append(Obligation(Closed(initial_problem(masks)), closed, where / "proof"))
        else:
            masks, cases, found = _check_inside(part, where, bounded)
            checked.append(found)
            trees.append(cases)
        covering.append((tuple(masks[0]), tuple(masks[1])))
    checked.append(_check_covered(covering, path / "parts", bounded))
    return Step(tuple(checked), rest, trees=trees)


def _check_rule(proof: Any, path: Path, bounded: Bounded) -> str:
    """Rules for all sizes.

    - disjoint-terms: no row of X (column of Yᵀ) has two entries. The terms of a support are disjoint, so its E is a product of
      sets of matrices of rank at most 1, which are closed.
    - line-terms: no column of X (row of Yᵀ) has two entries. A term of a support is any matrix on a part of one line, so its E is
      a space of matrices.
    - echelon: one factor is not bounded. A matrix of rank at most r has p lines that span the others, p = r or all of them:
      those are the lines of that factor, and the coefficients keep the other's bounds.
    - triangular: a matrix of rank at most r is P·L·U with p = min(m, n, r) pivots, and P·L and U keep the bounds.

    In the last two, E is the closed set of all matrices of rank at most r.
    """
    _, rule, factor = fields(proof, path, "kind", "rule", "factor")
    l = index(factor, path / "factor", 2)
    # Seen from X: for the other factor, all of it transposed.
    own = bounded.bounds[0] if l == 0 else bounded.bounds[1].flipped
    mask = bounded.box[0] if l == 0 else transposed(bounded.box[1])
    m, n, r = len(bounded.box[0]), len(bounded.box[1][0]), len(bounded.box[1])
    size = len(mask)
    full = all("0" not in row for rows in bounded.box for row in rows)
    sides = ((bounded.bounds[0], m), (bounded.bounds[1].flipped, n))
    match rule:
        case "disjoint-terms":
            holds = own.on(mask).row <= 1
        case "line-terms":
            holds = own.on(mask).column <= 1
        case "echelon":
            p = min(size, r)
            across = p if size > p else 1
            room = own.total >= p + (size - p) * p and own.row >= across and own.column >= size - p + 1
            holds = full and room and bounded.bounds[1 - l].allow(bounded.box[1 - l])
        case "triangular":
            p = min(m, n, r)
            holds = full and all(
                b.total >= lines * p - p * (p - 1) // 2 and b.row >= p and b.column >= lines
                for b, lines in sides
            )
        case _:
            raise (path / "rule").error("this rule is unknown")
    if not holds:
        raise path.error(f"the condition of the rule {rule} does not hold")
    return f"the rule {rule} holds"


def _check_inside(part: Any, path: Path, bounded: Bounded) -> tuple[Factors, Cases, str]:
    """A part of the union lies in a closed set all of which the union holds.

    The polynomials vanish on E of these masks, so it lies in their zero set, which is closed; and for each point there the
    tree gives factors that keep the bounds.
    """
    factors, vanishing, tree = fields(part, path, "factors", "vanishing", "tree")
    masks = bounded.read_inside(factors, path / "factors")
    products = term_products(initial_problem(masks), path)
    equations = vanishing_equations(vanishing, path / "vanishing", products)
    box = initial_problem(bounded.box)
    goal = Goal(
        term_variables(box.terms),
        tuple(
            add(product, {((("a", *place), 1),): -1}) if place in products else product
            for place, product in term_products(box, path).items()
        ),
    )
    is_universal = {("a", *place) for place in products}.__contains__
    where = path / "tree"
    cases = Cases(tree, where, equations, is_universal, goal)
    leaves = check_tree(cases)
    _check_solutions(tree, where, bounded)
    return masks, cases, f"{path}: every zero of the equations is in the union, by {leaves} case(s)"


def _check_solutions(tree: Any, path: Path, bounded: Bounded) -> None:
    """That the entries which each solution lists keep the bounds. The tree has been checked."""
    pending: list[Any] = [tree]
    while pending:
        node = pending.pop()
        pending += [node[key] for key in ("then", "zero", "nonzero") if key in node]
        if "solution" not in node:
            continue
        spend(sum(len(rows) * len(rows[0]) for rows in bounded.box))
        listed = {tuple(name) for name, _, _ in node["solution"]}
        for l, (letter, rows) in enumerate(zip("xy", bounded.box, strict=True)):
            support = [
                "".join("01"[(letter, *((b, a) if l == 0 else (a, b))) in listed] for b in range(len(row)))
                for a, row in enumerate(rows)
            ]
            if not bounded.bounds[l].allow(support):
                raise path.error("a solution does not keep the bounds")


def _check_covered(covering: list[_Masks], path: Path, bounded: Bounded) -> str:
    """That each maximal support is, up to symmetry, one of those covering, or that one of them is the whole box."""
    whole: _Masks = (tuple(bounded.box[0]), tuple(bounded.box[1]))
    if whole in covering:
        return "this holds for all supports in the box"
    lefts, rights = (list(maximal(bounded.box[l], bounded.bounds[l], path)) for l in (0, 1))
    count = len(lefts) * len(rights)
    if count > _MAX_SUPPORTS:
        raise path.error(f"there are {count} maximal supports, too many to be checked")
    missing: set[_Masks] = set(itertools.product(lefts, rights))
    symmetries = list(_symmetries(bounded))
    for part in covering:
        # Only maximal supports are walked: a symmetry maps them to each other.
        pending = [part]
        while pending:
            masks = pending.pop()
            spend(sum(len(rows) + (len(rows) * len(rows[0]) >> 5) for rows in masks))
            if masks in missing:
                missing.remove(masks)
                spend(len(symmetries) * sum(len(rows) + (len(rows) * len(rows[0]) >> 5) for rows in masks))
                pending += [symmetry(masks) for symmetry in symmetries]
    if missing:
        raise path.error("a maximal support that keeps the bounds is in no part, symmetry considered")
    return f"the parts cover all {count} maximal supports that keep the bounds"


def _symmetries(bounded: Bounded) -> Iterator[_Symmetry]:
    """Exchanges of two rows of A, of two terms, of two columns that leave the box as it is; transposition if that does."""
    left, right = bounded.box
    columns = transposed(right)
    terms = list(zip(transposed(left), right, strict=True))
    for a, b in _alike(left):
        yield lambda masks, a=a, b=b: (_exchanged(masks[0], a, b), masks[1])  # type: ignore[misc]
    for a, b in _alike(columns):
        yield lambda masks, a=a, b=b: (masks[0], _turned(_exchanged(_turned(masks[1]), a, b)))  # type: ignore[misc]
    for a, b in _alike(terms):
        yield lambda masks, a=a, b=b: (  # type: ignore[misc]
            _turned(_exchanged(_turned(masks[0]), a, b)),
            _exchanged(masks[1], a, b),
        )
    if left == columns and bounded.bounds[0] == bounded.bounds[1].flipped:
        yield lambda masks: (_turned(masks[1]), _turned(masks[0]))


def _alike(lines: list[Any]) -> Iterator[tuple[int, int]]:
    """Neighbours among equal lines: exchanging them makes every permutation of equal lines."""
    last: dict[Any, int] = {}
    for number, line in enumerate(lines):
        if line in last:
            yield last[line], number
        last[line] = number


def _exchanged(rows: tuple[str, ...], a: int, b: int) -> tuple[str, ...]:
    listed = list(rows)
    listed[a], listed[b] = listed[b], listed[a]
    return tuple(listed)


def _turned(rows: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(transposed(list(rows)))
