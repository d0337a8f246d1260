"""A ∉ E, by cases in which an equation becomes 0 = nonzero; a frontier point confirmed and cut to what it needs."""
