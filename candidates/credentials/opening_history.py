"""Who opened the login details of a test, as the audit has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from candidates.audit import ELSEWHERE
from candidates.models import AuditEvent, Candidate, SlipPrint, Test


@dataclass(frozen=True, slots=True)
class LastOpening:
    """Who opened login details of a test, when (UTC), how and how many; `whom` is the Candidate ID where it was one.

    `elsewhere` says that it was done on another test, for permanent users who are on this one too.
    """

    at: datetime
    by: str
    what: str
    count: int
    whom: str
    elsewhere: bool


# Acts that print slips, and acts that only show login details.
PRINTS = (AuditEvent.Action.DETAILS_PRINTED, AuditEvent.Action.DETAILS_PDF)
VIEWS = (
    AuditEvent.Action.DETAILS_LISTED,
    AuditEvent.Action.DETAILS_CSV,
    AuditEvent.Action.DETAILS_REVEALED,
    AuditEvent.Action.KEY_LIST_SHOWN,
    AuditEvent.Action.KEY_LIST_CSV,
)


def last_openings(
    test: Test, *, actions: Sequence[AuditEvent.Action] = (*PRINTS, *VIEWS), most: int = 10, here: bool = False
) -> list[LastOpening]:
    """Return the openings of a test's login details, newest first, without refused ones.

    With `here` those are left out that were done on another test, for permanent users who are on this one too.
    """
    done = _opened(test, actions)
    if here:
        done = done.exclude(detail__has_key=ELSEWHERE)
    events = list(done.select_related("actor").order_by("-at", "-pk")[:most])
    alone = {event.pk: event.detail["candidates"][0] for event in events if event.count == 1}
    names = dict(
        Candidate.objects.of_test(test).filter(public_id__in=alone.values()).values_list("public_id", "candidate_id")
        if alone
        else ()
    )
    return [
        LastOpening(
            at=event.at,
            by=str(event.actor) if event.actor else event.actor_name,
            what=_how(event),
            count=event.count,
            whom=names.get(alone.get(event.pk, ""), ""),  # nothing for somebody who was removed since
            elsewhere=ELSEWHERE in event.detail,
        )
        for event in events
    ]


def openings_of(test: Test) -> int:
    """Return how often login details of a test were opened."""
    return _opened(test, (*PRINTS, *VIEWS)).count()


def _opened(test: Test, actions: Sequence[AuditEvent.Action]) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(test=test, action__in=actions, outcome=AuditEvent.Outcome.DONE)


def _how(event: AuditEvent) -> str:
    """Return how login details were opened, in the words of the page that lists it."""
    six = event.detail.get("layout") == SlipPrint.Layout.COMPACT
    return {
        AuditEvent.Action.DETAILS_PRINTED: _("Printed, six per page") if six else _("Printed, one per page"),
        AuditEvent.Action.DETAILS_PDF: _("PDF, six per page") if six else _("PDF, one per page"),
        AuditEvent.Action.DETAILS_LISTED: _("List on the screen"),
        AuditEvent.Action.DETAILS_CSV: _("CSV"),
        AuditEvent.Action.DETAILS_REVEALED: _("Shown"),
        AuditEvent.Action.KEY_LIST_SHOWN: _("Key list shown"),
        AuditEvent.Action.KEY_LIST_CSV: _("Key list as CSV"),
    }[AuditEvent.Action(event.action)]
