"""The own account: devices, password, two-step login."""
