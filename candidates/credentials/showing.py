"""Show login details: only once the test is activated, and only after the opening has been recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from candidates import audit
from candidates.credentials.sealing import SealBroken, unseal
from candidates.credentials.secrets import show_password, show_username
from candidates.credentials.slips import Slip
from candidates.lifecycle.errors import Refused
from candidates.lifecycle.timing import effective_end
from candidates.models import AuditEvent, Candidate, Location, Test, User


@dataclass(frozen=True, slots=True)
class Choice:
    """Which candidates' login details are meant: the ticked ones, those of one location, or all."""

    public_ids: tuple[str, ...] | None = None
    location: Location | None = None
    without_location: bool = False
    not_printed: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened: the slips, and whose copy is gone or cannot be opened."""

    slips: tuple[Slip, ...]
    purged: tuple[str, ...]
    broken: tuple[str, ...]


PRINTING = {AuditEvent.Action.DETAILS_PRINTED, AuditEvent.Action.DETAILS_PDF}


def chosen(test: Test, choice: Choice) -> list[Candidate]:
    """Return the candidates of a choice who have generated login details, in the order of their slips."""
    found = Candidate.objects.of_test(test).filter(kind=Candidate.Kind.ONE_TIME, user__isnull=False)
    if choice.public_ids is not None:
        found = found.filter(public_id__in=choice.public_ids)
    if choice.location is not None:
        found = found.filter(location=choice.location)
    if choice.without_location:
        found = found.filter(location__isnull=True)
    if choice.not_printed:
        found = found.exclude(slip_printed_version=F("slip_version"))
    return list(
        found.select_related("user", "user__sealed_password", "location").order_by(
            "location__building", "location__room", "sort_key"
        )
    )


def open_details(*, test: Test, choice: Choice, action: AuditEvent.Action, by: User) -> Opened:
    """Open the login details of the chosen candidates, recorded before anything is opened.

    Raises Refused where the test is not activated or nobody is chosen. A copy that cannot be opened is named in
    `broken`; a purged one in `purged`; neither keeps its candidate from logging in.
    """
    with transaction.atomic():
        # The lock keeps a deactivation, a removal or a new password from happening between the check and the slips.
        test = Test.objects.select_for_update().get(pk=test.pk)
        if not test.is_activated:
            raise Refused(_("Login details can be seen once the test is activated."))
        candidates = chosen(test, choice)
        if not candidates:
            raise Refused(_("No candidate is chosen. Tick candidates or choose a room that has some."))
        audit.record(
            action,
            by=by,
            test=test,
            count=len(candidates),
            detail={"candidates": [candidate.public_id for candidate in candidates]},
        )
        if action in PRINTING:
            mark_printed(candidates)
    return _opened(test, candidates)


def mark_printed(candidates: Sequence[Candidate]) -> None:
    """Remember which version of each slip is on paper."""
    Candidate.objects.filter(pk__in=[candidate.pk for candidate in candidates]).update(
        slip_printed_version=F("slip_version")
    )


def _opened(test: Test, candidates: Sequence[Candidate]) -> Opened:
    slips: list[Slip] = []
    purged: list[str] = []
    broken: list[str] = []
    for candidate in candidates:
        user = candidate.user
        if user is None:  # chosen() asks for those who have one
            continue
        sealed = getattr(user, "sealed_password", None)
        if sealed is None:
            purged.append(candidate.candidate_id)
            continue
        try:
            password = unseal(sealed.token, user.username)
        except SealBroken:
            broken.append(candidate.candidate_id)
            continue
        slips.append(_slip(test, candidate, user.username, password))
    return Opened(tuple(slips), tuple(purged), tuple(broken))


def _slip(test: Test, candidate: Candidate, username: str, password: str) -> Slip:
    opens_at, ends_at = test.window
    return Slip(
        candidate_id=candidate.candidate_id,
        username=show_username(username),
        password=show_password(password),
        test_name=test.name,
        opens_at=opens_at,
        ends_at=effective_end(
            test_ends_at=ends_at,
            duration_minutes=test.duration_minutes,
            started_at=candidate.started_at,
            extra_minutes=candidate.extra_minutes,
            incident_minutes=candidate.incident_minutes,
        ),
        ends_at_latest=test.duration_minutes is not None and candidate.started_at is None,
        duration_minutes=test.duration_minutes,
        extra_minutes=candidate.extra_minutes + candidate.incident_minutes,
        building=candidate.location.building if candidate.location else "",
        room=candidate.location.room if candidate.location else "",
        version=candidate.slip_version,
    )


@dataclass(frozen=True, slots=True)
class LastOpening:
    """Who opened the login details of a test last, when (UTC), and what for."""

    at: datetime
    by: str
    what: str
    count: int


OPENINGS = (
    AuditEvent.Action.DETAILS_LISTED,
    AuditEvent.Action.DETAILS_PRINTED,
    AuditEvent.Action.DETAILS_CSV,
    AuditEvent.Action.DETAILS_PDF,
    AuditEvent.Action.DETAILS_REVEALED,
)


def last_openings(test: Test, *, most: int = 10) -> list[LastOpening]:
    """Return the newest openings of a test's login details, newest first."""
    events = AuditEvent.objects.filter(test=test, action__in=OPENINGS).select_related("actor").order_by("-at")[:most]
    return [
        LastOpening(
            at=event.at,
            by=str(event.actor) if event.actor else event.actor_name,
            what=event.get_action_display(),
            count=event.count,
        )
        for event in events
    ]


def readable_until(last_end: datetime) -> datetime:
    """Return when the sealed copies go (UTC): LOGIN_DETAILS_HOURS after the last effective end (D10)."""
    return last_end + timedelta(hours=settings.LOGIN_DETAILS_HOURS)
