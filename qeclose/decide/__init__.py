"""The strategy: which questions are put to which engines, in which order, under one deadline."""
