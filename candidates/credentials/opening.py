"""Open login details: only while the test is activated, and only after the opening has been recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.credentials.overview import CandidateRef, is_past, shown_until
from candidates.credentials.refusals import NotShown, moved_or_removed, not_activated, refusals_recorded, why_not_shown
from candidates.credentials.rights import lock_permanent, record_on_their_tests, withheld_from, withheld_words
from candidates.credentials.sealing import SealBroken, unseal
from candidates.credentials.secrets import show_password
from candidates.credentials.slips import Layout, Slip, SlipSheet, sort_slips
from candidates.credentials.slips_pdf import not_printable
from candidates.credentials.void_slips import remember_printed
from candidates.models import AuditEvent, Candidate, SlipPrint, Test, User
from candidates.models.accounts import is_generated_name, show_username
from candidates.models.candidates import CandidateQuerySet, slip_column
from candidates.timing import end_of

Action = AuditEvent.Action
ON_PAPER = frozenset({Action.DETAILS_PRINTED, Action.DETAILS_PDF})
# Paper and files must be complete: in the hall nobody notices that a slip is missing.
WHOLE = ON_PAPER | {Action.DETAILS_CSV}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which candidates' login details are chosen; by default everybody's.

    `location_ids` and `without_location` choose rooms; each of the others narrows that choice. Spare logins that are
    left are for nobody: they are chosen by `spares`, and then alone.
    """

    public_ids: tuple[str, ...] | None = None
    location_ids: frozenset[int] = frozenset()
    without_location: bool = False
    not_printed: bool = False
    spares: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """The sheet of slips in the order of the rooms, and whose password could not be opened.

    `unprintable` are the Candidate IDs of slips on which the PDF shows a box instead of a letter, `withheld` the
    permanent users whose password the person may not open (rights.py).
    """

    sheet: SlipSheet
    purged: tuple[CandidateRef, ...]
    broken: tuple[CandidateRef, ...]
    unprintable: tuple[str, ...] = ()
    withheld: tuple[CandidateRef, ...] = ()

    @property
    def withheld_words(self) -> str:
        return withheld_words(len(self.withheld))

    @property
    def is_whole(self) -> bool:
        """Say whether a readable slip of everybody who was chosen is there."""
        return not (self.purged or self.broken or self.unprintable)


class _Holder(NamedTuple):
    """The columns that are read of one candidate, in the order of COLUMNS."""

    pk: int
    account: int
    public_id: str
    candidate_id: str
    started_at: datetime | None
    extra_minutes: int
    incident_minutes: int
    version: int
    building: str | None
    room: str | None
    kind: str
    username: str
    token: str | None
    made_at: datetime | None
    name: str

    @property
    def as_ref(self) -> CandidateRef:
        return CandidateRef(self.candidate_id, self.public_id)


# Values, not objects: four objects for each of 1500 candidates would take twice the time.
COLUMNS: tuple[str | Combinable, ...] = (
    *("pk", slip_column(""), "public_id", "candidate_id", "started_at", "extra_minutes", "incident_minutes"),
    *("slip_version", "location__building", "location__room", "kind"),
    *(slip_column(part) for part in ("username", "sealed_password__token", "sealed_password__made_at")),
    "name",
)


class NotWhole(NotShown):
    """Slips are missing or hard to read, as listed here; with `anyway` they are made all the same."""

    def __init__(self, opened: Opened) -> None:
        super().__init__("not_whole", _("Some slips would be missing or hard to read."))
        self.purged, self.broken, self.unprintable = opened.purged, opened.broken, opened.unprintable
        self.count = len(opened.sheet.slips)


@sensitive_variables()
def open_details(
    *, test: Test, choice: Choice, action: AuditEvent.Action, by: User, layout: Layout = "page", anyway: bool = False
) -> Opened:
    """Open the login details of the chosen candidates, recorded before anything is opened (C61, P13).

    Raises NotShown where the test is not activated, nobody is chosen or nothing can be opened any more, and NotWhole
    where paper or a file would be incomplete without `anyway`; both are recorded as refused. Raises DatabaseError
    where the audit row cannot be written: then nothing is opened. Print and PDF store the printed version.
    """
    with refusals_recorded(action, test=test, by=by), transaction.atomic():
        # The lock excludes a deactivation, a removal or a new password between the check and the slips.
        test = locked_test(test)
        if not test.is_activated:
            raise not_activated()
        chosen = chosen_candidates(test, choice)
        withheld = withheld_from(by, lock_permanent(chosen))
        every = _read(chosen)
        if not every:
            raise NotShown(
                "nobody",
                _("None of the chosen candidates has login details. Choose all, or a room whose candidates have some."),
            )
        holders = [holder for holder in every if holder.account not in withheld]
        if not holders:
            raise NotShown("withheld", withheld_words(len(every)))
        _record(action, holders, test=test, by=by, layout=layout)
        opened = replace(
            _opened(test, holders, layout if action == Action.DETAILS_PDF else None),
            withheld=tuple(holder.as_ref for holder in every if holder.account in withheld),
        )
        if not opened.sheet.slips:
            raise _nothing_left(opened)
        if action in WHOLE and not anyway and not opened.is_whole:
            raise NotWhole(opened)
        if action in ON_PAPER:
            left_out = {missing.public_id for missing in (*opened.purged, *opened.broken)}
            printed = [holder.pk for holder in holders if holder.public_id not in left_out]
            paper = SlipPrint.objects.create(test=test, by=by, layout=layout)
            Candidate.objects.filter(pk__in=printed).update(slip_printed_version=F("slip_version"), slip_print=paper)
            remember_printed(paper)
    return opened


