"""Theorem N: a normal form of X on a compact set, on which every column's rank is constant (docs/theory.md#normal-form).

Here the rank is seen to be constant by combinatorics alone: vectors that were orthogonalised against one another, or whose
supports are disjoint, are independent; as many independent vectors as rows span these rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from qeclose.certify.effort import NORMAL_FORMS
from qeclose.problem import Problem, tick
from qeclose.proof.trees import Side
from qeclose.proof.well_posed import (
    AskedRank,
    ConstantRank,
    NormalFormCase,
    NormalFormProof,
    Rank,
    Span,
)
from qeclose.support.bits import bits

__all__ = ["forms_to_ask", "prove_normal_form"]


def forms_to_ask(problem: Problem) -> Iterator[NormalFormProof]:
    """Proofs that leave every rank to an engine, in one orientation and the other.

    No engine is named yet. None for problems of very many terms, or of cases.
    """
    if len(problem.terms) > NORMAL_FORMS.enumerated:
        return
    for side, view in _views(problem):
        form = _NormalForm.of(view)
        dropped = [frozenset[int](), *form.forced()]
        cases = [NormalFormCase(tuple(sorted(d)), form.to_ask(d)) for d in dropped]
        yield NormalFormProof(side, form.order, tuple(cases))


def prove_normal_form(problem: Problem) -> NormalFormProof | None:
    """A proof for a problem, in one orientation or the other, or None."""
    for side, view in _views(problem):
        form = _NormalForm.of(view)
        cases = form.cases()
        if cases is not None:
            return NormalFormProof(side, form.order, tuple(cases))
    return None


def _views(problem: Problem) -> tuple[tuple[Side, Problem], tuple[Side, Problem]]:
    return ("column", problem), ("row", problem.transposed)


@final
@dataclass(frozen=True, slots=True)
class _NormalForm:
    problem: Problem
    order: tuple[int, ...]
    orthogonal: Mapping[int, frozenset[int]]
    """For each term, the terms it is orthogonalised with (either way)."""

    @classmethod
    def of(cls, problem: Problem) -> _NormalForm:
        below: dict[int, list[int]] = {}
        for k in problem.terms:
            tick()
            below[k] = [l for l in problem.terms if _below(problem, l, k)]
        order = tuple(sorted(problem.terms, key=lambda k: (len(below[k]), k)))
        orthogonal: dict[int, set[int]] = {k: set() for k in order}
        place = {k: p for p, k in enumerate(order)}
        for l, smaller in below.items():
            for k in smaller:
                if place[k] < place[l]:
                    orthogonal[k].add(l)
                    orthogonal[l].add(k)
        return cls(problem, order, {k: frozenset(others) for k, others in orthogonal.items()})

    def cases(self) -> list[NormalFormCase] | None:
        """The evidence of constant rank for every set of dropped terms that can be forced, or None."""
        nothing_dropped = self._columns(frozenset())
        if nothing_dropped is None:
            return None
        cases = [NormalFormCase((), nothing_dropped)]
        if not any(rank.spans for _, rank in nothing_dropped):
            return cases
        for dropped in self.forced():
            columns = self._columns(dropped)
            if columns is None:
                return None
            cases.append(NormalFormCase(tuple(sorted(dropped)), columns))
        return cases

    def forced(self) -> Iterator[frozenset[int]]:
        """The nonempty D such that each l ∈ D has at least |I_l| kept terms before it, orthogonalised with it."""
        place = {k: p for p, k in enumerate(self.order)}
        for size in range(1, len(self.order) + 1):
            for dropped in map(frozenset, itertools.combinations(self.order, size)):
                if all(
                    sum(1 for k in self.orthogonal[l] - dropped if place[k] < place[l])
                    >= self.problem.terms[l].rows.bit_count()
                    for l in dropped
                ):
                    yield dropped

    def to_ask(self, dropped: frozenset[int]) -> tuple[tuple[int, Rank], ...]:
        """For every column what is to be asked: whether its vectors are independent or, if they are too many, span its rows."""
        columns: list[tuple[int, Rank]] = []
        for j, rows in sorted(self.problem.transposed.rows.items()):
            if not rows:
                continue
            visible = sum(
                k not in dropped and bool(self.problem.terms[k].rows & rows)
                for k in self.problem.transposed.terms_of_row[j]
            )
            statement = "independent" if visible <= rows.bit_count() else "spanning"
            columns.append((j, AskedRank(statement, ()) if visible else ConstantRank((), ())))
        return tuple(columns)

    def _columns(self, dropped: frozenset[int]) -> tuple[tuple[int, ConstantRank], ...] | None:
        columns: list[tuple[int, ConstantRank]] = []
        for j, rows in sorted(self.problem.transposed.rows.items()):
            tick()
            vectors = [
                k
                for k in self.problem.transposed.terms_of_row[j]
                if k not in dropped and self.problem.terms[k].rows & rows
            ]
            evidence = self._constant_rank(vectors, rows, len(self.order) <= NORMAL_FORMS.enumerated)
            if evidence is None:
                return None
            columns.append((j, evidence))
        return tuple(columns)

    def _constant_rank(self, vectors: Sequence[int], rows: int, enumerate_spans: bool) -> ConstantRank | None:
        independent = self._independent(vectors, rows)
        if independent is not None:
            return ConstantRank((), tuple(independent))
        if not enumerate_spans:
            return None
        for size in range(1, len(vectors) + 1):
            for family in itertools.combinations(vectors, size):
                span = 0
                for k in family:
                    span |= self.problem.terms[k].rows & rows
                chosen = self._independent(family, rows) if span.bit_count() == size else None
                if chosen is None:
                    continue
                rest = [k for k in vectors if self.problem.terms[k].rows & rows & ~span]
                evidence = self._constant_rank(rest, rows & ~span, enumerate_spans)
                if evidence is not None:
                    here = Span(tuple(bits(span)), tuple(chosen))
                    return ConstantRank((here, *evidence.spans), evidence.independent)
        return None

    def _independent(self, vectors: Sequence[int], rows: int) -> list[int] | None:
        """An order in which each vector is inside ``rows`` and orthogonal to all later ones, or None."""
        left = list(vectors)
        order: list[int] = []
        while left:
            following = next((l for l in left if self._orthogonal_to_all(l, left, rows)), None)
            if following is None:
                return None
            left.remove(following)
            order.append(following)
        return order

    def _orthogonal_to_all(self, l: int, others: Sequence[int], rows: int) -> bool:
        support = self.problem.terms[l].rows
        if support & ~rows:
            return False
        return all(
            k == l or k in self.orthogonal[l] or not self.problem.terms[k].rows & support for k in others
        )


def _below(problem: Problem, k: int, l: int) -> bool:
    """k ⊑ l: I_k ⊆ I_l, and every j ∈ J_l is in J_k or has I_k×{j} ⊆ W."""
    smaller, larger = problem.terms[k], problem.terms[l]
    if smaller.rows & ~larger.rows:
        return False
    missing = larger.columns & ~smaller.columns
    return not missing or not any(problem.rows[i] & missing for i in bits(smaller.rows))
