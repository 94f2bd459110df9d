"""What the own account's page shows: who one is here, and where one is logged in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models import Session, User
from candidates.signin.devices import device_words, name_of

ROLES = (
    ("is_planner", gettext_lazy("planner")),
    ("is_invigilator", gettext_lazy("invigilator")),
    ("is_grader", gettext_lazy("grader")),
    ("is_administrator", gettext_lazy("administrator")),
)


@dataclass(frozen=True, slots=True)
class Device:
    """One place where somebody is logged in; `name` is what a form calls it by."""

    name: str
    words: str
    address: str
    used_at: datetime | None
    is_this: bool


def device_lines(sessions: Iterable[Session], *, this: str | None) -> list[Device]:
    """Return a line for each session, first the one that asks, whose key is `this`: nothing was used later."""
    return [
        Device(
            name=name_of(one.session_key),
            words=device_words(one.device),
            address=one.address or _("not known"),
            used_at=one.last_used_at,
            is_this=one.session_key == this,
        )
        for one in sorted(sessions, key=lambda one: one.session_key != this)
    ]


def who_words(user: User) -> str:
    """Return "Ingrid Solheim, planner and grader." or the name alone."""
    roles = [str(words) for role, words in ROLES if getattr(user, role)]
    name = str(user)
    return f"{name}, {get_text_list(roles, _('and'))}." if roles else f"{capfirst(name)}."
