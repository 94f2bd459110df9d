"""Accounts of staff: an installation always has an administrator who can work."""

from django.utils.translation import gettext as _

from candidates.lifecycle.errors import Refused
from candidates.models import User


def keep_an_administrator(account: User, *, by: User) -> None:
    """Raise Refused where nobody could make and change accounts any more once this one cannot; in a transaction.

    To be called before an account is deactivated or loses the role. The rows of all administrators are locked first, in
    one order: of two who deactivate each other at the same moment the second waits here, and sees what the first did.
    """
    administrators = User.objects.filter(kind=User.Kind.STAFF, is_administrator=True, is_active=True)
    held = list(administrators.select_for_update(no_key=True).order_by("pk"))
    if any(one.pk != account.pk and one.can_log_in for one in held) or all(one.pk != account.pk for one in held):
        return
    if account.pk == by.pk:
        words = _(
            "You are the last administrator who can log in, and without one nobody could make accounts any more. "
            "First give another account the role administrator and a password."
        )
    else:
        words = _(
            "%(name)s is the last administrator who can log in, and without one nobody could make accounts any more. "
            "First give another account the role administrator and a password."
        )
    raise Refused(words % {"name": account})
