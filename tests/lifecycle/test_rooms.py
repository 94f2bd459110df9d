"""Rooms are made, renamed, merged and removed in one place; lists that were made before go on meaning them."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from candidates.errors import Conflict, Refused
from candidates.lifecycle.merging_rooms import POINTING, merge_of, merge_rooms
from candidates.lifecycle.room_use import looks_at, most_at_once, together, uses_of, uses_to_come
from candidates.lifecycle.rooms import Room, SameName, add_room, bring_back_room, change_room, change_rooms, remove_room
from candidates.lifecycle.seats import give_seat
from candidates.models import AuditEvent, Candidate, Contributor, Location, Spread, SpreadMove, Test, User
from tests.factories import activated, add, contribute, make_test

pytestmark = pytest.mark.django_db

V101, V102 = ("Vesthall", "V101"), ("Vesthall", "V102")


def room(place: tuple[str, str] = V101, **fields: object) -> Location:
    return Location.objects.create(building=place[0], room=place[1], **fields)


def rename(location: Location, name: str, by: User) -> int:
    old = Room.of(location)
    new = Room(old.building, name, old.capacity, old.for_extra_time)
    slips = change_room(location=location, old=old, new=new, by=by)[1]
    location.refresh_from_db()
    return slips


def places(test: Test) -> list[str]:
    return [str(one.location) for one in Candidate.objects.of_test(test).order_by("pk").select_related("location")]


def test_everything_that_points_to_a_room_is_moved_by_a_merge() -> None:
    """A new table that points to rooms needs a line in POINTING."""
    models = apps.get_app_config("candidates").get_models()
    fields = [(model, field) for model in models for field in model._meta.concrete_fields]
    relations = {(model, field.name) for model, field in fields if field.related_model is Location}
    relations -= {(Candidate, "location"), (Location, "known_as")}
    assert relations == {(model, field) for model, field, _same in POINTING}


def test_each_change_of_a_room_is_recorded(planner: User) -> None:
    one = add_room(new=Room(*V101, 40), by=planner)
    rename(one, "V103", planner)
    remove_room(location=one, by=planner)
    bring_back_room(location=one, by=planner)
    merge_rooms(source=one, target=room(V102), by=planner)
    rows = AuditEvent.objects.filter(action="room_changed").order_by("pk")
    assert [(row.actor, row.detail["what"], row.detail["room"]) for row in rows] == [
        (planner, "added", "Vesthall V101"),
        (planner, "changed", "Vesthall V103"),
        (planner, "removed", "Vesthall V103"),
        (planner, "brought back", "Vesthall V103"),
        (planner, "merged", "Vesthall V102"),
    ]


def test_a_new_name_makes_printed_slips_out_of_date_and_stands_in_the_history_of_the_test(
    planner: User, colleague: User
) -> None:
    one, exam, over = room(), make_test(planner=planner), make_test(planner=planner, name="over")
    candidates = add(exam, planner, "0001", "0002", location=V101)
    add(over, planner, "0001", location=V101)
    Candidate.objects.exclude(pk=candidates[1].pk).update(slip_printed_version=1)
    Test.objects.filter(pk=over.pk).update(
        opens_at=timezone.now() - timedelta(days=9), ends_at=timezone.now() - timedelta(days=8)
    )
    assert rename(one, "V1-01", colleague) == 1
    assert places(exam) == ["Vesthall V1-01"] * 2
    versions = dict(Candidate.objects.values_list("pk", "slip_version"))
    assert [version for pk, version in sorted(versions.items())] == [2, 1, 1]
    event = AuditEvent.objects.get(action="slips_out_of_date")
    assert (event.actor, event.test, event.count) == (colleague, exam, 1)
    assert event.detail["candidates"] == [candidates[0].public_id]
    assert "Vesthall V101 is Vesthall V1-01 now" in event.detail["elsewhere"]


def test_a_list_that_names_a_room_as_it_was_called_before_means_the_same_room(planner: User) -> None:
    one, exam = room(), make_test(planner=planner)
    rename(one, "V1-01", planner)
    rename(one, "V1.01", planner)
    add(exam, planner, "0001", location=V101)
    add(exam, planner, "0002", location=("Vesthall", "V1-01"))
    assert places(exam) == ["Vesthall V1.01"] * 2
    rename(one, "V101", planner)  # back: a former name of its own is free to be taken
    assert places(exam) == ["Vesthall V101"] * 2
    assert Location.objects.in_use().count() == 1


def test_a_former_name_is_free_for_another_room(planner: User) -> None:
    one, other, exam = room(), room(V102), make_test(planner=planner)
    rename(one, "V103", planner)
    rename(other, "V101", planner)
    add(exam, planner, "0001", location=V101)
    assert Candidate.objects.get().location == other
    rename(one, "V102", planner)  # they have changed names
    add(exam, planner, "0002", location=V102)
    assert Candidate.objects.get(candidate_id="0002").location == one
    new = add_room(new=Room("Vesthall", "V103", 9), by=planner)
    assert (new.is_active, new.known_as, new.capacity) == (True, None, 9)


def test_the_name_of_a_room_in_use_is_refused(planner: User) -> None:
    one, other = room(), room(V102)
    with pytest.raises(SameName, match="Merge the two"):
        rename(one, "V102", planner)
    with pytest.raises(SameName) as refused:
        add_room(new=Room(*V102), by=planner)
    assert refused.value.other == other


def test_changes_of_two_planners_to_different_things_both_hold(planner: User, colleague: User) -> None:
    one = room(capacity=40)
    shown = Room.of(one)
    change_room(location=one, old=shown, new=Room(*V101, 44), by=colleague)
    change_room(location=one, old=shown, new=Room("Vesthall", "V1", 40, for_extra_time=True), by=planner)
    one.refresh_from_db()
    assert Room.of(one) == Room("Vesthall", "V1", 44, for_extra_time=True)
    with pytest.raises(Conflict):
        change_room(location=one, old=shown, new=Room(*V101, 50), by=planner)


def test_merging_moves_everybody_and_all_that_points_there(planner: User, invigilator: User) -> None:
    source, target, exam = room(), room(V102), make_test(planner=planner)
    mine = add(exam, planner, "0001", "0002", location=V101)
    add(exam, planner, "0003", location=V102)
    for candidate_id, seat in (("0001", "a1"), ("0002", "2"), ("0003", "A1")):
        Candidate.objects.filter(candidate_id=candidate_id).update(seat=seat, slip_printed_version=1)
    for place in (source, target):
        contribute(exam, invigilator, "invigilator", place)
    spread = Spread.objects.create(test=exam)
    SpreadMove.objects.create(spread=spread, candidate=mine[0], new_location=source, slip_version=1)
    shown = merge_of(source, target)
    done = merge_rooms(source=source, target=target, by=planner)
    assert (done.people, done.tests, done.without_seat, done.slips) == (2, 1, 1, 2)
    assert shown == done
    found = Candidate.objects.order_by("pk").values_list("location", "seat", "slip_version")
    assert list(found) == [(target.pk, "", 2), (target.pk, "2", 2), (target.pk, "A1", 1)]
    assert SpreadMove.objects.get().new_location == target
    assert Contributor.objects.filter(role="invigilator").values_list("location", flat=True).get() == target.pk
    add(exam, planner, "0004", location=V101)
    assert places(exam)[-1] == "Vesthall V102"
    with pytest.raises(Refused, match="merged meanwhile"):
        merge_rooms(source=source, target=target, by=planner)


def test_a_removed_room_keeps_its_people_and_can_come_back(planner: User) -> None:
    one, exam = room(), make_test(planner=planner)
    add(exam, planner, "0001", location=V101)
    remove_room(location=one, by=planner)
    assert not Location.objects.in_use().exists()
    assert places(exam) == ["Vesthall V101"]
    with pytest.raises(Refused, match="removed already"):
        remove_room(location=one, by=planner)
    assert add_room(new=Room(*V101, 7), by=planner) == one
    with pytest.raises(Refused, match="in use already"):
        bring_back_room(location=one, by=planner)


# Who uses a room when -------------------------------------------------------------------------------------------------


def test_a_room_is_as_full_as_at_its_fullest_moment(planner: User) -> None:
    one = room(capacity=3)
    hours = {"first": (0, 2), "second": (1, 2), "third": (3, 1)}  # the third begins when the second ends
    tests = {
        name: make_test(
            planner=planner,
            name=name,
            opens_in=timedelta(days=3, hours=begins),
            window=timedelta(hours=long),
        )
        for name, (begins, long) in hours.items()
    }
    for number, test in enumerate(tests.values(), 1):
        add(test, planner, *(f"000{n}" for n in range(number)), location=V101)
    uses = uses_to_come(timezone.now())
    assert [(use.test.name, use.count) for use in uses] == [("first", 1), ("second", 2), ("third", 3)]
    assert most_at_once(uses) == 3
    assert [[use.test.name for use in group] for group in together(uses)] == [["first", "second"], ["third"]]
    (look,) = looks_at(tests["second"], {one.pk: 2})
    assert (look.taken, look.needed, look.is_over) == (1, 3, False)
    Location.objects.update(capacity=2)
    one.refresh_from_db()
    assert looks_at(tests["second"], {one.pk: 2})[0].is_over
    assert not looks_at(tests["third"], {one.pk: 2})[0].is_over
    Test.objects.filter(name="first").update(archived_at=timezone.now(), activated_at=timezone.now())
    assert len(uses_of(Test.objects.in_use())) == 2


# Seats ----------------------------------------------------------------------------------------------------------------


def test_a_seat_is_given_to_who_has_none_and_it_is_recorded(planner: User, invigilator: User) -> None:
    one, exam = room(), make_test(planner=planner)
    sits, nowhere = add(exam, planner, "0001", location=V101) + add(exam, planner, "0002")
    activated(exam, planner)
    give_seat(candidate=sits, seat="14", room=one, by=invigilator)
    give_seat(candidate=nowhere, seat="15", room=one, by=invigilator)
    found = Candidate.objects.order_by("pk").values_list("location", "seat")
    assert list(found) == [(one.pk, "14"), (one.pk, "15")]
    event = AuditEvent.objects.filter(action="seat_given").first()
    assert event is not None
    assert (event.actor, event.test, event.detail["seat"]) == (invigilator, exam, "14")


def test_a_seat_that_is_somebody_s_is_refused_in_any_letters_and_nobody_gets_a_second_one(
    planner: User, invigilator: User
) -> None:
    one, exam = room(), make_test(planner=planner)
    first, second = add(exam, planner, "0001", "0002", location=V101)
    give_seat(candidate=first, seat="A1", room=one, by=invigilator)
    with pytest.raises(Refused, match="Seat A1 is 0001’s"):
        give_seat(candidate=second, seat="a1", room=one, by=invigilator)
    with pytest.raises(Refused, match="has seat A1 already"):
        give_seat(candidate=first, seat="2", room=one, by=invigilator)
    with pytest.raises(Refused, match="another room"):
        give_seat(candidate=second, seat="2", room=room(V102), by=invigilator)


def test_many_rooms_are_changed_at_once_or_none_of_them(planner: User) -> None:
    there = Location.objects.create(building="Vesthall", room="V101", capacity=100)
    gone = Location.objects.create(building="Kai 4", room="K1", is_active=False)
    wanted = [
        (Room("Vesthall", "V101", 100), Room("Vesthall", "V101", 120, for_extra_time=True)),
        (Room("Kai 4", "K1"), Room("Kai 4", "K1", 30)),
        (Room("", "Aula"), Room("", "Aula", 300)),
    ]
    with pytest.raises(Conflict, match="Vesthall V101"):
        change_rooms(changes=[*wanted[1:], (Room("Vesthall", "V101", 99), wanted[0][1])], by=planner)
    assert not Location.objects.filter(room="Aula").exists()
    assert change_rooms(changes=wanted, by=planner) == (2, 1)
    for one in (there, gone):
        one.refresh_from_db()
    assert (there.capacity, there.for_extra_time, gone.capacity, gone.is_active) == (120, True, 30, True)
    assert Location.objects.get(room="Aula").capacity == 300
