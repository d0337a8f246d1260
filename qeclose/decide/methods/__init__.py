"""The ways to decide, one a module; ``decide.turns`` has the order in which they are tried."""
