"""Open login details: only while the test is activated, and only after the opening has been recorded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.credentials.sealing import SealBroken, unseal
from candidates.credentials.secrets import show_password, show_username
from candidates.credentials.showing import Missing, is_past, until_of
from candidates.credentials.slips import Layout, Slip, SlipSheet, sort_slips
from candidates.credentials.slips_pdf import not_printable
from candidates.lifecycle.errors import Refused
from candidates.lifecycle.stages import last_end, longest_extra_seconds
from candidates.lifecycle.timing import effective_end
from candidates.models import AuditEvent, Candidate, Test, User

Action = AuditEvent.Action
ON_PAPER = frozenset({Action.DETAILS_PRINTED, Action.DETAILS_PDF})
# What leaves the screen has to be whole: in the hall nobody sees that a slip is missing.
WHOLE = ON_PAPER | {Action.DETAILS_CSV}
INVIGILATORS_BEFORE = timedelta(minutes=60)  # domain.md D25


@dataclass(frozen=True, slots=True)
class Choice:
    """Which candidates' login details are meant; without any of these it is everybody's."""

    public_ids: tuple[str, ...] | None = None
    location_id: int | None = None
    without_location: bool = False
    not_printed: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened: the sheet of slips in the order of the rooms, and whose password could not be opened.

    `unprintable` are the Candidate IDs of slips that the PDF could only show with a box for a letter.
    """

    sheet: SlipSheet
    purged: tuple[Missing, ...]
    broken: tuple[Missing, ...]
    unprintable: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Say whether everybody who was chosen can be read on what would be handed out."""
        return not (self.purged or self.broken or self.unprintable)


class NotShown(Refused):
    """Login details were not opened; `reason` is a short code for the audit row, the sentence is for people."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class NotWhole(NotShown):
    """What would be handed out lacks people or letters, who are named here; asked for `anyway` it is made."""

    def __init__(self, opened: Opened) -> None:
        super().__init__("not_whole", _("Some slips would be missing or hard to read."))
        self.purged, self.broken, self.unprintable = opened.purged, opened.broken, opened.unprintable
        self.count = len(opened.sheet.slips)


@sensitive_variables()
def open_details(
    *, test: Test, choice: Choice, action: AuditEvent.Action, by: User, layout: Layout = "page", anyway: bool = False
) -> Opened:
    """Open the login details of the chosen candidates, recorded before anything is opened (traps.md C61, P13).

    Raises NotShown where the test is not activated, nobody is chosen or nothing can be opened any more, and NotWhole
    where paper or a file would lack somebody and `anyway` is not said; both are recorded as refused. Passes on
    DatabaseError when the audit row cannot be written: then nothing is opened. Print and PDF are remembered by version.
    """
    with refusals_recorded(action, test=test, by=by), transaction.atomic():
        # The lock keeps a deactivation, a removal or a new password from happening between the check and the slips.
        test = _locked(test)
        if not test.is_activated:
            raise _not_activated()
        candidates = _chosen(test, choice)
        if not candidates:
            raise NotShown("nobody", _("Nobody who is chosen has login details. Choose all, or a room that has some."))
        _record(action, candidates, test=test, by=by, layout=layout)
        opened = _opened(test, candidates, layout if action == Action.DETAILS_PDF else None)
        if not opened.sheet.slips:
            raise _nothing_left(opened)
        if action in WHOLE and not anyway and not opened.is_whole:
            raise NotWhole(opened)
        if action in ON_PAPER:
            left_out = {missing.public_id for missing in (*opened.purged, *opened.broken)}
            printed = [candidate.pk for candidate in candidates if candidate.public_id not in left_out]
            Candidate.objects.filter(pk__in=printed).update(slip_printed_version=F("slip_version"))
    return opened


@sensitive_variables()
def open_one(*, test: Test, candidate: Candidate, by: User, invigilating: bool) -> Opened:
    """Open the login details of one candidate, recorded before they are opened.

    `invigilating` says that the person does not plan the test: the hours of D25 hold then. Raises NotShown as
    `why_not_shown` says, recorded as refused; passes on DatabaseError when the audit row cannot be written.
    """
    with refusals_recorded(Action.DETAILS_REVEALED, test=test, by=by, candidate=candidate), transaction.atomic():
        test = _locked(test)
        # With the location that the permission was judged by: a candidate who was moved to another room or removed at
        # this moment is not found.
        found = (
            Candidate.objects.of_test(test)
            .filter(pk=candidate.pk, location=candidate.location)
            .select_related("user__sealed_password", "location")
            .first()
        )
        if found is None:
            raise moved_or_removed()
        if refusal := why_not_shown(test, found, invigilating=invigilating):
            raise refusal
        _record(Action.DETAILS_REVEALED, [found], test=test, by=by)
        opened = _opened(test, [found])
        if not opened.sheet.slips:
            raise _nothing_left(opened)
    return opened


