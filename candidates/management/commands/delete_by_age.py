"""Delete what is kept no longer: the worker does it every night."""

from typing import Any

from django.core.management.base import BaseCommand

from candidates.operations.schedule import delete_by_age


class Command(BaseCommand):
    help = "Delete what is older than the RETENTION_ settings say. run_worker does it every night."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(delete_by_age())
