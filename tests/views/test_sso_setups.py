"""What administrators see of the SSO setups, and how another account gets an SSO user ID."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.models import AuditEvent, SsoIdentity, User
from candidates.signin.sso import providers
from candidates.signin.sso.circuit import MOST_FAILURES

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


def test_an_installation_without_setups_says_where_they_are_made(browser: Client, settings: Any) -> None:
    settings.AUTHENTICATION_TYPES = []
    assert "This installation has no SSO setup" in page(browser)


def test_a_broken_setup_says_what_is_wrong(browser: Client, settings: Any) -> None:
    broken = {**settings.AUTHENTICATION_TYPES[0], "issuer": "x", "problems": ["SSO_CAMPUS_CLIENT_ID is not set."]}
    settings.AUTHENTICATION_TYPES = [broken]
    shown = page(browser)
    assert "SSO_CAMPUS_CLIENT_ID is not set." in shown
    assert "Local" in shown or "local logins go on" in shown


def test_a_provider_that_does_not_answer_is_said_to(browser: Client, sso_offered: None) -> None:
    provider = providers.provider_of("campus")
    assert provider is not None
    for _time in range(MOST_FAILURES):
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
    assert "Refused:" not in page(browser)


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
