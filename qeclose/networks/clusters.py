"""Clusters of points no hyperplane meets too many of: small simplices around points of the moment curve.

*Lemma.* Let s_0 < s_1 < … be integers, v_j = (s_j, s_j², …, s_j^n), and let cluster j be v_j and points within δ of it.
Let H ≥ the norm of every (1, v_j), and δ so small that (H + δ)^(n+1) − H^(n+1) < 1!·2!⋯n!. Then no hyperplane meets the
convex hulls of n + 1 clusters.

*Proof.* A hyperplane through one point of each of n + 1 hulls makes these points affinely dependent: the determinant of the
rows (1, p_j) is 0. Every p_j is within δ of v_j, since balls are convex. Expand det(V + E) in the rows: by Hadamard's
inequality it differs from the Vandermonde determinant det V by at most Σ_{k≥1} C(n+1, k) δ^k H^(n+1−k) = (H + δ)^(n+1) − H^(n+1),
and det V = Π_{i<j} (s_j − s_i) ≥ Π_{i<j} (j − i) = 1!·2!⋯n!. So the determinant is not 0. ∎
"""

from __future__ import annotations

import math
from fractions import Fraction

from qeclose.networks.weights import Matrix, Vector

__all__ = ["centre", "cluster_radius", "moment_clusters", "parameters"]


def parameters(count: int) -> range:
    """Integers around 0, one for each cluster."""
    start = -(count // 2)
    return range(start, start + count)


def centre(s: int, dimension: int) -> Vector:
    """The point (s, s², …) of the moment curve."""
    return tuple(Fraction(s**power) for power in range(1, dimension + 1))


def cluster_radius(count: int, dimension: int) -> Fraction:
    """The largest power of 1/2 that satisfies the lemma for ``count`` clusters around ``parameters(count)``."""
    far = max(abs(s) for s in parameters(count))
    height = math.isqrt(sum(far ** (2 * power) for power in range(dimension + 1))) + 1
    least = math.prod(math.factorial(k) for k in range(1, dimension + 1))
    radius = Fraction(1)
    while (height + radius) ** (dimension + 1) - height ** (dimension + 1) >= least:
        radius /= 2
    return radius


def moment_clusters(count: int, dimension: int) -> tuple[Matrix, ...]:
    """``count`` clusters of dimension + 1 affinely independent points each that satisfy the lemma."""
    radius = cluster_radius(count, dimension)
    clusters = []
    for s in parameters(count):
        middle = centre(s, dimension)
        corners = [
            tuple(entry + (radius if q == p else 0) for q, entry in enumerate(middle))
            for p in range(dimension)
        ]
        clusters.append((middle, *corners))
    return tuple(clusters)
