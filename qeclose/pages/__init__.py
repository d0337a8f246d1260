"""Verdicts, explanations, certificates and batches as self-contained HTML pages, for people."""
