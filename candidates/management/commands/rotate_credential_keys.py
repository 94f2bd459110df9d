"""Bring login details under the newest keys: run it after putting a new key first in one of the two lists."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from candidates.credentials.purging import rotate_keys


class Command(BaseCommand):
    """Rotate the keys of login details."""

    help = (
        "Seal every copy of a one-time password under the first of CREDENTIAL_KEYS and check it under the first of "
        "VERIFIER_KEYS. Passwords stay as they are and nobody is logged out. Safe to stop and to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, and say what that means for the older keys. Raises CommandError where a copy cannot be opened."""
        done = rotate_keys()
        self.stdout.write(_("%(count)d login details are now under the newest keys.") % {"count": done.changed})
        if done.older_verifiers:
            self.stdout.write(
                _("%(count)d passwords are checked under an older key of VERIFIER_KEYS. Keep the older keys.")
                % {"count": done.older_verifiers}
            )
        else:
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
