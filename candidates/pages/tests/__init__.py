"""A test: its page, contributors, questions, activation, history, and its end."""
