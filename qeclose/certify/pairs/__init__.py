"""Two factors: the order of things, the table, one irreducible block, ill-posed sub-masks."""
