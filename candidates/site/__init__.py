"""What lies around every page: middleware, logs, error pages, addresses, checks."""
