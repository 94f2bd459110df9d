"""The figures of lists agree with what Monitor and Grade say of each candidate."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from candidates.access import watched_candidates
from candidates.lifecycle.grading import graded_of, is_readable
from candidates.models import Candidate, Location, Mark, Test, User
from candidates.timing import Figures, Progress, figures_of, is_online, progress_of
from tests.factories import Role, activated, add_many, contribute, make_test

SOME = 80  # candidates of each test


def scatter(test: Test, *, now: datetime, seed: int) -> None:
    """Give every candidate times around the ends, so that each way to be in or out of the test occurs."""
    chance = random.Random(seed)

    def around(moment: datetime) -> datetime:
        return moment + timedelta(seconds=chance.choice((-3600, -181, -180, -179, -60, 0, 1, 60)))

    for place in Candidate.objects.of_test(test):
        place.extra_minutes = chance.choice((0, 0, 15, 60))
        place.incident_minutes = chance.choice((0, 0, 5))
        place.logged_in_at = around(now) if chance.random() < 0.7 else None
        place.last_seen_at = around(now) if chance.random() < 0.8 else None
        if chance.random() < 0.7:
            place.started_at = now - timedelta(minutes=chance.choice((1, 59, 60, 61, 75, 120)))
            if chance.random() < 0.4:
                place.submitted_at = place.started_at + timedelta(minutes=chance.choice((0, 30, 59)))
                place.submitted_at = min(place.submitted_at, now)
        place.save()


@pytest.mark.parametrize("duration", [None, 60])
@pytest.mark.parametrize("ended", [-30, 0, 14, 15, 66])
def test_figures_are_what_the_clock_says_of_each_candidate(
    planner: User, grader: User, duration: int | None, ended: int
) -> None:
    now = timezone.now().replace(microsecond=0)
    test = make_test(planner=planner)
    add_many(test, planner, SOME)
    activated(test, planner)
    Test.objects.filter(pk=test.pk).update(
        opens_at=now - timedelta(hours=4), ends_at=now - timedelta(minutes=ended), duration_minutes=duration
    )
    scatter(test, now=now, seed=ended)
    test = Test.objects.with_longest_extra().get(pk=test.pk)
    places = list(Candidate.objects.of_test(test).select_related("test"))
    for place in places[::3]:
        Mark.objects.create(candidate=place, mark=None if place.pk % 2 else 3, comment="Read.", marked_at=now)
    progress = {place.pk: progress_of(place, test, now=now) for place in places}
    found = figures_of(watched_candidates(planner, [test]), now=now)[test.pk]
    counted = Counter(progress.values())
    writing = [place for place in places if progress[place.pk] == Progress.IN_PROGRESS]
    may_come = [place for place in places if test.window[1] + timedelta(seconds=place.extra_seconds) > now]
    assert found == Figures(
        people=SOME,
        writing=counted[Progress.IN_PROGRESS],
        not_in=sum(progress[place.pk] == Progress.INACTIVE for place in may_come),
        offline=sum(not is_online(place, now=now) for place in writing),
        handed_in=counted[Progress.SUBMITTED],
    )
    marked = set(Mark.objects.filter(mark__isnull=False).values_list("candidate_id", flat=True))
    readable = [
        place.pk
        for place in places
        if is_readable(test=test, started_at=place.started_at, submitted_at=place.submitted_at, now=now)
    ]
    graded = graded_of([test], now=now)[test.pk]
    assert (graded.to_grade, graded.marked) == (len(set(readable) - marked), len(marked))


def test_an_invigilator_of_a_room_sees_the_figures_of_that_room_and_of_none(
    planner: User, invigilator: User, room: Location
) -> None:
    here, elsewhere = make_test(planner=planner, name="Bound"), make_test(planner=planner, name="Free")
    for test in (here, elsewhere):
        add_many(test, planner, 6)
    contribute(here, invigilator, Role.INVIGILATOR, room)
    contribute(elsewhere, invigilator, Role.INVIGILATOR)
    other = Location.objects.create(building="Nordbygg", room="2.02")
    first, second, third, *_rest = Candidate.objects.of_test(here).order_by("sort_key")
    Candidate.objects.filter(pk__in=[first.pk, second.pk]).update(location=room)
    Candidate.objects.filter(pk=third.pk).update(location=other)
    counts = figures_of(watched_candidates(invigilator, [here, elsewhere]), now=timezone.now())
    assert (counts[here.pk].people, counts[elsewhere.pk].people) == (5, 6)
    assert figures_of(watched_candidates(planner, [here]), now=timezone.now())[here.pk].people == 6
