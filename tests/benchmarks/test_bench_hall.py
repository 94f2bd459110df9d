"""The hall among 1500 with names: a check-in, what phones ask for, and the results as a page and as files."""

import json
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.models import Candidate, Mark, Test
from tests.benchmarks.support import Report, measure, measure_each
from tests.benchmarks.test_bench_candidates import N, filled, named
from tests.factories import Role, activated, contribute, make_staff, open_now


@pytest.mark.django_db(transaction=True)
def test_bench_hall() -> None:
    planner = make_staff("planner", is_planner=True)
    invigilator = make_staff("invigilator", is_invigilator=True)
    report = Report(f"The hall and its results, 1500 candidates on {connection.vendor}")
    exam = filled(planner)
    contribute(exam, invigilator, Role.INVIGILATOR)
    open_now(activated(exam, planner))
    named(exam)
    door = Client()
    door.force_login(invigilator, backend="candidates.signin.backends.PasswordBackend")
    waiting = iter(Candidate.objects.of_test(exam).values_list("public_id", flat=True))
    marks = reverse("door-marks", args=[exam.public_id])

    def kept(count: int) -> str:
        """Return so many check-ins as a phone sends them: present, and the ID checked."""
        now = int(timezone.now().timestamp() * 1000)
        sent = [
            {"key": key, "about": about, "value": value, "nonce": str(uuid4()), "at": now}
            for key in islice(waiting, count)
            for about, value in (("presence", "present"), ("id_check", "verified"))
        ]
        return json.dumps(sent)

    def send(sent: str) -> None:
        answers = door.post(marks, {"marks": sent}).json()["marks"]
        assert {outcome for _nonce, outcome, _sentence in answers} == {"stored"}

    report.at_most_ms("a check-in, present and ID checked", measure_each(partial(kept, 1), send), 150)
    report.at_most_ms("100 check-ins of a phone without network", measure_each(partial(kept, 100), send), 1000)
    people = reverse("door-people", args=[exam.public_id])
    for what, address in (("everybody, for a phone", people), ("marks alone, for a phone", f"{people}?marks=1")):
        report.at_most_ms(what, measure(partial(door.get, address)), 150)

    over(exam)
    browser = Client()
    browser.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    page = reverse("results", args=[exam.public_id])
    assert browser.get(page).text.count("Ødegård-36") > 1
    results = measure(partial(browser.get, page))
    report.at_most_ms("results, 1500 rows with names", results, 150)
    manage = measure(partial(browser.get, reverse("candidates", args=[exam.public_id])))
    report.at_most_times("results, 1500 rows with names", results, "Manage candidates, as many", manage, 1.5)
    report.at_most_ms("results, a search by name", measure(partial(browser.get, f"{page}?q=odegard-36+ase")), 150)
    for kind in ("csv", "xlsx"):
        address = reverse("results-download", args=[exam.public_id, kind])
        assert browser.post(address).status_code == 200
        limit = 1000 if kind == "csv" else 2000
        report.at_most_ms(f"results as {kind.upper()}", measure(partial(browser.post, address)), limit)
    report.show()


def over(exam: Test) -> None:
    """Let everybody have sat the exam yesterday, with points."""
    now = timezone.now()
    opened = now - timedelta(days=1)
    Test.objects.filter(pk=exam.pk).update(opens_at=opened, ends_at=opened + timedelta(hours=4), max_points=30)
    Candidate.objects.of_test(exam).update(started_at=opened, submitted_at=opened + timedelta(hours=3))
    Mark.objects.bulk_create(
        Mark(candidate_id=key, mark=Decimal(at % 61) / 2, comment=f"Comment {at}", marked_at=now)
        for at, key in enumerate(Candidate.objects.of_test(exam).values_list("pk", flat=True))
    )
    assert Mark.objects.count() == N
