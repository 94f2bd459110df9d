"""Marks at the door: once each, the later pressed one counts, only of the own room; corrected with a reason."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from candidates.errors import Refused
from candidates.intake.spares import make_spares
from candidates.lifecycle.attendance import NewMark, Outcome, correct, last_marks, mark_at_the_door
from candidates.lifecycle.missing import last_press, mark_missing_absent, take_press_back
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


# In one press -------------------------------------------------------------------------------------------------------


def press(test: Test, by: User, *, rooms: list[Location], number: str = "") -> int:
    """Press once for everybody who is on the test."""
    everybody = list(Candidate.objects.of_test(test).values_list("public_id", flat=True))
    return mark_missing_absent(test=test, public_ids=everybody, press=number or str(uuid4()), by=by, rooms=rooms)


def states(test: Test) -> dict[str, str]:
    """Return what counts of everybody of whom something was said."""
    found = Attendance.objects.filter(candidate__test=test)
    return dict(found.order_by("candidate__sort_key").values_list("candidate__candidate_id", "presence"))


def test_only_who_is_missing_is_marked_one_by_one(test: Test, planner: User, invigilator: User, room: Location) -> None:
    make_spares(test=test, count=1, location=room, by=planner)
    mark_at_the_door(test=test, marks=[pressed(test, "0001")], by=invigilator, rooms=[room])
    Candidate.objects.filter(candidate_id="0033").update(started_at=timezone.now())
    assert press(test, invigilator, rooms=[room]) == 1
    assert states(test) == {"0001": "present", "0002": "absent"}
    mark = AttendanceMark.objects.get(value="absent")
    assert (mark.by, mark.is_correction) == (invigilator, False)
    act = AuditEvent.objects.filter(action="attendance_marked").latest("pk")
    assert (act.count, act.detail["candidates"]) == (1, [one(test, "0002").public_id])


def test_a_press_that_is_sent_twice_or_by_two_people_marks_once(test: Test, planner: User, invigilator: User) -> None:
    assert [press(test, invigilator, rooms=[], number="first-press") for _again in range(2)] == [4, 4]
    assert press(test, planner, rooms=[]) == 0
    assert AttendanceMark.objects.count() == 4
    assert AuditEvent.objects.filter(action="attendance_marked").count() == 1


def test_what_a_phone_without_network_has_kept_counts_more(test: Test, invigilator: User) -> None:
    early = timezone.now() - timedelta(minutes=9)
    kept = [pressed(test, "0001", at=early), pressed(test, "0002", "absent", at=early)]
    press(test, invigilator, rooms=[])
    mark_at_the_door(test=test, marks=kept, by=invigilator, rooms=[])
    assert states(test) == {"0001": "present", "0002": "absent", "0022": "absent", "0033": "absent"}
    assert Attendance.objects.get(candidate__candidate_id="0001").presence_at == early
    # of marks of one person the later press counts, as always
    mark_at_the_door(
        test=test, marks=[pressed(test, "0001", "absent", at=early - timedelta(minutes=1))], by=invigilator, rooms=[]
    )
    assert states(test)["0001"] == "present"


def test_it_is_taken_back_but_for_those_of_whom_more_is_known_since(
    test: Test, planner: User, invigilator: User
) -> None:
    press(test, invigilator, rooms=[], number="first-press")
    newest = last_press(test, by=invigilator)
    assert newest is not None
    assert (newest.press, newest.held) == ("first-press", 4)
    assert last_press(test, by=planner) is None
    assert last_marks(test, by=invigilator, most=3) == []
    mark_at_the_door(test=test, marks=[pressed(test, "0001")], by=invigilator, rooms=[])
    correct(candidate=one(test, "0002"), values={"id_check": "verified"}, reason="Card seen", by=planner)
    assert take_press_back(test=test, press="first-press", by=planner, rooms=[]) == 0  # who has not pressed it
    assert take_press_back(test=test, press="first-press", by=invigilator, rooms=[]) == 3
    assert states(test) == {"0001": "present", "0002": "not_set", "0022": "not_set", "0033": "not_set"}
    assert take_press_back(test=test, press="first-press", by=invigilator, rooms=[]) == 0
    assert last_press(test, by=invigilator) is None
    assert press(test, invigilator, rooms=[]) == 3


def test_an_absence_is_corrected_with_a_reason_as_others_are(test: Test, planner: User) -> None:
    press(test, planner, rooms=[])
    correct(candidate=one(test, "0001"), values={"presence": "present"}, reason="Came at 09:40", by=planner)
    assert states(test)["0001"] == "present"


def test_once_the_test_is_over_nobody_is_marked_at_once(test: Test, invigilator: User) -> None:
    over = timezone.now() - timedelta(minutes=5)
    Test.objects.filter(pk=test.pk).update(opens_at=over - timedelta(hours=4), ends_at=over)
    test.refresh_from_db()
    with pytest.raises(Refused, match="The test is over"):
        press(test, invigilator, rooms=[])
    assert not Attendance.objects.exists()
