"""A worker is killed while it sends a webhook: the next one sends it again, and nothing is lost."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from candidates import audit
from candidates.models import AuditEvent, Delivery, Scope, Subscription, Test, User, WebhookEvent
from candidates.operations.webhooks.subscriptions import subscribe
from candidates.signin.access_keys import make_key
from tests.support.receiver import receiving

PROJECT = Path(__file__).resolve().parent.parent.parent
SECONDS_AT_MOST = 120
State = Delivery.State


@pytest.fixture
def start(transactional_db: None) -> Callable[[], subprocess.Popen[bytes]]:
    """Start a real worker on the database of the test."""
    environment = {
        **os.environ,
        "SERVED_DATABASE": str(connection.settings_dict["NAME"]),
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    command = [sys.executable, "-m", "tests.support.worker"]
    return lambda: subprocess.Popen(command, cwd=PROJECT, env=environment)


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS_AT_MOST
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


@pytest.mark.slow
def test_what_a_killed_worker_was_sending_is_sent_again_under_the_same_name_and_the_rest_after_it(
    start: Callable[[], subprocess.Popen[bytes]], administrator: User, exam: Test
) -> None:
    expires_at = timezone.now() + timedelta(days=1)
    key, _secret = make_key(
        name="Exam office", scopes=[Scope.TESTS_READ], all_tests=True, expires_at=expires_at, by=administrator
    )
    hangs = threading.Event()
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        stack.callback(hangs.set)
        receiver.status = lambda _received: 200 if hangs.wait(SECONDS_AT_MOST) else 500
        subscribe(target=receiver.url, events=[WebhookEvent.CANDIDATE_SUBMITTED], secret="x" * 16, key=key)
        Subscription.objects.update(confirmed_at=timezone.now(), queued_until=timezone.now() - timedelta(minutes=1))
        for _act in range(2):
            AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
        first = start()
        stack.callback(first.kill)
        until(lambda: bool(receiver.came))
        first.kill()
        first.wait(SECONDS_AT_MOST)
        assert set(Delivery.objects.values_list("state", "attempts")) == {(State.WAITING, 0)}
        assert Subscription.objects.get().lease
        # nobody sends until the lease of the dead one ends: here at once
        Subscription.objects.update(leased_until=timezone.now())
        hangs.set()
        second = start()
        stack.callback(second.kill)
        until(lambda: Delivery.objects.filter(state=State.DELIVERED).count() == 2)
        second.terminate()
        assert second.wait(SECONDS_AT_MOST) == 0
    names = list(Delivery.objects.order_by("pk").values_list("public_id", flat=True))
    assert [one.headers["X-Deliver-Delivery"] for one in receiver.came] == [names[0], *names]
    assert Subscription.objects.get().failures == 0
