"""What administrators see of the SSO setups, and how another account gets an SSO user ID."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates import audit
from candidates.credentials.secrets import show_password
from candidates.lifecycle import erasing
from candidates.models import AuditEvent, Candidate, SealedPassword, Session, SsoIdentity, Test, User
from candidates.pages.signin.sso import SESSION_NAME
from candidates.signin.sessions import SessionStore
from candidates.signin.sso import providers
from candidates.signin.sso.caching import MAX_FAILURES
from candidates.signin.sso.setups import people_without_setup
from tests.conftest import Clock
from tests.factories import activated, add_sso, give_logins, make_test, open_now, password_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def browser(client_of: ClientOf, administrator: User) -> Client:
    return client_of(administrator)


def refused(sso_user_id: str = "anna@havnes.example", subject: str | None = "first-account") -> SsoIdentity:
    """Return an identity with which another account came."""
    now = timezone.now()
    return SsoIdentity.objects.create(
        user=User.objects.create_user(f"sso-{sso_user_id}", kind=User.Kind.SSO),
        authentication_type="campus",
        sso_user_id=sso_user_id,
        sso_key=sso_user_id,
        subject=subject,
        pinned_at=now if subject else None,
        refused_at=now,
    )


def page(browser: Client) -> str:
    response = browser.get(reverse("sso-setups"))
    assert response.status_code == 200
    return response.content.decode()


def test_a_setup_shows_what_to_register_and_no_secret(browser: Client, sso_offered: None) -> None:
    shown = page(browser)
    assert "http://testserver/sso/campus/callback/" in shown
    assert "http://testserver/login/" in shown
    assert "Havnes Campus" in shown
    assert "not-a-secret" not in shown


def test_a_setup_without_an_issuer_is_for_importing(browser: Client) -> None:
    assert "importing candidates alone" in page(browser)


def test_people_whose_setup_is_gone_are_counted(browser: Client, settings: Any) -> None:
    for name in ("anna@havnes.example", "berit@havnes.example"):
        refused(name, subject=name)
    assert "cannot log in" not in page(browser)
    settings.AUTHENTICATION_TYPES = [one for one in settings.AUTHENTICATION_TYPES if one["slug"] != "campus"]
    assert "2 people were imported under the short name campus" in page(browser)


def test_people_of_every_setup_that_is_gone_are_counted_and_of_no_other(browser: Client) -> None:
    for slug in ("alpha", "beta", "campus", "delta", "zeta", "zeta"):
        one = refused(f"anna@{slug}{SsoIdentity.objects.count()}.example", subject=None)
        SsoIdentity.objects.filter(pk=one.pk).update(authentication_type=slug)
    told = re.findall(r"(\d+) (?:person was|people were) imported under the short name (\w+)", page(browser))
    assert told == [("1", "alpha"), ("1", "beta"), ("1", "delta"), ("2", "zeta")]


WHOLE_TABLE = {"sqlite": "SCAN candidates_ssoidentity", "postgresql": "Seq Scan on candidates_ssoidentity"}


def test_whether_a_setup_is_gone_is_asked_of_the_index_and_not_of_all_people() -> None:
    people = User.objects.bulk_create(User(username=f"sso.{n}", kind=User.Kind.SSO, password="!") for n in range(300))
    SsoIdentity.objects.bulk_create(
        SsoIdentity(user=user, authentication_type="campus", sso_user_id=user.username, sso_key=user.username)
        for user in people
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE candidates_ssoidentity")
        with CaptureQueriesContext(connection) as asked:
            assert people_without_setup() == []
        for query in [one["sql"] for one in asked]:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' * (connection.vendor == 'sqlite')}{query}")
            assert WHOLE_TABLE[connection.vendor] not in str(cursor.fetchall()), query


def test_people_who_were_imported_under_another_comparison_are_counted(browser: Client, settings: Any) -> None:
    capitals = refused("Anna@Havnes.example")
    refused("berit@havnes.example", subject="second-account")
    SsoIdentity.objects.filter(pk=capitals.pk).update(sso_key="anna@havnes.example")
    assert "cannot log in" not in page(browser)
    settings.AUTHENTICATION_TYPES = [{**one, "comparison": "exact"} for one in settings.AUTHENTICATION_TYPES]
    assert "1 of the people imported last cannot log in" in page(browser)


def test_an_installation_without_setups_says_where_they_are_made(browser: Client, settings: Any) -> None:
    settings.AUTHENTICATION_TYPES = []
    assert "This installation has no SSO setup" in page(browser)


def test_a_broken_setup_says_what_is_wrong(browser: Client, settings: Any) -> None:
    broken = {**settings.AUTHENTICATION_TYPES[0], "issuer": "x", "problems": ["SSO_CAMPUS_CLIENT_ID is not set."]}
    settings.AUTHENTICATION_TYPES = [broken]
    shown = page(browser)
    assert "SSO_CAMPUS_CLIENT_ID is not set." in shown
    assert "Other setups and local logins go on." in shown


def test_a_provider_that_does_not_answer_is_said_to(browser: Client, sso_offered: None) -> None:
    provider = providers.provider_of("campus")
    assert provider is not None
    for _time in range(MAX_FAILURES):
        provider.circuit.failed()
    assert "does not answer at the moment" in page(browser)


def test_a_test_of_the_connection_says_what_is_wrong(browser: Client, sso_offered: None) -> None:
    response = browser.post(reverse("sso-setup-test", args=["campus"]), follow=True)
    assert response.redirect_chain == [(reverse("sso-setups"), 302)]
    assert "the connection does not work (ConnectionError)" in " ".join(response.content.decode().split())


@pytest.mark.parametrize(("keys", "words"), [(1, "1 usable key."), (2, "2 usable keys.")])
def test_a_test_of_the_connection_counts_the_keys(
    browser: Client, sso_offered: None, monkeypatch: pytest.MonkeyPatch, keys: int, words: str
) -> None:
    monkeypatch.setattr(providers.Provider, "try_connection", lambda _provider: keys)
    assert words in browser.post(reverse("sso-setup-test", args=["campus"]), follow=True).content.decode()


def test_a_setup_that_nobody_can_log_in_through_has_no_test(browser: Client) -> None:
    assert browser.post(reverse("sso-setup-test", args=["campus"])).status_code == 404
    assert browser.post(reverse("sso-setup-test", args=["nowhere"])).status_code == 404


def test_who_was_refused_is_shown_with_the_way_to_let_the_other_account_in(browser: Client) -> None:
    refused()
    refused("bjorn@havnes.example", subject=None)
    shown = page(browser)
    assert "anna@havnes.example" in shown
    assert shown.count(">Let another account log in<") == 1  # of Bjorn there is nothing to release
    assert "belongs to another SSO user ID" in shown


def test_nobody_refused_is_no_table(browser: Client) -> None:
    shown = page(browser)
    assert "SSO setups" in shown
    assert "Refused:" not in shown
    refused()
    assert "Refused:" in page(browser)


def test_release_asks_first_and_then_unpins_ends_sessions_and_is_recorded(
    browser: Client, client_of: ClientOf, administrator: User
) -> None:
    identity = refused()
    address = reverse("sso-release", args=["campus", identity.user.username])
    candidates_browser = client_of(identity.user)
    assert (
        "Let another account of Havnes Campus log in as anna@havnes.example?" in browser.get(address).content.decode()
    )
    identity.refresh_from_db()
    assert identity.subject == "first-account"
    response = browser.post(address, follow=True)
    assert "is let in" in response.content.decode()
    identity.refresh_from_db()
    assert not any([identity.subject, identity.pinned_at, identity.refused_at])
    assert candidates_browser.get("/dashboard/").status_code == 302
    event = AuditEvent.objects.get(action=AuditEvent.Action.SSO_RELEASED)
    assert event.actor == administrator
    assert "anna" not in str(event.detail)


def test_a_second_release_changes_nothing_and_says_so(browser: Client) -> None:
    identity = refused()
    address = reverse("sso-release", args=["campus", identity.user.username])
    browser.post(address)
    SsoIdentity.objects.filter(pk=identity.pk).update(subject="next-account")
    assert "Nothing was changed" in browser.post(address, follow=True).content.decode()
    identity.refresh_from_db()
    assert identity.subject == "next-account"


def test_an_identity_that_is_not_there_is_404(browser: Client) -> None:
    assert browser.get(reverse("sso-release", args=["campus", "nobody"])).status_code == 404
    refused()
    assert browser.get(reverse("sso-release", args=["entra", "sso-anna@havnes.example"])).status_code == 404


def test_the_page_stands_in_the_administrators_navigation_alone(
    browser: Client, client_of: ClientOf, planner: User
) -> None:
    assert reverse("sso-setups") in browser.get("/help/").content.decode()
    assert reverse("sso-setups") not in client_of(planner).get("/help/").content.decode()


# Deleting somebody who asks for it (C73) ------------------------------------------------------------------------------

OVER = 29 * 60  # minutes since the opening of an exam of four hours that is over for 25


def deletion_of(identity: SsoIdentity) -> str:
    return reverse("sso-person-delete", args=[identity.authentication_type, identity.user.username])


@pytest.fixture
def anna(planner: User) -> Candidate:
    """Anna, who has a one-time login as well and has logged in, beside Bjorn, on an exam that is open."""
    exam = make_test(planner=planner)
    anna, _bjorn = add_sso(exam, planner, "anna", "bjorn")
    open_now(activated(exam, planner))
    give_logins(exam, planner, anna)
    SsoIdentity.objects.filter(user=anna.user).update(subject="sub of anna", refused_at=timezone.now())
    audit.record(audit.Action.LOGIN, by=anna.user)
    return anna


def identity_of(candidate: Candidate) -> SsoIdentity:
    return SsoIdentity.objects.select_related("user").get(user=candidate.user)


@pytest.mark.parametrize("minutes_ago", [10, OVER - 120], ids=["open", "login details can be shown"])
def test_somebody_on_a_test_that_is_not_over_stays(browser: Client, anna: Candidate, minutes_ago: int) -> None:
    open_now(anna.test, minutes_ago=minutes_ago)
    for ask in (browser.get, browser.post):
        answer = ask(deletion_of(identity_of(anna)))
        assert answer.status_code == 409
        page = answer.content.decode()
        assert "This user is on 1 test that is not over" in page
        assert ("anna@uni.example of Havnes Campus is not deleted" in page, "for good?" in page) == (True, False)
    assert identity_of(anna).sso_user_id == "anna@uni.example"
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.SSO_PERSON_DELETED).exists()


def test_who_is_refused_a_deletion_is_led_to_deactivating(browser: Client, anna: Candidate) -> None:
    open_now(anna.test)
    identity = identity_of(anna)
    shown = browser.get(deletion_of(identity)).content.decode()
    led = re.search(r'href="([^"]+)">Go to deactivating<', shown)
    assert led is not None
    assert "anna" not in led[1]
    people = browser.get(led[1]).content.decode()
    assert ("anna@uni.example" in people, "bjorn@uni.example" in people) == (True, False)
    assert "Deactivate: log out, and do not let in again" in people
    browser.post(led[1], {"action": "deactivate", "_selected_action": identity.pk})
    assert not identity_of(anna).user.is_active
    assert "Go to deactivating" not in browser.get(deletion_of(identity)).content.decode()  # it is done


@pytest.mark.parametrize("is_activated", [True, False])
def test_until_when_to_wait_is_told_and_then_true(
    is_activated: bool, browser: Client, anna: Candidate, clock: Clock
) -> None:
    open_now(anna.test)
    if not is_activated:
        Test.objects.filter(pk=anna.test.pk).update(activated_at=None)
    told = re.search(r"or wait until (.+?) \(Oslo time\)", browser.get(deletion_of(identity_of(anna))).content.decode())
    assert told is not None
    moment = datetime.strptime(told[1], "%a %d %b %Y, %H:%M").replace(tzinfo=ZoneInfo("Europe/Oslo"))
    account = identity_of(anna).user
    clock.set(moment - timedelta(minutes=2))  # in a year, where it is not activated: no session lasts so long
    assert erasing.why_not_deleted(erasing.tests_of_person(account))
    clock.set(moment)
    assert not erasing.why_not_deleted(erasing.tests_of_person(account))


def test_of_somebody_who_sat_tests_results_stay_without_a_person(
    browser: Client, client_of: ClientOf, planner: User, anna: Candidate
) -> None:
    exam, account, slip = anna.test, anna.user, anna.one_time_login
    assert account is not None
    assert slip is not None
    password = show_password(password_of(anna))
    audit.record(audit.Action.LOGIN, by=slip)
    open_now(exam, minutes_ago=OVER)
    session = client_of(account)
    stored = session.session
    stored[SESSION_NAME] = "anna@uni.example"  # as a login through SSO leaves it
    stored.save()
    address = deletion_of(identity_of(anna))
    shown = browser.get(address).content.decode()
    assert "On 1 test that is over, Candidate ID, answer and mark stay" in shown
    assert identity_of(anna)  # asked and not done
    answer = browser.post(address, follow=True)
    assert "The person is deleted." in answer.content.decode()
    anna.refresh_from_db()
    assert (anna.candidate_id, anna.private_reference, anna.one_time_login) == ("anna", "", None)
    account.refresh_from_db()
    assert anna.user == account
    assert not account.is_active
    assert anna.sso_user_id == account.username != "anna@uni.example"
    assert_nobody_knows("anna@uni.example", "sub of anna", "Name of anna", address.split("/")[-3])
    # neither the own session nor the slip opens anything, and the slip's row stays: no name is given twice
    assert session.get("/dashboard/").status_code == 302
    Client().post("/login/", {"username": slip.shown_username, "password": password})
    slip.refresh_from_db()
    assert not slip.is_active
    assert not SealedPassword.objects.filter(user=slip).exists()
    names = AuditEvent.objects.filter(actor__in=[account, slip]).values_list("actor_name", flat=True)
    assert set(names) == {account.username}
    # the other one is who he was, and the pages of the test go on
    bjorn = Candidate.objects.get(test=exam, candidate_id="bjorn")
    assert (bjorn.sso_user_id, bjorn.private_reference) == ("bjorn@uni.example", "Name of bjorn")
    assert Test.objects.get(pk=exam.pk).candidate_count == 2
    for name, args in (("candidates", [exam.public_id]), ("candidate", [exam.public_id, anna.public_id])):
        assert client_of(planner).get(reverse(name, args=args)).status_code == 200
    assert browser.post(address).status_code == 404


def assert_nobody_knows(*secrets: str) -> None:
    """Assert that no row of any table, and no session, says who the deleted person was."""
    for model in apps.get_models():
        for row in model._default_manager.values():
            found = repr(row)
            if model is Session:
                found = repr(SessionStore().decode(row["session_data"]))
            assert not [secret for secret in secrets if secret in found], (model, row)


def test_somebody_on_no_test_is_deleted_for_good(browser: Client) -> None:
    identity = refused()
    assert "on no test" in browser.get(deletion_of(identity)).content.decode()
    browser.post(deletion_of(identity))
    assert not User.objects.filter(pk=identity.user.pk).exists()
    assert_nobody_knows("anna@havnes.example", "first-account")


def test_the_back_office_leads_to_the_question_and_back(browser: Client) -> None:
    identity = refused()
    people = reverse("admin:candidates_ssoidentity_changelist")
    assert f'href="{deletion_of(identity)}"' in browser.get(people).content.decode()
    assert f'href="{people}"' in browser.get(deletion_of(identity)).content.decode()
    assert "The person is deleted." in browser.post(deletion_of(identity), follow=True).content.decode()
