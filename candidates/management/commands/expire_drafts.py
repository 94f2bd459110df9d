"""Delete lists that nobody confirmed in time: run it every hour."""

from typing import Any

from django.core.management.base import BaseCommand

from candidates.intake.drafts import expire_drafts


class Command(BaseCommand):
    """Delete expired import drafts."""

    help = "Delete uploaded lists that nobody has confirmed within DRAFT_HOURS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them and say how many."""
        self.stdout.write(f"{expire_drafts()} expired drafts deleted.")
