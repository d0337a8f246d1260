"""What ``scripts/faults.py`` injects."""
