"""Pages of what is prepared for people before they join a test by its code."""
