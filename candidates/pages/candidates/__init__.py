"""Manage candidates: the list, one candidate, and what is done to many."""
