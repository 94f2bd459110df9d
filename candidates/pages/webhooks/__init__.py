"""Webhooks of other systems, for administrators."""