@sensitive_variables()
def open_one(*, test: Test, candidate: Candidate, by: User, invigilating: bool) -> Opened:
    """Open the login details of one candidate, recorded before they are opened.

    With `invigilating` the person does not plan the test, and the hours of D25 apply. Raises NotShown as
    `why_not_shown` says, recorded as refused, and DatabaseError where the audit row cannot be written.
    """
    with refusals_recorded(Action.DETAILS_REVEALED, test=test, by=by, candidate=candidate), transaction.atomic():
        test = locked_test(test)
        # With the location on which the permission was based: a candidate who was moved or removed meanwhile is not
        # found.
        found = Candidate.objects.of_test(test).filter(pk=candidate.pk, location=candidate.location)
        current = found.first()
        if current is None:
            raise moved_or_removed()
        lock_permanent(found)
        if refusal := why_not_shown(test, current, by=by, invigilating=invigilating):
            raise refusal
        holders = _read(found)
        _record(Action.DETAILS_REVEALED, holders, test=test, by=by)
        opened = _opened(test, holders)
        if not opened.sheet.slips:
            raise _nothing_left(opened)
    return opened


def _record(
    action: AuditEvent.Action, holders: Sequence[_Holder], *, test: Test, by: User, layout: Layout | None = None
) -> None:
    detail: dict[str, object] = {"candidates": [holder.public_id for holder in holders]}
    if action in ON_PAPER:
        detail["layout"] = layout
    audit.record(action, by=by, test=test, count=len(holders), detail=detail)
    people = [holder.account for holder in holders if holder.kind == Candidate.Kind.PERMANENT]
    record_on_their_tests(action, by=by, accounts=people, where="another test", but=test)


def locked_test(test: Test) -> Test:
    locked: Test = Test.objects.with_longest_extra().select_for_update(of=("self",), no_key=True).get(pk=test.pk)
    return locked


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


def chosen_candidates(test: Test, choice: Choice) -> CandidateQuerySet:
    """Return the chosen candidates who have login details of ours; ids of other tests find nobody."""
    found = Candidate.objects.of_test(test).with_slip()
    found = found.unused_spares() if choice.spares else found.people()
    if choice.public_ids is not None:
        found = found.filter(public_id__in=choice.public_ids)
    if choice.location_ids or choice.without_location:
        nowhere = Q(location__isnull=True) if choice.without_location else Q()
        found = found.filter(Q(location__in=choice.location_ids) | nowhere)
    if choice.not_printed:
        found = found.exclude(slip_printed_version=F("slip_version"))
    return found


@sensitive_variables()
def _read(candidates: CandidateQuerySet) -> list[_Holder]:
    return [_Holder._make(values) for values in candidates.order_by("sort_key").values_list(*COLUMNS)]


@sensitive_variables()
def _opened(test: Test, holders: Sequence[_Holder], layout: Layout | None = None) -> Opened:
    """Open the sealed copies; one that cannot be opened does not stop the others."""
    slips: list[Slip] = []
    purged: list[CandidateRef] = []
    broken: list[CandidateRef] = []
    until, now = shown_until(test), timezone.now()
    for holder in holders:
        if holder.token is None or holder.made_at is None or is_past(holder.made_at, until, now=now):
            purged.append(holder.as_ref)
            continue
        try:
            slips.append(_slip(test, holder, unseal(holder.token, holder.username)))
        except SealBroken:
            broken.append(holder.as_ref)
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
def _slip(test: Test, holder: _Holder, password: str) -> Slip:
    return Slip(
        candidate_id=holder.candidate_id,
        username=show_username(holder.username),
        password=show_password(password),
        test_name=test.name,
        opens_at=test.window[0],
        ends_at=end_of(holder, test),
        ends_at_latest=test.duration_minutes is not None and holder.started_at is None,
        duration_minutes=test.duration_minutes,
        extra_minutes=holder.extra_minutes + holder.incident_minutes,
        building=holder.building or "",
        room=holder.room or "",
        version=holder.version,
        stands_in=holder.kind == Candidate.Kind.SSO,
        is_permanent=holder.kind == Candidate.Kind.PERMANENT,
        has_chosen_name=not is_generated_name(holder.username),
        # who hands it out sees the name there, or not on a test that keeps names from the hall
        name=holder.name if test.invigilators_see_names else "",
        hides_id=test.hides_candidate_ids,
    )
