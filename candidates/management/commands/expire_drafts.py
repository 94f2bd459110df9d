"""Delete expired drafts of imports; the worker does it every hour."""

from typing import Any

from django.core.management.base import BaseCommand

from candidates.operations.schedule import expire_drafts


class Command(BaseCommand):
    help = "Delete uploaded lists that nobody has confirmed within DRAFT_HOURS. run_worker does it every hour."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(expire_drafts())
