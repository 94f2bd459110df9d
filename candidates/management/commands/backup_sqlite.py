"""Copy an SQLite database while people go on working."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from candidates.operations.copies import CopyFailed, copy_sqlite


class Command(BaseCommand):
    help = (
        "Copy the SQLite database to a new file of mode 600 while people go on working, and check the copy. It holds "
        "no keys: keep CREDENTIAL_KEYS, VERIFIER_KEYS and SECRET_KEY apart from it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file that does not exist yet")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Write the copy and say how large it is. Raises CommandError where none was made."""
        try:
            size = copy_sqlite(file)
        except CopyFailed as failed:
            raise CommandError(str(failed)) from failed
        self.stdout.write(f"{file}: {size} bytes, checked.")
