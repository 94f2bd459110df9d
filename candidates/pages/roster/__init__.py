"""The student system that a test takes its candidates from, for planners."""
