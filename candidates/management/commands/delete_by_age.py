"""Delete what is kept no longer: the worker does it every night."""

from typing import Any

from django.core.management.base import BaseCommand

from candidates.operations.schedule import delete_by_age


class Command(BaseCommand):
    """Delete answers, private references, logins of one-time users and tests that are old enough."""

    help = "Delete what is older than the RETENTION_ settings say. run_worker does it every night."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete it and say how much."""
        self.stdout.write(delete_by_age())
