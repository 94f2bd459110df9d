"""One-time logins in the place of SSO."""
