"""Clusters of points no hyperplane meets too many of: consecutive points of the moment curve.

*Lemma.* Let s_1 < s_2 < … , let v(s) = (s, s², …, s^n), and let each n + 1 consecutive points v(s) be a cluster. The points of a
cluster are affinely independent, and no hyperplane meets the convex hulls of more than n clusters.

*Proof.* A hyperplane {a·x = b} defines the polynomial p(s) = a·v(s) − b of degree ≤ n, not zero since a ≠ 0. If it contains a
whole cluster, p has n + 1 roots, which is impossible. If it meets the hull of a cluster, p does not have one strict sign on the
cluster's points, so p has a root between its first and its last parameter. These intervals are disjoint, and p has at most n
roots. ∎
"""

from __future__ import annotations

from fractions import Fraction

from qeclose.networks.weights import Matrix, Vector

__all__ = ["curve_point", "moment_clusters", "parameters"]


def parameters(count: int) -> tuple[Fraction, ...]:
    """Increasing multiples of a power of 1/2 between −1 and 1, ``count`` of them.

    So that the points are floating-point numbers unless the dimension is high.
    """
    step = Fraction(1, 2 ** max(0, (count // 2).bit_length()))
    return tuple((number - count // 2) * step for number in range(count))


def curve_point(s: Fraction, dimension: int) -> Vector:
    """The point (s, s², …) of the moment curve."""
    return tuple(s**power for power in range(1, dimension + 1))


def moment_clusters(count: int, dimension: int) -> tuple[Matrix, ...]:
    """``count`` clusters of dimension + 1 points each that satisfy the lemma."""
    points = [curve_point(s, dimension) for s in parameters(count * (dimension + 1))]
    return tuple(
        tuple(points[first : first + dimension + 1]) for first in range(0, len(points), dimension + 1)
    )
