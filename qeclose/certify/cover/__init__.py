"""Closed by cases: the space of all A, or a variety of given ranks, covered by regions with rational factors."""
