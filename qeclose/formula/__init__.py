"""Tarski formulas: the language, the formulas of a support, and one printer a syntax."""
