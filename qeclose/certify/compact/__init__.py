"""Closed because the factors may be kept on a compact set: theorem N for pairs, orthogonal chains."""
