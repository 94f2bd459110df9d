"""The audit in the back office: found by person and test, day by day, without reading all of it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates import audit
from candidates.back_office import audit as admin_audit
from candidates.back_office import site as admin_site
from candidates.models import AuditEvent, Test, User
from tests.factories import make_staff

ADDRESS = "/back-office/candidates/auditevent/"


@pytest.fixture
def browser(administrator: User, client_of: Callable[[User | None], Client]) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def shown(browser: Client, **wanted: str) -> list[str]:
    """Return whose acts, of which action, a page of the audit shows."""
    answer = browser.get(ADDRESS, wanted)
    assert answer.status_code == 200
    return [f"{event.actor_name} {event.action}".strip() for event in answer.context["cl"].result_list]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("planner", ["planner activated"]),
        (" PLANNER ", ["planner activated"]),
        ("solheim", ["planner activated"]),
        ("Cell Bio", ["planner activated"]),
        ("leaver", ["leaver test_changed"]),
        ("leav", []),
        ("6cze-p34v", ["6czep34v login"]),
        ("6czep34", []),
        ("nobody", []),
    ],
)
def test_a_search_finds_the_acts_of_a_person_and_on_a_test(
    words: str, expected: list[str], browser: Client, exam: Test, planner: User
) -> None:
    audit.record(audit.Action.ACTIVATED, by=planner, test=exam)
    leaver = make_staff("leaver")
    audit.record(audit.Action.TEST_CHANGED, by=leaver)
    leaver.delete()
    candidate = User.objects.create(username="6czep34v", kind="one_time", password="!")
    audit.record(audit.Action.LOGIN, by=candidate)
    audit.record_refused_login({"name_digest": "x"})
    assert shown(browser, q=words) == expected


def test_pages_end_where_nobody_turns_them(browser: Client, planner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_site, "MAX_COUNTED", 3)
    monkeypatch.setattr(admin_audit.AuditAdmin, "list_per_page", 2)
    for _time in range(5):
        audit.record(audit.Action.LOGIN, by=planner)
    with CaptureQueriesContext(connection) as captured:
        assert shown(browser) == ["planner login"] * 2
    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 3" in sql for sql in counts)
    assert shown(browser, p="2") == ["planner login"]


def test_days_are_offered_from_the_first_act_to_the_last(browser: Client, planner: User) -> None:
    AuditEvent.objects.all().delete()  # of the administrator's own login
    days = [datetime(2025, 12, 30, 12, tzinfo=UTC), datetime(2026, 2, 27, 23, 30, tzinfo=UTC)]
    for day in days:
        AuditEvent.objects.filter(pk=audit.record(audit.Action.LOGIN, by=planner).pk).update(at=day)
    found = admin_audit.Events(AuditEvent)
    years, months = found.datetimes("at", "year"), found.datetimes("at", "month")
    assert [day.year for day in years] == [2025, 2026]
    assert [(day.year, day.month) for day in months] == [(2025, 12), (2026, 1), (2026, 2)]
    # 28 February in the institution's own time
    assert found.datetimes("at", "day")[-1].date().isoformat() == "2026-02-28"
    assert shown(browser, at__year="2026", at__month="2") == ["planner login"]
    assert shown(browser, at__year="2026", at__month="1") == []
    AuditEvent.objects.all().delete()
    assert found.all().datetimes("at", "year") == []
    assert timezone.is_aware(years[0])


def test_people_of_an_institution_are_chosen_by_its_name(browser: Client, db: None) -> None:
    answer = browser.get("/back-office/candidates/ssoidentity/", {"authentication_type": "campus"})
    assert answer.status_code == 200
    assert "Havnes Campus" in answer.content.decode()
