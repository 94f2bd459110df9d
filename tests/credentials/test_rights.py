"""Whose permanent users' passwords somebody may open and replace, and in which histories that stands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.credentials import rights
from candidates.credentials.opening import Action, Choice, open_details, open_one
from candidates.credentials.opening_history import last_openings
from candidates.credentials.overview import overview
from candidates.credentials.refusals import NotShown
from candidates.credentials.renewing import give_new_password, renew_password
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Candidate, PermanentUser, Test, User
from tests.factories import Role, activated, add, contribute, make_permanent, make_staff, make_test, open_now
from tests.support.permanent import put_on

ClientOf = Callable[[User | None], Client]
OPENINGS = (Action.DETAILS_LISTED, Action.DETAILS_PRINTED, Action.DETAILS_CSV, Action.DETAILS_PDF)


@pytest.fixture
def anne(db: None) -> PermanentUser:
    return make_permanent("Anne-Marie", "Berg", username="anne-marie.berg")


def on_active(person: PermanentUser, test: Test, by: User) -> Candidate:
    """Put a permanent user on a test and activate it."""
    place = put_on(person, test)
    activated(test, by)
    return place


@pytest.fixture
def theirs(stranger: User, anne: PermanentUser) -> Candidate:
    """Anne-Marie's place on a test that Sigurd alone plans, in three days."""
    return on_active(anne, make_test(planner=stranger, name="A test of others"), stranger)


@pytest.fixture
def mine(exam: Test, planner: User, anne: PermanentUser) -> Candidate:
    """Her place on Ingrid's exam, on which one-time user 0001 is as well."""
    place = put_on(anne, exam)
    add(exam, planner, "0001")
    activated(exam, planner)
    place.refresh_from_db()
    return place


def refused(act: Callable[[], object]) -> bool:
    """Say whether an act is refused to somebody who does not plan all tests of the person."""
    try:
        act()
    except NotShown as refusal:
        return refusal.reason == "withheld" and "Ask an administrator" in refusal.sentence
    return False


def may_open(place: Candidate, by: User) -> bool:
    """Say whether the password is opened, alone and with all others, and whether a new one is given: always alike."""
    place.refresh_from_db()
    only = Choice(public_ids=(place.public_id,))
    done = {
        not refused(lambda: open_one(test=place.test, candidate=place, by=by, invigilating=False)),
        not refused(lambda: open_details(test=place.test, choice=only, action=Action.DETAILS_LISTED, by=by)),
        not refused(lambda: renew_password(candidate=place, by=by)),
        not overview(place.test, to=by).withheld,
    }
    assert len(done) == 1
    return done.pop()


def test_who_makes_a_test_for_it_cannot_become_somebody_on_another_planners_test(
    stranger: User, anne: PermanentUser, client_of: ClientOf
) -> None:
    victim = on_active(anne, make_test(planner=stranger), stranger)
    attacker = make_staff("attacker", is_planner=True)
    place = on_active(anne, make_test(planner=attacker, name="Made for it"), attacker)
    before = User.objects.get(pk=anne.pk).password
    browser = client_of(attacker)
    for name in ("renew-password", "reveal-login"):
        for ask in (browser.get, browser.post):
            answer = ask(reverse(name, args=[place.test.public_id, place.public_id]))
            assert answer.status_code == 403
            assert "Ask an administrator" in answer.content.decode()
            assert victim.test.name not in answer.content.decode()
    for name in ("list", "print", "print-six", "csv", "pdf", "pdf-six"):
        answer = browser.post(reverse(f"login-details-{name}", args=[place.test.public_id]), {"whose": "all"})
        assert answer.status_code == 409, name
    assert User.objects.get(pk=anne.pk).password == before


def test_planners_of_every_unfinished_test_and_administrators_may(
    mine: Candidate, theirs: Candidate, planner: User
) -> None:
    assert not may_open(mine, planner)
    contribute(theirs.test, planner, Role.INVIGILATOR)
    assert not may_open(mine, planner)
    contribute(theirs.test, planner, Role.PLANNER)
    assert may_open(mine, planner)
    User.objects.filter(pk=planner.pk).update(is_planner=False)
    assert rights.withheld_from(User.objects.get(pk=planner.pk), [mine.user_id or 0])
    boss = make_staff("boss", is_planner=True, is_administrator=True)
    contribute(mine.test, boss, Role.PLANNER)
    assert may_open(mine, boss)


def test_a_test_that_is_not_activated_or_was_deactivated_counts(
    mine: Candidate, anne: PermanentUser, stranger: User, planner: User
) -> None:
    other = make_test(planner=stranger)
    put_on(anne, other)
    assert not may_open(mine, planner)
    activated(other, stranger)
    deactivate(test=other, by=stranger)
    assert not may_open(mine, planner)
    # its day has passed, and it may be postponed; a year later nobody will
    for days, counts in ((30, True), (400, False)):
        ends = timezone.now() - timedelta(days=days)
        Test.objects.filter(pk=other.pk).update(opens_at=ends - timedelta(hours=4), ends_at=ends)
        assert may_open(mine, planner) is not counts


def test_a_test_counts_until_it_is_over_for_this_person(mine: Candidate, theirs: Candidate, planner: User) -> None:
    open_now(theirs.test, minutes_ago=4 * 60 - 1)
    assert not may_open(mine, planner)
    open_now(theirs.test, minutes_ago=4 * 60 + 1)
    assert may_open(mine, planner)
    place = Candidate.objects.filter(pk=theirs.pk)
    place.update(extra_minutes=30)
    assert not may_open(mine, planner)
    place.update(extra_minutes=0, incident_minutes=30)
    assert not may_open(mine, planner)
    place.update(started_at=timezone.now(), submitted_at=timezone.now())
    assert may_open(mine, planner)


