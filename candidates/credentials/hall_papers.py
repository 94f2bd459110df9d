"""The papers of the hall as one PDF: each room's pack, one paper of all rooms, or what changed since the last one."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.credentials.opening import Choice, chosen_candidates, locked_test, open_details
from candidates.credentials.packs import Change, changes_since, packs_of, remember_packs
from candidates.credentials.paper import attendance, changes, door_list, keys, spares, void
from candidates.credentials.paper.canvas import drawing, new_canvas
from candidates.credentials.paper.cover import Enclosed, draw_cover
from candidates.credentials.paper.door_list import Entry, entries_of
from candidates.credentials.paper.facts import Hall, Room, hall_of
from candidates.credentials.paper.kinds import ABOUT_A_ROOM, ONCE_FOR_ALL, PaperKind
from candidates.credentials.paper.sheet import Sheet
from candidates.credentials.refusals import NotShown, refusals_recorded
from candidates.credentials.scripts import register_fonts
from candidates.credentials.slips import Layout, PrintedSlip, SlipSheet
from candidates.credentials.slips_pdf import SlipPaper
from candidates.credentials.void_slips import VoidSlip, void_slips
from candidates.models import Test, User

Action = audit.Action


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which papers of which rooms; None are all rooms. With `only_changed` those of rooms that changed."""

    kinds: frozenset[PaperKind]
    rooms: frozenset[str] | None = None
    only_changed: bool = False
    layout: Layout = "compact"


@dataclass(frozen=True)
class Papers:
    """Everything that stands in one PDF, read and recorded; passwords among it."""

    hall: Hall
    everybody: Sequence[Entry]
    rooms_of_test: int
    kinds: frozenset[PaperKind]
    layout: Layout
    void: Sequence[VoidSlip]
    slips: SlipSheet | None = field(default=None, repr=False)
    spares: SlipSheet | None = field(default=None, repr=False)
    changed: Mapping[str, tuple[datetime, list[Change]]] = field(default_factory=dict)


@sensitive_variables()
def open_papers(*, test: Test, wanted: Wanted, by: User, anyway: bool = False) -> Papers:
    """Read what the papers say, recorded before it is read; slips that are among them count as printed.

    Raises NotShown where there is nothing to print, or slips are wanted and cannot be shown, and NotWhole where some
    would be missing without `anyway`; both are recorded as refused. Raises DatabaseError where the audit row cannot be
    written.
    """
    with refusals_recorded(Action.PAPERS_MADE, test=test, by=by), transaction.atomic():
        # The lock excludes that somebody is moved, removed or gets another password between two of the papers.
        test = locked_test(test)
        if PaperKind.KEYS in wanted.kinds and not test.invigilators_see_names:
            words = _(
                "This test keeps names from the hall, so its papers have no key list. Leave it out, or show names."
            )
            raise NotShown("names_hidden", words)
        whole = hall_of(test, by=by, made_at=timezone.now())
        changed = _changed(test, whole)
        rooms = tuple(
            room
            for room in whole.rooms
            if (wanted.rooms is None or room.value in wanted.rooms)
            and (not wanted.only_changed or changed.get(room.value, (None, []))[1])
        )
        if not any(room.people or room.spares for room in rooms):
            words = _("Nothing has changed since the papers were made. Download all of them, or one room.")
            none = _("Nobody is in the chosen rooms. Choose others, or add candidates first.")
            raise NotShown("nobody", words if wanted.only_changed else none)
        audit.record(Action.PAPERS_MADE, by=by, test=test, count=len(rooms), detail={"papers": sorted(wanted.kinds)})
        choice = Choice(
            location_ids=frozenset(room.location_id for room in rooms if room.location_id is not None),
            without_location=any(room.location_id is None for room in rooms),
        )
        # where nobody needs a slip, the other papers are made all the same
        slips = spare = None
        of_slips, of_spares = replace(choice, not_printed=wanted.only_changed), replace(choice, spares=True)
        if PaperKind.SPARE in wanted.kinds and chosen_candidates(test, of_spares).exists():
            spare = _opened(test, of_spares, by, "page", anyway)
        # last, because "last printed" names the newest print: the candidates, and not the three spare logins
        if PaperKind.SLIPS in wanted.kinds and chosen_candidates(test, of_slips).exists():
            slips = _opened(test, of_slips, by, wanted.layout, anyway)
        if wanted.kinds & ABOUT_A_ROOM and PaperKind.COVER in wanted.kinds:
            remember_packs(test, rooms, by=by, at=whole.made_at)
        return Papers(
            hall=replace(whole, rooms=rooms),
            everybody=entries_of(whole),
            rooms_of_test=len(whole.rooms),
            kinds=wanted.kinds,
            layout=wanted.layout,
            void=void_slips(test),
            slips=slips,
            spares=spare,
            changed={value: found for value, found in changed.items() if found[1]},
        )


