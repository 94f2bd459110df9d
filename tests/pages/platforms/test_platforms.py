"""The registration of a learning platform: what administrators copy to and from it."""

import html
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from candidates.models import AuditEvent, LtiCourse, LtiDeployment, LtiPlatform, SsoIdentity, User
from candidates.signin.lti import platforms
from tests.factories import make_staff
from tests.support.lti_platform import LearningPlatform, lti_source, private_pem, types_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
FORM = {
    "issuer": "https://lms.example.org",
    "client_id": "tool-7",
    "deployments": "deployment-1\n\n deployment-2 \ndeployment-1",
    "authorization_url": "https://lms.example.org/auth",
    "token_url": "https://lms.example.org/token",
    "keyset_url": "https://keys.example.org/jwks?tenant=7",
    "token_audience": "",
}


@pytest.fixture
def browser(administrator: User, client_of: ClientOf, settings: Any, tmp_path: Path) -> Iterator[Client]:
    """An administrator's browser where the source lms is a learning platform with two keys."""
    (key := tmp_path / "key.pem").write_text(private_pem("rsa") + private_pem("rsa-next"))
    sources = [lti_source(key=str(key)), lti_source("other")]
    settings.ROSTER_SOURCES, settings.AUTHENTICATION_TYPES = sources, types_of(*sources)
    platforms.forget_platforms()
    yield client_of(administrator)
    platforms.forget_platforms()


def page(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_what_to_copy_to_the_platform_is_shown_before_it_is_registered(browser: Client) -> None:
    shown = page(browser.get(reverse("lti-platform", args=["lms"])))
    for path in ("login", "launch", "keys"):
        assert f"http://testserver/lti/lms/{path}/" in shown
    (first, second) = browser.get("/lti/lms/keys/").json()["keys"]
    assert first["kid"] in shown
    assert "1 more key is published." in shown
    assert (first["alg"], first["use"], sorted(first)) == ("RS256", "sig", ["alg", "e", "kid", "kty", "n", "use"])
    assert second["kid"] != first["kid"]
    assert "lti/lms/platform" not in shown
    assert reverse("lti-platform", args=["lms"]) in page(browser.get(reverse("sso-setups")))


def test_an_administrator_registers_a_platform_and_it_is_recorded(browser: Client, administrator: User) -> None:
    address = reverse("lti-platform", args=["lms"])
    assert browser.post(address, FORM)["Location"] == address
    assert "Lms courses is registered." in page(browser.get(address))
    row = LtiPlatform.objects.get(source="lms")
    assert (row.issuer, row.keyset_url, row.registered_by) == (FORM["issuer"], FORM["keyset_url"], administrator)
    assert set(row.deployments.values_list("deployment_id", flat=True)) == {"deployment-1", "deployment-2"}
    event = AuditEvent.objects.get(action=AuditEvent.Action.LTI_PLATFORM_REGISTERED)
    assert (event.actor, event.detail["source"], event.detail["client_id"]) == (administrator, "lms", "tool-7")
    browser.post(address, {**FORM, "deployments": "deployment-3"})
    assert list(LtiDeployment.objects.values_list("deployment_id", flat=True)) == ["deployment-3"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "lms.example.org"}, "Copy the whole address. It begins with https://."),
        ({"keyset_url": "http://lms.example.org/keys"}, "Copy the whole address. It begins with https://."),
        ({"token_url": "https://me:secret@lms.example.org/"}, "Copy the whole address. It begins with https://."),
        ({"authorization_url": "https://lms.example.org/a b"}, "Copy the whole address. It begins with https://."),
        ({"authorization_url": "https://" + "x" * 600}, "Use at most 500 characters."),
        ({"deployments": " \n "}, "Fill this in."),
        ({"deployments": "\n".join(f"d{number}" for number in range(21))}, "Use at most 20 deployments."),
        ({"deployments": "x" * 300}, "Write one deployment ID per line, as the platform shows it."),
        ({"client_id": ""}, "Fill this in."),
    ],
)
def test_what_cannot_be_right_is_said_and_stays_in_its_field(
    changed: dict[str, str], said: str, browser: Client
) -> None:
    response = browser.post(reverse("lti-platform", args=["lms"]), FORM | changed)
    assert response.status_code == 422
    assert said in page(response)
    assert FORM["token_url"] in page(response) or "token_url" in changed
    assert not LtiPlatform.objects.exists()


def test_one_platform_belongs_to_one_source(browser: Client) -> None:
    browser.post(reverse("lti-platform", args=["other"]), FORM)
    response = browser.post(reverse("lti-platform", args=["lms"]), FORM)
    assert (response.status_code, "registered already, for other" in page(response)) == (409, True)


def test_the_issuer_stays_while_its_people_are_here(browser: Client) -> None:
    """Many platforms number their people from 1 on: another issuer's person 1 is somebody else."""
    address = reverse("lti-platform", args=["lms"])
    browser.post(address, FORM)
    where = {"deployment_id": "deployment-1", "context_id": "law", "members_url": "https://lms.example.org/members"}
    LtiCourse.objects.create(platform=LtiPlatform.objects.get(), **where)
    browser.post(address, {**FORM, "client_id": "tool-8"})
    assert LtiCourse.objects.exists()
    browser.post(address, {**FORM, "issuer": "https://other.example.org"})
    assert not LtiCourse.objects.exists()
    user = make_staff("x")
    SsoIdentity.objects.create(user=user, authentication_type="lms", sso_user_id="1", sso_key="1")
    response = browser.post(address, FORM)
    assert (response.status_code, "another issuer’s people would get in as them" in page(response)) == (409, True)
    assert LtiPlatform.objects.get().issuer == "https://other.example.org"


def test_the_connection_is_tested_at_the_keyset_address(browser: Client) -> None:
    address = reverse("lti-platform-test", args=["lms"])
    assert browser.post(address).status_code == 404
    with LearningPlatform() as platform:
        row = platform.registered()
        assert "with a usable key" in page(browser.post(address, follow=True))
        LtiPlatform.objects.filter(pk=row.pk).update(keyset_url=f"{platform.issuer}/nowhere")
        assert "its keys cannot be fetched" in page(browser.post(address, follow=True))


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        ("", "holds no private key in PEM"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "cannot be read, or has a password"),
        ("weak", "no RSA key of at least 2048 bits"),
        ("ec", "no RSA key of at least 2048 bits"),
    ],
)
def test_keys_that_cannot_sign_are_said_and_not_published(pem: str, said: str, browser: Client, settings: Any) -> None:
    text = {"weak": lambda: private_pem("rsa-weak"), "ec": lambda: private_pem("ec")}.get(pem, lambda: pem)()
    Path(settings.ROSTER_SOURCES[0]["key"]).write_text(text)
    assert said in page(browser.get(reverse("lti-platform", args=["lms"])))
    assert browser.get("/lti/lms/keys/").json() == {"keys": []}
    Path(settings.ROSTER_SOURCES[0]["key"]).unlink()
    assert "The file of the key cannot be read." in page(browser.get(reverse("lti-platform", args=["lms"])))
