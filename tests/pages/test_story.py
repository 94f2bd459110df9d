"""The main job from end to end through the pages: add, activate, hand out, log in, sit, hand in, grade, Archive."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from candidates.models import AuditEvent, Candidate, Test, User
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def page(response: Any) -> str:
    return response.content.decode("utf-8-sig")


def at(name: str, test: Test, *parts: str) -> str:
    return reverse(name, args=[test.public_id, *parts])


def hand_out(planner: Client, test: Test) -> dict[str, dict[str, str]]:
    """Download the login details as the planner does, and return the row of each Candidate ID."""
    response = planner.post(at("login-details-csv", test), {"whose": "all"})
    return {row["Candidate ID"]: row for row in csv.DictReader(io.StringIO(page(response)))}


def log_in(username: str, password: str) -> Client:
    browser = Client()
    response = browser.post(reverse("login"), {"username": username, "password": password})
    assert response.status_code == 302, page(response)
    assert response["Location"] == reverse("dashboard")
    return browser


def test_three_candidates_from_the_empty_list_to_the_archive(
    exam: Test, client_of: ClientOf, planner: User, grader: User, clock: Clock
) -> None:
    ingrid = client_of(planner)

    # the planner adds three, one with extra time, and activates the test
    added = {"id": ["", "", "kari"], "extra": ["", "30", ""], "after": 0}
    assert ingrid.post(at("add-one-time", exam), added).status_code == 302
    assert "Activate" in page(ingrid.get(at("activate-test", exam)))
    assert ingrid.post(at("activate-test", exam)).status_code == 302
    exam.refresh_from_db()
    assert exam.is_activated

    # the page of the login details shows nothing yet; the slips show what the CSV holds
    assert ">Print<" in page(ingrid.get(at("login-details", exam)))
    rows = hand_out(ingrid, exam)
    assert sorted(rows) == ["0001", "0002", "kari"]
    slips = page(ingrid.post(at("login-details-print", exam), {"whose": "all"}))
    assert re.findall(r"Slip for candidate (\w+)", slips) == ["0001", "0002", "kari"]
    assert all(row["Password"] in slips and row["Username"] in slips for row in rows.values())

    # each logs in as people type: with capitals, without hyphens, with spaces
    ways: list[Callable[[str], str]] = [
        str.upper,
        lambda text: text.replace("-", ""),
        lambda text: f" {text.replace('-', ' ').title()} ",
    ]
    browsers = {
        candidate_id: log_in(way(row["Username"]), way(row["Password"]))
        for way, (candidate_id, row) in zip(ways, sorted(rows.items()), strict=True)
    }
    for candidate_id, browser in browsers.items():
        assert browser.get(reverse("home"))["Location"] == reverse("dashboard")
        dashboard = page(browser.get(reverse("dashboard")))
        assert exam.name in dashboard
        assert candidate_id in dashboard
        assert not any(other in dashboard for other in rows if other != candidate_id)

    # nobody opens it early; then each starts, writes and hands in
    first = browsers["0001"]
    first.post(at("sit-start", exam))
    assert not Candidate.objects.filter(test=exam, started_at__isnull=False).exists()
    clock.set(exam.window[0] + timedelta(minutes=5))
    browsers = {key: log_in(row["Username"], row["Password"]) for key, row in rows.items()}
    for candidate_id, browser in browsers.items():
        assert "Start test" in page(browser.get(at("sit", exam)))
        browser.post(at("sit-start", exam))
        own = Candidate.objects.get(test=exam, candidate_id=candidate_id)
        answer = {"answer": f"What {candidate_id} wrote", "base": 0, "candidate": own.public_id}
        saved = browser.post(at("sit-answer", exam), answer, headers={"Accept": "application/json"})
        assert saved.status_code == 200, page(saved)
    first = browsers["0001"]
    assert "What 0001 wrote" in page(first.get(at("sit", exam)))

    # after the end everything is handed in, and each finds it in the Archive with the same slip
    clock.set(exam.window[1] + timedelta(hours=1))
    for candidate_id, row in rows.items():
        again = log_in(row["Username"], row["Password"])
        assert exam.name in page(again.get(reverse("archive")))
        assert f"What {candidate_id} wrote" in page(again.get(at("sit", exam)))

    # the grader reads by Candidate ID, and finds no username and no password anywhere
    elin = client_of(grader)
    reading = page(elin.get(at("grade-test", exam)))
    for candidate in Candidate.objects.of_test(exam):
        assert candidate.candidate_id in reading
        reading += page(elin.get(at("grade-submission", exam, candidate.public_id)))
        assert f"What {candidate.candidate_id} wrote" in reading
    for row in rows.values():
        assert row["Username"] not in reading
        assert row["Username"].replace("-", "") not in reading
        assert row["Password"] not in reading

    acts = list(AuditEvent.objects.filter(test=exam).order_by("pk").values_list("action", flat=True))
    assert acts[:4] == ["candidates_added", "activated", "details_csv", "details_printed"]


def test_before_activation_and_after_deactivation_nobody_gets_in(
    scheduled_exam: Test, client_of: ClientOf, planner: User
) -> None:
    ingrid = client_of(planner)
    row = hand_out(ingrid, scheduled_exam)["0001"]
    inside = log_in(row["Username"], row["Password"])
    assert ingrid.post(at("deactivate-test", scheduled_exam)).status_code == 302
    assert inside.get(reverse("dashboard")).status_code == 302
    refused = Client().post(reverse("login"), {"username": row["Username"], "password": row["Password"]})
    unknown = Client().post(reverse("login"), {"username": "2zzz-zzzz", "password": row["Password"]})
    assert refused.status_code == unknown.status_code == 422
    assert without_tokens(refused, row["Username"]) == without_tokens(unknown, "2zzz-zzzz")
    ingrid.post(at("activate-test", scheduled_exam))
    assert hand_out(ingrid, scheduled_exam)["0001"] == row
    log_in(row["Username"], row["Password"])


def without_tokens(response: Any, typed: str) -> str:
    """Return the page without what differs for good reasons: the form's token and what was typed."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page(response)).replace(typed, "")


def test_slips_that_were_handed_out_work_after_every_reprint_and_late_addition(
    scheduled_exam: Test, client_of: ClientOf, planner: User
) -> None:
    ingrid = client_of(planner)
    old = hand_out(ingrid, scheduled_exam)
    ingrid.post(at("login-details-print", scheduled_exam), {"whose": "all"})
    assert (
        ingrid.post(at("add-one-time", scheduled_exam), {"id": ["late"], "extra": [""], "after": 0}).status_code == 302
    )
    page_ = page(ingrid.get(at("login-details", scheduled_exam)))
    assert "Print the 1 that changed" in page_
    assert "late" in page(ingrid.post(at("login-details-print", scheduled_exam), {"whose": "not_printed"}))
    new = hand_out(ingrid, scheduled_exam)
    assert {key: row for key, row in new.items() if key != "late"} == old
    for row in new.values():
        log_in(row["Username"], row["Password"])
