"""The demonstration: an invented university with exams in every stage, made by the product's own functions."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from candidates.management import demo_exams, demo_permanent
from candidates.management.demo_exams import EXAM_WITH_A_RESIT, ROOMS
from candidates.models import AccessKey, Candidate, Location, Scope, Test, User
from candidates.signin.access_keys import make_key, revoke
from candidates.timing import Stage, stage_of

PEOPLE = {
    "planner": ("Ingrid Solheim", {"is_planner": True}),
    "colleague": ("Marte Aune", {"is_planner": True}),
    "invigilator": ("Jonas Eriksen", {"is_invigilator": True}),
    "grader": ("Elin Haugland", {"is_grader": True}),
    "administrator": ("Arne Lund", {"is_administrator": True}),
}
# Enough for the largest exam once it is spread: as its list has it, too many sit in the room for extra time.
SEATS = {ROOMS[0]: 500, ROOMS[1]: 420, ROOMS[3]: 400, ("Sørbygg", "Aula"): 260, ROOMS[2]: 180}
KEPT_FOR_EXTRA_TIME = ROOMS[2]


@transaction.atomic
def load(*, password: str) -> list[str]:
    """Make what is missing: the accounts, all with this password, and a test in every stage; return the tests' names.

    An exam that has gone out of its stage stays as it is, with all that people did in it, and a new one takes its
    place: as exams go by at a university.
    """
    people = {username: _account(username, password) for username in PEOPLE}
    demo_permanent.load_people(password)
    _rooms()
    _keys(people["administrator"])
    now = timezone.now().replace(second=0, microsecond=0)
    tests = TESTS | (SSO_TESTS if demo_exams.login_setups() else {})
    missing = [(name, make) for name, (is_shown, make) in tests.items() if not _any(name, is_shown, now)]
    for name, make in missing:
        make(people, name, now)
    return [name for name, _make in missing]


def _account(username: str, password: str) -> User:
    """Return an account of the demonstration, made where it is missing, that opens with the password."""
    name, roles = PEOPLE[username]
    user, _made = User.objects.get_or_create(username=username, defaults={"name": name, **roles})
    if not check_password(password, user.password):
        user.set_password(password)
        user.save(update_fields=["password", "password_changed_at"])
    return user


def _any(name: str, is_shown: Callable[[Test, datetime], bool], now: datetime) -> bool:
    return any(is_shown(test, now) for test in Test.objects.filter(name=name).with_longest_extra())


def _is_created(test: Test, now: datetime) -> bool:
    return stage_of(test, now=now) == Stage.CREATED and test.opens_at is not None and test.opens_at > now


def _is_scheduled(test: Test, now: datetime) -> bool:
    return stage_of(test, now=now) == Stage.SCHEDULED


def _is_running(test: Test, now: datetime) -> bool:
    """Say whether somebody who logs in now can still sit the test for an hour."""
    left = timedelta() if test.ends_at is None else test.ends_at - now
    return stage_of(test, now=now) == Stage.ACTIVE and left >= timedelta(hours=1)


def _is_scheduled_for_sso(test: Test, now: datetime) -> bool:
    return _is_scheduled(test, now) and _has_all_setups(test)


def _is_running_for_sso(test: Test, now: datetime) -> bool:
    return _is_running(test, now) and _has_all_setups(test)


def _has_all_setups(test: Test) -> bool:
    """Say whether people of every setup that can log in are on the test: which ones can is settings, and may change."""
    known = Candidate.objects.of_test(test).values_list("authentication_type", flat=True)
    return {setup.slug for setup, _people in demo_exams.login_setups()} <= set(known)


def _is_finished(test: Test, now: datetime) -> bool:
    return stage_of(test, now=now) == Stage.FINISHED


def _is_demo(test: Test, now: datetime) -> bool:
    return test.is_demo


def _rooms() -> None:
    """Make the rooms, and say how many seats they have, where nobody has."""
    for place, location in Location.objects.named(SEATS).items():
        of_extra_time = place == KEPT_FOR_EXTRA_TIME
        Location.objects.filter(pk=location.pk, capacity=None).update(
            capacity=SEATS[place], for_extra_time=of_extra_time
        )


def _keys(administrator: User) -> None:
    """Make keys of two systems, one of them revoked, where there are none; what they are themselves nobody knows."""
    if AccessKey.objects.exists():
        return
    expires_at = timezone.now() + timedelta(days=300)
    sending = (Scope.TESTS_READ, Scope.TESTS_WRITE, Scope.CANDIDATES_READ, Scope.CANDIDATES_WRITE)
    make_key(name="Timetable", scopes=sending, all_tests=False, expires_at=expires_at, by=administrator)
    reading = (Scope.TESTS_READ, Scope.RESULTS_READ)
    old, _key = make_key(name="Study records", scopes=reading, all_tests=True, expires_at=expires_at, by=administrator)
    revoke(old, by=administrator)


Recipe = tuple[Callable[[Test, datetime], bool], Callable[[dict[str, User], str, datetime], None]]
# By name: whether a test shows what it is there for, and how a new one is made.
TESTS: dict[str, Recipe] = {
    "BIO2150 Cell Biology, written exam": (_is_created, demo_exams.created),
    "PHY1010 Mechanics, written exam": (_is_scheduled, demo_exams.scheduled),
    "CHE1100 General Chemistry, midterm": (_is_running, demo_exams.running),
    EXAM_WITH_A_RESIT: (_is_finished, demo_exams.finished),
    "MAT1001 Calculus, resit": (_is_created, demo_exams.resit),
    "LIN1200 Introduction to Linguistics, written exam": (_is_scheduled, demo_exams.scheduled_permanent),
    "FIL1001 Logic, home exam": (_is_running, demo_exams.running_permanent),
    "SOC1010 Society and Change, midterm": (_is_running, demo_exams.running_by_code),
    "Writing an answer": (_is_demo, demo_exams.demo),
}
# These too, where people of an SSO setup can log in.
SSO_TESTS: dict[str, Recipe] = {
    "GEO2100 Geomorphology, written exam": (_is_scheduled_for_sso, demo_exams.scheduled_for_sso),
    "HIS1300 Norwegian History, home exam": (_is_running_for_sso, demo_exams.running_for_sso),
}
