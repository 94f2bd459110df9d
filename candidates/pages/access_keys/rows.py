"""What the list of keys shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import dateformat, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.models import AccessKey, Scope
from candidates.signin.access_keys import WARN_BEFORE, all_keys, works
from candidates.text import day, when

ENDS_BEFORE = timedelta(seconds=1)  # a key ends with the day before this moment


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key in the list."""

    public_id: str
    name: str
    state: str  # "" while it works
    may: str
    tests: str
    made_by: str
    last_used: str
    expires: str
    expires_soon: str


def keys_page() -> dict[str, Any]:
    """Return the keys that work, and those that no longer do."""
    now = timezone.now()
    rows = [(_row(key, now), works(key, now)) for key in all_keys()]
    return {"working": [row for row, alive in rows if alive], "gone": [row for row, alive in rows if not alive]}


def _row(key: AccessKey, now: datetime) -> KeyRow:
    last = key.expires_at - ENDS_BEFORE
    left = (timezone.localtime(last).date() - timezone.localtime(now).date()).days
    soon = ""
    if key.expires_at - now <= WARN_BEFORE:
        soon = ngettext("in %(n)d day, %(day)s", "in %(n)d days, %(day)s", left) % {
            "n": left,
            "day": dateformat.format(timezone.localtime(last), "D j M"),
        }
    return KeyRow(
        public_id=key.public_id,
        name=key.name,
        state=_("Revoked") if key.revoked_at else _("Expired") if now >= key.expires_at else "",
        may=what_it_may(one.scope for one in key.scopes.all()),
        tests=_("all tests") if key.all_tests else _("own tests"),
        made_by=str(key.made_by) if key.made_by else "",
        last_used=when(key.last_used_at),
        expires=day(last),
        expires_soon=soon,
    )


def what_it_may(scopes: Any) -> str:
    """Return what a key may do in a line: "Read tests; read results"."""
    held = set(scopes)
    words = [str(scope.label) for scope in Scope if scope in held]
    return capfirst("; ".join(word[:1].lower() + word[1:] for word in words))
