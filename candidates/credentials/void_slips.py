"""Void slips: which papers of earlier prints are wrong now, and in whose pile they lie (docs/domain.md §14)."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.credentials.slips import slip_sort_key
from candidates.models import Candidate, PrintedSlip, SlipPrint, Test, User

# One statement for 1500 slips. A version that was printed before is the same paper again: it counts as in its pile.
REMEMBER = """
INSERT INTO candidates_printedslip (
    test_id, printed_id, candidate_public_id, version, candidate_id, pile_building, pile_room, extra_minutes
)
SELECT place.test_id, place.slip_print_id, place.public_id, place.slip_version, place.candidate_id,
    COALESCE(location.building, ''), COALESCE(location.room, ''), place.extra_minutes + place.incident_minutes
FROM candidates_candidate place LEFT JOIN candidates_location location ON location.id = place.location_id
WHERE place.slip_print_id = %s
ON CONFLICT (test_id, candidate_public_id, version) DO UPDATE SET printed_id = excluded.printed_id,
    candidate_id = excluded.candidate_id, pile_building = excluded.pile_building, pile_room = excluded.pile_room,
    extra_minutes = excluded.extra_minutes, taken_out_at = NULL
"""


def remember_printed(paper: SlipPrint) -> None:
    """Store what the slips of this print say; the caller holds the test's lock, and has noted the print on them."""
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, [paper.pk])


class VoidSlip(NamedTuple):
    """A paper that is wrong now: what stands on it, whose pile it lies in, and why.

    `why` says what is different now; `version_now` and `place_now` are of the slip that replaces it, None where the
    candidate is gone.
    """

    key: int
    candidate_id: str
    version: int
    building: str
    room: str
    public_id: str
    why: str = ""
    version_now: int | None = None
    place_now: str = ""

    @property
    def pile(self) -> str:
        return f"{self.building} {self.room}".strip()

    @property
    def is_replaced(self) -> bool:
        """Say whether the candidate is on the test, and has another slip instead."""
        return self.version_now is not None


def void_slips(test: Test) -> list[VoidSlip]:
    """Return the papers that must be taken out of their piles, in the order of the piles; three queries at most."""
    now = {
        public_id: row
        for public_id, *row in Candidate.objects.of_test(test)
        .with_slip()
        .order_by()
        .values_list(
            *("public_id", "candidate_id", "slip_version", "location__building", "location__room"),
            *("extra_minutes", "incident_minutes"),
        )
    }
    printed = (
        PrintedSlip.objects.filter(test=test, taken_out_at__isnull=True)
        .order_by()
        .values_list(
            *("pk", "candidate_id", "version", "pile_building", "pile_room", "candidate_public_id", "extra_minutes")
        )
    )
    rows = list(printed)
    without = {row[5] for row in rows} - now.keys()
    # on the test, but with a login of their own: a one-time login was taken back, or the person has an own password
    here = Candidate.objects.of_test(test).filter(public_id__in=without).order_by().values_list("public_id", flat=True)
    without_slip = set(here) if without else set()
    found = []
    for key, candidate_id, version, building, room, public_id, extra in rows:
        paper = VoidSlip(key, candidate_id, version, building, room, public_id)
        state = now.get(public_id)
        if state is None:
            words = _("Needs no slip any more") if public_id in without_slip else _("Removed from the test")
            found.append(paper._replace(why=words))
        elif state[1] != version:
            new_id, new_version, new_building, new_room, planned, incident = state
            place = f"{new_building or ''} {new_room or ''}".strip()
            changes = []
            if new_id != candidate_id:
                changes.append(_("Now called %(id)s") % {"id": new_id})
            if (building, room) != (new_building or "", new_room or ""):
                changes.append(_("Room is now %(place)s") % {"place": place} if place else _("Without a room now"))
            if planned + incident != extra:
                words = _("Extra time %(old)d → %(new)d minutes")
                changes.append(words % {"old": extra, "new": planned + incident})
            why = "; ".join(changes) or _("New password, or other times of the test")
            found.append(paper._replace(why=why, version_now=new_version, place_now=place))
    return sorted(found, key=lambda one: (*slip_sort_key(one.building, one.room, one.candidate_id), one.version))


def note_taken_out(*, test: Test, keys: Iterable[int], by: User) -> int:
    """Note that these void papers are out of their piles, recorded, and return how many were not before.

    Papers that are not void stay: the page that names them may be old.
    """
    with transaction.atomic():
        # The lock of the test: of two planners who press at once, the second finds nothing left to note.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        wanted = set(keys)
        void = [one for one in void_slips(test) if one.key in wanted]
        if void:
            PrintedSlip.objects.filter(pk__in=[one.key for one in void]).update(taken_out_at=timezone.now())
            detail = {"candidates": sorted({one.public_id for one in void})}
            audit.record(audit.Action.VOID_TAKEN_OUT, by=by, test=test, count=len(void), detail=detail)
    return len(void)
