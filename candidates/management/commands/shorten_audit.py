"""Delete the oldest rows of the audit, so that the chain of seals stays complete."""

from datetime import UTC, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date

from candidates.operations.audit_seals import delete_before


class Command(BaseCommand):
    help = "Delete the rows of the audit before a day (UTC), whole seals from the front of the chain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", required=True, metavar="YYYY-MM-DD", help="the first day that stays")

    def handle(self, *args: Any, before: str, **options: Any) -> None:
        try:
            day = parse_date(before)
        except ValueError:
            day = None
        if day is None:
            raise CommandError("Write the day as 2025-12-31.")
        moment = datetime.combine(day, time(), tzinfo=UTC)
        if moment > timezone.now():
            raise CommandError("The day lies ahead. Nothing was deleted.")
        self.stdout.write(f"{delete_before(moment)} rows of the audit deleted.")
