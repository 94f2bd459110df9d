"""Grade's first page: what is left, by the day when marks are due; and the way to the next answer."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from candidates.models import Candidate, Mark, Test, User
from tests.factories import Role, activated, add_many, contribute, make_test

ClientOf = Callable[[User | None], Client]


def exam(planner: User, grader: User, name: str, *, marked: int, due: int | None, days_ago: int = 3) -> Test:
    """Make an exam of four who handed in, so many of them marked, whose marks are due in so many days."""
    test = make_test(planner=planner, name=name)
    contribute(test, grader, Role.GRADER)
    add_many(test, planner, 4)
    activated(test, planner)
    opens_at = timezone.now() - timedelta(days=days_ago)
    day = None if due is None else timezone.localdate() + timedelta(days=due)
    Test.objects.filter(pk=test.pk).update(opens_at=opens_at, ends_at=opens_at + timedelta(hours=4), marks_due_on=day)
    if days_ago > 0:
        places = Candidate.objects.of_test(test).order_by("sort_key")
        places.update(started_at=opens_at + timedelta(minutes=1))
        Mark.objects.bulk_create(Mark(candidate=one, mark=1, marked_at=timezone.now()) for one in places[:marked])
    return test


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_what_waits_comes_by_its_deadline_with_what_is_left(planner: User, grader: User, client_of: ClientOf) -> None:
    exam(planner, grader, "No day", marked=0, due=None)
    exam(planner, grader, "In time", marked=3, due=11)
    exam(planner, grader, "Late", marked=2, due=-3)
    exam(planner, grader, "Done", marked=4, due=5)
    exam(planner, grader, "Ahead", marked=0, due=30, days_ago=-2)
    page = client_of(grader).get("/grade/").content.decode()
    waiting, coming, done = (
        page.partition(f'id="{name}"')[2].partition("</section>")[0] for name in ("open", "coming", "done")
    )
    assert re.findall(r'class="id"><a [^>]*>([^<]*)<', waiting) == ["Late", "In time", "No day"]
    assert "3 days late" in waiting
    assert "in 11 days" in waiting
    assert "3 of 4" in text(waiting)
    assert "Ahead" in coming
    assert "All marked" in done
    assert "To grade 7 Late 2 of Late Next deadline" in text(page)


def test_the_next_answer_is_opened_at_once(planner: User, grader: User, client_of: ClientOf) -> None:
    test = exam(planner, grader, "In time", marked=3, due=11)
    last = Candidate.objects.get(test=test, candidate_id="0004")
    client, address = client_of(grader), f"/grade/tests/{test.public_id}/"
    assert client.get(f"{address}next/")["Location"] == f"{address}{last.public_id}/"
    Mark.objects.create(candidate=last, grade="B", marked_at=timezone.now())
    assert client.get(f"{address}next/")["Location"] == address


def test_a_list_never_tells_who_has_extra_time(planner: User, grader: User, client_of: ClientOf) -> None:
    """One hands in during extra time: the figure stays as it is until everybody's time is over."""
    test = exam(planner, grader, "Now", marked=0, due=None)
    now = timezone.now()
    Test.objects.filter(pk=test.pk).update(opens_at=now - timedelta(hours=4), ends_at=now - timedelta(minutes=5))
    Candidate.objects.filter(test=test).update(started_at=now - timedelta(hours=3))
    Candidate.objects.filter(test=test, candidate_id="0001").update(extra_minutes=30, submitted_at=now)
    page = client_of(grader).get("/grade/").content.decode()
    assert 'id="open"' not in page
    assert 'id="coming"' in page
