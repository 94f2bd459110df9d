"""OneRoster 1.1 and 1.2 as CSV files: in zip files or folders that a student system leaves in a folder here."""
