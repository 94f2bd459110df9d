"""Login details: slips, key lists, one person's login."""
