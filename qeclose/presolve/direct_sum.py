"""R7: terms that never meet at a position of Q are separate questions.

*Theorem.* If the terms fall into groups whose positions outside W are disjoint, then modulo R^W the set E is the product
of the groups' sets; it is closed if and only if each factor is.

A group may be looked at with every position free that none of its terms covers, so each group starts again on its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from qeclose.problem import Problem, tick

__all__ = ["direct_summands"]


def direct_summands(problem: Problem) -> list[Problem]:
    """The finest such groups, in the order of their smallest ids."""
    groups = _Groups(problem.terms)
    for i, meeting in problem.terms_of_row.items():
        if len(groups.members) == 1:
            return [problem]
        tick()
        # In a large mask most rows have nothing new to say: their terms are in one group already.
        if len({groups.of[k] for k in meeting}) > 1:
            _join_in_row(problem, groups, i, meeting)
    if len(groups.members) == 1:
        return [problem]
    return [problem.part(ids) for ids in sorted(map(sorted, groups.members.values()))]


class _Groups:
    """A partition of the terms; ``of`` names the group of each."""

    def __init__(self, terms: Iterable[int]) -> None:
        self.of = {k: k for k in terms}
        self.members = {k: [k] for k in self.of}

    def join(self, one: int, other: int) -> int:
        """Make one group of two; its name."""
        if len(self.members[one]) < len(self.members[other]):
            one, other = other, one
        moving = self.members.pop(other)
        self.of.update(dict.fromkeys(moving, one))
        self.members[one] += moving
        return one


def _join_in_row(problem: Problem, groups: _Groups, i: int, meeting: Iterable[int]) -> None:
    """Join the groups whose terms meet at a position of row i."""
    free = problem.free.get(i, 0)
    here: dict[int, list[int]] = {}
    for k in meeting:
        here.setdefault(groups.of[k], []).append(k)
    largest = here.pop(max(here, key=lambda name: len(here[name])))
    apart: list[tuple[int, int]] = []
    for name, terms in here.items():
        columns = 0
        for k in terms:
            columns |= problem.terms[k].columns & ~free
        still = []
        for other, taken in apart:
            if taken & columns:
                name, columns = groups.join(name, other), columns | taken
            else:
                still.append((other, taken))
        apart = [*still, (name, columns)]
    # The terms of the largest group are looked at one by one: often the first of them meets all others.
    for k in largest:
        columns = problem.terms[k].columns & ~free
        met = [name for name, taken in apart if taken & columns]
        apart = [(name, taken) for name, taken in apart if not taken & columns]
        for name in met:
            groups.join(name, groups.of[k])
        if not apart:
            return
