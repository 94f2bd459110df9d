"""A candidate's Dashboard and Archive."""
