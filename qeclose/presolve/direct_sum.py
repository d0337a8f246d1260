"""R7: terms that never meet at a position of Q are separate questions.

*Theorem.* If the terms fall into groups whose positions outside W are disjoint, then modulo R^W the set E is the product
of the groups' sets; it is closed if and only if each factor is.

A group may be looked at with every position free that none of its terms covers, so each group starts again on its own.
"""

from __future__ import annotations

from qeclose.problem import Problem, tick

__all__ = ["direct_summands"]


def direct_summands(problem: Problem) -> list[Problem]:
    """The finest such groups, in the order of their smallest ids."""
    parent = {k: k for k in problem.terms}
    apart_yet = len(parent)

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for i, meeting in problem.terms_of_row.items():
        if apart_yet == 1:
            return [problem]
        tick()
        free = problem.free.get(i, 0)
        groups: list[tuple[int, int]] = []
        for k in meeting:
            columns = problem.terms[k].columns & ~free
            apart = []
            for other, taken in groups:
                if taken & columns:
                    apart_yet -= root(other) != root(k)
                    parent[root(other)] = root(k)
                    columns |= taken
                else:
                    apart.append((other, taken))
            groups = [*apart, (k, columns)]
    members: dict[int, list[int]] = {}
    for k in sorted(problem.terms):
        members.setdefault(root(k), []).append(k)
    if len(members) == 1:
        return [problem]
    return [problem.part(ids) for ids in members.values()]
