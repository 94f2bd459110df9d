"""Make one room of two: everybody moves, and what points to the one points to the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.errors import Refused
from candidates.lifecycle.rooms import locked_keys, locked_rooms, record_room, slips_of
from candidates.models import (
    Candidate,
    Contributor,
    ImportedChange,
    ImportedRemoval,
    Location,
    PreparedPerson,
    RoomPack,
    SpreadMove,
    Test,
    User,
)

# What points to a room beside its candidates, in the order in which rows are locked (tests/support/lock_order.py), with
# the columns in which a row of the other room may be the same: then one of the two is enough.
POINTING: tuple[tuple[type[Model], str, tuple[str, ...]], ...] = (
    (SpreadMove, "old_location", ()),
    (SpreadMove, "new_location", ()),
    (ImportedChange, "old_location", ()),
    (ImportedChange, "new_location", ()),
    (ImportedRemoval, "location", ()),
    (PreparedPerson, "location", ()),
    (Contributor, "location", ("test", "user", "role")),
    (RoomPack, "location", ("test",)),
)


@dataclass(frozen=True, slots=True)
class Merge:
    """What merging a room into another one would do: how many people move, and how many of them lose their seat."""

    people: int
    tests: int
    without_seat: int
    slips: int


def merge_of(source: Location, target: Location) -> Merge:
    """Return what merging would do."""
    there = list(Candidate.objects.filter(location=source).order_by().values_list("pk", "test", "seat"))
    slips = Candidate.objects.filter(location=source, slip_printed_version__isnull=False).count()
    return Merge(len(there), len({test for _pk, test, _seat in there}), len(_doubled(there, target)), slips)


def merge_rooms(*, source: Location, target: Location, by: User) -> Merge:
    """Make one room of two: everybody of `source` sits in `target`, and the name goes on meaning it.

    Who has a seat that somebody of the same test has in `target` loses it. Raises Refused where one of the two is no
    room of its own any more, and where somebody was seated there at the same moment.
    """
    try:
        return _merged(source, target, by)
    except IntegrityError as error:  # on a test that had nobody in the room when the tests were locked
        raise Refused(_("Somebody got a seat there at this moment. Nothing was changed: merge them again.")) from error


def _merged(source: Location, target: Location, by: User) -> Merge:
    with transaction.atomic():
        # The tests first, so that nobody prints or moves meanwhile, also those that have nobody in the room yet: who is
        # spread, moved or seated there at this moment would stay in a room that is none any more. Then candidates and
        # what points here, then rooms.
        users = Candidate.objects.filter(location=source).order_by().values("test")
        coming = PreparedPerson.objects.filter(location=source)
        theirs = Q(pk__in=users) | Q(pk__in=coming.order_by().values("test"))
        list(locked_keys(Test.objects.filter(Q(archived_at=None) | theirs)))
        people = Candidate.objects.filter(location=source)
        people.lock_in_order()
        there = list(people.order_by().values_list("pk", "test", "seat"))
        doubled = _doubled(there, target)
        Candidate.objects.filter(pk__in=doubled).update(seat="")
        slips = slips_of(people.filter(slip_printed_version__isnull=False))
        people.filter(slip_printed_version__isnull=False).update(slip_version=F("slip_version") + 1)
        people.update(location=target)
        for model, field, same in POINTING:
            if model is PreparedPerson:
                _free_prepared_seats(coming, target)
            _point_to(target, model._default_manager.filter(**{field: source}), field, same)
        both = {one.pk: one for one in locked_rooms(source, target)}
        if len(both) < 2 or any(one.known_as_id is not None for one in both.values()):
            raise Refused(_("One of the two was merged meanwhile. Nothing was changed."), about="target")
        Location.objects.filter(known_as=source).update(known_as=target)
        Location.objects.filter(pk=source.pk).update(known_as=target, is_active=False)
        Location.objects.filter(pk=target.pk).update(is_active=True)
        record_room(by, target, what="merged", before=str(source), slips=slips)
    return Merge(len(there), len({test for _pk, test, _seat in there}), len(doubled), sum(map(len, slips.values())))


def _point_to(target: Location, rows: "QuerySet[Any]", field: str, same: Sequence[str]) -> None:
    """Let rows point to another room, but those that are there for it already: these go."""
    if not list(locked_keys(rows)):
        return
    if same:
        there = rows.model._default_manager.filter(**{field: target}, **{name: OuterRef(name) for name in same})
        rows.filter(Exists(there)).delete()
    rows.update(**{field: target})


def _doubled(there: Sequence[tuple[int, int, str]], target: Location) -> list[int]:
    """Return whose seat is somebody else's in the other room."""
    tests = {test for _pk, test, seat in there if seat}
    rows = Candidate.objects.filter(location=target, test__in=tests).exclude(seat="").order_by()
    taken = {(test, candidate_key(seat)) for test, seat in rows.values_list("test", "seat")}
    return [pk for pk, test, seat in there if seat and (test, candidate_key(seat)) in taken]


def _free_prepared_seats(coming: "QuerySet[PreparedPerson]", target: Location) -> None:
    """Prepare no seat that is prepared for somebody else of the same test in the other room."""
    there = list(coming.exclude(seat="").order_by("pk").select_for_update(of=("self",), no_key=True))
    rows = PreparedPerson.objects.filter(location=target, test__in={one.test_id for one in there}).exclude(seat="")
    taken = {(test, candidate_key(seat)) for test, seat in rows.order_by().values_list("test", "seat")}
    doubled = [one.pk for one in there if (one.test_id, candidate_key(one.seat)) in taken]
    PreparedPerson.objects.filter(pk__in=doubled).update(seat="")