def _changed(test: Test, hall: Hall) -> dict[str, tuple[datetime, list[Change]]]:
    """Return since when and how each room has changed whose papers were made before."""
    packs = packs_of(test)
    sits = {person.public_id: room for room in hall.rooms for person in room.people}
    return {
        room.value: (packs[room.location_id].made_at, changes_since(packs[room.location_id].said, room, sits))
        for room in hall.rooms
        if room.location_id in packs
    }


@sensitive_variables()
def _opened(test: Test, choice: Choice, by: User, layout: Layout, anyway: bool) -> SlipSheet:
    return open_details(test=test, choice=choice, action=Action.DETAILS_PDF, by=by, layout=layout, anyway=anyway).sheet


@sensitive_variables()
def render_papers(papers: Papers) -> bytes:
    """Return the PDF: paper by paper for each room, or once what is the same for all and stands alone."""
    buffer = io.BytesIO()
    with drawing:
        register_fonts()
        canvas = new_canvas(buffer, title=_("Papers for the hall"), organisation=papers.hall.organisation)
        _Drawing(Sheet(canvas, hall=papers.hall), papers).draw()
        canvas.save()
    return buffer.getvalue()


class _Drawing:
    """One PDF being drawn."""

    def __init__(self, sheet: Sheet, papers: Papers) -> None:
        self.sheet, self.papers = sheet, papers
        printed = papers.slips.printed(layout=papers.layout) if papers.slips else []
        self.printed: dict[tuple[str, str], list[PrintedSlip]] = {}
        for slip in printed:
            self.printed.setdefault(slip.slip.location, []).append(slip)
        self.void: dict[tuple[str, str], list[VoidSlip]] = {}
        for one in papers.void:
            self.void.setdefault((one.building, one.room), []).append(one)

    def draw(self) -> None:
        kinds, hall = self.papers.kinds, self.papers.hall
        if len(kinds) == 1 and kinds <= ONCE_FOR_ALL:
            self._door() if PaperKind.DOOR in kinds else self._all_void()
            return
        pieces: dict[PaperKind, Callable[[Room], None]] = {
            PaperKind.CHANGES: self._changes,
            PaperKind.ATTENDANCE: lambda room: attendance.draw_attendance(self.sheet, room),
            PaperKind.DOOR: lambda _room: self._door(),
            PaperKind.SLIPS: self._slips,
            PaperKind.SPARE: self._spares,
            PaperKind.VOID: self._void,
            PaperKind.KEYS: lambda room: keys.draw_keys(self.sheet, room),
        }
        for number, room in enumerate(hall.rooms, start=1):
            if PaperKind.COVER in kinds:
                draw_cover(self.sheet, room, number=number, rooms=len(hall.rooms), enclosed=self._enclosed(room))
            for kind, piece in pieces.items():
                if kind in kinds:
                    piece(room)
        if PaperKind.VOID in kinds:
            self._stray_void()

    def _enclosed(self, room: Room) -> Enclosed:
        place = (room.building, room.room)
        changed = len(self.papers.changed.get(room.value, (None, []))[1])
        return Enclosed(
            kinds=self.papers.kinds if changed else self.papers.kinds - {PaperKind.CHANGES},
            door_pages=door_list.pages_of(len(self.papers.everybody)),
            slips=len(self.printed.get(place, [])),
            spares=[one.candidate_id for one in room.spares],
            void=[one.candidate_id for one in self.void.get(place, [])],
            changes=changed,
        )

    def _changes(self, room: Room) -> None:
        if found := self.papers.changed.get(room.value):
            changes.draw_changes(self.sheet, room, found[1], since=found[0])

    def _door(self) -> None:
        door_list.draw_door_list(self.sheet, self.papers.everybody, rooms=self.papers.rooms_of_test)

    def _slips(self, room: Room) -> None:
        here = self.printed.get((room.building, room.room), [])
        if self.papers.slips and here:
            paper = SlipPaper(self.sheet.canvas, forms=self.sheet.forms, sheet=self.papers.slips)
            paper.draw(here, self.papers.layout)

    def _spares(self, room: Room) -> None:
        if self.papers.spares:
            here = [slip for slip in self.papers.spares.slips if slip.location == (room.building, room.room)]
            spares.draw_spares(self.sheet, here, self.papers.spares, room=room.name)

    def _void(self, room: Room) -> None:
        void.draw_void(self.sheet, self.void.get((room.building, room.room), []), of=room.name)

    def _all_void(self) -> None:
        void.draw_void(self.sheet, self.papers.void, of=_("all rooms"))

    def _stray_void(self) -> None:
        """Draw what lies in piles that are no room of the test any more, where all rooms are printed."""
        if len(self.papers.hall.rooms) < self.papers.rooms_of_test:
            return
        known = {(room.building, room.room) for room in self.papers.hall.rooms}
        strays = [one for one in self.papers.void if (one.building, one.room) not in known]
        void.draw_void(self.sheet, strays, of=_("rooms that nobody sits in now"))
