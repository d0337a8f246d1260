"""Trees: case distinctions about the real solutions of a system of polynomial equations.

They show that there is none, or that each can be continued to what the goal asks for.

The state of a branch is a list of equations p = 0, a list of units (polynomials known to be nonzero), and, if
the tree has a goal, the goal's equations. Every node replaces the state by states that together have a
solution wherever the old one has, so a tree all of whose leaves are closed proves its claim. The nodes are
those of ``docs/certificates.md``; the justification of each stands with the function that checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple, final

from qeclose.checker.budget import TOO_LARGE, TooLarge, spend
from qeclose.checker.matrix_nodes import check_arrange, check_clear, check_divide
from qeclose.checker.polynomial import (
    Polynomial,
    Variable,
    add,
    as_constant,
    as_variable,
    coefficients_in,
    extent,
    is_constant,
    is_unit,
    multiply,
    ratio,
    read_polynomial,
    read_variable,
    scaled,
    substitute,
    variables,
)
from qeclose.checker.reading import Path, distinct, entries, exact, fields, index, members, tuples
from qeclose.checker.state import Goal, State, known_nonzero

__all__ = ["Cases", "Goal", "Node", "check_tree"]

_NODES = (
    "split",
    "solve",
    "scale",
    "forget",
    "clear",
    "divide",
    "arrange",
    "contradiction",
    "positive",
    "solution",
)


@final
@dataclass(frozen=True, slots=True)
class _Scope:
    """What stays the same all over a tree."""

    is_universal: Callable[[Variable], bool]
    existential: frozenset[Variable]
    has_goal: bool

    def variable(self, value: Any, path: Path, state: State) -> Variable:
        v = read_variable(value, path)
        self._require(v, path, state)
        return v

    def polynomial(self, value: Any, path: Path, state: State) -> Polynomial:
        p = read_polynomial(value, path)
        for v in variables(p):
            self._require(v, path, state)
        return p

    def _require(self, v: Variable, path: Path, state: State) -> None:
        if not self.is_universal(v):
            raise path.error(f"{list(v)} is no universal variable of this tree")
        if v in state.eliminated:
            raise path.error(f"{list(v)} has been eliminated before")


@final
@dataclass(frozen=True, slots=True)
class Cases:
    """A tree that refutes the equations or, with a goal, continues every solution of them."""

    tree: Any
    path: Path
    equations: Sequence[Polynomial]
    is_universal: Callable[[Variable], bool]
    goal: Goal | None = None

    def nodes(self) -> Iterator[Node]:
        """Check node after node, each before those below it; no recursion: trees may be deep.

        Raises ``CertificateError`` with the path of the first node that is wrong.
        """
        goal = self.goal
        scope = _Scope(self.is_universal, goal.existential if goal else frozenset(), goal is not None)
        goals, target = (goal.equations, goal.target) if goal else ((), None)
        start = State(tuple(self.equations), (), goals, target, frozenset())
        pending: list[tuple[Any, Path, State]] = [(self.tree, self.path, start)]
        while pending:
            node, where, state = pending.pop()
            try:
                children = _check_node(node, where, state, scope)
            except TooLarge:
                raise where.error(TOO_LARGE) from None
            yield Node(node, where, tuple(below for _, _, below in children))
            pending.extend(reversed(children))


@final
class Node(NamedTuple):
    """A node that has been checked, its place, and the states that it leaves; none at a leaf."""

    node: Any
    path: Path
    below: tuple[State, ...]


def check_tree(cases: Cases) -> int:
    """Check the tree; count its leaves. Raises ``CertificateError``."""
    return sum(not node.below for node in cases.nodes())


def _check_node(node: Any, path: Path, state: State, scope: _Scope) -> list[tuple[Any, Path, State]]:
    spend(1 + len(state.equations) + len(state.units) + len(state.eliminated))
    kind = next((name for name in _NODES if type(node) is dict and name in node), None)
    match kind:
        case "split":
            return _split(node, path, state, scope)
        case "solve":
            return _solve(node, path, state, scope)
        case "scale":
            return _scale(node, path, state, scope)
        case "forget":
            return _forget(node, path, state)
        case "clear":
            return check_clear(node, path, state)
        case "divide":
            return check_divide(node, path, state)
        case "arrange":
            return check_arrange(node, path, state)
        case "contradiction":
            _contradiction(node, path, state)
        case "positive":
            _positive(node, path, state, scope)
        case "solution":
            _solution(node, path, state, scope)
        case _:
            raise path.error(f"a node of a tree is an object with one of {', '.join(_NODES)}")
    return []


def _split(node: Any, path: Path, state: State, scope: _Scope) -> list[tuple[Any, Path, State]]:
    """p is zero or nonzero at every point: one of the two branches holds."""
    polynomial, zero, nonzero = fields(node, path, "split", "zero", "nonzero")
    p = scope.polynomial(polynomial, path / "split", state)
    units = state.units if is_unit(p, state.units) else known_nonzero((*state.units, p))
    return [
        (zero, path / "zero", replace(state, equations=(*state.equations, p))),
        (nonzero, path / "nonzero", replace(state, units=units)),
    ]


def _solve(node: Any, path: Path, state: State, scope: _Scope) -> list[tuple[Any, Path, State]]:
    """c·v + d = 0 with c ≠ 0 says v = −d/c; units free of v, those c is made of among them, stay as they are."""
    solve, then = fields(node, path, "solve", "then")
    where = path / "solve"
    number, name = entries(solve, where, length=2)
    e = index(number, where / 0, len(state.equations))
    v = scope.variable(name, where / 1, state)
    spend(extent(state.equations[e]))
    parts = coefficients_in(state.equations[e], v)
    if max(parts, default=0) != 1:
        raise where.error(f"equation {e} is not linear in {list(v)}")
    if not is_unit(parts[1], state.units):
        raise where.error(f"the coefficient of {list(v)} in equation {e} is not known to be nonzero")
    numerator, denominator = scaled(parts.get(0, {}), -1), parts[1]
    if is_constant(denominator):
        numerator, denominator = scaled(numerator, Fraction(1) / denominator[()]), as_constant(1)
    return [(then, path / "then", state.substituted(v, numerator, denominator))]


def _scale(node: Any, path: Path, state: State, scope: _Scope) -> list[tuple[Any, Path, State]]:
    """A point where v ≠ 0 can be moved to one with v = 1 by x_k → s·x_k, y_k → y_k/s, s = v^(−1) or v.

    Equations and units are homogeneous for this, so the moved point satisfies them too.
    """
    scale, inner, then = fields(node, path, "scale", "inner", "then")
    if scope.has_goal:
        raise path.error("scaling is for refutations only")
    v = scope.variable(scale, path / "scale", state)
    entries(inner, path / "inner", length=2)
    l, k = (index(entry, where) for where, entry in members(inner, path / "inner"))
    if not _weight(v, l, k):
        raise (path / "scale").error(f"{list(v)} is not moved by the scaling of term {k} behind factor {l}")
    if not is_unit(as_variable(v), state.units):
        raise (path / "scale").error(f"{list(v)} is not known to be nonzero")
    for word, polynomials in (("equation", state.equations), ("unit", state.units)):
        for number, p in enumerate(polynomials):
            spend(extent(p))
            if len({sum(e * _weight(w, l, k) for w, e in monomial) for monomial in p}) > 1:
                raise path.error(f"{word} {number} is not homogeneous for this scaling")
    return [(then, path / "then", state.substituted(v, as_constant(1), as_constant(1)))]


def _weight(v: Variable, l: int, k: int) -> int:
    """The weight of entry (i, j) of factor h: +1 in column k of factor l, −1 in row k of factor l + 1."""
    match v:
        case ("f", h, _, j) if h == l and j == k:
            return 1
        case ("f", int(h), i, _) if h == l + 1 and i == k:
            return -1
    return 0


def _forget(node: Any, path: Path, state: State) -> list[tuple[Any, Path, State]]:
    """An equation that is not used any more; it keeps its number."""
    number, then = fields(node, path, "forget", "then")
    e = index(number, path / "forget", len(state.equations))
    equations = (*state.equations[:e], {}, *state.equations[e + 1 :])
    return [(then, path / "then", replace(state, equations=equations))]


def _contradiction(node: Any, path: Path, state: State) -> None:
    """Something is zero and nonzero at once: no point is in this branch."""
    (what,) = fields(node, path, "contradiction")
    where = path / "contradiction"
    if what == "unit":
        if {} not in state.units:
            raise where.error("no unit has become the zero polynomial")
        return
    e = index(what, where, len(state.equations))
    if not is_unit(state.equations[e], state.units):
        raise where.error(f"equation {e} is not known to be nonzero")


def _positive(node: Any, path: Path, state: State, scope: _Scope) -> None:
    """A positive combination of squares, one of them of something nonzero, is positive, not zero."""
    positive, squares = fields(node, path, "positive", "squares")
    e = index(positive, path / "positive", len(state.equations))
    total: Polynomial = {}
    nonzero = False
    for where, (coefficient, polynomial) in tuples(squares, path / "squares", 2):
        c = exact(coefficient, where / 0)
        if c <= 0:
            raise (where / 0).error("the coefficient of a square must be positive")
        p = scope.polynomial(polynomial, where / 1, state)
        total = add(total, scaled(multiply(p, p), c))
        nonzero = nonzero or is_unit(p, state.units)
    if not nonzero:
        raise (path / "squares").error("none of the squares is known to be nonzero")
    if not _proportional(state.equations[e], total):
        raise path.error(f"equation {e} is not a multiple of this sum of squares")


def _proportional(p: Polynomial, q: Polynomial) -> bool:
    """Whether p = factor · q for a nonzero rational factor; q is not 0."""
    if p.keys() != q.keys() or not q:
        return False
    monomial = next(iter(q))
    return p == scaled(q, ratio(p[monomial], q[monomial]))


def _solution(node: Any, path: Path, state: State, scope: _Scope) -> None:
    """The values given for the existential variables solve the goal wherever the denominators are nonzero."""
    (solution,) = fields(node, path, "solution")
    if not scope.has_goal:
        raise path.error("a solution refutes nothing")
    listed: list[Variable] = []
    values: dict[Variable, tuple[Polynomial, Polynomial]] = {}
    for where, (name, numerator, denominator) in tuples(solution, path / "solution", 3):
        w = read_variable(name, where / 0)
        if w not in scope.existential:
            raise (where / 0).error(f"{list(w)} is no existential variable of this tree")
        p, q = (scope.polynomial(part, where / n, state) for n, part in ((1, numerator), (2, denominator)))
        if not is_unit(q, state.units):
            raise (where / 2).error("the denominator is not known to be nonzero")
        listed.append(w)
        values[w] = p, q
    distinct(listed, path / "solution")
    target = state.target.equations() if state.target else ()
    for number, equation in enumerate((*state.goals, *target)):
        if _at(equation, values, scope.existential):
            raise path.error(f"the goal's equation {number} does not hold")


def _at(
    p: Polynomial,
    values: Mapping[Variable, tuple[Polynomial, Polynomial]],
    existential: frozenset[Variable],
) -> Polynomial:
    """p at these values, 0 for what is missing, denominators cleared."""
    zero: tuple[Polynomial, Polynomial] = {}, as_constant(1)
    for w in sorted(variables(p) & existential):
        p = substitute(p, w, *values.get(w, zero))
    return p
