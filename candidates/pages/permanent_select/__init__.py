"""Adding permanent users to a test."""
