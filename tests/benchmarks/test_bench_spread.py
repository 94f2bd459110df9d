"""Spreading 1500 candidates over 40 rooms beside other tests in them: the table before it, the act, and undoing it."""

from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.spreading import Wish, spread, spreading_of
from candidates.lifecycle.undo_spreading import undo_spread
from candidates.models import Candidate, Location, Spread, Test
from tests.benchmarks.support import Report, measure, measure_each
from tests.benchmarks.test_bench_candidates import N
from tests.factories import add_many, make_staff, make_test

ROOMS = 40
seed = count(1)


@pytest.mark.django_db(transaction=True)
def test_bench_spread() -> None:
    planner = make_staff("planner", is_planner=True)
    report = Report(f"Spreading 1500 candidates over {ROOMS} rooms on {connection.vendor}")
    test, beside = make_test(planner=planner), make_test(planner=planner, name="PHY1010")
    rooms = Location.objects.bulk_create([Location(room=f"V{n}", capacity=60) for n in range(ROOMS)])
    for one, size in ((test, N), (beside, 200)):
        add_many(one, planner, size)
    Candidate.objects.of_test(beside).update(location=rooms[0])
    Location.objects.filter(pk=rooms[0].pk).update(capacity=260)

    def planned() -> tuple[Wish, str]:
        wish = Wish(rooms=frozenset(room.pk for room in rooms), seed=next(seed))
        return wish, spreading_of(test, wish).digest

    def done(prepared: tuple[Wish, str]) -> Spread:
        wish, digest = prepared
        return spread(test=test, wish=wish, digest=digest, by=planner)

    report.at_most_ms("spread", measure_each(planned, done), 2000)
    report.at_most_ms(
        "undo", measure_each(lambda: done(planned()), lambda one: undo_spread(one=one, printed=0, by=planner)), 2000
    )
    browser = Client()
    browser.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    page = reverse("spread", args=[Test.objects.get(pk=test.pk).public_id])
    report.at_most_ms("the table before it", measure(lambda: browser.get(page)), 1000)
    report.show()
