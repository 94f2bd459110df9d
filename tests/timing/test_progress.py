"""How far a candidate is, in the words of Monitor and of the Dashboard."""

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.lifecycle.sitting import start, submit
from candidates.models import Candidate, Test
from candidates.timing import (
    handed_in_at,
    is_arriving_for,
    is_online,
    is_over,
    progress_of,
    standing_of,
    writing_now,
)
from tests.factories import activated, make_permanent, make_test, open_now
from tests.support.permanent import put_on

NOW = timezone.now().replace(microsecond=0)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def make(*, opens=-HOUR, ends=HOUR, duration=None, **fields):
    test = Test(name="t", opens_at=NOW + opens, ends_at=NOW + ends, duration_minutes=duration, activated_at=NOW)
    return Candidate(test=test, **fields), test


STARTED = {"started_at": NOW - HOUR, "logged_in_at": NOW - HOUR}


@pytest.mark.parametrize(
    ("fields", "progress"),
    [
        ({}, "inactive"),
        ({"logged_in_at": NOW - HOUR, "last_seen_at": NOW - timedelta(minutes=4)}, "inactive"),
        ({"logged_in_at": NOW - HOUR, "last_seen_at": NOW - timedelta(minutes=2)}, "dashboard"),
        (STARTED, "in_progress"),
        ({**STARTED, "submitted_at": NOW - SECOND}, "submitted"),
        ({**STARTED, "ends": SECOND}, "in_progress"),
        ({**STARTED, "ends": timedelta(0)}, "submitted"),
        ({**STARTED, "ends": timedelta(0), "extra_minutes": 1}, "in_progress"),
        ({**STARTED, "ends": timedelta(0), "incident_minutes": 1}, "in_progress"),
        ({**STARTED, "duration": 60}, "submitted"),
        ({**STARTED, "duration": 61}, "in_progress"),
    ],
)
def test_progress_follows_from_times_alone(fields, progress):
    assert progress_of(*make(**fields), now=NOW) == progress


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        ({"opens": SECOND}, "upcoming"),
        ({"opens": timedelta(0)}, "due"),
        ({"ends": SECOND}, "due"),
        ({"ends": timedelta(0)}, "not_submitted"),
        ({"ends": timedelta(0), "extra_minutes": 30}, "due"),
        (STARTED, "in_progress"),
        ({**STARTED, "submitted_at": NOW}, "submitted"),
        ({**STARTED, "ends": timedelta(0)}, "submitted"),
    ],
)
def test_the_tag_of_the_dashboard_follows_from_times_alone(fields, standing):
    candidate, test = make(**fields)
    assert standing_of(candidate, test, now=NOW) == standing
    assert is_over(candidate, test, now=NOW) == (standing in {"submitted", "not_submitted"})


def test_the_clock_hands_in_at_the_own_end():
    candidate, test = make(ends=-HOUR, extra_minutes=30, **STARTED)
    assert handed_in_at(candidate, test, now=NOW) == NOW - timedelta(minutes=30)


def test_who_never_started_hands_in_nothing():
    assert handed_in_at(*make(ends=-HOUR), now=NOW) is None


def test_three_missed_signs_of_life_are_offline():
    assert is_online(make(last_seen_at=NOW - timedelta(minutes=3) + SECOND)[0], now=NOW)
    assert not is_online(make(last_seen_at=NOW - timedelta(minutes=3))[0], now=NOW)
    assert not is_online(make()[0], now=NOW)


@pytest.mark.parametrize(
    ("fields", "arrives"),
    [
        ({}, True),
        ({"opens": 12 * HOUR}, True),
        ({"opens": 12 * HOUR + SECOND}, False),
        ({"ends": SECOND}, True),
        ({"ends": timedelta(0)}, False),
        ({**STARTED, "submitted_at": NOW}, False),
    ],
)
def test_who_logs_in_arrives_for_what_opens_within_twelve_hours_and_is_not_over(fields, arrives):
    if "opens" in fields:
        fields = {**fields, "ends": fields["opens"] + HOUR}
    assert is_arriving_for(*make(**fields), now=NOW) is arrives


def test_a_person_is_writing_where_a_test_was_started_and_neither_handed_in_nor_over(
    planner, clock, django_assert_num_queries
):
    kari, other = make_permanent(), make_permanent("Berit", "Berg")
    places = []
    for number in range(5):
        test = make_test(planner=planner, name=f"Test {number}")
        places.append(put_on(kari, test))
        put_on(other, test)
        open_now(activated(test, planner))
    writing, handed_in, _not_started, over, writing_too = (
        Candidate.objects.select_related("test").get(pk=place.pk) for place in places
    )
    for place in (writing_too, writing, handed_in, over):
        start(candidate=place)
    submit(candidate=Candidate.objects.select_related("test").get(pk=handed_in.pk), answer="done", base_revision=0)
    Test.objects.filter(pk=over.test_id).update(ends_at=timezone.now() - SECOND)
    with django_assert_num_queries(1):
        found = writing_now(kari.user)
        assert [place.test.name for place in found] == ["Test 0", "Test 4"]
    assert found[0].test.get_deferred_fields() == {"questions", "information"}
