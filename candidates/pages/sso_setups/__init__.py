"""Institutions through which people log in, for administrators."""
