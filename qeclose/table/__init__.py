"""The classification of all masks with at most three terms (docs/classification.md), as data."""

from qeclose.table.entries import RANKS, Entry, entries
from qeclose.table.matching import Match, find_match
from qeclose.table.types import Pair, Types

__all__ = ["RANKS", "Entry", "Match", "Pair", "Types", "entries", "find_match"]
