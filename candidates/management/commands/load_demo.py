"""Load the fictitious demonstration data, once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from candidates.demo import accounts, load
from inspera_deliver.environment import BASE_DIR

PASSWORD_FILE = BASE_DIR / ".demo-password"


class Command(BaseCommand):
    """Make the demonstration's accounts and tests; a second run changes nothing."""

    help = "Load the fictitious demonstration data once. Refuses to run where DEMONSTRATION is not set."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing; raise CommandError on an installation that is no demonstration."""
        if not settings.DEMONSTRATION:
            raise CommandError("This installation is no demonstration: DEMONSTRATION is not set. Nothing was loaded.")
        if not PASSWORD_FILE.is_file():
            raise CommandError(f"{PASSWORD_FILE.name} is missing. `python -m inspera_deliver.make_env` writes it.")
        if accounts():
            self.stdout.write("The demonstration data is there already.")
            return
        load(password=PASSWORD_FILE.read_text().strip())
        self.stdout.write("The demonstration data is loaded.")
