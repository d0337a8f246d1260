"""The nodes of a tree that move the matrix which factors are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qeclose.checker.budget import Rational, spend
from qeclose.checker.moves import Target, cleared, divided, swap
from qeclose.checker.polynomial import (
    Monomial,
    Polynomial,
    as_constant,
    as_variable,
    is_unit,
    ratio,
    renamed,
    scaled,
)
from qeclose.checker.problem import read_side
from qeclose.checker.reading import Path, distinct, fields, index, members
from qeclose.checker.state import State

__all__ = ["check_arrange", "check_clear", "check_divide"]


def check_clear(node: Any, path: Path, state: State) -> list[tuple[Any, Path, State]]:
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


def check_divide(node: Any, path: Path, state: State) -> list[tuple[Any, Path, State]]:
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


def check_arrange(node: Any, path: Path, state: State) -> list[tuple[Any, Path, State]]:
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
    spend(len(polynomials))
    return {frozenset(scaled(p, ratio(1, p[min(p)])).items()) if p else frozenset() for p in polynomials}


def _target(state: State, path: Path) -> Target:
    if state.target is None:
        raise path.error("there is no matrix to move in this tree")
    return state.target


def _require_entry(target: Target, side: int, line: Any, across: Any, path: Path) -> None:
    if any(type(number) is not int for number in (line, across)) or not target.has(side, line, across):
        raise path.error(f"the lines {line} and {across} cross at no entry of the matrix")
