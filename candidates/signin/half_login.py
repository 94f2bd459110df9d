"""Who has typed the right password and not yet the code: a note in the session that opens nothing and soon ends."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from candidates.models import User

NOTE = "half_login"
PASSED = "second_step"  # in a session that was let in by a code
LASTS = timedelta(minutes=5)


def begin(request: HttpRequest, user: User, wanted: str) -> None:
    """Note whose password was right; `wanted` is the page that the person wanted."""
    # bound to the password, as a session is: a new one ends it
    bound = user.get_session_auth_hash()
    request.session[NOTE] = {"user": user.pk, "at": timezone.now().timestamp(), "hash": bound, "next": wanted}


def who(request: HttpRequest) -> User | None:
    """Return whose password was right a moment ago, None where nobody's was, or it is too long ago."""
    note = request.session.get(NOTE)
    if not note or not 0 <= timezone.now().timestamp() - note["at"] <= LASTS.total_seconds():
        return None
    user = User.objects.filter(pk=note["user"], is_active=True).first()
    return user if user and constant_time_compare(note["hash"], user.get_session_auth_hash()) else None


def end(request: HttpRequest) -> str:
    """Forget the note, and return the page that was wanted."""
    return str(request.session.pop(NOTE, {}).get("next", ""))
