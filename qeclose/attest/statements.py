"""What a certificate shows, as questions of their own, each of which an engine can answer knowing nothing of the proof.

Where the proof says that a matrix is not in E, the question is whether its equations have a real solution. At a leaf of a
tree the question is whether anything satisfies the equations that the tree starts from and the conditions of the branch,
without the factors given there being a solution. Where theorem N says that vectors have constant rank, the question is
whether some X in normal form has a smaller one. Where a minor is too large, it is whether so few terms can make it. Steps
that only count lines and terms, and limits of curves, are no such questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from qeclose.checker.budget import allowed, limited
from qeclose.checker.claims import Closed, Inside, NotIn, Obligation, Outside, Step
from qeclose.checker.curve import equations_of
from qeclose.checker.masks import Asked, shape
from qeclose.checker.normal_form import Frame, rank_system
from qeclose.checker.polynomial import (
    Polynomial,
    Variable,
    add,
    as_constant,
    as_variable,
    multiply,
    read_polynomial,
    read_variable,
    scaled,
)
from qeclose.checker.problem import read_side
from qeclose.checker.products import product_entry
from qeclose.checker.questions import Question, System
from qeclose.checker.reading import Path
from qeclose.checker.state import State
from qeclose.checker.tree import Cases
from qeclose.checker.verify import obligation_of, steps

__all__ = ["statements"]

_LARGE = 400
"""The equations of a matrix with more positions than this are asked at those the proof uses only."""


def statements(certificate: Any, support: Asked | None = None) -> Iterator[Question]:
    """What the certificate shows, about this support if it is given. Raises ``CertificateError``, at the end at the latest."""
    with limited(allowed(certificate)):
        inner: set[int] = set()
        for obligation, step in steps(obligation_of(certificate, support)):
            if isinstance(obligation.claim, NotIn):
                inner.update(id(part.claim) for part in step.rest)
                if id(obligation.claim) not in inner or obligation.proof["kind"] == "tree":
                    yield from _not_in(obligation, whole=id(obligation.claim) not in inner)
            yield from _others(obligation)
            yield from _leaves(step)


def _not_in(obligation: Obligation, *, whole: bool) -> Iterator[Question]:
    """A is not in E: asked of the whole mask, of what refutations leave of it where that is large."""
    claim, proof, path, _ = obligation
    assert isinstance(claim, NotIn)
    m, n = shape(claim.factors)
    if m * n <= _LARGE:
        if whole:
            yield _question(path, "A is not in E", _membership(claim, path), expected=False)
    elif proof["kind"] == "tree":
        system = System(tuple(equations_of(proof, path, claim)))
        yield _question(path, "A is not in E, for its entries at the positions used", system, expected=False)


def _membership(claim: NotIn | Inside, path: Path) -> System:
    m, n = shape(claim.factors)
    places = [(i, j) for i in range(m) for j in range(n) if not claim.missing.get(i, 0) >> j & 1]
    products = {(i, j): product_entry(claim.factors, i, j, path) for i, j in places}
    equations = [add(p, as_constant(-claim.matrix.get(place, 0))) for place, p in products.items()]
    return System(tuple(p for p in equations if p))


def _others(obligation: Obligation) -> Iterator[Question]:
    claim, proof, path, _ = obligation
    match claim, proof["kind"]:
        case Inside(), _:
            yield _question(path, "A is in E", _membership(claim, path), expected=True)
        case Outside(), "rank":
            yield _minor(claim, proof, path)
        case Closed(), "normal-form":
            yield from _ranks(claim, proof, path)


def _minor(claim: Outside, proof: Any, path: Path) -> Question:
    """That a submatrix is no product of as few terms as meet it, whatever their supports."""
    rows, columns = proof["rows"], proof["columns"]
    left, right = claim.factors
    terms = [
        k
        for k, row in enumerate(right)
        if any(left[i][k] == "1" for i in rows) and any(row[j] == "1" for j in columns)
    ]
    equations = []
    for i in rows:
        for j in columns:
            p: Polynomial = as_constant(-claim.matrix.get((i, j), 0))
            for k in terms:
                p = add(p, multiply(as_variable(("x", k, i)), as_variable(("y", k, j))))
            equations.append(p)
    said = f"this minor is not made by {len(terms)} terms"
    return _question(path, said, System(tuple(p for p in equations if p)), expected=False)


def _ranks(claim: Closed, proof: Any, path: Path) -> Iterator[Question]:
    """Theorem N: each span, and the vectors that are left, at every column of every case; alike ones once."""
    place = {id_: at for at, id_ in enumerate(proof["order"])}
    frame = Frame(claim.problem, read_side(proof["side"], path), place)
    seen: set[tuple[str, tuple[int, ...], int]] = set()
    for case, listed in enumerate(proof["cases"]):
        for number, (j, evidence) in enumerate(listed["columns"]):
            where = path / "cases" / case / "columns" / number
            for statement, vectors, rows in _evidence(frame, j, evidence):
                key = statement, tuple(sorted(vectors)), rows
                if not vectors or not rows or key in seen:
                    continue
                seen.add(key)
                said = (
                    "vectors are always independent"
                    if statement == "independent"
                    else "rows are always spanned"
                )
                yield _question(
                    where, said, rank_system(frame, statement, sorted(vectors), rows), expected=False
                )


def _evidence(frame: Frame, j: int, evidence: Any) -> Iterator[tuple[str, Sequence[int], int]]:
    if "statement" in evidence:
        return  # asked of engines already
    rows = frame.asked.get(j, 0)
    for span in evidence["spans"]:
        inside = sum(1 << i for i in span["rows"])
        yield "spanning", span["vectors"], inside
        rows &= ~inside
    yield "independent", evidence["independent"], rows


@final
@dataclass(frozen=True, slots=True)
class _Branch:
    """What holds on the way to a node, in the variables the tree started with, or those of its last move."""

    equations: tuple[Polynomial, ...]
    units: tuple[Polynomial, ...]
    goals: tuple[Polynomial, ...]


def _leaves(step: Step) -> Iterator[Question]:
    for cases in step.trees:
        yield from _leaves_of(cases)


def _leaves_of(cases: Cases) -> Iterator[Question]:
    goal = cases.goal
    start = _Branch(tuple(p for p in cases.equations if p), (), goal.all_equations() if goal else ())
    pending = [start]
    for node, path, below in cases.nodes():
        branch = pending.pop()
        if not below:
            existential = goal.existential if goal else frozenset()
            yield _leaf(node, path, branch, existential)
            continue
        pending.extend(reversed(_further(node, path, below, branch)))


def _further(node: Any, path: Path, below: Sequence[State], branch: _Branch) -> list[_Branch]:
    """The branches that a node leaves. Moves of the matrix change the variables, so there the checker's state is taken."""
    if "split" in node:
        p = read_polynomial(node["split"], path)
        zero = replace(branch, equations=(*branch.equations, p) if p else branch.equations)
        return [zero, replace(branch, units=(*branch.units, p))]
    if "scale" in node:
        v = read_variable(node["scale"], path)
        return [replace(branch, equations=(*branch.equations, {((v, 1),): 1, (): -1}))]
    if "solve" in node or "forget" in node:
        return [branch]
    return [
        _Branch(
            tuple(p for p in state.equations if p),
            state.units,
            (*state.goals, *(state.target.equations() if state.target else ())),
        )
        for state in below
    ]


def _leaf(node: Any, path: Path, branch: _Branch, existential: frozenset[Variable]) -> Question:
    if "solution" not in node:
        system = System(branch.equations, units=branch.units)
        return _question(path, "nothing is in this case", system, expected=False)
    equations = list(branch.equations)
    given: set[Variable] = set()
    for listed, numerator, denominator in node["solution"]:
        w = read_variable(listed, path)
        given.add(w)
        p, q = read_polynomial(numerator, path), read_polynomial(denominator, path)
        equations.append(add(multiply(q, as_variable(w)), scaled(p, -1)))
    equations += [as_variable(w) for w in sorted(existential - given)]
    violated = tuple(p for p in branch.goals if p)
    system = System(tuple(p for p in equations if p), units=branch.units, violated=violated)
    return _question(path, "the factors given in this case are a solution", system, expected=False)


def _question(path: Path, statement: str, system: System, *, expected: bool) -> Question:
    return Question(str(path), statement, expected, (), system)
