"""Administrators see whom other systems let be told, what failed, and try again, pause or remove it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.models import Delivery, Scope, Subscription, Test, User, WebhookEvent
from candidates.operations.webhooks.subscriptions import subscribe
from candidates.signin.access_keys import make_key

ClientOf = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(administrator: User, exam: Test) -> Subscription:
    until = timezone.now() + timedelta(days=9)
    key, _secret = make_key(
        name="Exam office script", scopes=[Scope.TESTS_READ], all_tests=True, expires_at=until, by=administrator
    )
    made = subscribe(
        target="https://hooks.example.org/in", events=[WebhookEvent.TEST_FINISHED], secret="s" * 16, key=key
    )
    Subscription.objects.filter(pk=made.pk).update(confirmed_at=timezone.now())
    return made


@pytest.fixture
def browser(administrator: User, client_of: ClientOf) -> Client:
    return client_of(administrator)


def shown(browser: Client, name: str, *args: str) -> str:
    return browser.get(reverse(name, args=args)).content.decode()


def test_the_list_says_who_is_told_and_how_it_stands(browser: Client, webhook: Subscription) -> None:
    page = shown(browser, "webhooks")
    assert all(words in page for words in ("Exam office script", "hooks.example.org", "Test finished", "Works"))
    Subscription.objects.update(confirmed_at=None)
    assert "Waits for the receiver’s confirmation" in shown(browser, "webhooks")


def test_the_last_deliveries_say_what_was_answered_and_name_the_test(
    browser: Client, webhook: Subscription, exam: Test
) -> None:
    now = timezone.now()
    Subscription.objects.update(failures=3, failing_since=now, said="Answered with 500.", next_try_at=now)
    told = {"subscription": webhook, "event": "test_finished", "at": now, "said": "Answered with 500.", "attempts": 3}
    Delivery.objects.create(source="1", context=exam.public_id, **told)
    Delivery.objects.create(source="2", context="gone", **told)
    page = shown(browser, "webhook", webhook.public_id)
    assert all(words in page for words in (exam.name, "A test that is no longer here", "Answered with 500.", "Fails"))
    assert "Try again now" in page


def test_what_was_given_up_says_so_and_is_tried_again(browser: Client, webhook: Subscription) -> None:
    now = timezone.now()
    Subscription.objects.update(failures=9, failing_since=now - timedelta(days=3), given_up_at=now, said="x")
    assert "it failed for 3 days" in shown(browser, "webhook", webhook.public_id)
    browser.post(reverse("webhook-go-on", args=[webhook.public_id]))
    webhook.refresh_from_db()
    assert (webhook.status, webhook.failures) == ("active", 0)


def test_a_webhook_is_paused_goes_on_and_is_removed(browser: Client, webhook: Subscription) -> None:
    browser.post(reverse("webhook-pause", args=[webhook.public_id]))
    assert "Paused" in shown(browser, "webhook", webhook.public_id)
    browser.post(reverse("webhook-go-on", args=[webhook.public_id]))
    assert "Works" in shown(browser, "webhook", webhook.public_id)
    assert "https://hooks.example.org/in" in shown(browser, "webhook-remove", webhook.public_id)
    page = browser.post(reverse("webhook-remove", args=[webhook.public_id]), follow=True).content.decode()
    assert "No system asked to be told" in page
    assert browser.get(reverse("webhook", args=[webhook.public_id])).status_code == 404
