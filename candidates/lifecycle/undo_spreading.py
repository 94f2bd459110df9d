"""Undo a spreading of candidates over rooms as one act."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction as database
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.errors import Conflict, Refused
from candidates.lifecycle.spreading import COLUMNS, Person, lock_candidates, write_places
from candidates.models import Candidate, Spread, SpreadMove, Test, User
from candidates.timing import Stage, stage_of


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a spreading would do. Names are Candidate IDs.

    `back` are key, former room and former seat. `kept` were moved by somebody since, `started` have started: both stay.
    `without_seat` get their room back, but somebody else has their seat now. `printed` have a slip on paper that says
    the room of the spreading.
    """

    back: Mapping[int, tuple[int | None, str]]
    people: tuple[Person, ...]
    kept: tuple[str, ...]
    started: tuple[str, ...]
    without_seat: tuple[str, ...]
    printed: tuple[str, ...]


def last_spread(test: Test) -> Spread | None:
    """Return the newest spreading that is not undone; None without one."""
    return Spread.objects.filter(test=test, undone_at=None).select_related("by").first()


def undoing_of(one: Spread) -> Undoing:
    """Return what undoing would do now."""
    rows = Candidate.objects.of_test(one.test).order_by("sort_key", "pk").values_list(*COLUMNS)
    people = {row[0]: Person(*row) for row in rows}
    moves = {move.candidate_id: move for move in one.moves.all()}
    started, kept, back = [], [], {}
    for key, person in people.items():
        move = moves.get(key)
        if move is None:
            continue
        if person.started_at is not None:
            started.append(person.candidate_id)
        elif (person.location, person.seat) != (move.new_location_id, move.new_seat):
            kept.append(person.candidate_id)
        else:
            back[key] = (move.old_location_id, move.old_seat)
    seated = {(person.location, candidate_key(person.seat)) for key, person in people.items() if key not in back}
    lost = []
    for key, (place, seat) in back.items():
        if not seat:
            continue
        if (place, candidate_key(seat)) in seated:
            lost.append(key)
        else:
            seated.add((place, candidate_key(seat)))  # two have had it where two rooms were merged since
    for key in lost:
        back[key] = (back[key][0], "")
    going = tuple(people[key] for key in back)
    return Undoing(
        back=back,
        people=going,
        kept=tuple(kept),
        started=tuple(started),
        without_seat=tuple(people[key].candidate_id for key in lost),
        printed=tuple(person.candidate_id for person in going if _says_new_room(person, moves[person.pk])),
    )


def undo_spread(*, one: Spread, printed: int, by: User) -> Undoing:
    """Give everybody back the room and seat that they had before, but who was moved since or has started.

    `printed` is how many slips with the new room the confirmed page named. Raises Refused where it is undone already or
    the test is Finished, Conflict where more slips were printed meanwhile or somebody was spread again.
    """
    with database.atomic():
        test = Test.objects.select_for_update(no_key=True).get(pk=one.test_id)
        if stage_of(test) == Stage.FINISHED:
            raise Refused(_("The test has ended, so its candidates stay where they are. Nobody was moved."))
        lock_candidates(test)
        current = Spread.objects.get(pk=one.pk)
        if current.undone_at is not None:
            raise Refused(_("This was undone already. Nobody was moved now."))
        newest = last_spread(test)
        if newest is None or newest.pk != current.pk:
            raise Conflict(_("The candidates were spread again meanwhile. Nobody was moved. Undo that one first."))
        found = undoing_of(current)
        if len(found.printed) > printed:
            raise Conflict(_("More slips were printed meanwhile. Nobody was moved. The figures here are the new ones."))
        write_places(found.back, found.people)
        Spread.objects.filter(pk=current.pk).update(undone_at=timezone.now(), undone_by=by)
        audit.record(
            audit.Action.SPREAD_UNDONE,
            by=by,
            test=test,
            count=len(found.back),
            detail={"spread": current.public_id, "candidates": [person.public_id for person in found.people]},
        )
    return found


def _says_new_room(person: Person, move: SpreadMove) -> bool:
    """Say whether paper with the room of the spreading is out there."""
    moved = move.old_location_id != move.new_location_id
    return moved and person.printed_version is not None and person.printed_version >= move.slip_version
