"""What student systems say, planned and applied: who joins, changes, leaves or is held back, and who owns what."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.utils import timezone

from candidates.credentials.opening import open_one
from candidates.credentials.standing_in import give_one_time_logins
from candidates.errors import Conflict, Refused
from candidates.intake.undoing import undo_import
from candidates.lifecycle.accommodations import Change, change_planned_time
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.erasing import delete_sso_person
from candidates.lifecycle.everything_about import export_person
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.retention import _delete_references as delete_references
from candidates.lifecycle.sitting import start, submit
from candidates.models import (
    AuditEvent,
    Candidate,
    Import,
    Location,
    RosterConnection,
    RosterEnrolment,
    RosterSnapshot,
    SsoIdentity,
    Test,
)
from candidates.rosters.applying import Applied, apply, apply_by_itself, take_the_sources_again
from candidates.rosters.connecting import choose_applying, connect
from candidates.rosters.fields import owned_fields
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.roster_plan import RosterPlan
from tests.factories import activated, add, add_sso, open_now
from tests.support.roster_source import SLUG, ScriptedSource, measure, minutes, percent, scripted

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(exam, planner) -> Iterator[ScriptedSource]:
    """A source with two people, connected."""
    with scripted(support={"längre skrivtid": "50%"}) as made:
        made.put("s1", "A1", name="Nordmann, Kari", student_number="100001")
        made.put("s2", "A2", accommodations=minutes(30))
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        yield made


def planned(exam: Test, planner: Any) -> RosterPlan:
    """Look, and return the plan."""
    look_now(test=exam, by=planner)
    plan = latest_plan(exam)
    assert plan is not None
    return plan


def applied(exam: Test, planner: Any, **more: Any) -> Applied:
    """Look, and apply all of it, whatever is proposed."""
    plan = planned(exam, planner)
    ticked = [line.key for line in (*plan.join, *plan.change, *plan.leave)]
    return apply(test=exam, ticked=ticked, seen=plan.seen, by=planner, brake_confirmed=True, **more)


def by_itself(exam: Test) -> Applied | None:
    look_now(test=exam, by=exam.contributors.first().user)  # type: ignore[union-attr]
    return apply_by_itself(exam)


def of(shown: str) -> Candidate:
    return Candidate.objects.select_related("location").get(candidate_id=shown)


def edit(shown: str, planner: Any, **values: Any) -> None:
    one = of(shown)
    old = details_of(one)
    edit_candidate(candidate=one, old=old, new=old.__class__(**{**_values(old), **values}), by=planner)


def _values(details: Any) -> dict[str, Any]:
    return {name: getattr(details, name) for name in details.__slots__}


def begin(exam: Test, planner: Any, *shown: str) -> None:
    """Activate the test, open it, and let these start."""
    activated(exam, planner)
    open_now(exam)
    for one in shown:
        start(candidate=of(one))


def ids(exam: Test) -> list[str]:
    return list(Candidate.objects.of_test(exam).order_by("sort_key").values_list("candidate_id", flat=True))


def test_who_is_registered_joins_with_all_that_the_source_says_once(exam, planner, source):
    source.put("s1", building="Vesthall", room="V101", seat="12")
    done = applied(exam, planner)
    assert (done.joined, done.changed, done.left) == (2, 0, 0)
    kari = of("A1")
    assert (kari.name, kari.private_reference, kari.extra_minutes, kari.seat) == ("Nordmann, Kari", "100001", 0, "12")
    assert str(kari.location) == "Vesthall V101"
    assert (kari.kind, kari.authentication_type, kari.sso_user_id) == ("sso", "campus", "s1@uni.example")
    assert of("A2").extra_minutes == 30
    assert RosterEnrolment.objects.count() == 2
    record = Import.objects.get()
    assert (record.roster_source, record.added, record.is_complete) == (SLUG, 2, True)
    again = planned(exam, planner)
    assert again.count == 0
    assert len(again.stay) == 2
    with pytest.raises(Refused, match="Nobody is ticked"):
        apply(test=exam, ticked=[], seen=again.seen, by=planner)


def test_nobody_whom_the_source_did_not_bring_is_touched(exam, planner, source):
    add(exam, planner, "9", location=("Vesthall", "V101"))
    add_sso(exam, planner, "s2")
    before = list(Candidate.objects.of_test(exam).values())
    plan = planned(exam, planner)
    assert [(line.name or line.candidate_id, line.reason) for line in plan.refused] == [
        ("A2", "Is on this test already, as s2, and did not come from there. Nothing is changed.")
    ]
    assert not plan.leave
    applied(exam, planner)
    assert list(Candidate.objects.filter(pk__in=[one["id"] for one in before]).values()) == before


def test_who_leaves_is_removed_unless_they_have_started_and_gets_the_same_place_again(exam, planner, source):
    source.put("s3", "A3")
    applied(exam, planner)
    edit("A2", planner, place=("Vesthall", "V101"), seat="7", extra_minutes=45)
    begin(exam, planner, "A1")
    place = of("A2").public_id
    gone = {key: source.people.pop(key) for key in ("s1", "s2")}
    plan = planned(exam, planner)
    assert [line.candidate_id for line in plan.leave] == ["A2"]
    assert [(line.candidate_id, line.is_withdrawn) for line in plan.stay] == [("A3", False), ("A1", True)]
    applied(exam, planner)
    assert ids(exam) == ["A1", "A3"]
    assert RosterEnrolment.objects.get(source_key="s1").withdrawn_at is not None
    source.people |= gone
    plan = planned(exam, planner)
    assert [(line.candidate_id, line.reason) for line in plan.join] == [
        ("A2", "Is registered again, and gets the same place.")
    ]
    applied(exam, planner)
    back = of("A2")
    assert (back.public_id, back.seat, str(back.location), back.extra_minutes) == (place, "7", "Vesthall V101", 45)
    assert RosterEnrolment.objects.get(source_key="s1").withdrawn_at is None
    assert planned(exam, planner).count == 0


def test_a_field_that_a_planner_changed_is_owned_here_until_it_is_given_back(exam, planner, source):
    applied(exam, planner)
    change_planned_time(test=exam, public_ids=[of("A2").public_id], how=Change.SET, minutes=45, by=planner)
    edit("A1", planner, name="Nordmann-Ås, Kari")
    source.put("s2", accommodations=minutes(60))
    source.put("s1", name="Nordmann, K.", student_number="100002")
    plan = planned(exam, planner)
    assert [(line.candidate_id, [one.field for one in line.changes]) for line in plan.change] == [
        ("A1", ["private_reference"])
    ]
    shown = {line.candidate_id: [(one.field, one.told, one.here) for one in line.owned] for line in plan.stay}
    assert shown == {"A2": [("extra_minutes", 60, 45)]}
    applied(exam, planner)
    assert (of("A1").name, of("A1").private_reference) == ("Nordmann-Ås, Kari", "100002")
    assert [one.field for one in owned_fields(of("A2")) if one.is_ours] == ["extra_minutes"]
    take_the_sources_again(candidate=of("A2"), field="extra_minutes", by=planner)
    take_the_sources_again(candidate=of("A1"), field="name", by=planner)
    assert (of("A2").extra_minutes, of("A1").name) == (60, "Nordmann, K.")
    source.put("s2", accommodations=minutes(90))
    assert [line.candidate_id for line in planned(exam, planner).change] == ["A2"]
    with pytest.raises(Refused, match="says nothing"):
        take_the_sources_again(candidate=of("A1"), field="seat", by=planner)


def test_extra_time_is_reckoned_again_and_what_nobody_can_reckon_is_open(exam, planner, source):
    Test.objects.filter(pk=exam.pk).update(duration_minutes=180)
    exam.refresh_from_db()
    source.put("s1", accommodations=percent(25))
    source.put("s2", accommodations=measure("Längre skrivtid"))
    source.put("s3", "A3", accommodations=(*measure("Mindre grupp"), *minutes(15)))
    plan = planned(exam, planner)
    assert {line.candidate_id: line.open for line in plan.join}["A3"] == (
        "“Mindre grupp” is granted. Nobody has said how many minutes that is.",
    )
    applied(exam, planner)
    assert [of(one).extra_minutes for one in ("A1", "A2", "A3")] == [45, 90, 15]
    Test.objects.filter(pk=exam.pk).update(duration_minutes=240)
    exam.refresh_from_db()
    applied(exam, planner)
    assert [of(one).extra_minutes for one in ("A1", "A2", "A3")] == [60, 120, 15]
    source.put("s1", accommodations=())
    applied(exam, planner)
    assert of("A1").extra_minutes == 0


def test_extra_time_grows_by_itself_for_who_writes_and_never_shrinks(exam, planner, source):
    applied(exam, planner)
    choose_applying(test=exam, applies=True, removes=False, by=planner)
    begin(exam, planner, "A2")
    source.put("s2", accommodations=minutes(45))
    source.put("s1", accommodations=minutes(20))
    done = by_itself(exam)
    assert done is not None
    assert done.changed == 2
    assert [of(one).extra_minutes for one in ("A1", "A2")] == [20, 45]
    source.put("s2", accommodations=minutes(10))
    source.put("s1", accommodations=minutes(10))
    assert by_itself(exam) is None
    assert [line.candidate_id for line in planned(exam, planner).change] == ["A1"], (
        "a person may, but not of who writes"
    )
    applied(exam, planner)
    assert [of(one).extra_minutes for one in ("A1", "A2")] == [10, 45]
    submit(candidate=of("A2"), answer=None, base_revision=0)
    source.put("s2", accommodations=minutes(200))
    assert not planned(exam, planner).change
    grown = AuditEvent.objects.filter(action=AuditEvent.Action.EXTRA_TIME_CHANGED, actor=None)
    assert [row.detail["minutes"] for row in grown] == [45]


def test_who_has_no_number_yet_is_held_back_and_not_taken_off(exam, planner, source):
    source.exam = source.exam.__class__(**{**_exam(source), "codes_come": date(2026, 12, 12)})
    source.put("s3", login="s3@uni.example")
    plan = planned(exam, planner)
    assert [(line.key, line.reason) for line in plan.held] == [
        ("", "No candidate number there yet. Numbers are expected by Sat 12 Dec 2026.")
    ]
    applied(exam, planner)
    assert ids(exam) == ["A1", "A2"]
    source.people["s2"] = source.people["s2"].__class__("s2", "s2@uni.example")
    plan = planned(exam, planner)
    assert (len(plan.held), plan.leave) == (2, ())


def _exam(source: ScriptedSource) -> dict[str, Any]:
    return {name: getattr(source.exam, name) for name in source.exam.__slots__}


def test_an_exam_that_is_not_anonymous_gets_the_next_numbers(exam, planner, source):
    source.exam = source.exam.__class__(**{**_exam(source), "is_anonymous": False})
    add(exam, planner, "0007")
    applied(exam, planner)
    assert ids(exam) == ["0007", "0008", "0009"]
    assert set(Candidate.objects.exclude(name="").values_list("name", "private_reference")) == {
        ("Nordmann, Kari", "100001")
    }
    assert planned(exam, planner).count == 0


def test_a_number_is_frozen_once_its_candidate_has_started(exam, planner, source):
    applied(exam, planner)
    begin(exam, planner, "A1")
    source.put("s1", "B1")
    source.put("s2", "B2")
    applied(exam, planner)
    assert ids(exam) == ["A1", "B2"]


def test_so_many_leave_or_nobody_is_registered_only_if_somebody_says_so_twice(exam, planner, source, settings):
    applied(exam, planner)
    choose_applying(test=exam, applies=True, removes=True, by=planner)
    del source.people["s2"]
    assert by_itself(exam) is None
    assert "More would leave" in RosterConnection.objects.get().held_up
    plan = latest_plan(exam)
    assert plan is not None
    assert plan.must_be_confirmed
    with pytest.raises(Refused, match="somebody has to say") as refused:
        apply(test=exam, ticked=[plan.leave[0].key], seen=plan.seen, by=planner)
    assert refused.value.about == "brake"
    settings.ROSTER_BRAKE_PERCENT = 60
    done = by_itself(exam)
    assert done is not None
    assert (done.left, RosterConnection.objects.get().held_up) == (1, "")
    source.people.clear()
    settings.ROSTER_BRAKE_PERCENT = 100
    assert by_itself(exam) is None
    assert "Nobody is registered" in RosterConnection.objects.get().held_up
    assert ids(exam) == ["A1"]


def test_with_a_doubt_nothing_is_applied_by_itself_and_a_planner_may(exam, planner, source):
    choose_applying(test=exam, applies=True, removes=True, by=planner)
    source.doubts = ("It says 3 registered and tells 2.",)
    assert by_itself(exam) is None
    assert RosterConnection.objects.get().held_up == "It says 3 registered and tells 2."
    assert applied(exam, planner).joined == 2


def test_a_plan_that_was_not_seen_is_not_applied(exam, planner, source):
    plan = planned(exam, planner)
    source.put("s3", "A3")
    look_now(test=exam, by=planner)
    with pytest.raises(Conflict, match="changed meanwhile"):
        apply(test=exam, ticked=[line.key for line in plan.join], seen=plan.seen, by=planner)
    assert not Candidate.objects.exists()


def test_what_is_not_ticked_is_not_done(exam, planner, source):
    plan = planned(exam, planner)
    apply(test=exam, ticked=[plan.join[1].key], seen=plan.seen, by=planner)
    assert ids(exam) == ["A2"]
    assert [line.candidate_id for line in planned(exam, planner).join] == ["A1"]


def test_who_was_removed_here_comes_back_only_if_somebody_ticks_it(exam, planner, source):
    applied(exam, planner)
    remove_candidates(test=exam, public_ids=[of("A1").public_id], by=planner)
    choose_applying(test=exam, applies=True, removes=True, by=planner)
    assert by_itself(exam) is None
    plan = planned(exam, planner)
    assert [(line.is_ticked, line.reason[:36]) for line in plan.join] == [
        (False, "Was on this test, and was removed he")
    ]
    applied(exam, planner)
    assert ids(exam) == ["A1", "A2"]


def test_what_was_applied_can_be_undone_as_an_import(exam, planner, source):
    applied(exam, planner)
    edit("A2", planner, place=("", "V101"), seat="3")
    place = of("A2").public_id
    del source.people["s2"]
    source.put("s1", name="Nordmann, K.")
    source.put("s3", "A3")
    record = applied(exam, planner).record
    assert record is not None
    undo_import(record=record, by=planner)
    assert ids(exam) == ["A1", "A2"]
    assert (of("A1").name, of("A2").public_id, of("A2").seat) == ("Nordmann, Kari", place, "3")
    plan = planned(exam, planner)
    assert [line.candidate_id for line in plan.join if line.is_ticked] == []
    assert [(line.candidate_id, line.is_ticked, line.reason) for line in plan.leave] == [
        ("A2", False, "Is not registered, and was brought back here.")
    ]
    assert not plan.change, "what was undone is owned here"
    source.put("s2", "A2", accommodations=minutes(30))
    assert not planned(exam, planner).leave


@pytest.mark.parametrize("values", [{"candidate_id": "A\x07"}, {"candidate_id": "X" * 150}, {"name": "N" * 600}])
def test_a_line_that_cannot_be_taken_is_refused_with_its_reason(exam, planner, source, values):
    source.put("s3", **{"candidate_id": "A3", **values})
    plan = planned(exam, planner)
    assert [bool(line.reason) for line in plan.refused] == [True]
    assert applied(exam, planner).joined == 2


def test_a_taken_number_and_a_taken_seat_are_refused_by_name(exam, planner, source):
    add(exam, planner, "A1")
    add(exam, planner, "7", location=("", "V101"))
    Candidate.objects.filter(candidate_id="7").update(seat="3")
    source.put("s2", room="V101", seat="3")
    plan = planned(exam, planner)
    assert [line.reason for line in plan.refused] == [
        "Candidate ID A1 is somebody else’s on this test.",
        "7 has this seat in this room. Give one of them another seat.",
    ]
    assert not plan.join


def test_a_room_that_was_renamed_here_is_no_change(exam, planner, source):
    source.put("s1", room="Old")
    applied(exam, planner)
    now = Location.objects.create(room="New")
    Location.objects.filter(room="Old").update(known_as=now, is_active=False)
    Candidate.objects.filter(location__room="Old").update(location=now)
    RosterEnrolment.objects.filter(source_key="s1").update(told={"place": ["", "New"]})
    assert not planned(exam, planner).change


def test_two_people_with_one_login_are_not_both_taken(exam, planner, source):
    source.put("s3", "A3", login="S1@uni.example")
    plan = planned(exam, planner)
    assert [line.reason for line in plan.refused] == ["It gives this login name to two people."]
    assert applied(exam, planner).joined == 2


def test_a_test_that_is_over_takes_nothing(exam, planner, source):
    plan = planned(exam, planner)
    past = timezone.now() - timedelta(minutes=1)
    Test.objects.filter(pk=exam.pk).update(opens_at=past - timedelta(hours=3), ends_at=past)
    exam.refresh_from_db()
    choose_applying(test=exam, applies=True, removes=True, by=planner)
    assert apply_by_itself(exam) is None
    with pytest.raises(Refused, match="ended"):
        apply(test=exam, ticked=[line.key for line in plan.join], seen=plan.seen, by=planner)
    assert not Candidate.objects.exists()


def test_what_is_kept_of_people_is_told_to_them_and_goes_with_them(exam, planner, source):
    applied(exam, planner)
    person = of("A1").user
    assert person is not None
    told = b"".join(export_person(user=person, by=planner))
    with ZipFile(BytesIO(told)) as files:
        (place,) = json.loads(files.read("tests.json"))
    assert place["student_system"]["told"]["private_reference"] == "100001"
    begin(exam, planner, "A1")
    past = timezone.now() - timedelta(days=400)
    Test.objects.filter(pk=exam.pk).update(opens_at=past - timedelta(hours=3), ends_at=past)
    delete_sso_person(identity=SsoIdentity.objects.get(user=person), by=planner)
    assert not RosterEnrolment.objects.filter(source_key="s1").exists()
    delete_references(Test.objects.get(pk=exam.pk), timezone.now())
    assert not RosterEnrolment.objects.exists()
    assert not RosterSnapshot.objects.exists()


def test_a_hidden_code_stands_on_no_slip_and_on_no_page_of_the_candidate_before_the_end(
    exam, planner, source, client_of
):
    source.exam = source.exam.__class__(**{**_exam(source), "hides_codes": True})
    source.put("s1", "KODE-77-31")  # no token of a page has hyphens in it
    applied(exam, planner)
    exam.refresh_from_db()
    begin(exam, planner)
    kari = of("KODE-77-31")
    give_one_time_logins(test=exam, public_ids=[kari.public_id], by=planner)
    (slip,) = open_one(test=exam, candidate=of("KODE-77-31"), by=planner, invigilating=False).sheet.slips
    assert (slip.whose, slip.whose_is, slip.beside) == ("Nordmann, Kari", "Name", "")
    browser = client_of(kari.user)
    for address in ("/dashboard/", "/dashboard/archive/", f"/test/{exam.public_id}/"):
        assert "KODE-77-31" not in browser.get(address).content.decode(), address
