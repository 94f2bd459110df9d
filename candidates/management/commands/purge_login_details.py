"""Delete the sealed copies of passwords some time after the test; the worker does it every hour."""

from typing import Any

from django.core.management.base import BaseCommand

from candidates.operations.schedule import purge_login_details


class Command(BaseCommand):
    help = (
        "Delete the sealed copies of one-time passwords LOGIN_DETAILS_HOURS after a test's last end. run_worker does "
        "it every hour; run it by hand after a backup was restored."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(purge_login_details())
