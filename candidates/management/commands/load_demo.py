"""Load the fictitious demonstration data: what is missing of it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from candidates.management.demo import load
from inspera_deliver.environment import BASE_DIR

PASSWORD_FILE = BASE_DIR / ".demo-password"


class Command(BaseCommand):
    help = (
        "Load what is missing of the fictitious demonstration data, with the password of .demo-password. "
        "Refuses to run where DEMONSTRATION is not set."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("This installation is no demonstration: DEMONSTRATION is not set. Nothing was loaded.")
        if not PASSWORD_FILE.is_file():
            raise CommandError(f"{PASSWORD_FILE.name} is missing. `python -m inspera_deliver.make_env` writes it.")
        made = load(password=PASSWORD_FILE.read_text().strip())
        for name in made:
            self.stdout.write(f"Made for the demonstration: {name}")
        if not made:
            self.stdout.write("The demonstration data is there already.")