def why_not_shown(test: Test, candidate: Candidate, *, invigilating: bool) -> NotShown | None:
    """Return why this candidate's login details are not shown now, as far as can be told unopened; else None."""
    if candidate.kind != Candidate.Kind.ONE_TIME:
        words = {"id": candidate.candidate_id, "kind": candidate.get_kind_display()}
        return NotShown("own_login", _("%(id)s has a login of their own (%(kind)s). Nothing is kept here.") % words)
    if invigilating and not _invigilators_may_look(test):
        return NotShown(
            "outside_window",
            _(
                "Invigilators see login details from 60 minutes before the test opens until the last candidate’s end. "
                "Outside that time, ask a planner of the test."
            ),
        )
    if not test.is_activated or candidate.user_id is None:
        return _not_activated()
    return None


def invigilators_window(test: Test) -> tuple[datetime, datetime] | None:
    """Return from when until when (UTC, exclusive) invigilators may see login details (D25); None without a window."""
    end = last_end(test, longest_extra_seconds(test))
    return None if test.opens_at is None or end is None else (test.opens_at - INVIGILATORS_BEFORE, end)


def record_refused(action: AuditEvent.Action, *, test_public_id: str, by: User) -> None:
    """Record that somebody without the right to it asked for login details, where there is such a test."""
    test = Test.objects.filter(public_id=test_public_id).first()
    if test is not None:
        audit.record(action, by=by, test=test, detail={"reason": "no_access"}, refused=True)


@contextmanager
def refusals_recorded(
    action: AuditEvent.Action, *, test: Test, by: User, candidate: Candidate | None = None
) -> Iterator[None]:
    """Record a NotShown after the transaction inside has been rolled back, or the row would go with it; pass it on."""
    try:
        yield
    except NotShown as refusal:
        detail: dict[str, object] = {"reason": refusal.reason}
        if candidate is not None:
            detail["candidates"] = [candidate.public_id]
        audit.record(action, by=by, test=test, detail=detail, refused=True)
        raise


def _record(
    action: AuditEvent.Action, candidates: Sequence[Candidate], *, test: Test, by: User, layout: Layout | None = None
) -> None:
    detail: dict[str, object] = {"candidates": [candidate.public_id for candidate in candidates]}
    if action in ON_PAPER:
        detail["layout"] = layout
    audit.record(action, by=by, test=test, count=len(candidates), detail=detail)


def _locked(test: Test) -> Test:
    locked: Test = Test.objects.with_longest_extra().select_for_update(of=("self",)).get(pk=test.pk)
    return locked


def moved_or_removed() -> NotShown:
    """Return the refusal for a candidate who was changed between the look and the lock."""
    return NotShown("changed", _("The candidate was moved or removed at this moment. Load the page again."))


def _not_activated() -> NotShown:
    return NotShown("not_activated", _("Login details can be seen once the test is activated. They are made then."))


def _nothing_left(opened: Opened) -> NotShown:
    if opened.broken:
        return NotShown(
            "broken",
            _(
                "The password cannot be opened: this server has lost the key under which it was kept. Logging in still "
                "works. Give a new password, or put the key back (CREDENTIAL_KEYS)."
            ),
        )
    return NotShown(
        "purged",
        _(
            "The password is no longer kept: it was deleted some time after the test. Logging in still works. "
            "Give a new password to somebody who has lost the slip."
        ),
    )


def _invigilators_may_look(test: Test) -> bool:
    window = invigilators_window(test)
    return window is not None and window[0] <= timezone.now() < window[1]


def _chosen(test: Test, choice: Choice) -> list[Candidate]:
    """Return the candidates of a choice who have generated login details; ids of other tests find nobody."""
    found = Candidate.objects.of_test(test).filter(kind=Candidate.Kind.ONE_TIME, user__isnull=False)
    if choice.public_ids is not None:
        found = found.filter(public_id__in=choice.public_ids)
    if choice.location_id is not None:
        found = found.filter(location=choice.location_id)
    if choice.without_location:
        found = found.filter(location__isnull=True)
    if choice.not_printed:
        found = found.exclude(slip_printed_version=F("slip_version"))
    return list(found.select_related("user__sealed_password", "location"))


@sensitive_variables()
def _opened(test: Test, candidates: Sequence[Candidate], layout: Layout | None = None) -> Opened:
    """Open the sealed copies; one that cannot be opened keeps nobody from logging in and no other from being shown."""
    slips: list[Slip] = []
    purged: list[Missing] = []
    broken: list[Missing] = []
    until, now = until_of(test), timezone.now()
    for candidate in candidates:
        user = candidate.user
        sealed = getattr(user, "sealed_password", None)
        if user is None or sealed is None or is_past(sealed.made_at, until, now=now):
            purged.append(Missing(candidate.candidate_id, candidate.public_id))
            continue
        try:
            password = unseal(sealed.token, user.username)
        except SealBroken:
            broken.append(Missing(candidate.candidate_id, candidate.public_id))
            continue
        slips.append(_slip(test, candidate, user.username, password))
    sheet = SlipSheet(
        slips=sort_slips(slips),
        organisation=settings.ORGANISATION,
        login_address=settings.LOGIN_ADDRESS,
        printed_at=now,
        zone=settings.TIME_ZONE,
    )
    unprintable = tuple(not_printable(sheet, layout=layout)) if layout else ()
    return Opened(sheet, tuple(purged), tuple(broken), unprintable)


@sensitive_variables()
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
