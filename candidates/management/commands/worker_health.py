"""Say whether a background worker is running, for monitoring."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from candidates.operations.schedule import worker_is_missing, worker_seen_at


class Command(BaseCommand):
    help = "Say when a background worker was last seen; exit code 1 where that is more than three minutes ago."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say it. Raises CommandError where no worker has been seen for long."""
        seen = worker_seen_at()
        words = f"was last seen at {seen:%Y-%m-%d %H:%M:%S} UTC." if seen else "has never been seen."
        if worker_is_missing():
            raise CommandError(f"The background worker {words} Start it: manage.py run_worker.")
        self.stdout.write(f"The background worker {words}")
