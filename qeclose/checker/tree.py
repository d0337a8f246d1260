"""Trees: case distinctions showing that a system of polynomial equations has no real solution, or that each
of its solutions can be continued.

The state of a branch is a list of equations p = 0, a list of units (polynomials known to be nonzero), and, if
the tree has a goal, the goal's equations. Every node replaces the state by states that together have a
solution wherever the old one has, so a tree all of whose leaves are closed proves its claim. The nodes are
those of ``docs/certificates.md``; the justification of each stands with the function that checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, final

from qeclose.checker.moves import Change, Target, cleared, divided, swap
from qeclose.checker.polynomial import (
    Monomial,
    Polynomial,
    TooLarge,
    Variable,
    add,
    as_constant,
    as_variable,
    coefficients_in,
    is_constant,
    is_unit,
    multiply,
    ratio,
    read_polynomial,
    read_variable,
    renamed,
    scaled,
    substitute,
    unit_parts,
    variables,
)
from qeclose.checker.problem import read_side
from qeclose.checker.reading import Path, Rational, distinct, entries, exact, fields, index, members, tuples

__all__ = ["Goal", "check_tree"]

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
class Goal:
    """Equations, or a matrix, that some values of the ``existential`` variables are to solve, or to give as a product."""

    existential: frozenset[Variable]
    equations: tuple[Polynomial, ...] = ()
    target: Target | None = None

    def all_equations(self) -> tuple[Polynomial, ...]:
        return (*self.equations, *(self.target.equations() if self.target else ()))


@final
@dataclass(frozen=True, slots=True)
class _State:
    """One branch: nothing is known but equations = 0 and units ≠ 0; the goal asks for goals = 0 and for the target."""

    equations: tuple[Polynomial, ...]
    units: tuple[Polynomial, ...]
    goals: tuple[Polynomial, ...]
    target: Target | None
    eliminated: frozenset[Variable]

    def substituted(self, v: Variable, numerator: Polynomial, denominator: Polynomial) -> _State:
        """The state at v = numerator / denominator; the denominator is a unit, so clearing it loses nothing."""

        state = self.changed([(v, numerator, denominator)])
        goals = tuple(substitute(p, v, numerator, denominator) for p in self.goals)
        target = self.target and self.target.substituted(v, numerator, denominator)
        return replace(state, goals=goals, target=target, eliminated=self.eliminated | {v})

    def changed(self, changes: Sequence[Change]) -> _State:
        """The state with its equations and units, but not the goal, in other coordinates."""
        equations, units = self.equations, self.units
        for change in changes:
            equations, units = (tuple(substitute(p, *change) for p in part) for part in (equations, units))
            units = _parts(units)
        return replace(self, equations=equations, units=units)


@final
@dataclass(frozen=True, slots=True)
class _Scope:
    """What stays the same all over a tree."""

    is_universal: Callable[[Variable], bool]
    existential: frozenset[Variable]
    has_goal: bool

    def variable(self, value: Any, path: Path, state: _State) -> Variable:
        v = read_variable(value, path)
        self._require(v, path, state)
        return v

    def polynomial(self, value: Any, path: Path, state: _State) -> Polynomial:
        p = read_polynomial(value, path)
        for v in variables(p):
            self._require(v, path, state)
        return p

    def _require(self, v: Variable, path: Path, state: _State) -> None:
        if not self.is_universal(v):
            raise path.error(f"{list(v)} is no universal variable of this tree")
        if v in state.eliminated:
            raise path.error(f"{list(v)} has been eliminated before")


def check_tree(
    tree: Any,
    path: Path,
    *,
    equations: Sequence[Polynomial],
    is_universal: Callable[[Variable], bool],
    goal: Goal | None = None,
) -> int:
    """Check that the tree refutes the equations, or, with a goal, continues every solution; count its leaves.

    Raises ``CertificateError`` with the path of the first node that is wrong. No recursion: trees may be deep.
    """
    scope = _Scope(is_universal, goal.existential if goal else frozenset(), goal is not None)
    goals, target = (goal.equations, goal.target) if goal else ((), None)
    start = _State(tuple(equations), (), goals, target, frozenset())
    pending: list[tuple[Any, Path, _State]] = [(tree, path, start)]
    leaves = 0
    while pending:
        node, where, state = pending.pop()
        try:
            children = _check_node(node, where, state, scope)
        except TooLarge:
            raise where.error("the polynomials grow too large to be checked") from None
        leaves += not children
        pending.extend(reversed(children))
    return leaves


def _check_node(node: Any, path: Path, state: _State, scope: _Scope) -> list[tuple[Any, Path, _State]]:
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
            return _clear(node, path, state)
        case "divide":
            return _divide(node, path, state)
        case "arrange":
            return _arrange(node, path, state)
        case "contradiction":
            _contradiction(node, path, state)
        case "positive":
            _positive(node, path, state, scope)
        case "solution":
            _solution(node, path, state, scope)
        case _:
            raise path.error(f"a node of a tree is an object with one of {', '.join(_NODES)}")
    return []


def _split(node: Any, path: Path, state: _State, scope: _Scope) -> list[tuple[Any, Path, _State]]:
    """p is zero or nonzero at every point: one of the two branches holds."""
    polynomial, zero, nonzero = fields(node, path, "split", "zero", "nonzero")
    p = scope.polynomial(polynomial, path / "split", state)
    units = state.units if is_unit(p, state.units) else _parts((*state.units, p))
    return [
        (zero, path / "zero", replace(state, equations=(*state.equations, p))),
        (nonzero, path / "nonzero", replace(state, units=units)),
    ]


def _parts(units: Sequence[Polynomial]) -> tuple[Polynomial, ...]:
    """What is nonzero because these are, each once."""
    parts: list[Polynomial] = []
    for unit in units:
        parts += [part for part in unit_parts(unit) if part not in parts]
    return tuple(parts)


def _solve(node: Any, path: Path, state: _State, scope: _Scope) -> list[tuple[Any, Path, _State]]:
    """c·v + d = 0 with c ≠ 0 says v = −d/c; units free of v, those c is made of among them, stay as they are."""
    solve, then = fields(node, path, "solve", "then")
    where = path / "solve"
    number, name = entries(solve, where, length=2)
    e = index(number, where / 0, len(state.equations))
    v = scope.variable(name, where / 1, state)
    parts = coefficients_in(state.equations[e], v)
    if max(parts, default=0) != 1:
        raise where.error(f"equation {e} is not linear in {list(v)}")
    if not is_unit(parts[1], state.units):
        raise where.error(f"the coefficient of {list(v)} in equation {e} is not known to be nonzero")
    numerator, denominator = scaled(parts.get(0, {}), -1), parts[1]
    if is_constant(denominator):
        numerator, denominator = scaled(numerator, Fraction(1) / denominator[()]), as_constant(1)
    return [(then, path / "then", state.substituted(v, numerator, denominator))]


def _scale(node: Any, path: Path, state: _State, scope: _Scope) -> list[tuple[Any, Path, _State]]:
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


def _forget(node: Any, path: Path, state: _State) -> list[tuple[Any, Path, _State]]:
    """An equation that is not used any more; it keeps its number."""
    number, then = fields(node, path, "forget", "then")
    e = index(number, path / "forget", len(state.equations))
    equations = (*state.equations[:e], {}, *state.equations[e + 1 :])
    return [(then, path / "then", replace(state, equations=equations))]


def _clear(node: Any, path: Path, state: _State) -> list[tuple[Any, Path, _State]]:
    """The matrix has factors if it has after a multiple of one line is subtracted from another (``Target.may_add``)."""
    clear, then = fields(node, path, "clear", "then")
    where = path / "clear"
    side, line, source, across = fields(clear, where, "side", "line", "by", "at")
    target = _target(state, path)
    number = read_side(side, where / "side")
    for key, crossing in (("line", line), ("by", source)):
        _require_entry(target, number, crossing, across, where / key)
    if not target.may_add(number, source, line):
        raise where.error(f"line {source} must not be added to line {line}")
    if not is_unit(target.at(number, source, across)[0], state.units):
        raise (where / "by").error(f"the entry of line {source} is not known to be nonzero")
    changes, moved = cleared(target, number, line, source, across)
    return [(then, path / "then", replace(state.changed(changes), target=moved))]


def _divide(node: Any, path: Path, state: _State) -> list[tuple[Any, Path, _State]]:
    """The matrix has factors if it has after a line is divided by something nonzero."""
    divide, then = fields(node, path, "divide", "then")
    where = path / "divide"
    side, line, across = fields(divide, where, "side", "line", "at")
    target = _target(state, path)
    number = read_side(side, where / "side")
    _require_entry(target, number, line, across, where / "line")
    if not is_unit(target.at(number, line, across)[0], state.units):
        raise where.error("the entry is not known to be nonzero")
    changes, moved = divided(target, number, line, across)
    return [(then, path / "then", replace(state.changed(changes), target=moved))]


def _arrange(node: Any, path: Path, state: _State) -> list[tuple[Any, Path, _State]]:
    """The entries where the lines cross are all 0, or the lines can be exchanged so that the first of them is not.

    Exchanging the first row or column with another one of those listed changes nothing that is known.
    """
    arrange, zero, nonzero = fields(node, path, "arrange", "zero", "nonzero")
    where = path / "arrange"
    target = _target(state, path)
    sides = []
    names = "rows", "columns"
    for listed, name in zip(fields(arrange, where, *names), names, strict=True):
        numbers = [index(number, place) for place, number in members(listed, where / name)]
        distinct(numbers, where / name)
        if not numbers:
            raise (where / name).error("at least one line is wanted here")
        sides.append(numbers)
    block = []
    for i in sides[0]:
        for j in sides[1]:
            if not target.has(0, i, j) or (v := target.own_variable((i, j))) is None:
                raise where.error(f"the entry at {[i, j]} is no variable of its own")
            block.append(v)
    for side, (first, *others) in enumerate(sides):
        for other in others:
            exchange = swap(target, side, first, other)
            if exchange is None or not all(
                _same(part, [renamed(p, exchange) for p in part]) for part in (state.equations, state.units)
            ):
                raise where.error(f"the lines {first} and {other} do not play the same role here")
    vanishing = state
    for v in block:
        vanishing = vanishing.substituted(v, {}, as_constant(1))
    units = (*state.units, as_variable(block[0]))
    return [(zero, path / "zero", vanishing), (nonzero, path / "nonzero", replace(state, units=units))]


def _same(some: Sequence[Polynomial], others: Sequence[Polynomial]) -> bool:
    """Whether the polynomials are the same, in whatever order, up to constant factors."""
    return _up_to_factors(some) == _up_to_factors(others)


def _up_to_factors(polynomials: Sequence[Polynomial]) -> set[frozenset[tuple[Monomial, Rational]]]:
    return {frozenset(scaled(p, ratio(1, p[min(p)])).items()) if p else frozenset() for p in polynomials}


def _target(state: _State, path: Path) -> Target:
    if state.target is None:
        raise path.error("there is no matrix to move in this tree")
    return state.target


def _require_entry(target: Target, side: int, line: Any, across: Any, path: Path) -> None:
    if any(type(number) is not int for number in (line, across)) or not target.has(side, line, across):
        raise path.error(f"the lines {line} and {across} cross at no entry of the matrix")


def _contradiction(node: Any, path: Path, state: _State) -> None:
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


def _positive(node: Any, path: Path, state: _State, scope: _Scope) -> None:
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


def _solution(node: Any, path: Path, state: _State, scope: _Scope) -> None:
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
