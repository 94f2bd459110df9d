"""Administrators make keys, which are shown once, and revoke them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.models import AccessKey, Scope, User
from candidates.signin.access_keys import make_key
from tests.factories import make_staff

ClientOf = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db
FORM: dict[str, Any] = {"name": "Exam office script", "scopes": ["tests:read", "candidates:write"], "tests": "own"}


@pytest.fixture
def arne(db) -> User:
    return make_staff("arne", "Arne Lund", is_administrator=True)


@pytest.fixture
def browser(arne: User, client_of: ClientOf) -> Client:
    return client_of(arne)


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def test_a_key_is_shown_once_and_works_until_the_end_of_its_day(browser: Client, client: Client) -> None:
    page = browser.get(reverse("access-key-new")).content.decode()
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once is not None
    form = {**FORM, "expires": in_days(90), "once": once[1]}
    made = browser.post(reverse("access-key-new"), form)
    found = re.search(r"dlv_[\w-]+", made.content.decode())
    assert found is not None
    headers = {"Authorization": f"Bearer {found[0]}"}
    assert client.get("/api/v1/test", headers=headers).status_code == 200
    assert "no-store" in made["Cache-Control"]
    # sent again, as by a reload: no second key
    assert browser.post(reverse("access-key-new"), form)["Location"] == reverse("access-keys")
    key = AccessKey.objects.get()
    assert timezone.localtime(key.expires_at).date().isoformat() == in_days(91)
    listed = browser.get(reverse("access-keys")).content.decode()
    assert "Read tests; add, change and remove candidates" in listed
    assert found[0] not in listed
    assert browser.post(reverse("access-key-revoke", args=[key.public_id])).status_code == 302
    assert client.get("/api/v1/test", headers=headers).status_code == 401
    assert "Revoked" in browser.get(reverse("access-keys")).content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "error"),
        ({"scopes": []}, "Tick at least one thing"),
        ({"scopes": ["everything"]}, "error"),
        ({"expires": in_days(-1)}, "at most a year from now"),
        ({"expires": in_days(370)}, "at most a year from now"),
        ({"expires": ""}, "error"),
    ],
)
def test_a_wrong_form_makes_no_key_and_keeps_what_was_typed(browser: Client, change: Any, words: str) -> None:
    refused = browser.post(reverse("access-key-new"), {**FORM, "expires": in_days(90), **change})
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert not AccessKey.objects.exists()


def test_who_expires_soon_was_never_used_and_no_longer_works_is_said(browser: Client, arne: User) -> None:
    for name, days in (("Student portal", 9), ("Old", 1)):
        make_key(
            name=name,
            scopes=[Scope.TESTS_READ],
            all_tests=True,
            expires_at=timezone.now() + timedelta(days=days),
            by=arne,
        )
    AccessKey.objects.filter(name="Old").update(
        made_at=timezone.now() - timedelta(days=9), expires_at=timezone.now() - timedelta(days=1)
    )
    page = browser.get(reverse("access-keys")).content.decode()
    assert "in 8 days" in page or "in 9 days" in page
    assert "1 key works" in page
    assert "Expired" in page
    assert "Never" in page


def test_the_page_about_the_api_needs_no_login_and_nothing_from_elsewhere(client: Client) -> None:
    page = client.get(reverse("api-docs"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "POST /api/v1/test" in text
    assert not re.search(r'(?:src|href)="https?://', text)
    assert client.get("/api/openapi.json").json()["openapi"] == "3.1.0"
