"""Exact arithmetic of the search: Laurent curves, polynomial systems, numbers modulo a prime. The checker has its own."""
