"""What the Dashboard and the page for test codes have in common: the field for the code, and who waits for a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.lifecycle.joining import place_in_line, waiting_of
from candidates.models import JoinRequest, User
from candidates.models.test_codes import show_code

CODE_WIDGET = forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})


def code_help() -> str:
    """Return what a code looks like here."""
    example = show_code(f"{settings.TEST_CODE_LETTERS}123456789")
    return _("Like %(code)s. Spaces and hyphens do not matter.") % {"code": example}


def may_type_codes(user: User) -> bool:
    """Say whether test codes are for this person at all."""
    return user.kind in (User.Kind.SSO, User.Kind.PERMANENT)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A test for which somebody waits; `words` say how. Times are UTC."""

    request_id: str
    name: str
    words: str
    opens_at: datetime | None


def waiting_for(user: User) -> Sequence[Waiting]:
    """Return the tests for which a person waits to be let in: none for who cannot join."""
    if not may_type_codes(user):
        return ()
    return [Waiting(one.public_id, one.test.name, waiting_words(one), one.test.opens_at) for one in waiting_of(user)]


def waiting_words(request: JoinRequest) -> str:
    """Return how somebody waits: for a planner, or for a place."""
    if request.state == JoinRequest.State.ASKED:
        return _("You wait to be let in.")
    place = place_in_line(request)
    words = ngettext(
        "The test is full. You are next on the waiting list.",
        "The test is full. You are number %(n)d on the waiting list.",
        place,
    )
    return words % {"n": place}
