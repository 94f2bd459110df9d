"""Permanent users from files."""
