"""Well-posed with any number of factors: chains that stay bounded or make everything, and factors merged into one.

Layer l holds the indices between factor l − 1 and factor l (layer 0: the rows of A). Entries on no path from a row to
a column of A are left out of the masks before anything else, and after every merge: the products are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from itertools import combinations, pairwise
from typing import Any

from qeclose.checker.budget import spend
from qeclose.checker.claims import Closed, ClosedChain, Obligation, Step, well_posed
from qeclose.checker.goals import vanishing_equations
from qeclose.checker.masks import Factors, bitsets, product_mask, transposed
from qeclose.checker.polynomial import MAX_TERMS, Polynomial, add, variables
from qeclose.checker.problem import bits, initial_problem
from qeclose.checker.products import product_entry
from qeclose.checker.reading import Path, fields, index, members
from qeclose.checker.reduction import check_reduction
from qeclose.checker.tree import Cases, Goal, check_tree

__all__ = ["check_chain_cases", "check_merged", "check_orthogonal"]

# One integer a row for each factor, bit j being entry j; and the widths of the factors.
_Masks = list[list[int]]
# A column, the row of the next factor, and what that leads to, as bitsets.
_Type = tuple[int, int, int]


def check_merged(proof: Any, path: Path, claim: ClosedChain) -> Step:
    """Products of neighbouring factors are all matrices with their support; the chain of those is left to be proved.

    Raises ``CertificateError``.
    """
    checked: list[str] = []
    factors = _live(claim.factors)
    _, listed, rest = fields(proof, path, "kind", "merges", "proof")
    for where, merge in members(listed, path / "merges"):
        factors = _live(_merge(merge, where, factors))
        checked.append(f"{where}: the products of two factors are all matrices with their support")
    return Step(tuple(checked), [Obligation(well_posed(factors, rest), rest, path / "proof")])


def check_orthogonal(proof: Any, path: Path, claim: ClosedChain) -> Step:
    """Factors can be orthogonalised towards one of them. Raises ``CertificateError``."""
    _check_orthogonal(proof, path, _live(claim.factors))
    return Step((f"{path}: the factors can be orthogonalised, so they stay bounded",))


def check_chain_cases(proof: Any, path: Path, claim: ClosedChain) -> Step:
    """Every matrix with the support of the products that satisfies the equations, if there are any, is one of them.

    The equations hold for all products, so E is their zero set. Raises ``CertificateError``.
    """
    factors = _live(claim.factors)
    total = 0
    products: dict[tuple[int, int], Polynomial] = {}
    for i, row in enumerate(bitsets(reduce(product_mask, factors))):
        for j in bits(row):
            products[i, j] = product_entry(factors, i, j, path)
            total += len(products[i, j])
            if total > MAX_TERMS:
                raise path.error("the chain is too large for a proof by explicit solutions to be checked")
    names = ("equations", "tree") if proof["kind"] == "variety" else ("tree",)
    _, *listed, tree = fields(proof, path, "kind", *names)
    equations = vanishing_equations(listed[0], path / "equations", products) if listed else []
    goal = tuple(add(p, {((("a", *place), 1),): -1}) for place, p in products.items())
    existential = frozenset(v for p in products.values() for v in variables(p))
    is_universal = {("a", *place) for place in products}.__contains__
    cases = Cases(tree, path / "tree", equations, is_universal, Goal(existential, goal))
    what = f"the zero set of {len(equations)} equation(s)" if listed else "full space"
    found = f"{path}: {what}, by explicit solutions in {check_tree(cases)} case(s)"
    return Step((found,), trees=[cases])


def _check_orthogonal(proof: Any, path: Path, factors: Factors) -> None:
    """Gram–Schmidt towards the factor ``centre``, from one side and then from the other.

    Orthogonalising column k' of a factor against column k while row k of the next factor takes up the change keeps the
    supports if column k lies inside column k' and row k' inside row k. If that can be done for any two indices of a
    layer whose columns overlap and that act on a common column of what follows, the orthonormalised factor keeps the
    Frobenius norm. So all factors but the centre stay in a compact set, and the centre has the norm of A: E is closed.
    """
    _, centre, first = fields(proof, path, "kind", "centre", "first")
    c = index(centre, path / "centre", len(factors))
    if first not in ("left", "right"):
        raise (path / "first").error('the side to start from is "left" or "right"')
    last = len(factors) - 1
    mirrored = [transposed(rows) for rows in reversed(factors)]
    # The side that comes first sees all of the other, the second one only the centre.
    _check_sweep(factors, c, last if first == "left" else c, path, "column")
    _check_sweep(mirrored, last - c, last if first == "right" else last - c, path, "row")


def _check_sweep(factors: Factors, centre: int, end: int, path: Path, word: str) -> None:
    masks: _Masks = [bitsets(rows) for rows in factors]
    reach = [1 << j for j in range(len(factors[end][0]))]
    for level in range(end, 0, -1):
        spend(len(masks[level]) * (1 + (len(reach) >> 4)))
        reach = [_union(reach[j] for j in bits(row)) for row in masks[level]]
        if level > centre:
            continue
        columns, rows = bitsets(transposed(factors[level - 1])), masks[level]
        # Those that come first can only be below later ones.
        types = sorted(
            {(columns[k], rows[k], reach[k]) for k in range(len(rows))},
            key=lambda kind: (kind[0].bit_count(), -kind[1].bit_count()),
        )
        meeting: dict[int, list[_Type]] = {}
        for kind in types:
            spend(kind[0].bit_count())
            for i in bits(kind[0]):
                meeting.setdefault(i, []).append(kind)
        # Indices of one type are comparable; others clash only if their columns share a line i.
        for i, kinds in meeting.items():
            if _clash(kinds):
                raise path.error(
                    f"two {word}s of one factor that meet line {i}, {level} factor(s) in, are not orthogonal"
                )


def _clash(kinds: list[_Type]) -> bool:
    """Whether two types, the first not below the second, reach a common line."""
    spend(len(kinds))
    if all(_below(*pair) for pair in pairwise(kinds)):
        return False  # being below is transitive
    spend(len(kinds) * len(kinds))
    return any(one[2] & other[2] and not _below(one, other) for one, other in combinations(kinds, 2))


def _below(one: _Type, other: _Type) -> bool:
    return not one[0] & ~other[0] and not other[1] & ~one[1]


def _merge(merge: Any, path: Path, factors: Factors) -> Factors:
    """Absorbing every term shows that the products of the two factors are all the matrices with their support."""
    at, steps = fields(merge, path, "at", "steps")
    l = index(at, path / "at", len(factors) - 1)
    if len(factors) == 2:
        raise path.error("only two factors are left")
    for where, step in members(steps, path / "steps"):
        if type(step) is dict and step.get("rule") == "twin-capping":
            raise where.error("twin capping changes the set of products")
    pair = [factors[l], factors[l + 1]]
    all_absorbed = {"kind": "reduction", "steps": steps, "blocks": []}
    check_reduction(all_absorbed, path, Closed(initial_problem(pair)))
    return [*factors[:l], product_mask(*pair), *factors[l + 2 :]]


def _live(factors: Factors) -> Factors:
    """The masks without the entries on no path from a row to a column of A."""
    spend(sum(len(rows) + (len(rows) * len(rows[0]) >> 5) for rows in factors))
    masks = [bitsets(rows) for rows in factors]
    widths = [len(rows[0]) for rows in factors]
    ahead = [(1 << len(masks[0])) - 1]
    for rows in masks:
        ahead.append(_union(rows[i] for i in bits(ahead[-1])))
    behind = [(1 << widths[-1]) - 1]
    for rows in reversed(masks):
        behind.append(int("".join("01"[row & behind[-1] > 0] for row in reversed(rows)), 2))
    behind.reverse()
    return [
        _strings([row & after if before >> i & 1 else 0 for i, row in enumerate(rows)], width)
        for rows, width, (before, _), (_, after) in zip(
            masks, widths, pairwise(ahead), pairwise(behind), strict=True
        )
    ]


def _strings(rows: list[int], width: int) -> list[str]:
    return [format(row, f"0{width}b")[::-1] for row in rows]


def _union(bitsets: Iterable[int]) -> int:
    total = 0
    for bitset in bitsets:
        total |= bitset
    return total
