"""Handing tests over, for administrators."""
