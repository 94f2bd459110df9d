"""Everything about one person, for administrators."""
