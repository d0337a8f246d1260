"""Many supports at once: collecting them, deciding each class once, and what is written down."""
