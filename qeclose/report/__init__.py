"""Verdicts as text: for a pipe, for a terminal, and as JSON lines."""
