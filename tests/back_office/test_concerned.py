"""The back office has the header and the dates of the product, and rows that say who was concerned."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates import audit
from candidates.models import AuditEvent, Candidate, Test, User
from candidates.text import when
from tests.factories import make_permanent

ClientOf = Callable[[User | None], Client]
AUDIT = "/back-office/candidates/auditevent/"


@pytest.fixture
def acts(exam: Test, planner: User, candidates: list[Candidate]) -> None:
    """Acts on candidates, on a permanent user and on an account."""
    AuditEvent.objects.all().delete()
    for detail in (
        {"candidates": [one.public_id for one in candidates] * 2},
        {"candidates": ["gone23456789"]},
        {"user": make_permanent("Åse", "Nord").public_id},
        {"account": "berit"},
    ):
        audit.record(audit.Action.CANDIDATE_CHANGED, by=planner, test=exam, detail=detail)


@pytest.mark.usefixtures("acts")
def test_each_row_says_who_was_concerned(administrator: User, client_of: ClientOf) -> None:
    page = client_of(administrator).get(AUDIT, {"action__exact": "candidate_changed"}).content.decode()
    for words in ("0001, 0002, kari and 3 more", "Åse Nord", "berit"):
        assert f'<td class="field-concerned">{words}</td>' in page
    assert "gone23456789" not in page


@pytest.mark.usefixtures("acts")
def test_a_hundred_rows_ask_no_more_than_one(administrator: User, client_of: ClientOf, planner: User) -> None:
    browser, counts = client_of(administrator), []
    for more in (0, 50):
        for event in [*AuditEvent.objects.filter(action="candidate_changed")[:4]] * (more // 4):
            audit.record(audit.Action.CANDIDATE_CHANGED, by=planner, detail=event.detail)
        browser.get(AUDIT)
        with CaptureQueriesContext(connection) as captured:
            browser.get(AUDIT)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("acts")
def test_it_has_the_header_and_the_dates_of_the_product(administrator: User, client_of: ClientOf) -> None:
    browser = client_of(administrator)
    page = browser.get(AUDIT).content.decode()
    assert '<header class="site">' in page
    assert 'href="/permanent-users/"' in page
    assert "All times are" in page
    event = AuditEvent.objects.latest("pk")
    assert when(event.at) in page
    assert timezone.localtime(event.at).strftime("%b. %-d, %Y") not in page


def test_the_history_of_an_account_is_its_audit(administrator: User, planner: User, client_of: ClientOf) -> None:
    audit.record(audit.Action.TWO_STEP_SET_UP, by=planner)
    audit.record(audit.Action.TWO_STEP_REMOVED, by=administrator, detail={"account": planner.username})
    audit.record(audit.Action.TWO_STEP_REMOVED, by=administrator, detail={"account": "another"})
    browser = client_of(administrator)
    page = browser.get(f"/back-office/candidates/user/{planner.pk}/history/", follow=True).content.decode()
    assert page.count('<td class="field-action">Two-step login set up') == 1
    assert page.count('<td class="field-action">Two-step login removed') == 1
    assert '<td class="field-concerned">planner</td>' in page


def test_nothing_of_a_hash_is_shown(administrator: User, planner: User, client_of: ClientOf) -> None:
    planner.set_password("a fjord in the morning")
    planner.save()
    page = client_of(administrator).get(f"/back-office/candidates/user/{planner.pk}/change/").content.decode()
    assert "Give another password" in page
    assert "argon2" not in page
    page = client_of(administrator).get(f"/back-office/candidates/user/{planner.pk}/password/").content.decode()
    assert ("Give this password" in page, "password-based authentication" in page) == (True, False)
