"""Monitor's first page: today's tests first, each with its figures."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.models import Candidate, Test, User
from tests.conftest import Clock
from tests.factories import Role, activated, add_many, contribute, make_test

ClientOf = Callable[[User | None], Client]


@pytest.fixture
def noon(clock: Clock) -> Clock:
    """It is noon in the zone of the installation."""
    clock.stop(timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0))
    return clock


def section(page: str, name: str) -> str:
    return page.partition(f'id="{name}"')[2].partition("</section>")[0]


def names(page: str, name: str) -> list[str]:
    return re.findall(r'<th scope="row" class="id"><a [^>]*>([^<]*)<', section(page, name))


def exam(planner: User, name: str, *, opens: float, hours: float = 4, people: int = 0) -> Test:
    """Make an activated exam that opens in so many hours."""
    test = make_test(planner=planner, name=name)
    add_many(test, planner, people or 1)
    activated(test, planner)
    opens_at = timezone.now() + timedelta(hours=opens)
    Test.objects.filter(pk=test.pk).update(opens_at=opens_at, ends_at=opens_at + timedelta(hours=hours))
    return test


def test_today_comes_first_then_what_is_ahead_then_what_is_over(
    noon: Clock, planner: User, client_of: ClientOf
) -> None:
    exam(planner, "This morning", opens=-4, hours=2)
    exam(planner, "Tonight", opens=6)
    exam(planner, "Now", opens=-1)
    exam(planner, "All week", opens=-50, hours=100)
    exam(planner, "Yesterday", opens=-24)
    exam(planner, "The day before", opens=-48)
    exam(planner, "Next week", opens=7 * 24)
    exam(planner, "Tomorrow", opens=24)
    make_test(planner=planner, name="Demo", is_demo=True)
    page = client_of(planner).get("/monitor/").content.decode()
    assert names(page, "today") == ["All week", "Now", "Tonight", "This morning"]
    assert names(page, "coming") == ["Tomorrow", "Next week"]
    assert names(page, "over") == ["Yesterday", "The day before"]
    assert "4 tests today." in page


def test_each_test_of_today_has_its_figures(noon: Clock, planner: User, client_of: ClientOf) -> None:
    test = exam(planner, "Now", opens=-1, people=9)
    now = timezone.now()
    places = list(Candidate.objects.of_test(test).order_by("sort_key"))
    seen = {"started_at": now - timedelta(minutes=50), "logged_in_at": now - timedelta(minutes=55)}
    Candidate.objects.filter(pk__in=[place.pk for place in places[:6]]).update(**seen, last_seen_at=now)
    Candidate.objects.filter(pk=places[0].pk).update(last_seen_at=now - timedelta(minutes=10))
    Candidate.objects.filter(pk__in=[place.pk for place in places[1:3]]).update(submitted_at=now)
    row = " ".join(
        re.sub(r"<[^>]+>", " ", section(client_of(planner).get("/monitor/").content.decode(), "today")).split()
    )
    assert "Now Active 4 writing 3 not in 1 offline 2 handed in 15:00" in row


def test_more_than_ten_that_are_over_are_a_click_away(noon: Clock, planner: User, client_of: ClientOf) -> None:
    for number in range(12):
        exam(planner, f"Over {number}", opens=-24 * (number + 1))
    client = client_of(planner)
    page = client.get("/monitor/").content.decode()
    assert len(names(page, "over")) == 10
    assert "All 12" in page
    assert len(names(client.get("/monitor/?over=all").content.decode(), "over")) == 12


def test_queries_do_not_grow_with_the_tests(noon: Clock, planner: User, grader: User, client_of: ClientOf) -> None:
    def queries(address: str, user: User) -> int:
        client = client_of(user)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    counts = []
    for _round in range(2):
        for number in range(3):
            for opens in (-1, 24, -24):
                contribute(exam(planner, f"Test {number} {opens}", opens=opens, people=2), grader, Role.GRADER)
        counts.append((queries("/monitor/", planner), queries("/grade/", grader)))
    assert counts[0] == counts[1]
