"""Maximum matchings and minimum vertex covers of small bipartite graphs given by bitset rows."""

from __future__ import annotations

from collections.abc import Mapping

from qeclose.problem.clock import tick
from qeclose.support.bits import bits

__all__ = ["maximum_matching", "minimum_vertex_cover"]


def maximum_matching(neighbours: Mapping[int, int]) -> dict[int, int]:
    """A maximum matching of left vertices to right vertices; ``neighbours`` maps a left vertex to a bitset.

    Augmenting paths, each right vertex visited once a path (Kuhn): O(V·E) at worst.
    """
    partner_of_right: dict[int, int] = {}
    partner: dict[int, int] = {}
    taken = 0
    for start in neighbours:
        tick()
        reached_from: dict[int, int] = {}
        seen = 0
        queue = [start]
        end: int | None = None
        while queue and end is None:
            left = queue.pop()
            free = neighbours[left] & ~taken
            if free:
                end = (free & -free).bit_length() - 1
                reached_from[end] = left
                taken |= 1 << end
                break
            new = neighbours[left] & ~seen
            seen |= new
            for right in bits(new):
                reached_from[right] = left
                queue.append(partner_of_right[right])
        while end is not None:
            left = reached_from[end]
            partner_of_right[end] = left
            previous = partner.get(left)
            partner[left] = end
            end = previous
    return partner


def minimum_vertex_cover(neighbours: Mapping[int, int]) -> tuple[int, int]:
    """A minimum vertex cover (bitset of left vertices, bitset of right vertices) (König)."""
    partner = maximum_matching(neighbours)
    partner_of_right = {right: left for left, right in partner.items()}
    left_reached = {left for left in neighbours if left not in partner}
    queue = list(left_reached)
    right_reached = 0
    while queue:
        left = queue.pop()
        for right in bits(neighbours[left] & ~right_reached):
            right_reached |= 1 << right
            other = partner_of_right[right]
            if other not in left_reached:
                left_reached.add(other)
                queue.append(other)
    left_cover = sum(1 << left for left in neighbours if left not in left_reached)
    return left_cover, right_reached
