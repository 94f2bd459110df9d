"""Attendance and ID check in Monitor: columns, filters, and what the candidate's page says."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.lifecycle.attendance import NewMark, mark_at_the_door
from candidates.lifecycle.missing import mark_missing_absent
from candidates.models import Test, User
from tests.factories import activated, add, open_now

pytestmark = pytest.mark.django_db


def test_who_is_here_is_a_column_and_a_filter_and_the_id_check_is_off_at_first(
    exam: Test, planner: User, client_of: Callable[[User | None], Client]
) -> None:
    one, two, three = add(exam, planner, "0001", "0002", "0003")
    open_now(activated(exam, planner))
    pressed = [(one, "presence", "present"), (two, "presence", "absent"), (one, "id_check", "rejected")]
    now = timezone.now()
    marks = [NewMark(who.public_id, about, value, f"nonce-{n}", now) for n, (who, about, value) in enumerate(pressed)]
    mark_at_the_door(test=exam, marks=marks, by=planner, rooms=())
    ingrid, address = client_of(planner), f"/monitor/tests/{exam.public_id}/"

    def shown(**query: str) -> list[str]:
        page = ingrid.get(address, query).content.decode()
        return [one.candidate_id for one in (one, two, three) if f">{one.candidate_id}</a>" in page]

    page = ingrid.get(address).content.decode()
    assert ">Attendance</th>" in page
    assert ">ID check</th>" not in page
    assert ">ID check</th>" in ingrid.get(address, {"col": "id_check"}).content.decode()
    assert shown(attention="not_here") == ["0002", "0003"]
    assert shown(attention="absent") == ["0002"]
    assert shown(attention="unchecked") == shown(attention="rejected") == ["0001"]
    page = ingrid.get(f"{address}candidates/{one.public_id}/").content.decode()
    assert "Attendance: Present" in page
    assert f"{address}candidates/{one.public_id}/attendance/" in page


def test_what_the_door_marks_comes_into_an_open_monitor_without_more_queries(
    exam: Test, planner: User, client_of: Callable[[User | None], Client]
) -> None:
    people = add(exam, planner, *(f"{number:04}" for number in range(1, 5)))
    open_now(activated(exam, planner))
    ingrid, live = client_of(planner), f"/monitor/tests/{exam.public_id}/live/?col=attendance&col=id_check"

    def asked() -> tuple[str, int]:
        with CaptureQueriesContext(connection) as queries:
            page = ingrid.get(live).content.decode()
        return " ".join(page.split()), len(queries)

    asked()
    before, few = asked()
    assert "At the door:" not in before
    now = timezone.now()
    mark_at_the_door(
        test=exam,
        marks=[NewMark(people[0].public_id, "id_check", "verified", "nonce-0", now)]
        + [NewMark(one.public_id, "presence", "present", f"nonce-{one.pk}", now) for one in people[:2]],
        by=planner,
        rooms=(),
    )
    mark_missing_absent(test=exam, public_ids=[people[2].public_id], press="first-press", by=planner, rooms=())
    after, many = asked()
    assert (after.count(">Present<"), after.count(">Absent<"), after.count(">Verified<")) == (2, 1, 1)
    assert "At the door: 2 present, 1 absent, 1 not marked." in after
    assert 'hx-swap-oob="true"' in after.split("At the door:")[0]
    assert many == few
