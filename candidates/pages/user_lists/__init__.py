"""Lists of permanent users."""
