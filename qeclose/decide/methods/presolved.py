"""Another method behind presolve: it gets the reduced blocks, one question each."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, final

from qeclose.decide.method import MAX_VARIABLES, Finding, Method, Question
from qeclose.decide.methods.certified import told
from qeclose.engine.protocol import Ability, Run
from qeclose.support.bits import bits, bitset
from qeclose.support.model import Support

if TYPE_CHECKING:
    from qeclose.decide.panel import Panel
    from qeclose.presolve import Reduction
    from qeclose.problem import Problem
__all__ = ["Presolved", "block_lines", "block_question"]


_NOTHING_LEFT = "each term can make anything in its rectangle, or is independent of all others"


@final
class Presolved:
    """E is closed if and only if every block is (rules R1, R3 to R7); chains of more factors go through as they are."""

    one_question = False

    def __init__(self, method: Method) -> None:
        self._method = method
        self._reduction: tuple[Support, Reduction] | None = None

    @property
    def name(self) -> str:
        """The name of the method behind presolve."""
        return self._method.name

    @property
    def abilities(self) -> frozenset[Ability]:
        """The abilities that the method behind presolve can use."""
        return self._method.abilities

    def run(self, question: Question, panel: Panel) -> Finding | None:
        """Ask the method about each block that presolve leaves; E is closed if and only if all of them are."""
        if len(question.support.factors) != 2 or question.positions is not None:
            return self._method.run(question, panel)
        reduction = self._reduced(question.support, panel)
        steps = told(tuple(reduction.all_steps()))
        runs: list[Run] = []
        all_closed = True
        for block in reduction.blocks():
            if _unknowns(block.core) > MAX_VARIABLES:
                panel.note_limit(f"the formula of a block would have more than {MAX_VARIABLES} variables")
                all_closed = False
                continue
            finding = self._method.run(block_question(block.core), panel)
            if finding is None:
                all_closed = False  # another block may still be ill-posed
                continue
            if not finding.closed:
                return replace(finding, steps=steps)
            runs += finding.runs
        if not all_closed or (not runs and panel.worth_waiting):
            return None
        reason = "simplified without loss, every part that is left is closed" if runs else _NOTHING_LEFT
        return Finding(True, reason, tuple(runs), steps=steps)

    def _reduced(self, support: Support, panel: Panel) -> Reduction:
        from qeclose.presolve import reduce
        from qeclose.problem import Problem, time_limit

        if self._reduction is None or self._reduction[0] is not support:
            with time_limit(time.monotonic() + panel.deadline.left()):
                self._reduction = support, reduce(Problem.of(support))
        return self._reduction[1]


def _unknowns(problem: Problem) -> int:
    return sum(term.rows.bit_count() + term.columns.bit_count() for term in problem.terms.values())


def block_lines(problem: Problem) -> tuple[list[int], list[int]]:
    """The rows and columns of a problem, in order: those that ``block_question`` counts from 0."""
    columns = problem.transposed.rows
    return sorted(i for i, row in problem.rows.items() if row), sorted(
        j for j, column in columns.items() if column
    )


def block_question(problem: Problem) -> Question:
    """A problem as a question: its lines and terms renumbered from 0, A looked at on Q only."""
    rows, columns = block_lines(problem)
    row = {i: place for place, i in enumerate(rows)}
    column = {j: place for place, j in enumerate(columns)}
    terms = [
        (
            bitset(row[i] for i in bits(term.rows) if i in row),
            bitset(column[j] for j in bits(term.columns) if j in column),
        )
        for _, term in sorted(problem.terms.items())
    ]
    positions = tuple((row[i], column[j]) for i, j in problem.positions())
    return Question(Support.of_terms(len(row), len(column), terms), positions)
