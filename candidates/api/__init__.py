"""The API through which other systems reach tests and candidates: it calls what the pages call."""
