"""Sort names and Candidate IDs by the alphabet of SORTING_LANGUAGE: run it after that was changed."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from candidates.operations.ordering import put_in_order


class Command(BaseCommand):
    help = (
        "Put stored names and Candidate IDs in the order of SORTING_LANGUAGE. Run it after the setting was changed, "
        "while people work. Safe to stop and to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the keys, and say how many were others."""
        self.stdout.write(_("%(count)d rows are in another order now.") % {"count": put_in_order()})
