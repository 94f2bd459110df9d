"""Help and accessibility."""
