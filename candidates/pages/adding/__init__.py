"""Adding candidates by hand."""
