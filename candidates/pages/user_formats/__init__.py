"""Formats of files of permanent users."""
