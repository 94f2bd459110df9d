"""The candidate's way onto a test by its code."""
