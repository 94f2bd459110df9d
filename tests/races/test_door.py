"""Two phones at one door, at the same moment."""

import pytest
from django.utils import timezone

from candidates.intake.spares import make_spares
from candidates.lifecycle.attendance import NewMark, mark_at_the_door
from candidates.lifecycle.spares import give_spare, join_spare, remove_spares
from candidates.models import Attendance, AttendanceMark, Candidate, Test, User
from tests.factories import activated, add, open_now
from tests.races.acts import act
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)


def mark(test: int, by: int, public_ids: list[str], nonce: str) -> list[str]:
    """Send a mark for each of these, in this order, numbered by the phone."""
    marks = [NewMark(one, "presence", "present", f"{nonce}-{one}", timezone.now()) for one in public_ids]
    done = mark_at_the_door(test=Test.objects.get(pk=test), marks=marks, by=User.objects.get(pk=by), rooms=())
    return [one.outcome.value for one in done]


def give(test: int, by: int, public_id: str, name: str) -> str:
    """Give a spare login to somebody."""
    found, user = Test.objects.get(pk=test), User.objects.get(pk=by)
    spare = {"public_id": public_id, "name": name, "private_reference": ""}
    return give_spare(test=found, by=user, rooms=(), **spare).name


def join(test: int, by: int, spare: str, candidate: str) -> None:
    """Join a spare login with a candidate."""
    join_spare(test=Test.objects.get(pk=test), spare=spare, candidate=candidate, by=User.objects.get(pk=by))


def remove(test: int, by: int) -> None:
    """Remove the spare logins that nobody has."""
    remove_spares(test=Test.objects.get(pk=test), by=User.objects.get(pk=by))


def here(function: str, **keywords: object) -> Act:
    return Act(f"{__name__}:{function}", keywords)


def test_marks_that_two_phones_send_at_once_and_twice_are_stored_once(
    exam: Test, planner: User, runner: Runner
) -> None:
    people = [one.public_id for one in add(exam, planner, *(f"{number:04}" for number in range(1, 9)))]
    open_now(activated(exam, planner))
    sent = {"test": exam.pk, "by": planner.pk}
    phones = [
        here("mark", **sent, public_ids=order, nonce=nonce)
        for nonce in ("first-phone", "second-phone")
        for order in (people, people[::-1])
    ]
    outcomes = runner.race(*phones)
    assert [one.error for one in outcomes] == [""] * 4
    assert AttendanceMark.objects.count() == 16
    assert Attendance.objects.filter(presence="present").count() == 8
    assert sum(one.value.count("stored") for one in outcomes) == 16


def test_of_two_who_give_the_same_spare_login_one_does(exam: Test, planner: User, runner: Runner) -> None:
    add(exam, planner, "0001")
    make_spares(test=exam, count=1, location=None, by=planner)
    exam.refresh_from_db()
    open_now(activated(exam, planner))
    spare = Candidate.objects.get(is_spare=True).public_id
    sent = {"test": exam.pk, "by": planner.pk, "public_id": spare}
    outcomes = runner.race(here("give", **sent, name="Tarjei Lunde"), here("give", **sent, name="Nasrin Moe"))
    assert sorted(one.error for one in outcomes) == ["", "Refused"]
    assert Candidate.objects.get(is_spare=True).name == next(one.value for one in outcomes if one.done)


@pytest.mark.parametrize("turn", range(4))
def test_a_spare_login_that_was_given_is_not_removed(exam: Test, planner: User, runner: Runner, turn: int) -> None:
    add(exam, planner, "0001")
    make_spares(test=exam, count=3, location=None, by=planner)
    exam.refresh_from_db()
    open_now(activated(exam, planner))
    spare = Candidate.objects.filter(is_spare=True).first()
    assert spare is not None
    sent = {"test": exam.pk, "by": planner.pk}
    given, removed = runner.race(
        here("give", **sent, public_id=spare.public_id, name="Tarjei Lunde"), here("remove", **sent)
    )
    left = list(Candidate.objects.filter(is_spare=True).values_list("name", flat=True))
    assert left == (["Tarjei Lunde"] if given.done else [])
    assert removed.done


@pytest.mark.parametrize("first", ["start", "join"])
def test_who_starts_while_a_spare_login_is_joined_keeps_one_answer(
    exam: Test, planner: User, runner: Runner, first: str
) -> None:
    (right,) = add(exam, planner, "0001")
    make_spares(test=exam, count=1, location=None, by=planner)
    exam.refresh_from_db()
    open_now(activated(exam, planner))
    spare = Candidate.objects.get(is_spare=True)
    Candidate.objects.filter(pk=spare.pk).update(given_at=timezone.now(), name="Tarjei Lunde")
    pair = [
        act("start_test", candidate=right.pk),
        here("join", test=exam.pk, by=planner.pk, spare=spare.public_id, candidate=right.public_id),
    ]
    outcomes = runner.race(*(pair if first == "start" else pair[::-1]))
    joined = outcomes[1 if first == "start" else 0]
    assert joined.error in ("", "Refused")
    assert Candidate.objects.filter(is_spare=True).exists() == (joined.error == "Refused")
