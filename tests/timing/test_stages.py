"""The stage of a test: from activation and the clock alone, to the second (docs/domain.md §3)."""

from datetime import UTC, datetime, timedelta

import pytest

from candidates.models import Candidate, Test
from candidates.timing import (
    Stage,
    demo_is_open,
    last_end,
    longest_extra_seconds,
    opens_in,
    stage_of,
)
from tests.factories import activated, add, make_test

NOW = datetime(2030, 12, 2, 8, tzinfo=UTC)
OPENS, ENDS = NOW, NOW + timedelta(hours=4)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("active", "extra", "now", "stage"),
    [
        (False, 0, OPENS - SECOND, Stage.CREATED),
        (False, 0, OPENS, Stage.CREATED),
        (False, 0, ENDS, Stage.CREATED),
        (True, 0, OPENS - SECOND, Stage.SCHEDULED),
        (True, 0, OPENS, Stage.ACTIVE),
        (True, 0, ENDS - SECOND, Stage.ACTIVE),
        (True, 0, ENDS, Stage.FINISHED),
        (True, 1800, ENDS, Stage.ACTIVE),
        (True, 1800, ENDS + timedelta(minutes=30) - SECOND, Stage.ACTIVE),
        (True, 1800, ENDS + timedelta(minutes=30), Stage.FINISHED),
    ],
)
def test_the_stage_changes_to_the_second(active, extra, now, stage):
    test = Test(name="T", opens_at=OPENS, ends_at=ENDS, activated_at=OPENS - timedelta(days=1) if active else None)
    vars(test)["longest_extra_seconds"] = extra  # what the query carries
    assert stage_of(test, now=now) == stage


@pytest.mark.parametrize(("active", "stage"), [(False, Stage.CREATED), (True, Stage.ACTIVE)])
def test_a_demo_test_without_times_is_active_as_long_as_it_is_activated(active, stage):
    demo = Test(name="D", is_demo=True, activated_at=NOW if active else None)
    assert stage_of(demo, now=NOW + timedelta(days=999)) == stage
    assert last_end(demo, 0) is None


def test_the_last_end_follows_the_candidate_with_the_most_extra_time(planner):
    test = make_test(planner=planner, now=NOW)
    add(test, planner, "1", extra=30)
    [most] = add(test, planner, "2", extra=40)
    Candidate.objects.filter(pk=most.pk).update(incident_minutes=20)
    for found in (test, Test.objects.with_longest_extra().get()):
        assert longest_extra_seconds(found) == 3600
        assert last_end(found, 3600) == test.window[1] + timedelta(hours=1)


def test_a_test_without_candidates_ends_at_its_end(planner):
    test = make_test(planner=planner)
    for found in (test, Test.objects.with_longest_extra().get()):
        assert longest_extra_seconds(found) == 0


def test_the_clock_of_the_server_decides(planner, exam, candidates, clock):
    activated(exam, planner)
    assert stage_of(exam) == Stage.SCHEDULED
    clock.move(days=3, minutes=5)
    assert stage_of(exam) == Stage.ACTIVE
    clock.move(hours=4)
    assert stage_of(exam) == Stage.ACTIVE  # candidate 0002 has 30 minutes more
    clock.move(minutes=30)
    assert stage_of(exam) == Stage.FINISHED


@pytest.mark.parametrize(
    ("opens", "ends", "is_open"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + SECOND, None, False),
        (None, NOW + SECOND, True),
        (None, NOW, False),
        (NOW + SECOND, NOW + 2 * SECOND, False),
        (NOW, NOW + SECOND, True),
    ],
)
def test_a_demo_test_can_be_tried_within_its_window_where_it_has_one(opens, ends, is_open):
    assert demo_is_open(Test(name="D", is_demo=True, opens_at=opens, ends_at=ends), NOW) is is_open


@pytest.mark.parametrize(
    ("before", "seconds"),
    [(timedelta(hours=1), 3600), (SECOND, 1), (timedelta(milliseconds=1001), 2), (timedelta(0), 0), (-SECOND, 0)],
)
def test_the_seconds_until_the_opening_are_rounded_up(before, seconds):
    assert opens_in(Test(name="T", opens_at=OPENS, ends_at=ENDS), OPENS - before) == seconds
