"""Results of a test for its planners, and its scale."""