def test_the_setting_opens_it_to_every_planner_or_closes_it_to_administrators(
    mine: Candidate, theirs: Candidate, planner: User, settings: Any
) -> None:
    settings.PERMANENT_PASSWORDS_BY = rights.ANY_PLANNER
    assert may_open(mine, planner)
    settings.PERMANENT_PASSWORDS_BY = rights.ADMINISTRATORS
    assert not may_open(mine, planner)
    Candidate.objects.filter(pk=theirs.pk).delete()
    assert not may_open(mine, planner)


@pytest.mark.parametrize("name", ["list", "print", "print-six", "csv", "pdf", "pdf-six"])
def test_slips_of_others_are_left_out_and_a_sentence_says_whom_to_ask(
    mine: Candidate, theirs: Candidate, planner: User, client_of: ClientOf, name: str
) -> None:
    browser = client_of(planner)
    sentence = "The login of 1 permanent user is left out: it works on a test that you do not plan as well."
    page = browser.get(reverse("login-details", args=[mine.test.public_id])).content.decode()
    assert sentence in page
    assert "Ask an administrator" in page
    assert "A test of others" not in page
    assert overview(mine.test, to=planner).total == 1
    assert sentence in browser.get(reverse("deliver-test", args=[mine.test.public_id])).content.decode()
    answer = browser.post(reverse(f"login-details-{name}", args=[mine.test.public_id]), {"whose": "all"})
    assert answer.status_code == 200
    assert b"anne-marie.berg" not in answer.content
    if name in ("list", "print", "print-six"):
        assert sentence in answer.content.decode()
        assert ">0001<" in answer.content.decode()
    mine.refresh_from_db()
    assert mine.slip_printed_version is None


def test_one_candidates_page_shows_the_slip_first_or_says_whom_to_ask(
    mine: Candidate, anne: PermanentUser, stranger: User, planner: User, client_of: ClientOf
) -> None:
    browser = client_of(planner)
    address = reverse("candidate", args=[mine.test.public_id, mine.public_id])
    page = browser.get(address).content.decode()
    assert page.index("Show login slip") < page.index("Print login slip") < page.index("Give a new password")
    printed = browser.post(
        reverse("login-details-print", args=[mine.test.public_id]), {"whose": "ticked", "ids": mine.public_id}
    ).content.decode()
    assert "anne-marie.berg" in printed
    assert ">0001<" not in printed
    put_on(anne, make_test(planner=stranger))
    page = browser.get(address).content.decode()
    assert "Ask an administrator" in page
    assert not [words for words in ("Show login slip", "Print login slip", "Give a new password") if words in page]


@pytest.mark.parametrize("kind", ["one_time", "sso"])
def test_other_kinds_have_the_slip_first_as_well(
    exam: Test, planner: User, client_of: ClientOf, kind: str, mine: Candidate
) -> None:
    one = Candidate.objects.get(test=exam, candidate_id="0001")
    page = client_of(planner).get(reverse("candidate", args=[exam.public_id, one.public_id])).content.decode()
    assert page.index("Show login slip") < page.index("Give a new password")


def histories(action: AuditEvent.Action) -> dict[str, list[str]]:
    """Return the candidates that the newest row of each test names, by the test's name."""
    rows = AuditEvent.objects.filter(action=action, outcome="done", test__isnull=False).order_by("pk")
    return {row.test_name: row.detail["candidates"] for row in rows}


@pytest.mark.parametrize("action", [*OPENINGS, Action.DETAILS_REVEALED, Action.PASSWORD_RENEWED])
def test_every_opening_and_new_password_stands_in_the_history_of_all_tests_of_the_person(
    mine: Candidate, theirs: Candidate, planner: User, action: AuditEvent.Action
) -> None:
    over = put_on(make_permanent("Nobody", "Else"), make_test(planner=planner, name="A test without her"))
    contribute(theirs.test, planner, Role.PLANNER)
    if action == Action.DETAILS_REVEALED:
        open_one(test=mine.test, candidate=mine, by=planner, invigilating=False)
    elif action == Action.PASSWORD_RENEWED:
        renew_password(candidate=mine, by=planner)
    else:
        open_details(test=mine.test, choice=Choice(), action=action, by=planner)
    found = histories(action)
    assert found["A test of others"] == [theirs.public_id]
    assert mine.public_id in found[mine.test.name]
    assert over.test.name not in found
    if action != Action.PASSWORD_RENEWED:
        assert [one.elsewhere for one in last_openings(theirs.test)] == [True]
        assert last_openings(theirs.test, here=True) == []


def test_a_new_password_by_an_administrator_stands_there_too(
    mine: Candidate, theirs: Candidate, anne: PermanentUser, administrator: User
) -> None:
    give_new_password(person=anne, by=administrator)
    assert histories(Action.PASSWORD_RENEWED) == {
        mine.test.name: [mine.public_id],
        "A test of others": [theirs.public_id],
    }
    assert AuditEvent.objects.filter(actor=administrator).count() == 3  # and one that names the person


def test_many_people_on_many_tests_cost_as_many_queries_as_one(exam: Test, planner: User, stranger: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            open_details(test=exam, choice=Choice(), action=Action.DETAILS_LISTED, by=planner)
        return len(captured)

    for number, by in ((1, planner), (2, stranger)):
        person = make_permanent(f"First{number}", "Berg")
        put_on(person, exam)
        put_on(person, make_test(planner=by))
    activated(exam, planner)
    few = cost()
    for number in range(5):
        person = make_permanent(f"Name{number}", "Berg")
        put_on(person, exam)
        put_on(person, make_test(planner=planner if number % 2 else stranger, name=f"Test {number}"))
    assert cost() == few
