"""Spare logins: on the test without being anybody, given to somebody, and joined with the right candidate."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.utils import timezone

from candidates.errors import Refused
from candidates.intake.door import NoRoom
from candidates.intake.spares import MAX_SPARES_AT_ONCE, make_spares
from candidates.lifecycle.attendance import NewMark, mark_at_the_door
from candidates.lifecycle.seats import give_seat
from candidates.lifecycle.spares import give_spare, join_spare, spares_of, take_spare_back
from candidates.models import (
    AnswerVersion,
    AttendanceMark,
    AuditEvent,
    Candidate,
    JoinedSpare,
    Location,
    Mark,
    SealedPassword,
    Submission,
    Test,
    User,
)
from candidates.timing import Progress, progress_of
from tests.factories import activated, add, add_sso, make_staff, make_test, open_now, password_of

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
    add(test, planner, "0001", location=("Vesthall", "V101"))
    add_sso(test, planner, "0733")
    make_spares(test=test, count=2, location=Location.objects.get(), by=planner)
    return open_now(activated(test, planner))


@pytest.mark.parametrize("count", [0, MAX_SPARES_AT_ONCE + 1])
def test_none_and_more_than_a_hall_can_need_are_refused(test: Test, planner: User, count: int) -> None:
    with pytest.raises(Refused, match="between 1 and 200"):
        make_spares(test=test, count=count, location=None, by=planner)


def one(test: Test, candidate_id: str) -> Candidate:
    return Candidate.objects.get(test=test, candidate_id=candidate_id)


def give(test: Test, by: User, candidate_id: str = "9001", name: str = "Tarjei Lunde") -> Candidate:
    return give_spare(
        test=test,
        public_id=one(test, candidate_id).public_id,
        name=name,
        private_reference="",
        by=by,
        rooms=[],
    )


def test_spare_logins_count_have_their_own_numbers_and_a_login_each(test: Test, planner: User) -> None:
    test.refresh_from_db()
    spares = spares_of(test, [Location.objects.get()])
    assert [spare.candidate_id for spare in spares.left] == ["9001", "9002"]
    assert (test.candidate_count, test.last_number) == (4, 733)
    assert SealedPassword.objects.filter(user__in=[spare.user_id for spare in spares.left]).count() == 2
    Candidate.objects.filter(candidate_id="9002").delete()
    assert make_spares(test=test, count=1, location=None, by=planner).candidate_ids == ("9003",)
    Test.objects.filter(pk=test.pk).update(candidate_count=1499)
    with pytest.raises(NoRoom):
        make_spares(test=test, count=2, location=None, by=planner)


def test_where_candidates_have_such_numbers_spare_logins_begin_higher(planner: User) -> None:
    test = make_test(planner=planner)
    add(test, planner, "9107")
    assert make_spares(test=test, count=1, location=None, by=planner).candidate_ids == ("90001",)
    assert [one.candidate_id for one in add(test, planner, "0001")] == ["0001"]


def test_who_is_not_on_the_list_gets_a_spare_login_under_their_name(test: Test, invigilator: User) -> None:
    given = give(test, invigilator)
    assert (given.name, given.is_unused_spare) == ("Tarjei Lunde", False)
    assert [spare.candidate_id for spare in spares_of(test, []).left] == ["9002"]
    with pytest.raises(Refused, match=r"9001 was given to somebody at \d\d:\d\d\. Take another one"):
        give(test, invigilator, name="Nasrin Moe")
    with pytest.raises(Refused, match="Write the name"):
        give(test, invigilator, "9002", name=" ")
    act = AuditEvent.objects.get(action="spare_given")
    assert act.detail == {"candidate": given.public_id}


def test_a_spare_login_is_taken_back_until_somebody_logs_in(test: Test, invigilator: User) -> None:
    given = give(test, invigilator)
    seen = password_of(given)
    assert given.user is not None
    assert authenticate(None, username=given.user.username, password=seen) == given.user
    take_spare_back(test=test, public_id=given.public_id, by=invigilator, rooms=[])
    back = one(test, "9001")
    assert back.is_unused_spare
    assert (back.name, back.private_reference, back.slip_version) == ("", "", given.slip_version + 1)
    # whoever holds the slip opens nothing with it; who is given the login next has another password
    assert authenticate(None, username=given.user.username, password=seen) is None
    assert authenticate(None, username=given.user.username, password=password_of(back)) == given.user
    assert not AttendanceMark.objects.exists()  # that it was somebody who is here went with the name
    assert AuditEvent.objects.filter(action="spare_taken_back").count() == 1
    given = give(test, invigilator)
    Candidate.objects.filter(pk=given.pk).update(logged_in_at=timezone.now())
    with pytest.raises(Refused, match="so it stays given"):
        take_spare_back(test=test, public_id=given.public_id, by=invigilator, rooms=[])


def test_answer_times_attendance_and_history_move_to_the_right_one(
    test: Test, planner: User, invigilator: User
) -> None:
    given, right = give(test, invigilator), one(test, "0733")
    mark_at_the_door(
        test=test,
        marks=[
            NewMark(right.public_id, "presence", "absent", "a", timezone.now()),
            NewMark(given.public_id, "presence", "present", "b", timezone.now()),
        ],
        by=invigilator,
        rooms=[],
    )
    begun = timezone.now() - timedelta(minutes=9)
    times = {"logged_in_at": begun, "started_at": begun, "submitted_at": begun + timedelta(minutes=5)}
    Candidate.objects.filter(pk=given.pk).update(**times, incident_minutes=5)
    written = Submission.objects.create(candidate=given, answer="Mitochondria", revision=3)
    AnswerVersion.objects.create(submission=written, slot=0, revision=1, characters=1, kept_at=begun, why="time")
    Mark.objects.create(candidate=given, mark="12.5", marked_at=timezone.now())

    joined = join_spare(test=test, spare=given.public_id, candidate=right.public_id, by=planner)

    assert (joined.candidate_id, joined.kind, joined.incident_minutes) == ("0733", "sso", 5)
    assert {name: getattr(joined, name) for name in times} == times
    assert (joined.submission.answer, joined.submission.kept_versions.count()) == ("Mitochondria", 1)
    assert (str(joined.mark.mark), joined.attendance.presence) == ("12.50", "present")
    assert joined.attendance_marks.count() == 3
    assert JoinedSpare.objects.get(public_id=given.public_id).candidate == joined
    test.refresh_from_db()
    assert test.candidate_count == 3
    assert given.user is not None
    assert not User.objects.get(pk=given.user.pk).is_active
    assert AuditEvent.objects.get(action="spare_joined").detail["spare"] == [given.public_id, "9001"]


def test_two_answers_are_not_joined_nor_somebody_thrown_out(test: Test, planner: User, invigilator: User) -> None:
    given = give(test, invigilator)

    def refused(candidate_id: str) -> str:
        with pytest.raises(Refused) as caught:
            join_spare(test=test, spare=given.public_id, candidate=one(test, candidate_id).public_id, by=planner)
        return caught.value.sentence

    assert refused("9002").startswith("9002 is a spare login itself")
    Candidate.objects.filter(pk=given.pk).update(started_at=timezone.now(), last_seen_at=timezone.now())
    assert refused("0733").startswith("9001 is logged in now")
    Candidate.objects.filter(pk=given.pk).update(started_at=None, last_seen_at=None)
    Candidate.objects.filter(candidate_id="0733").update(started_at=timezone.now())
    assert "two answers" in refused("0733")


def test_an_answer_that_the_clock_handed_in_is_not_open_again_after_joining(test: Test, planner: User) -> None:
    spare, right = one(test, "9001"), one(test, "0733")
    now = timezone.now()
    Test.objects.filter(pk=test.pk).update(ends_at=now - timedelta(minutes=5))
    begun = now - timedelta(minutes=9)
    Candidate.objects.filter(pk=spare.pk).update(given_at=begun, started_at=begun, logged_in_at=begun)
    Candidate.objects.filter(pk=right.pk).update(extra_minutes=30)
    test.refresh_from_db()
    joined = join_spare(test=test, spare=spare.public_id, candidate=right.public_id, by=planner)
    assert progress_of(joined, test, now=timezone.now()) == Progress.SUBMITTED


def test_who_has_not_begun_keeps_the_time_that_was_given_to_the_right_one(
    test: Test, planner: User, invigilator: User
) -> None:
    given, right = give(test, invigilator), one(test, "0733")
    Candidate.objects.filter(pk=right.pk).update(incident_minutes=10)
    joined = join_spare(test=test, spare=given.public_id, candidate=right.public_id, by=planner)
    assert joined.incident_minutes == 10


def test_the_seat_of_who_had_a_spare_login_is_free_when_it_is_taken_back(test: Test, invigilator: User) -> None:
    given = give(test, invigilator)
    give_seat(candidate=given, seat="1", room=Location.objects.get(), by=invigilator)
    take_spare_back(test=test, public_id=given.public_id, by=invigilator, rooms=[])
    assert one(test, "9001").seat == ""
