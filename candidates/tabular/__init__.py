"""Files to tables of text, and tables to files; knows no model and no page."""
