"""What ``scripts/fuzz.py`` feeds with bytes that nobody meant."""
