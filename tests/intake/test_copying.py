"""Copying a test: what comes along by whom it is, and what never does."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from candidates.errors import Conflict, Refused
from candidates.intake.copying import NEW, WITH_SETUP, Parts, copy_test, figures_of
from candidates.intake.door import NoRoom, add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.other_test import Left, Who, add_from, plan_from
from candidates.lifecycle.tests import SETUP
from candidates.models import Candidate, Contributor, Location, ScaleGrade, Submission, Test, User
from candidates.models.tests import MAX_CANDIDATES
from tests.factories import activated, add, add_sso, contribute, make_permanent, make_staff, make_test

Role = Contributor.Role


def values_for(source: Test, **more: Any) -> dict[str, Any]:
    opens_at, ends_at = source.window
    later = timedelta(days=180)
    return {"name": "BIO2150, resit", "opens_at": opens_at + later, "ends_at": ends_at + later, **more}


def rows_of(test: Test) -> list[tuple[Any, ...]]:
    columns = ("candidate_id", "kind", "name", "private_reference", "extra_minutes", "location__room", "seat")
    return list(Candidate.objects.of_test(test).order_by("sort_key").values_list(*columns))


@pytest.fixture
def hall(exam: Test, planner: User, room: Location) -> Test:
    """The exam with a candidate of each kind, one of them with name, reference, room, seat and extra time."""
    add_candidates(
        test=exam,
        rows=[CandidateRow(1, "0001", 30, ("Vesthall", "V101"), private_reference="s1", name="Aas, Reidun", seat="14")],
        by=planner,
        source="test",
    )
    add_sso(exam, planner, "0002", extra=15, location=("Vesthall", "V101"))
    person = make_permanent("Kari", "Nordmann")
    add_candidates(test=exam, rows=[CandidateRow(1, "0003", 0, account=person.pk)], by=planner, source="test")
    exam.refresh_from_db()
    return exam


@pytest.fixture
def over(hall: Test, planner: User) -> Test:
    """The same, over: 0001 handed in, 0002 started and wrote nothing, 0003 never came."""
    activated(hall, planner)
    then = timezone.now() - timedelta(days=30)
    Test.objects.filter(pk=hall.pk).update(opens_at=then, ends_at=then + timedelta(hours=4))
    first, second = Candidate.objects.of_test(hall).filter(candidate_id__in=["0001", "0002"]).order_by("sort_key")
    Candidate.objects.filter(pk__in=[first.pk, second.pk]).update(started_at=then)
    Candidate.objects.filter(pk=first.pk).update(submitted_at=then, incident_minutes=10)
    Submission.objects.create(candidate=first, answer="Mitosis")
    Submission.objects.create(candidate=second, answer="")
    hall.refresh_from_db()
    return hall


def test_everything_comes_along_by_person_and_nothing_that_was_done(over: Test, planner: User, room: Location) -> None:
    Contributor.objects.filter(test=over, role=Role.INVIGILATOR).update(location=room)
    other = Location.objects.create(room="V102")
    contribute(over, User.objects.get(username="invigilator"), Role.INVIGILATOR, other)
    Test.objects.filter(pk=over.pk).update(
        information="Bring a pencil.", questions="Why?", duration_minutes=90, newest_device_writes=True,
        invigilators_may_open_logins=False, scale="words", max_points=40,
        marks_due_on=timezone.localdate(over.window[0]) + timedelta(days=21),
    )  # fmt: skip
    over.refresh_from_db()
    for position, (word, points) in enumerate((("God", 20), ("Svak", None))):
        ScaleGrade.objects.create(test=over, position=position, word=word, from_points=points)
    made = copy_test(source=over, values=values_for(over), parts=Parts(who=Who.WITH_EXTRA), by=planner)
    copy = made.test
    for field in (*SETUP, "scale", "graders_give_grades", "max_points"):
        if field not in ("name", "opens_at", "ends_at"):
            assert getattr(copy, field) == getattr(over, field), field
    assert (copy.name, copy.window[0]) == ("BIO2150, resit", over.window[0] + timedelta(days=180))
    assert list(copy.scale_grades.values_list("word", "from_points")) == list(
        over.scale_grades.values_list("word", "from_points")
    )
    assert copy.marks_due_on == timezone.localdate(copy.window[0]) + timedelta(days=21)
    assert (copy.activated_at, copy.archived_at, copy.first_opened_at) == (None, None, None)
    assert rows_of(copy) == rows_of(over)
    assert {(one.user, one.role, one.location) for one in copy.contributors.all()} == {
        (one.user, one.role, one.location) for one in over.contributors.all()
    }
    theirs = {one.candidate_id: one for one in Candidate.objects.of_test(over)}
    for one in Candidate.objects.of_test(copy):
        assert (one.started_at, one.submitted_at, one.logged_in_at, one.incident_minutes) == (None, None, None, 0)
        assert one.public_id != theirs[one.candidate_id].public_id
        same_person = one.user is not None and one.user == theirs[one.candidate_id].user
        assert same_person == (one.kind != Candidate.Kind.ONE_TIME)
        assert one.user is None or not same_person or one.kind != Candidate.Kind.ONE_TIME


@pytest.mark.parametrize(
    ("who", "rooms", "expected"),
    [
        (Who.NOBODY, True, []),
        (Who.EVERYBODY, True, [("0001", 0, "V101", "14"), ("0002", 0, "V101", ""), ("0003", 0, None, "")]),
        (Who.WITH_EXTRA, False, [("0001", 30, None, ""), ("0002", 15, None, ""), ("0003", 0, None, "")]),
        (Who.NOTHING_HANDED_IN, True, [("0002", 15, "V101", ""), ("0003", 0, None, "")]),
    ],
)
def test_who_comes_along_is_chosen(over: Test, planner: User, who: Who, rooms: bool, expected: list[Any]) -> None:
    made = copy_test(source=over, values=values_for(over), parts=Parts(who=who, rooms=rooms), by=planner)
    assert [(row[0], *row[4:]) for row in rows_of(made.test)] == expected
    assert made.test.candidate_count == len(expected)


def test_nothing_but_dates_can_come_along_and_whoever_copies_plans_it(over: Test, planner: User) -> None:
    parts = Parts(setup=False, contributors=False, rooms=False)
    copy = copy_test(source=over, values=values_for(over), parts=parts, by=planner).test
    assert (copy.information, copy.questions, copy.duration_minutes, copy.marks_due_on) == ("", "", None, None)
    assert [(one.user, one.role) for one in copy.contributors.all()] == [(planner, Role.PLANNER)]


def test_who_handed_in_nothing_is_not_known_while_the_test_runs(hall: Test, planner: User) -> None:
    with pytest.raises(Refused, match="The test is not over"):
        copy_test(source=hall, values=values_for(hall), parts=Parts(who=Who.NOTHING_HANDED_IN), by=planner)
    assert Test.objects.count() == 1
    assert figures_of(hall).nothing is None


def test_figures_say_how_much_could_come_along(over: Test) -> None:
    found = figures_of(over)
    assert (found.planners, found.invigilators, found.graders) == (2, 1, 1)
    assert (found.rooms, found.candidates, found.with_extra, found.nothing) == (1, 3, 2, 2)


def test_after_answers_were_deleted_only_who_never_started_handed_in_nothing(over: Test) -> None:
    Submission.objects.all().delete()
    Test.objects.filter(pk=over.pk).update(archived_at=timezone.now(), answers_deleted_at=timezone.now())
    over.refresh_from_db()
    assert figures_of(over).nothing == 1


def test_contributors_who_cannot_work_any_more_and_people_who_cannot_log_in_stay_behind(
    over: Test, planner: User, settings: Any
) -> None:
    User.objects.filter(username="grader").update(is_grader=False)
    User.objects.filter(kind=User.Kind.PERMANENT).update(is_active=False)
    settings.AUTHENTICATION_TYPES = []
    made = copy_test(source=over, values=values_for(over), parts=Parts(who=Who.EVERYBODY), by=planner)
    assert [one.user.username for one in made.left] == ["grader"]
    assert made.plan.left == {Left.GONE: ("0003",), Left.SSO: ("0002",)}
    assert [row[0] for row in rows_of(made.test)] == ["0001"]


def test_a_room_that_is_out_of_use_is_not_taken_along_and_said(over: Test, planner: User, room: Location) -> None:
    Location.objects.filter(pk=room.pk).update(is_active=False)
    made = copy_test(source=over, values=values_for(over), parts=Parts(who=Who.EVERYBODY), by=planner)
    assert made.plan.roomless == ("0001", "0002")
    assert [row[5:] for row in rows_of(made.test)] == [(None, ""), (None, ""), (None, "")]


def test_spare_logins_stay_behind_and_whoever_used_one_is_said(hall: Test, planner: User) -> None:
    add(hall, planner, "9001", "9002")
    Candidate.objects.filter(test=hall, candidate_id__startswith="9").update(is_spare=True)
    Candidate.objects.filter(test=hall, candidate_id="9002").update(given_at=timezone.now(), name="Lunde, Tarjei")
    made = copy_test(source=hall, values=values_for(hall), parts=Parts(who=Who.EVERYBODY), by=planner)
    assert made.plan.left == {Left.SPARE: ("9002",)}
    assert made.test.candidate_count == 3


def test_every_column_of_a_test_comes_along_or_is_named_here() -> None:
    """A new column would else be forgotten by copies."""
    # a copy is connected with no student system, so that none hides its codes
    own = {"id", "public_id", "created_at", "marks_due_on", "hides_candidate_ids", *NEW}
    done = {"activated_at", "activated_by", "first_opened_at", "archived_at", "answers_deleted_at"}
    counted = {"candidate_count", "last_number", "last_spare_number"}
    assert {field.name for field in Test._meta.concrete_fields} == {*SETUP, *WITH_SETUP, *own, *done, *counted}


def test_texts_from_before_the_limits_can_be_copied(over: Test, planner: User) -> None:
    Test.objects.filter(pk=over.pk).update(information="x" * 10_001, has_longer_texts=True)
    copy = copy_test(source=over, values=values_for(over), parts=Parts(), by=planner).test
    assert len(copy.information) == 10_001


def test_a_demo_test_is_copied_without_times(planner: User) -> None:
    demo = Test.objects.create(name="Try it", is_demo=True)
    contribute(demo, planner, Role.PLANNER)
    values = {"name": "Try it", "opens_at": None, "ends_at": None}
    copy = copy_test(source=demo, values=values, parts=Parts(), by=planner).test
    assert (copy.is_demo, copy.opens_at) == (True, None)


# --- Candidates from another test ---------------------------------------------------------------------------------


@pytest.fixture
def other(planner: User) -> Test:
    """Another test of the planner, next week, without candidates."""
    return make_test(planner=planner, name="BIO2150, resit", opens_in=timedelta(days=7))


def test_people_are_known_again_by_account_and_others_by_reference_and_candidate_id(
    hall: Test, other: Test, planner: User
) -> None:
    add(hall, planner, "0004", "0005", "0006")
    for candidate_id, reference in (("0004", "s4"), ("0005", "s5"), ("0006", "")):
        Candidate.objects.filter(test=hall, candidate_id=candidate_id).update(private_reference=reference)
    add_candidates(
        test=other,
        rows=[
            CandidateRow(1, "9001", 0, private_reference="S4"),  # 0004 under another ID
            CandidateRow(2, "0005", 0, private_reference="s99"),  # somebody else with the ID of 0005
            CandidateRow(3, "0006", 0, private_reference="s98"),  # perhaps the same: only one reference is known
            CandidateRow(4, "77", 0, sso_user_id="0002@UNI.example", authentication_type="campus"),  # 0002
            CandidateRow(5, "0003", 0),  # somebody else with the ID of a permanent user
        ],
        by=planner,
        source="test",
    )
    plan = plan_from(hall, to=other, who=Who.EVERYBODY, rooms=True)
    assert plan.left == {Left.THERE: ("0002", "0004", "0006")}
    assert plan.renumbered == ("0003", "0005")
    other.refresh_from_db()
    added = add_from(hall, to=other, who=Who.EVERYBODY, rooms=True, seen=plan.fingerprint, by=planner)
    assert added.candidate_ids == ("0001", "9002", "9003")
    kari = Candidate.objects.get(test=other, user__kind=User.Kind.PERMANENT)
    assert kari.candidate_id == "9002"


def test_a_reference_that_several_share_is_nobodys_own(hall: Test, other: Test, planner: User) -> None:
    Candidate.objects.filter(test=hall).update(private_reference="BIO2150")
    add_candidates(test=other, rows=[CandidateRow(1, "1", 0, private_reference="BIO2150")], by=planner, source="test")
    assert len(plan_from(hall, to=other, who=Who.EVERYBODY, rooms=True).rows) == 3


def test_a_seat_that_somebody_has_is_not_taken_and_said(hall: Test, other: Test, planner: User) -> None:
    add_candidates(
        test=other, rows=[CandidateRow(1, "1", 0, ("Vesthall", "V101"), seat="14")], by=planner, source="test"
    )
    plan = plan_from(hall, to=other, who=Who.EVERYBODY, rooms=True)
    assert plan.seatless == ("0001",)
    add_from(hall, to=other, who=Who.EVERYBODY, rooms=True, seen=plan.fingerprint, by=planner)
    assert Candidate.objects.get(test=other, candidate_id="0001").location is not None


def test_who_works_on_the_other_test_is_left_out(hall: Test, other: Test, planner: User) -> None:
    person = make_staff("sits", is_grader=True)
    Candidate.objects.filter(test=hall, candidate_id="0003").update(user=person)
    contribute(other, person, Role.GRADER)
    assert plan_from(hall, to=other, who=Who.EVERYBODY, rooms=True).left == {Left.WORKS: ("0003",)}


def test_what_changed_since_somebody_looked_is_looked_at_again(hall: Test, other: Test, planner: User) -> None:
    seen = plan_from(hall, to=other, who=Who.EVERYBODY, rooms=True).fingerprint
    add(hall, planner, "0009")
    with pytest.raises(Conflict, match="Check again"):
        add_from(hall, to=other, who=Who.EVERYBODY, rooms=True, seen=seen, by=planner)
    assert not Candidate.objects.of_test(other).exists()


def test_more_than_there_is_room_for_are_refused_as_a_whole(hall: Test, other: Test, planner: User) -> None:
    Test.objects.filter(pk=other.pk).update(candidate_count=MAX_CANDIDATES - 2)
    plan = plan_from(hall, to=other, who=Who.EVERYBODY, rooms=True)
    with pytest.raises(NoRoom, match="room for 2 more"):
        add_from(hall, to=other, who=Who.EVERYBODY, rooms=True, seen=plan.fingerprint, by=planner)
