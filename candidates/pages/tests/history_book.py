"""Whom the history of a test names: who did something, and whom it concerned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from candidates.models import AuditEvent, User

NAMED = 5
"""So many Candidate IDs stand in a sentence; of more it says how many they are."""


@dataclass(frozen=True, slots=True)
class Book:
    """Who is who on one test: Candidate IDs by public id, removed ones too, and by account."""

    ids: Mapping[str, str]
    accounts: Mapping[int, str]

    def of(self, event: AuditEvent) -> str:
        """Return the Candidate ID of the candidate who did something, "" where somebody else did it."""
        return self.accounts.get(event.actor_id, "") if event.actor_id is not None else ""


def candidates_of(event: AuditEvent, book: Book) -> list[str]:
    """Return the Candidate IDs that an act concerned, as far as the audit names them, or who did it."""
    found = named_in(event.detail)
    # a removed candidate stands there with the ID it had
    named = [one[1] if isinstance(one, list) else book.ids.get(one, "") for one in found]
    if not found and (own := book.of(event)):
        named = [own]
    return [one for one in named if one]


def named_in(detail: Mapping[str, Any]) -> list[Any]:
    """Return the candidates that an act names: public ids, or pairs of that and the Candidate ID they had."""
    if "candidate" in detail:
        return [detail["candidate"]]
    several = [detail.get(name) for name in ("candidates", "removed", "restored")]
    return [one for found in several if isinstance(found, list) for one in found]


def who(event: AuditEvent, book: Book) -> str:
    """Return who did it: candidates by Candidate ID, staff by name."""
    if own := book.of(event):
        return _("Candidate %(id)s") % {"id": own}
    if event.actor is not None and event.actor.kind == User.Kind.SSO and not event.actor.name:
        return _("Somebody who logs in through SSO")  # the account has no name that means anything
    if event.actor is not None:
        return str(event.actor)
    return event.actor_name or _("Deliver")


def whom_of(event: AuditEvent, book: Book) -> str:
    """Return whom an act concerned: "candidate 0022", "candidates 0022 and 0023", "12 candidates"."""
    named, count = candidates_of(event, book), event.count
    if named and len(named) <= NAMED and count in (0, len(named)):
        listed = get_text_list(named, pgettext("between the last two of some names", "and"))
        return ngettext("candidate %(ids)s", "candidates %(ids)s", len(named)) % {"ids": listed}
    return ngettext("%(n)d candidate", "%(n)d candidates", count) % {"n": count}
