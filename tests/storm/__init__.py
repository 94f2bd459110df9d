"""Exam morning: a crowd logs in, starts, saves and submits at once, on the production server. `make storm` runs it."""
