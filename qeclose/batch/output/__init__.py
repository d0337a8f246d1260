"""What is told of each item: records, the display, JUnit."""
