"""What keeps an installation going: scheduled jobs, health, copies of the database."""
