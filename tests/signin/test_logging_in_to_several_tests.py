"""A login for several tests shows on Monitor where the person comes today, and nowhere else."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from candidates.models import Candidate, PermanentUser, Test, User
from tests.factories import activated, add, make_permanent, make_test, open_now
from tests.support.permanent import put_on

PASSWORD = "a long winter evening"


@pytest.fixture
def kari(db: None) -> PermanentUser:
    return make_permanent(username="kari.nordmann", password=PASSWORD)


def on_test(kari: PermanentUser, test: Test, planner: User, **fields: Any) -> Candidate:
    """Put her on a test that others are on as well, activated."""
    add(test, planner, "0001")
    place = put_on(kari, test, **fields)
    activated(test, planner)
    return place


def seen(place: Candidate) -> bool:
    place.refresh_from_db()
    assert (place.logged_in_at is None) == (place.last_seen_at is None)
    return place.logged_in_at is not None


def test_a_login_counts_for_what_is_on_today_alone(kari: PermanentUser, planner: User) -> None:
    now_on = on_test(kari, make_test(planner=planner), planner)
    open_now(now_on.test)
    tonight = on_test(kari, make_test(planner=planner, opens_in=timedelta(hours=11)), planner)
    next_week = on_test(kari, make_test(planner=planner, opens_in=timedelta(days=7)), planner)
    over = on_test(kari, make_test(planner=planner), planner)
    longer = on_test(kari, make_test(planner=planner), planner, extra_minutes=120)
    for place in (over, longer):
        open_now(place.test, minutes_ago=5 * 60)  # four hours long: an hour ago it was over
    planned = on_test(kari, make_test(planner=planner), planner)
    Test.objects.filter(pk=planned.test.pk).update(activated_at=None)
    browser = Client()
    browser.post("/login/", {"username": "kari.nordmann", "password": PASSWORD})
    places = [now_on, tonight, longer, next_week, over, planned]
    assert [seen(place) for place in places] == [True, True, True, False, False, False]
    Candidate.objects.update(logged_in_at=None, last_seen_at=None)
    browser.post("/dashboard/seen/")
    assert [seen(place) for place in places] == [True, True, True, False, False, False]


def test_what_was_submitted_stays_as_it_is(kari: PermanentUser, planner: User) -> None:
    place = on_test(kari, make_test(planner=planner), planner)
    open_now(place.test)
    now = timezone.now()
    Candidate.objects.filter(pk=place.pk).update(started_at=now, submitted_at=now)
    Client().post("/login/", {"username": "kari.nordmann", "password": PASSWORD})
    assert not seen(place)
