"""Django's admin, for accounts of staff, permanent users and the audit."""
