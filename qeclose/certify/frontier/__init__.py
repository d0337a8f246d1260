"""Frontier points as limits: curves whose column spaces tend to spaces that are computed exactly."""
