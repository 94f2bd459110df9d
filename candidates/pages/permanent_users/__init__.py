"""Permanent users, for administrators."""
