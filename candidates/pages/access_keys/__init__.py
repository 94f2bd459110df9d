"""Keys with which other systems call the API, for administrators."""
