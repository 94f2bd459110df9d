"""A login with a slip is noted at the place that the Dashboard opens by it, and nowhere else."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from candidates.models import Candidate, Test, User
from tests.factories import activated, add, add_sso, give_logins, make_test, open_now

pytestmark = pytest.mark.django_db

EARLIER = timezone.now() - timedelta(minutes=20)
NOW = timezone.now()


@pytest.fixture(params=["one-time", "SSO with a one-time login"])
def places(request: pytest.FixtureRequest, planner: User) -> list[Candidate]:
    """Two candidates of an open test who have a slip each."""
    exam = make_test(planner=planner)
    if request.param == "one-time":
        add(exam, planner, "0001", "0002")
    else:
        add_sso(exam, planner, "1001", "1002")
    open_now(activated(exam, planner))
    found = list(Candidate.objects.of_test(exam).order_by("pk"))
    if request.param != "one-time":
        give_logins(exam, planner, *found)
    return list(Candidate.objects.of_test(exam).order_by("pk"))


def account_of(place: Candidate) -> User:
    account = place.one_time_login or place.user
    assert account is not None
    assert account.kind == User.Kind.ONE_TIME
    return account


def noted(place: Candidate) -> tuple[datetime | None, datetime | None]:
    place.refresh_from_db()
    return place.logged_in_at, place.last_seen_at


def test_the_place_of_the_slip_is_noted_and_its_neighbour_is_not(places: list[Candidate]) -> None:
    mine, neighbour = places
    Candidate.objects.note_login_with_slip(account_of(mine), at=NOW)
    assert noted(mine) == (NOW, NOW)
    assert noted(neighbour) == (None, None)


def test_the_first_login_stays_and_the_last_sign_of_life_moves(places: list[Candidate]) -> None:
    for when in (EARLIER, NOW):
        Candidate.objects.note_login_with_slip(account_of(places[0]), at=when)
    assert noted(places[0]) == (EARLIER, NOW)


def hand_in(place: Candidate) -> None:
    Candidate.objects.filter(pk=place.pk).update(started_at=EARLIER, submitted_at=EARLIER)


def take_the_test_back(place: Candidate) -> None:
    Test.objects.filter(pk=place.test_id).update(activated_at=None)


def deactivate_the_person(place: Candidate) -> None:
    assert place.user is not None
    User.objects.filter(pk=place.user.pk).update(is_active=False)


@pytest.mark.parametrize("happens", [hand_in, take_the_test_back, deactivate_the_person])
def test_a_place_is_noted_where_the_dashboard_opens_it_for_writing(
    places: list[Candidate], happens: Callable[[Candidate], None]
) -> None:
    place = places[0]
    account = account_of(place)
    happens(place)
    is_open = Candidate.objects.of_person(account).filter(submitted_at__isnull=True).exists()
    Candidate.objects.note_login_with_slip(account, at=NOW)
    assert noted(place) == ((NOW, NOW) if is_open else (None, None))
