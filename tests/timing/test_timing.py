"""Who finishes when: the published examples, and what must hold for every candidate (docs/domain.md §6)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.timing import effective_end

OSLO = ZoneInfo("Europe/Oslo")
DAY = datetime(2030, 12, 2, tzinfo=UTC)


def at(clock):
    hours, minutes = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


@pytest.mark.parametrize(
    ("candidate", "extra", "starts", "end", "working_hours"),
    [
        ("A", 0, "08:00", "11:00", 3),
        ("B", 0, "10:00", "12:00", 2),
        ("C", 60, "08:00", "12:00", 4),
        ("D", 60, "10:00", "13:00", 3),
        ("E", 120, "08:00", "13:00", 5),
        ("F", 120, "10:00", "14:00", 4),
    ],
)
def test_the_published_examples_come_out_as_published(candidate, extra, starts, end, working_hours):
    # window 08:00 to 12:00, duration 3 h (docs/domain.md §6)
    found = effective_end(test_ends_at=at("12:00"), duration_minutes=180, started_at=at(starts), extra_minutes=extra)
    assert found == at(end), candidate
    assert found - at(starts) == timedelta(hours=working_hours), candidate


@pytest.mark.parametrize("incident", [110, 130])
def test_somebody_timed_out_needs_the_time_that_has_passed_as_well(incident):
    # duration 10 min started 12:00, now 14:00, test end 15:00: 110 minutes only reach "now", 130 give 20 usable ones
    end = effective_end(
        test_ends_at=at("15:00"),
        duration_minutes=10,
        started_at=at("12:00"),
        extra_minutes=0,
        incident_minutes=incident,
    )
    assert end - at("14:00") == timedelta(minutes=incident - 110)


@pytest.mark.parametrize("duration", [None, 180])
def test_before_the_start_the_end_is_the_latest_one(duration):
    assert effective_end(test_ends_at=at("12:00"), duration_minutes=duration, started_at=None, extra_minutes=45) == at(
        "12:45"
    )


def test_planned_and_incident_time_count_together():
    assert effective_end(
        test_ends_at=at("12:00"), duration_minutes=None, started_at=None, extra_minutes=20, incident_minutes=25
    ) == at("12:45")


moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
minutes = st.integers(0, 2880)
durations = st.none() | st.integers(1, 2880)
starts = st.none() | st.integers(0, 3 * 2880).map(lambda n: timedelta(minutes=n))


@given(end=moments, duration=durations, before=starts, planned=minutes, incident=minutes)
def test_nobody_works_longer_than_the_test_end_with_extra_time_nor_than_the_duration_with_it(
    end, duration, before, planned, incident
):
    started = None if before is None else end - before
    found = effective_end(
        test_ends_at=end,
        duration_minutes=duration,
        started_at=started,
        extra_minutes=planned,
        incident_minutes=incident,
    )
    extra = timedelta(minutes=planned + incident)
    assert found <= end + extra
    if duration is not None and started is not None:
        assert found - started <= timedelta(minutes=duration) + extra
        assert found in {end + extra, started + timedelta(minutes=duration) + extra}
    else:
        assert found == end + extra  # never before the test's end


@given(end=moments, duration=durations, before=starts, less=minutes, more=minutes)
def test_more_extra_time_moves_the_end_by_exactly_that_much_and_never_back(end, duration, before, less, more):
    started = None if before is None else end - before

    def with_extra(planned, incident=0):
        return effective_end(
            test_ends_at=end,
            duration_minutes=duration,
            started_at=started,
            extra_minutes=planned,
            incident_minutes=incident,
        )

    assert with_extra(less, more) - with_extra(less) == timedelta(minutes=more)
    assert with_extra(less, more) == with_extra(more, less)


@given(end=moments, duration=durations, before=starts, later=minutes)
def test_moving_the_test_end_on_never_takes_time_away(end, duration, before, later):
    started = None if before is None else end - before

    def ending(moment):
        return effective_end(test_ends_at=moment, duration_minutes=duration, started_at=started, extra_minutes=0)

    assert ending(end) <= ending(end + timedelta(minutes=later))


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        (datetime(2030, 3, 31, 1, 30, tzinfo=OSLO), "03:00"),  # 02:00 to 03:00 does not exist that night
        (datetime(2030, 10, 27, 2, 45, tzinfo=OSLO), "02:15"),  # 02:00 to 03:00 comes twice
        (datetime(2030, 12, 2, 23, 45, tzinfo=OSLO), "00:15"),  # over midnight
    ],
)
def test_half_an_hour_is_half_an_hour_when_the_clock_changes(ends, shown):
    utc = ends.astimezone(UTC)
    found = effective_end(test_ends_at=utc, duration_minutes=None, started_at=None, extra_minutes=30)
    assert found - utc == timedelta(minutes=30)
    assert f"{found.astimezone(OSLO):%H:%M}" == shown
