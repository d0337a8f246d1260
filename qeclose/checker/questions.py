"""What a certificate leaves to engines, as plain data; ``qeclose.attest`` makes formulas of it and asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

from qeclose.checker.masks import Factors, Missing
from qeclose.checker.polynomial import Polynomial, Variable, variables
from qeclose.checker.reading import Path, distinct, fields, members
from qeclose.checker.state import Goal
from qeclose.errors import CertificateError

__all__ = [
    "Answer",
    "Ask",
    "PlainSentence",
    "Question",
    "System",
    "engine_names",
    "full_space",
    "plain_sentence",
    "unsatisfiable",
]


@final
@dataclass(frozen=True, slots=True)
class System:
    """∀ universal ∃ the other variables: all ``equations`` are 0, no polynomial in ``units`` is, one of each choice is.

    Nor are all polynomials in ``violated`` 0, if there are any.
    """

    equations: tuple[Polynomial, ...]
    choices: tuple[tuple[Polynomial, ...], ...] = ()
    units: tuple[Polynomial, ...] = ()
    violated: tuple[Polynomial, ...] = ()
    universal: frozenset[Variable] = frozenset()

    @property
    def variables(self) -> list[Variable]:
        """All variables, in order."""
        chosen = (p for choice in self.choices for p in choice)
        return _all_variables((*self.equations, *chosen, *self.units, *self.violated))

    @property
    def size(self) -> int:
        """How many variables there are."""
        return len(self.variables)


@final
@dataclass(frozen=True, slots=True)
class PlainSentence:
    """The sentence of a mask: ∃A (A ∈ cl E and A ∉ E), A at the entries that are not missing."""

    factors: Factors
    missing: Missing

    @property
    def size(self) -> int:
        """How many variables the sentence has: A, two products and a distance."""
        missing = sum(row.bit_count() for row in self.missing.values())
        entries = len(self.factors[0]) * len(self.factors[-1][0]) - missing
        return entries + 2 * sum(row.count("1") for rows in self.factors for row in rows) + 1


@final
@dataclass(frozen=True, slots=True)
class Question:
    """A sentence whose truth a certificate takes from engines.

    ``path`` is where, ``statement`` says it in words, ``expected`` is the truth value claimed, ``recorded``
    are the engines that are said to have given it, ``asked`` is the sentence.
    """

    path: str
    statement: str
    expected: bool
    recorded: tuple[str, ...]
    asked: System | PlainSentence


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What one engine said when it was asked again: whether it ``agrees``; None: undecided, ``note`` says why."""

    engine: str
    version: str
    agrees: bool | None
    note: str = ""


Ask = Callable[[Question], Sequence[Answer]]
"""Asks engines again. May raise the engine errors of ``qeclose.errors``."""


def engine_names(value: Any, path: Path) -> tuple[str, ...]:
    """The engines a certificate names, each ``{"name": …, "version": …}``; at least one."""
    names: list[str] = []
    for where, engine in members(value, path):
        for part, key in zip(fields(engine, where, "name", "version"), ("name", "version"), strict=True):
            if type(part) is not str or not part or not part.isprintable():
                raise (where / key).error("a line of text is wanted here")
        names.append(engine["name"])
    distinct(names, path)
    if not names:
        raise path.error("at least one engine is wanted here")
    return tuple(names)


def unsatisfiable(
    equations: Sequence[Polynomial],
    path: str,
    recorded: tuple[str, ...],
    choices: Sequence[Sequence[Polynomial]] = (),
) -> Question:
    """That these equations have no real solution at which, moreover, of each of the choices one polynomial is 0."""
    asked = System(tuple(equations), tuple(map(tuple, choices)))
    more = f" and {len(choices)} disjunctions" if choices else ""
    statement = f"{len(equations)} equations{more} in {asked.size} variables have no real solution"
    return Question(path, statement, False, recorded, asked)


def full_space(goal: Goal, universal: frozenset[Variable], path: str, recorded: tuple[str, ...]) -> Question:
    """That the goal has a solution for all values of the universal variables."""
    statement = f"every matrix on these {len(universal)} positions is reached (∀A ∃X ∃Y)"
    return Question(path, statement, True, recorded, System(goal.all_equations(), universal=universal))


def plain_sentence(
    factors: Factors, missing: Missing, *, ill_posed: bool, path: str, recorded: tuple[str, ...]
) -> Question:
    """That the sentence of the mask is true or false as claimed."""
    statement = f"the sentence of the mask is {str(ill_posed).lower()}"
    return Question(path, statement, ill_posed, recorded, PlainSentence(factors, missing))


def contradicted(answers: Sequence[Answer], path: str) -> None:
    """Raise ``CertificateError`` if an engine says the opposite of what the certificate claims."""
    for answer in answers:
        if answer.agrees is False:
            raise CertificateError(f"{path}: {answer.engine} {answer.version} says otherwise")


def _all_variables(polynomials: Iterable[Polynomial]) -> list[Variable]:
    return sorted(set().union(*map(variables, polynomials)))
