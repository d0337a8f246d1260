"""Engines and methods side by side: who takes part, the race itself, and the verdict that its outcome gives."""
