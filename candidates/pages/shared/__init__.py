"""What families of pages have in common: forms, fields, ticks, kept searches."""
