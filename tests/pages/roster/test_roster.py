"""Planners connect tests with exams of student systems, see what would change, and apply it."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.models import Candidate, RosterConnection, Test, User
from candidates.rosters.connecting import connect
from candidates.rosters.looking import look_now
from candidates.rosters.source import Exam, SourceError
from tests.support.roster_source import SLUG, ScriptedSource, minutes, scripted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sso_offered")]


@pytest.fixture
def source() -> Iterator[ScriptedSource]:
    with scripted() as made:
        yield made


@pytest.fixture
def browser(client_of: Callable[[User | None], Client], planner: User) -> Client:
    return client_of(planner)


@pytest.fixture
def connected(exam: Test, planner: User, source: ScriptedSource) -> Test:
    """A test whose exam has two people."""
    source.put("s1", "A1", name="Aas, Reidun")
    source.put("s2", "A2", name="Berg, Kari")
    connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
    return exam


def page(browser: Client, test: Test) -> str:
    response = browser.get(reverse("roster", args=[test.public_id]))
    assert response.status_code == 200
    return response.content.decode()


def panel(browser: Client, test: Test) -> str:
    return browser.get(reverse("deliver-test", args=[test.public_id])).content.decode()


def fields_of(html: str) -> dict[str, Any]:
    """Return what the browser would send with every box as it came."""
    found: dict[str, Any] = dict(re.findall(r'name="(seen|ticks_shown)" value="([^"]*)"', html))
    return found | {"tick": re.findall(r'<input[^>]*name="tick" value="([^"]+)"[^>]* checked', html)}


def apply(browser: Client, test: Test, html: str, **more: Any) -> Any:
    return browser.post(reverse("roster-apply", args=[test.public_id]), fields_of(html) | more)


def test_a_planner_finds_an_exam_connects_it_and_applies_what_is_ticked(
    browser: Client, exam: Test, source: ScriptedSource
) -> None:
    source.put("s1", "A1", name="Aas, Reidun")
    source.put("s2", "A2", name="Berg, Kari")
    assert "Search exams" in page(browser, exam)
    found = browser.post(reverse("roster-connect", args=[exam.public_id]), {"source": SLUG, "text": "Logic"})
    assert found.status_code == 200
    assert 'value="exam-1"' in found.content.decode()
    chosen = {"source": SLUG, "text": "Logic", "exam": "exam-1"}
    browser.post(reverse("roster-connect-save", args=[exam.public_id]), chosen)
    assert RosterConnection.objects.get().test == exam
    assert not Candidate.objects.exists()
    shown = page(browser, exam)
    assert "Would join 2" in shown
    assert "See 2 changes" in panel(browser, exam)
    apply(browser, exam, shown, tick=fields_of(shown)["tick"][:1])
    assert Candidate.objects.count() == 1
    assert "Would join 1" in page(browser, exam)


@pytest.mark.parametrize("name", ["roster-connect", "roster-connect-save"])
def test_nothing_typed_is_lost_where_the_source_does_not_answer(
    browser: Client, exam: Test, source: ScriptedSource, name: str
) -> None:
    source.fails = SourceError("It took longer than 20 seconds.")
    sent = {"source": SLUG, "text": "FIL1001 “A”", "first_day": "2026-12-04", "exam": "exam-1"}
    answer = browser.post(reverse(name, args=[exam.public_id]), sent)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "It took longer than 20 seconds." in shown
    assert 'value="FIL1001 “A”"' in shown
    assert 'value="2026-12-04"' in shown
    assert not RosterConnection.objects.exists()


def test_days_the_wrong_way_round_ask_nobody(browser: Client, exam: Test, source: ScriptedSource) -> None:
    source.fails = AssertionError("asked")
    sent = {"source": SLUG, "first_day": "2026-12-04", "last_day": "2026-12-01"}
    answer = browser.post(reverse("roster-connect", args=[exam.public_id]), sent)
    assert "before the first one" in answer.content.decode()


def test_a_test_is_made_from_an_exam(browser: Client, source: ScriptedSource) -> None:
    opens = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
    source.exam = Exam("exam-1", "Logic", "FIL1001", opens=opens, minutes=240)
    source.put("s1", "A1")
    assert reverse("new-test-from-source") in browser.get(reverse("new-test")).content.decode()
    found = browser.post(reverse("new-test-from-source"), {"source": SLUG}).content.decode()
    assert "Make the test" in found
    key = re.search(r'name="once" value="(\w+)"', found)
    assert key is not None
    chosen = {"source": SLUG, "exam": "exam-1", "once": key[1]}
    made = browser.post(reverse("new-test-from-source-save"), chosen)
    assert browser.post(reverse("new-test-from-source-save"), chosen)["Location"] == made["Location"]
    test = Test.objects.get()
    assert made["Location"] == reverse("deliver-test", args=[test.public_id])
    assert (test.name, test.opens_at) == ("FIL1001 Logic", opens)
    assert "See 1 change" in panel(browser, test)


def test_a_look_that_fails_says_why_and_the_last_good_one_stays(
    browser: Client, connected: Test, source: ScriptedSource
) -> None:
    source.fails = SourceError("Page 2 never came.")
    answer = browser.post(reverse("roster-look", args=[connected.public_id]), follow=True).content.decode()
    assert "could not be read" in answer
    assert "Would join 2" in answer
    assert "The last good look was" in answer
    assert "Page 2 never came." in panel(browser, connected)


def test_extra_time_changed_here_is_kept_and_given_back(
    browser: Client, connected: Test, source: ScriptedSource, planner: User
) -> None:
    source.put("s1", "A1", name="Aas, Reidun", accommodations=minutes(45))
    look_now(test=connected, by=planner)
    apply(browser, connected, page(browser, connected))
    reidun = Candidate.objects.get(candidate_id="A1")
    assert reidun.extra_minutes == 45
    Candidate.objects.filter(pk=reidun.pk).update(extra_minutes=60)
    shown = page(browser, connected)
    assert "No changes" in shown
    assert "yours is kept (60 min)" in shown
    assert reverse("candidate-history", args=[connected.public_id, reidun.public_id]) in shown
    assert "1 changed here" in panel(browser, connected)
    take = {"take": f"{reidun.public_id}:extra_minutes"}
    browser.post(reverse("roster-take", args=[connected.public_id]), take)
    reidun.refresh_from_db()
    assert reidun.extra_minutes == 45
    assert "yours is kept" not in page(browser, connected).partition("What comes from where")[0]


def test_an_empty_list_is_asked_about_twice(
    browser: Client, connected: Test, source: ScriptedSource, planner: User
) -> None:
    apply(browser, connected, page(browser, connected))
    source.people.clear()
    look_now(test=connected, by=planner)
    shown = page(browser, connected)
    assert "nobody is registered any more: take 2 off the test" in shown
    assert apply(browser, connected, shown).status_code == 409
    assert Candidate.objects.count() == 2
    apply(browser, connected, shown, confirmed="1")
    assert not Candidate.objects.exists()


def test_what_was_seen_is_what_is_applied(
    browser: Client, connected: Test, source: ScriptedSource, planner: User
) -> None:
    shown = page(browser, connected)
    source.put("s3", "A3")
    look_now(test=connected, by=planner)
    answer = apply(browser, connected, shown)
    assert answer.status_code == 409
    assert "Something changed meanwhile" in answer.content.decode()
    assert not Candidate.objects.exists()


def test_those_not_shown_are_applied_as_proposed_and_those_unticked_are_not(
    browser: Client, connected: Test, source: ScriptedSource, planner: User
) -> None:
    for number in range(3, 120):
        source.put(f"s{number}", f"A{number}")
    look_now(test=connected, by=planner)
    shown = page(browser, connected)
    ticked = fields_of(shown)["tick"]
    assert len(ticked) == 100
    apply(browser, connected, shown, tick=ticked[1:])
    assert Candidate.objects.count() == 118


def test_disconnecting_asks_and_leaves_everybody(browser: Client, connected: Test) -> None:
    apply(browser, connected, page(browser, connected))
    address = reverse("roster-disconnect", args=[connected.public_id])
    assert "Everybody stays" in browser.get(address).content.decode()
    browser.post(address)
    assert not RosterConnection.objects.exists()
    assert Candidate.objects.count() == 2


def test_what_is_applied_by_itself_is_chosen_and_shown(browser: Client, connected: Test) -> None:
    address = reverse("roster-by-itself", args=[connected.public_id])
    browser.post(address, {"applies": "leaves"})
    found = RosterConnection.objects.get()
    assert (found.applies_itself, found.removes_itself) == (True, True)
    assert "also who leaves" in panel(browser, connected)
    browser.post(address, {"applies": "everything"})
    assert RosterConnection.objects.get().removes_itself


def test_a_test_that_has_ended_keeps_its_candidates_and_asks_nobody(
    browser: Client, connected: Test, source: ScriptedSource
) -> None:
    apply(browser, connected, page(browser, connected))
    now = timezone.now()
    Test.objects.filter(pk=connected.pk).update(opens_at=now - timedelta(days=9), ends_at=now - timedelta(days=8))
    source.fails = AssertionError("asked")
    assert "Look now" not in page(browser, connected)
    assert "The test has ended" in panel(browser, connected)
    answer = browser.post(reverse("roster-look", args=[connected.public_id]), follow=True).content.decode()
    assert "takes no candidates any more" in answer
    assert Candidate.objects.count() == 2


def test_a_source_that_the_settings_no_longer_have_breaks_no_page(
    browser: Client, connected: Test, settings: Any
) -> None:
    settings.ROSTER_SOURCES = []
    assert "no longer have this student system" in page(browser, connected)
    assert "no longer have this student system" in panel(browser, connected)


def test_the_pages_cost_the_same_for_two_and_for_two_hundred(
    browser: Client, connected: Test, source: ScriptedSource, planner: User
) -> None:
    def cost() -> list[int]:
        counts = []
        for name in ("roster", "deliver-test"):
            with CaptureQueriesContext(connection) as queries:
                browser.get(reverse(name, args=[connected.public_id]))
            counts.append(len(queries))
        return counts

    cost()
    before = cost()
    for number in range(3, 201):
        source.put(f"s{number}", f"A{number}", name=f"Nordmann, {number}")
    look_now(test=connected, by=planner)
    assert "Would join 200" in page(browser, connected)
    assert cost() == before


def test_who_has_started_and_withdraws_is_marked_in_the_list_of_candidates(
    browser: Client, connected: Test, source: ScriptedSource, planner: User
) -> None:
    apply(browser, connected, page(browser, connected))
    Candidate.objects.filter(candidate_id="A1").update(started_at=timezone.now())
    source.people.pop("s1")
    look_now(test=connected, by=planner)
    assert "Withdrawn at the source, kept 1" in page(browser, connected)
    listed = browser.get(reverse("candidates", args=[connected.public_id])).content.decode()
    assert listed.count("Withdrawn at the source") == 1


def test_somebody_whose_login_is_not_known_yet_is_listed_as_that(
    browser: Client, connected: Test, source: ScriptedSource, planner: User
) -> None:
    source.put("s3", "A3", login="")
    look_now(test=connected, by=planner)
    apply(browser, connected, page(browser, connected))
    assert Candidate.objects.get(candidate_id="A3").is_identity_pending
    listed = browser.get(reverse("candidates", args=[connected.public_id])).content.decode()
    assert "SSO, known at the first login" in listed
    assert "sso-" not in listed.partition("<tbody>")[2].partition("</tbody>")[0]
