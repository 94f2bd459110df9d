"""Attendance and ID check in Monitor: columns, filters, and what the candidate's page says."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from candidates.lifecycle.attendance import NewMark, mark_at_the_door
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
