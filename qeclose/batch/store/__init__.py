"""What is kept: decisions in a cache, records in a journal, the versions of engines."""
