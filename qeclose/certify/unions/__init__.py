"""Bounds on the number of nonzeros: E is the union of the sets of the maximal supports that keep them."""
