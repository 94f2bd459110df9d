"""The rooms of the institution, for planners and administrators."""
