"""Monitor and incidents."""
