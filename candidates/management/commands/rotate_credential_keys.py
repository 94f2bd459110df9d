"""Bring login details under the newest keys: run it after putting a new key first in one of the two lists."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from candidates.credentials.purging import rotate_keys, rotation_is_due


class Command(BaseCommand):
    help = (
        "Seal every copy of a one-time password under the first of CREDENTIAL_KEYS and check it under the first of "
        "VERIFIER_KEYS. Passwords stay as they are and nobody is logged out. Safe to stop and to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit code 1 where there is work to do"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Rotate, and say what that means for the older keys. Raises CommandError where a copy cannot be opened."""
        if check:
            self.look()
            return
        done = rotate_keys()
        self.stdout.write(_("%(count)d login details are now under the newest keys.") % {"count": done.changed})
        if done.older_verifiers:
            self.stdout.write(
                _("%(count)d passwords are checked under an older key of VERIFIER_KEYS. Keep the older keys.")
                % {"count": done.older_verifiers}
            )
        if done.older_imports:
            self.stdout.write(
                _("%(count)d imports of users that are not over have passwords under an older key. Keep it until then.")
                % {"count": done.older_imports}
            )
        if not done.older_verifiers and not done.older_imports:
            self.stdout.write(_("No password is checked under an older key. Older VERIFIER_KEYS can go."))
        if done.not_opened:
            raise CommandError(
                _(
                    "%(count)d copies cannot be opened by any of CREDENTIAL_KEYS. Put the missing key back and run "
                    "this again. Logging in still works."
                )
                % {"count": done.not_opened}
            )
        self.stdout.write(_("Every copy opens with the newest key. Older CREDENTIAL_KEYS can go."))

    def look(self) -> None:
        """Say that nothing lies under an older key. Raises CommandError where something does."""
        if rotation_is_due():
            raise CommandError(_("Login details lie under an older key: run this without --check."))
        self.stdout.write(_("All login details lie under the newest keys."))
