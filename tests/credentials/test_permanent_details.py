"""Login details of permanent users: shown where the password was made here, and for all their tests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.credentials.key_list import open_key_list
from candidates.credentials.opening import Action, Choice, open_details, open_one
from candidates.credentials.overview import overview
from candidates.credentials.purging import purge_due, rotate_keys
from candidates.credentials.refusals import NotShown
from candidates.credentials.renewing import give_new_password, renew_password
from candidates.lifecycle.activation import activate, deactivate
from candidates.lifecycle.removal import remove_candidates
from candidates.models import AuditEvent, Candidate, PermanentUser, SealedPassword, Test, User
from tests.credentials.test_verifier import new_key
from tests.factories import Role, activated, add, add_sso, contribute, make_permanent, make_test, open_now, password_of
from tests.support.permanent import put_on

PASSWORD = "a long winter evening"
ClientOf = Callable[[User | None], Client]
EVERYBODY = Choice()


@pytest.fixture
def made(db: None) -> PermanentUser:
    """Anne-Marie, whose user name was chosen and whose password was made here."""
    return make_permanent("Anne-Marie", "Berg", username="anne-marie.berg")


@pytest.fixture
def generated(db: None) -> PermanentUser:
    """Ola, whose user name and password were made here."""
    return make_permanent("Ola", "Ødegård")


@pytest.fixture
def own(db: None) -> PermanentUser:
    """Kari, whose password came in the file."""
    return make_permanent("Kari", "Nordmann", username="kari.nordmann", password=PASSWORD)


@pytest.fixture
def mixed(
    exam: Test, planner: User, made: PermanentUser, generated: PermanentUser, own: PermanentUser
) -> dict[str, Candidate]:
    """The exam, activated: a one-time user, an SSO candidate and three permanent users."""
    found = {"one_time": add(exam, planner, "0001")[0], "sso": add_sso(exam, planner, "5001")[0]}
    found |= {"made": put_on(made, exam), "generated": put_on(generated, exam), "own": put_on(own, exam)}
    activated(exam, planner)
    for candidate in found.values():
        candidate.refresh_from_db()
    return found


def test_slips_are_for_those_whose_password_was_made_here(
    exam: Test, planner: User, mixed: dict[str, Candidate], generated: PermanentUser
) -> None:
    exam.refresh_from_db()
    opened = open_details(test=exam, choice=EVERYBODY, action=Action.DETAILS_PRINTED, by=planner)
    slips = {slip.candidate_id: slip for slip in opened.sheet.slips}
    assert set(slips) == {"0001", "Anne-Marie Berg", "Ola Ødegård"}
    assert slips["Anne-Marie Berg"].username == "anne-marie.berg"  # as it is typed
    assert slips["Ola Ødegård"].username == f"{generated.user.username[:4]}-{generated.user.username[4:]}"
    for slip in slips.values():
        browser = Client()
        typed = {"username": slip.username.upper(), "password": slip.password.upper()}
        assert browser.post("/login/", typed).status_code == 302, slip.candidate_id
    printed = {one.slip.candidate_id: one for one in opened.sheet.printed()}
    words = {name: " ".join([*one.steps, *one.advice, one.short_advice]) for name, one in printed.items()}
    for name in ("Anne-Marie Berg", "Ola Ødegård"):
        assert words[name].count("Use the same username and password for all your tests") == 2
    assert "all your tests" not in words["0001"]
    assert "as it is printed" in words["Anne-Marie Berg"]
    assert "as it is printed" not in words["Ola Ødegård"]


def test_the_page_counts_who_has_what(exam: Test, planner: User, mixed: dict[str, Candidate]) -> None:
    exam.refresh_from_db()
    details = overview(exam, to=planner)
    assert (details.total, details.permanent, details.others, details.own_password) == (3, 2, 2, 1)
    assert (details.through, details.noun, details.waiting, details.shut_out) == (
        ("Havnes Campus",),
        "candidate",
        0,
        (),
    )


def test_the_pages_say_it_in_words(
    exam: Test, planner: User, mixed: dict[str, Candidate], made: PermanentUser, client_of: ClientOf
) -> None:
    browser = client_of(planner)
    page = browser.get(reverse("login-details", args=[exam.public_id])).content.decode()
    for words in (
        "3 of 5 candidates log in with a slip, the other 2 with a login of their own.",
        "2 of them are permanent users, whose logins are for all their tests.",
        "1 of the others has a password of their own, which nobody can see; the rest log in through Havnes Campus.",
    ):
        assert words in page
    assert "deactivated" not in page
    panel = browser.get(reverse("deliver-test", args=[exam.public_id])).content.decode()
    assert "1 one-time user has a username and password." in panel
    assert "2 permanent users have a username and password that can be printed." in panel
    User.objects.filter(pk=made.pk).update(is_active=False)
    page = browser.get(reverse("login-details", args=[exam.public_id])).content.decode()
    assert "1 permanent user is deactivated and cannot log in." in page
    assert f'/{mixed["made"].public_id}/">Anne-Marie Berg</a>' in page


@pytest.mark.parametrize("kinds", ["made", "own"])
def test_a_test_with_permanent_users_alone_says_what_there_is(
    planner: User, client_of: ClientOf, kinds: str, request: pytest.FixtureRequest
) -> None:
    exam = make_test(planner=planner)
    put_on(request.getfixturevalue(kinds), exam)
    address = reverse("login-details", args=[exam.public_id])
    browser = client_of(planner)
    before = browser.get(address).content.decode()
    assert ("Permanent users have a username and password already" in before) == (kinds == "made")
    assert "nobody can log in" not in before
    activated(exam, planner)
    after = browser.get(address).content.decode()
    assert ("1 permanent user logs in with a slip." in after) == (kinds == "made")
    assert ("The candidates log in with a login of their own." in after) == (kinds == "own")


def test_invigilators_see_one_time_users_alone(
    exam: Test, mixed: dict[str, Candidate], invigilator: User, client_of: ClientOf
) -> None:
    open_now(exam)
    browser = client_of(invigilator)
    answers = {}
    for name in ("one_time", "made", "generated", "own"):
        address = reverse("reveal-login", args=[exam.public_id, mixed[name].public_id])
        answers[name] = [browser.get(address).status_code, browser.post(address).status_code]
    assert answers == {"one_time": [200, 200], "made": [403, 403], "generated": [403, 403], "own": [403, 403]}
    page = browser.get(reverse("reveal-login", args=[exam.public_id, mixed["made"].public_id])).content.decode()
    assert "Invigilators see login details of one-time users only." in page
    assert "anne-marie.berg" not in page
    monitor = browser.get(reverse("monitor-candidate", args=[exam.public_id, mixed["made"].public_id]))
    assert "Candidate login details" not in monitor.content.decode()


def test_one_is_shown_to_planners_and_an_own_password_is_not(
    exam: Test, planner: User, mixed: dict[str, Candidate], client_of: ClientOf
) -> None:
    exam.refresh_from_db()
    opened = open_one(test=exam, candidate=mixed["made"], by=planner, invigilating=False)
    assert opened.sheet.slips[0].username == "anne-marie.berg"
    with pytest.raises(NotShown, match="a password of their own"):
        open_one(test=exam, candidate=mixed["own"], by=planner, invigilating=False)
    browser = client_of(planner)
    page = browser.get(reverse("reveal-login", args=[exam.public_id, mixed["own"].public_id]))
    assert page.status_code == 409
    assert reverse("renew-password", args=[exam.public_id, mixed["own"].public_id]) in page.content.decode()
    shown = browser.post(reverse("reveal-login", args=[exam.public_id, mixed["made"].public_id])).content.decode()
    assert "The username is typed as it stands here." in shown
    assert "for all tests of this person" in shown


@pytest.mark.slow
def test_a_planner_replaces_an_own_password_and_is_told_what_that_means(
    exam: Test,
    planner: User,
    mixed: dict[str, Candidate],
    own: PermanentUser,
    stranger: User,
    client_of: ClientOf,
    settings: Any,
) -> None:
    elsewhere = make_test(planner=stranger, name="A test of others")
    place = put_on(own, elsewhere)
    open_now(activated(elsewhere, stranger))
    Candidate.objects.filter(pk=place.pk).update(started_at=timezone.now())
    session = Client()
    assert session.post("/login/", {"username": "kari.nordmann", "password": PASSWORD}).status_code == 302
    browser = client_of(planner)
    address = reverse("renew-password", args=[exam.public_id, mixed["own"].public_id])
    for who, status, words in (
        ("planners_of_all_tests", 403, "is on another test as well, which you do not plan"),
        ("any_planner", 409, "is writing another test now, which you do not plan"),
    ):
        settings.PERMANENT_PASSWORDS_BY = who
        for refused in (browser.get(address), browser.post(address)):
            assert refused.status_code == status
            assert words in refused.content.decode()
    settings.PERMANENT_PASSWORDS_BY = "planners_of_all_tests"
    assert session.get("/dashboard/").status_code == 200
    contribute(elsewhere, planner, Role.PLANNER)
    asked = browser.get(address).content.decode()
    assert "the new one works on all of them" in asked
    assert "logged out everywhere" in asked
    assert "Kari Nordmann is writing another test now." in asked
    assert "A test of others" not in asked
    assert browser.post(address).status_code == 302
    assert session.get("/dashboard/").status_code == 302
    place.refresh_from_db()
    assert place.slip_version == 2  # the slip of the other test is void as well
    renewed = AuditEvent.objects.filter(action=Action.PASSWORD_RENEWED, outcome="done").get(test=exam)
    assert renewed.detail["user"] == own.public_id
    assert overview(exam, to=planner).own_password == 0
    again = Client().post("/login/", {"username": "kari.nordmann", "password": password_of(mixed["own"])})
    assert again.status_code == 302


def test_the_key_list_names_chosen_names_as_they_are(exam: Test, planner: User, mixed: dict[str, Candidate]) -> None:
    exam.refresh_from_db()
    lines = open_key_list(test=exam, choice=EVERYBODY, action=Action.KEY_LIST_SHOWN, by=planner)
    assert {line.candidate_id: line.username for line in lines}["Anne-Marie Berg"] == "anne-marie.berg"
    assert len(lines) == 3


def test_the_candidates_page_offers_a_new_password_and_shows_the_slip(
    exam: Test, planner: User, mixed: dict[str, Candidate], client_of: ClientOf
) -> None:
    browser = client_of(planner)
    for name, has_slip in (("made", True), ("own", False)):
        page = browser.get(reverse("candidate", args=[exam.public_id, mixed[name].public_id])).content.decode()
        assert "Give a new password" in page
        assert ("Not printed yet" in page) == has_slip
        assert "Give one-time login" not in page


def test_deactivation_and_removal_leave_the_account_alone(
    exam: Test, planner: User, mixed: dict[str, Candidate], made: PermanentUser, own: PermanentUser
) -> None:
    exam.refresh_from_db()
    copies = SealedPassword.objects.filter(user=made.user).count()
    session = Client()
    session.post("/login/", {"username": "kari.nordmann", "password": PASSWORD})
    deactivate(test=exam, by=planner)
    assert session.get("/dashboard/").status_code == 200
    activate(test=exam, by=planner)
    Candidate.objects.update(last_seen_at=None)
    chosen = [mixed["made"].public_id, mixed["own"].public_id]
    assert remove_candidates(test=exam, public_ids=chosen, by=planner).count == 2
    assert session.get("/dashboard/").status_code == 200
    assert copies == SealedPassword.objects.filter(user=made.user).count() == 1
    assert User.objects.filter(pk__in=[made.pk, own.pk], is_active=True).count() == 2


# Purging ------------------------------------------------------------------------------------------------------------


def has_copy(person: PermanentUser) -> bool:
    return SealedPassword.objects.filter(user=person.user).exists()


@pytest.fixture
def long_over(planner: User, made: PermanentUser) -> Test:
    """A test with the permanent user and a one-time user, over for a day and an hour; the copies are old."""
    test = make_test(planner=planner)
    put_on(made, test)
    add(test, planner, "0001")
    open_now(activated(test, planner), minutes_ago=29 * 60)
    SealedPassword.objects.update(made_at=timezone.now() - timedelta(days=3))
    return test


def test_a_copy_goes_with_the_last_test(long_over: Test, made: PermanentUser) -> None:
    assert purge_due() == 2
    assert not has_copy(made)


def test_a_copy_stays_as_long_as_another_test_is_not_past(long_over: Test, planner: User, made: PermanentUser) -> None:
    ahead = make_test(planner=planner)
    put_on(made, ahead)
    assert purge_due() == 1  # of the one-time user
    assert has_copy(made)
    assert purge_due() == 0
    assert AuditEvent.objects.filter(action=Action.DETAILS_PURGED).count() == 1
    open_now(activated(ahead, planner), minutes_ago=29 * 60)
    Candidate.objects.filter(test=ahead).update(extra_minutes=120)
    assert purge_due() == 0  # the last effective end is not a day ago
    Candidate.objects.filter(test=ahead).update(extra_minutes=0)
    assert purge_due() == 1
    assert not has_copy(made)


@pytest.mark.parametrize(("days", "stays"), [(1, True), (364, True), (366, False)])
def test_a_test_that_was_never_activated_counts_as_over_after_a_year(
    long_over: Test, planner: User, made: PermanentUser, days: int, stays: bool
) -> None:
    given_up = make_test(planner=planner)
    put_on(made, given_up)
    opens = timezone.now() - timedelta(days=days, hours=4)
    Test.objects.filter(pk=given_up.pk).update(opens_at=opens, ends_at=opens + timedelta(hours=4))
    purge_due()
    assert has_copy(made) is stays


def test_who_is_on_no_test_keeps_the_copy(long_over: Test, generated: PermanentUser) -> None:
    SealedPassword.objects.update(made_at=timezone.now() - timedelta(days=900))
    purge_due()
    assert has_copy(generated)


def test_a_new_password_can_be_handed_over_after_the_test(
    long_over: Test, made: PermanentUser, administrator: User, planner: User
) -> None:
    purge_due()
    give_new_password(person=made, by=administrator)
    assert purge_due() == 0
    candidate = Candidate.objects.get(test=long_over, user=made.user)
    assert open_one(test=long_over, candidate=candidate, by=planner, invigilating=False).sheet.slips


# Keys and queries ---------------------------------------------------------------------------------------------------


def test_a_rotation_reaches_people_on_several_tests_and_on_none(
    long_over: Test, planner: User, made: PermanentUser, generated: PermanentUser, settings: Any
) -> None:
    put_on(made, make_test(planner=planner))
    settings.CREDENTIAL_KEYS = [new_key(), *settings.CREDENTIAL_KEYS]
    settings.VERIFIER_KEYS = [new_key(), *settings.VERIFIER_KEYS]
    done = rotate_keys()
    assert (done.changed, done.not_opened, done.older_verifiers) == (3, 0, 0)
    assert rotate_keys().changed == 0


def test_the_overview_reads_one_tests_candidates_alone(exam: Test, planner: User, mixed: dict[str, Candidate]) -> None:
    """What is kept of login details is looked up from the test, not from all accounts (candidates.MADE_HERE)."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses its plan by how much there is")
    exam.refresh_from_db()
    with CaptureQueriesContext(connection) as captured:
        overview(exam, to=planner)
    plans = []
    with connection.cursor() as cursor:
        for query in captured:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plans += [row[3] for row in cursor.fetchall()]
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def test_nobody_gets_a_new_password_on_a_test_that_is_not_activated(
    exam: Test, planner: User, own: PermanentUser
) -> None:
    place, before = put_on(own, exam), own.user.password
    with pytest.raises(NotShown, match="once the test is activated"):
        renew_password(candidate=place, by=planner)
    own.user.refresh_from_db()
    assert own.user.password == before
