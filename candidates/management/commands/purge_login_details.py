"""Delete the readable copies of one-time passwords some time after the test: run it every hour."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from candidates.credentials.purging import purge_due


class Command(BaseCommand):
    """Purge what is due."""

    help = "Delete the sealed copies of one-time passwords LOGIN_DETAILS_HOURS after a test's last end."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them and say how many."""
        gone = purge_due()
        self.stdout.write(
            ngettext("%(count)d password deleted.", "%(count)d passwords deleted.", gone) % {"count": gone}
        )
