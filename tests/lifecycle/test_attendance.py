"""Marks at the door: once each, the later pressed one counts, only of the own room; corrected with a reason."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from candidates.errors import Refused
from candidates.intake.spares import make_spares
from candidates.lifecycle.attendance import NewMark, Outcome, correct, mark_at_the_door
from candidates.models import Attendance, AttendanceMark, AuditEvent, Candidate, Location, Test, User
from tests.factories import activated, add, make_staff, make_test, open_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner(db: None) -> User:
    return make_staff("planner", "Ingrid Solheim", is_planner=True)


@pytest.fixture
def invigilator(db: None) -> User:
    return make_staff("invigilator", "Jonas Eriksen", is_invigilator=True)


@pytest.fixture
def test(planner: User) -> Test:
    test = make_test(planner=planner)
    add(test, planner, "0001", "0002", location=("Vesthall", "V101"))
    add(test, planner, "0022", location=("Vesthall", "V102"))
    add(test, planner, "0033")
    return open_now(activated(test, planner))


@pytest.fixture
def room(test: Test) -> Location:
    return Location.objects.get(room="V101")


def one(test: Test, candidate_id: str) -> Candidate:
    return Candidate.objects.get(test=test, candidate_id=candidate_id)


def pressed(
    test: Test,
    candidate_id: str,
    value: str = "present",
    *,
    nonce: str = "",
    at: datetime | None = None,
    text: str = "",
) -> NewMark:
    about = "id_check" if value in ("verified", "rejected", "not_checked") else "presence" if value else "note"
    nonce = nonce or str(uuid4())
    return NewMark(one(test, candidate_id).public_id, about, value, nonce, at or timezone.now(), text)


def test_a_mark_is_stored_once_however_often_it_is_sent(test: Test, invigilator: User, room: Location) -> None:
    marks = [pressed(test, "0001", nonce="a"), pressed(test, "0001", "verified", nonce="b")]
    first = mark_at_the_door(test=test, marks=marks, by=invigilator, rooms=[room])
    again = mark_at_the_door(test=test, marks=[*marks, marks[0]], by=invigilator, rooms=[room])
    assert [one.outcome for one in first] == [Outcome.STORED, Outcome.STORED]
    assert {one.outcome for one in again} == {Outcome.KNOWN}
    found = Attendance.objects.get()
    assert (found.presence, found.id_check, found.presence_by) == ("present", "verified", invigilator)
    assert AttendanceMark.objects.count() == 2


def test_of_two_phones_the_later_press_counts_whichever_comes_first(test: Test, invigilator: User) -> None:
    early, late = timezone.now() - timedelta(minutes=8), timezone.now() - timedelta(minutes=3)
    for mark in (pressed(test, "0001", "absent", at=late), pressed(test, "0001", "present", at=early)):
        mark_at_the_door(test=test, marks=[mark], by=invigilator, rooms=[])
    found = Attendance.objects.get()
    assert (found.presence, found.presence_at) == ("absent", late)
    assert [one.value for one in AttendanceMark.objects.all()] == ["present", "absent"]  # and nothing is lost


def test_pressed_again_a_mark_is_taken_back(test: Test, invigilator: User) -> None:
    for value in ("present", "not_set"):
        mark_at_the_door(test=test, marks=[pressed(test, "0001", value)], by=invigilator, rooms=[])
    assert Attendance.objects.get().presence == "not_set"


def test_a_clock_that_is_wrong_makes_no_mark_of_tomorrow_or_of_last_year(test: Test, invigilator: User) -> None:
    now = timezone.now()
    marks = [pressed(test, "0001", at=now + timedelta(days=1)), pressed(test, "0002", at=now - timedelta(days=400))]
    mark_at_the_door(test=test, marks=marks, by=invigilator, rooms=[])
    tomorrow, long_ago = AttendanceMark.objects.order_by("candidate__candidate_id").values_list("at", flat=True)
    assert now <= tomorrow <= timezone.now()
    assert long_ago == test.window[0] - timedelta(hours=12)


def test_marks_are_for_the_own_room_and_those_without_one(test: Test, invigilator: User, room: Location) -> None:
    gone = NewMark("nobody", "presence", "present", "gone", timezone.now())
    marks = [pressed(test, "0022"), pressed(test, "0033"), gone]
    other, roomless, missing = mark_at_the_door(test=test, marks=marks, by=invigilator, rooms=[room])
    assert (other.outcome, other.sentence) == (Outcome.REFUSED, "0022 sits in Vesthall V102")
    assert roomless.outcome == Outcome.STORED
    assert (missing.outcome, missing.sentence) == (Outcome.REFUSED, "This candidate is no longer on the test.")
    assert Attendance.objects.get().candidate == one(test, "0033")


def test_a_spare_login_that_is_nobodys_is_not_marked(test: Test, planner: User, invigilator: User) -> None:
    make_spares(test=test, count=1, location=None, by=planner)
    (marked,) = mark_at_the_door(test=test, marks=[pressed(test, "9001")], by=invigilator, rooms=[])
    assert marked.sentence == "9001 is a spare login that nobody has yet. Give it to somebody first."


def test_after_the_end_only_what_was_pressed_before_it_is_taken(test: Test, invigilator: User) -> None:
    over = timezone.now() - timedelta(minutes=5)
    Test.objects.filter(pk=test.pk).update(opens_at=over - timedelta(hours=4), ends_at=over)
    test.refresh_from_db()
    marks = [pressed(test, "0001", at=over - timedelta(minutes=1)), pressed(test, "0002")]
    late, after = mark_at_the_door(test=test, marks=marks, by=invigilator, rooms=[])
    assert late.outcome == Outcome.STORED
    assert after.sentence == "The test is over. Correct it on the candidate’s page in Monitor, with the reason."


def test_marks_that_are_sent_together_are_one_act(test: Test, invigilator: User) -> None:
    marks = [pressed(test, "0001"), pressed(test, "0002"), pressed(test, "0001", "", text="No card. Knows the date.")]
    mark_at_the_door(test=test, marks=marks, by=invigilator, rooms=[])
    act = AuditEvent.objects.get(action="attendance_marked")
    assert (act.count, act.actor) == (3, invigilator)
    assert act.detail["candidates"] == [one(test, "0001").public_id, one(test, "0002").public_id]
    assert "No card" not in str(act.detail)
    assert AttendanceMark.objects.get(about="note").text == "No card. Knows the date."


def test_a_correction_says_why_and_who(test: Test, planner: User) -> None:
    candidate = one(test, "0001")
    with pytest.raises(Refused, match="Write why"):
        correct(candidate=candidate, values={"presence": "present"}, reason=" ", by=planner)
    correct(candidate=candidate, values={"presence": "present"}, reason="Came at 09:40, signed on paper", by=planner)
    with pytest.raises(Refused, match="says so already"):
        correct(candidate=candidate, values={"presence": "present"}, reason="Once more", by=planner)
    mark = AttendanceMark.objects.get()
    assert (mark.is_correction, mark.text, mark.by) == (True, "Came at 09:40, signed on paper", planner)
    act = AuditEvent.objects.get(action="attendance_corrected")
    # the reason is about somebody: it stays in the record, from which it goes with the names
    assert "signed on paper" not in str(act.detail)
    assert candidate.attendance.presence == "present"


@pytest.mark.parametrize(("hours", "outcome"), [(23, Outcome.STORED), (25, Outcome.REFUSED)])
def test_a_day_after_the_end_a_mark_needs_a_reason(test: Test, invigilator: User, hours: int, outcome: Outcome) -> None:
    over = timezone.now() - timedelta(hours=hours)
    Test.objects.filter(pk=test.pk).update(opens_at=over - timedelta(hours=4), ends_at=over)
    test.refresh_from_db()
    (marked,) = mark_at_the_door(
        test=test, marks=[pressed(test, "0001", at=over - timedelta(minutes=1))], by=invigilator, rooms=[]
    )
    assert marked.outcome == outcome


def test_a_number_that_stands_twice_in_one_sending_is_one_mark(test: Test, invigilator: User) -> None:
    marks = [pressed(test, "0001", nonce="a"), pressed(test, "0002", nonce="a")]
    outcomes = mark_at_the_door(test=test, marks=marks, by=invigilator, rooms=[])
    assert {one.outcome for one in outcomes} == {Outcome.STORED}
    assert AttendanceMark.objects.count() == 1


def test_nobody_is_marked_by_a_correction_before_the_test_is_activated(planner: User) -> None:
    test = make_test(planner=planner)
    (candidate,) = add(test, planner, "0001")
    with pytest.raises(Refused, match="The test is not activated"):
        correct(candidate=candidate, values={"presence": "present"}, reason="Too early", by=planner)
    assert not Attendance.objects.exists()
