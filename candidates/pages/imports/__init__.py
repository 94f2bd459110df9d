"""Candidates from files: upload, preview, mending, confirming, undoing."""
