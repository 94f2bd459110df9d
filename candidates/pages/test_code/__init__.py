"""How candidates join a test, for its planners: by code or added, the code itself, and who waits to be let in."""
