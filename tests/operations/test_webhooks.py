"""What happens is told to whoever subscribed: signed, at least once, and nobody waits for a slow or dead receiver."""

import hashlib
import hmac
import json
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from candidates import audit
from candidates.credentials.purging import rotate_keys, rotation_is_due
from candidates.errors import Refused
from candidates.lifecycle.sitting import start, submit
from candidates.management.commands import run_worker
from candidates.models import (
    AccessKey,
    AuditEvent,
    Candidate,
    Delivery,
    ExternalTest,
    Scope,
    Subscription,
    Test,
    User,
    WebhookEvent,
)
from candidates.operations.webhooks import queue, sending
from candidates.operations.webhooks.queue import queue_events
from candidates.operations.webhooks.subscriptions import go_on, pause, remove, secret_of, subscribe
from candidates.operations.webhooks.targets import may_reach, target_of
from candidates.signin.access_keys import make_key, revoke
from inspera_deliver.make_env import fresh_keys
from tests.factories import activated
from tests.operations.test_schedule import Rounds
from tests.support.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
State = Delivery.State


class AtOnce(Executor):
    """Runs in this thread, which has the test's transaction."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(function(*args, **kwargs))
        return done


@pytest.fixture(autouse=True)
def here(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    monkeypatch.setattr(sending, "_send_in_thread", sending.take_turn)  # it would close the test's connection


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


SECRET = "a secret of theirs"


def a_key(by: User, *, name: str = "Exam office", all_tests: bool = True) -> AccessKey:
    expires_at = timezone.now() + timedelta(days=1)
    return make_key(name=name, scopes=[Scope.TESTS_READ], all_tests=all_tests, expires_at=expires_at, by=by)[0]


def subscribed(
    receiver: Receiver, by: User, *events: WebhookEvent, confirmed: bool = True, key: AccessKey | None = None
) -> Subscription:
    key = key or a_key(by)
    made = subscribe(target=receiver.url, events=events or list(WebhookEvent), secret=SECRET, key=key)
    if confirmed:
        moment = timezone.now() - timedelta(hours=1)
        Subscription.objects.filter(pk=made.pk).update(confirmed_at=moment, queued_until=moment)
        made.refresh_from_db()
    return made


def work(*, later: timedelta = timedelta()) -> None:
    """Do what the worker does at one look, as if that much time had gone by."""
    if later:
        for model in (Subscription, Delivery):
            model._default_manager.update(next_try_at=timezone.now() - timedelta(seconds=1))
    queue_events()
    sending.send_due(AtOnce())


def events_of(receiver: Receiver) -> list[str]:
    return [json.loads(one.body)["event"] for one in receiver.came]


def test_a_receiver_that_confirms_is_told_and_one_that_does_not_is_never_asked_again(
    receiver: Receiver, administrator: User, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    receiver.status = lambda _received: 403
    made = subscribed(receiver, administrator, confirmed=False)
    work()
    activated(exam, planner)
    work(later=timedelta(days=1))
    made.refresh_from_db()
    assert (events_of(receiver), made.confirmed_at) == (["validation"], None)
    assert (made.said, Delivery.objects.count()) == ("Answered with 403.", 0)
    receiver.status = lambda _received: 200
    go_on(made, by=administrator)
    work()
    submit(candidate=start(candidate=opened(exam, candidates[0])), answer="x", base_revision=0)
    work()
    assert events_of(receiver) == ["validation", "validation", "candidate_submitted"]


def opened(exam: Test, candidate: Candidate) -> Candidate:
    """Let the test open an hour ago, and return the candidate as read for a request."""
    now = timezone.now()
    Test.objects.filter(pk=exam.pk).update(opens_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    return Candidate.objects.select_related("test", "submission").get(pk=candidate.pk)


def test_the_payload_is_thin_and_signed_in_both_ways(
    receiver: Receiver, administrator: User, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    made = subscribed(receiver, administrator)
    activated(exam, planner)
    work()
    assert events_of(receiver) == ["candidate_joined", "test_activated"]
    received = receiver.came[1]
    payload = json.loads(received.body)
    assert payload.keys() == {"contextObjectId", "event", "timestamp"}
    assert (payload["contextObjectId"], payload["event"]) == (exam.public_id, "test_activated")
    assert payload["timestamp"].endswith("Z")
    secret, seconds = secret_of(made).encode(), received.headers["X-Deliver-Timestamp"]
    ours = hmac.new(secret, seconds.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    assert received.headers["X-Deliver-Signature"] == f"sha256={ours}"
    assert received.headers["X-Inspera-Signature"] == hmac.new(secret, received.body, hashlib.sha1).hexdigest()
    delivery = Delivery.objects.get(event="test_activated")
    assert received.headers["X-Deliver-Delivery"] == delivery.public_id
    assert (delivery.state, delivery.said) == (State.DELIVERED, "Answered with 200.")


def test_an_act_is_queued_once_however_often_and_late_the_worker_looks(
    receiver: Receiver, administrator: User, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    subscribed(receiver, administrator, WebhookEvent.TEST_ACTIVATED)
    other = subscribed(receiver, administrator, WebhookEvent.TEST_FINISHED)
    activated(exam, planner)
    act = AuditEvent.objects.get(action=audit.Action.ACTIVATED)
    queue_events(now=timezone.now() + timedelta(minutes=1))
    # committed after the last look, with a time before it
    late = AuditEvent.objects.create(action=act.action, test=exam, at=act.at - timedelta(minutes=5))
    refused = AuditEvent.objects.create(action=act.action, test=exam, outcome=AuditEvent.Outcome.REFUSED)
    assert (queue_events(), queue_events()) == (1, 0)
    assert set(Delivery.objects.values_list("source", flat=True)) == {f"act {act.pk}", f"act {late.pk}"}
    assert not other.deliveries.exists()
    assert refused.pk


def test_the_queue_goes_on_in_batches_where_the_worker_was_away(
    receiver: Receiver, administrator: User, exam: Test, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "BATCH", 2)
    subscribed(receiver, administrator)
    begun = timezone.now() - timedelta(minutes=50)
    for minute in range(5):
        AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam, at=begun + timedelta(minutes=minute * 10))
    assert [queue_events() for _look in range(4)] == [2, 2, 1, 0]


def test_the_end_of_a_test_is_told_once_the_last_candidates_time_is_over_and_again_where_more_was_given(
    receiver: Receiver, administrator: User, scheduled_exam: Test
) -> None:
    subscribed(receiver, administrator, WebhookEvent.TEST_FINISHED)
    now = timezone.now()
    Test.objects.filter(pk=scheduled_exam.pk).update(opens_at=now - timedelta(hours=2), ends_at=now)
    queue_events(now=now + timedelta(minutes=29))  # 0002 has 30 minutes more
    assert not Delivery.objects.exists()
    queue_events(now=now + timedelta(minutes=31))
    queue_events(now=now + timedelta(minutes=32))
    assert Delivery.objects.get().at == now + timedelta(minutes=30)
    Candidate.objects.filter(candidate_id="0001").update(incident_minutes=45)
    queue_events(now=now + timedelta(minutes=46))
    assert Delivery.objects.count() == 2


def test_a_dead_receiver_is_tried_later_and_later_and_given_up_after_days_and_nobody_waits_for_it(
    receiver: Receiver, administrator: User, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    with receiving() as other:
        dead = subscribed(other, administrator, WebhookEvent.TEST_ACTIVATED)
    subscribed(receiver, administrator, WebhookEvent.TEST_ACTIVATED)
    activated(exam, planner)
    work()
    assert events_of(receiver) == ["test_activated"]
    dead.refresh_from_db()
    delivery = dead.deliveries.get()
    assert (dead.failures, delivery.state, delivery.attempts) == (1, State.WAITING, 1)
    assert delivery.said == "It could not be reached."
    first = dead.next_try_at
    work()  # not due yet
    assert dead.deliveries.get().attempts == 1
    work(later=timedelta(minutes=1))
    dead.refresh_from_db()
    assert (dead.failures, dead.next_try_at > first) == (2, True)
    Subscription.objects.filter(pk=dead.pk).update(failing_since=timezone.now() - timedelta(days=3))
    Delivery.objects.update(at=timezone.now() - timedelta(days=3))
    work(later=timedelta(days=3))
    dead.refresh_from_db()
    assert dead.given_up_at is not None
    assert dead.deliveries.get().state == State.GIVEN_UP
    work(later=timedelta(days=1))
    assert dead.deliveries.get().attempts == 3
    go_on(dead, by=administrator)
    work()
    assert dead.deliveries.get().attempts == 4


def test_one_event_that_is_refused_goes_behind_the_others(receiver: Receiver, administrator: User, exam: Test) -> None:
    made = subscribed(receiver, administrator)
    for _one in range(3):
        AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
    queue_events()
    poisoned = made.deliveries.order_by("pk").first()
    assert poisoned
    receiver.status = lambda received: 422 if received.headers["X-Deliver-Delivery"] == poisoned.public_id else 204
    work()
    Subscription.objects.update(next_try_at=timezone.now())
    work()
    states = dict(made.deliveries.values_list("pk", "state"))
    assert states.pop(poisoned.pk) == State.WAITING
    assert set(states.values()) == {State.DELIVERED}


def test_what_another_worker_sends_nobody_else_sends_until_its_lease_ends(
    receiver: Receiver, administrator: User, exam: Test
) -> None:
    subscribed(receiver, administrator)
    AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
    queue_events()
    (turn,) = sending._turns(8)  # a worker that is killed before it sends
    work()
    assert receiver.came == []
    Subscription.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    work()
    assert len(receiver.came) == 1
    assert not Subscription.objects.get(pk=turn.subscription.pk).lease


def test_a_paused_subscription_is_told_afterwards_and_a_removed_one_never(
    receiver: Receiver, administrator: User, exam: Test
) -> None:
    made = subscribed(receiver, administrator)
    pause(made, by=administrator)
    AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
    work()
    assert receiver.came == []
    go_on(made, by=administrator)
    work()
    assert len(receiver.came) == 1
    remove(made, by=administrator)
    remove(made, by=administrator)
    assert not Delivery.objects.exists()
    acts = AuditEvent.objects.filter(action=audit.Action.SUBSCRIPTION_CHANGED).order_by("pk")
    assert [act.detail["change"] for act in acts] == ["made", "paused", "tried again", "removed"]


def test_a_redirect_is_not_followed(receiver: Receiver, administrator: User, exam: Test) -> None:
    with receiving() as elsewhere:
        receiver.status, receiver.headers = (lambda _received: 307), {"Location": elsewhere.url}
        made = subscribed(receiver, administrator)
        AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
        work()
        assert elsewhere.came == []
    assert made.deliveries.get().said == "Answered with 307."


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "0.0.0.0",  # noqa: S104
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
        ),
        *("239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "168.63.129.16", "224.0.1.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "ff0e::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "::7f00:1"),
        *("2002:7f00:1::1", "2001:0:1234::1", "100::1", "fec0::1"),
    ],
)
def test_an_address_that_is_not_public_is_never_reached(address: str, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = []
    assert not may_reach(address)


def test_a_public_address_is_reached_also_through_a_translator_and_a_network_of_the_settings(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("10.20.0.0/16"), ip_network("fd12:3456::/32")]
    public = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"]
    assert all(may_reach(address) for address in [*public, "10.20.3.4", "fd12:3456::1", "::ffff:10.20.3.4"])
    assert not may_reach("10.21.0.1")


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "http://x.example/",
            "ftp://x.example/",
            "x.example/hook",
            "https://",
            "https:///hook",
            "https://x.example:22/",
        ),
        *("https://u:p@x.example/", "https://x.example/#a", "https://x.example:0/", "https://x.example:99999/", ""),
        *("https://x.example/ b", "https://ü.example/", "javascript:alert(1)//"),
        *("https://[::1/", f"https://x.example/{'a' * 500}", "https://x.example\\@y.example/"),
    ],
)
def test_what_is_no_address_for_webhooks_is_refused(typed: str, settings: Any) -> None:
    settings.PLAIN_HTTP = False
    with pytest.raises(Refused):
        target_of(typed)


def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_looked_up(
    receiver: Receiver, administrator: User, exam: Test, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    port, asked = int(receiver.url.split(":")[2].split("/")[0]), []
    real = socket.getaddrinfo

    def rebinding(host: str, *args: Any, **kwargs: Any) -> Any:
        if host != "hooks.example":
            return real(host, *args, **kwargs)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    receiver.url = receiver.url.replace("127.0.0.1", "hooks.example")
    made = subscribed(receiver, administrator)
    AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
    work()
    assert (len(asked), len(receiver.came)) == (1, 1)
    assert receiver.came[0].headers["Host"] == f"hooks.example:{port}"
    # one address of several is enough to refuse
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.1/32")]
    AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
    work(later=timedelta(minutes=1))
    assert len(receiver.came) == 1
    assert made.deliveries.order_by("pk").last().said == "Not sent: the address is not a public one."  # type: ignore[union-attr]


def test_no_proxy_of_the_machine_looks_the_name_up_itself(
    receiver: Receiver, administrator: User, exam: Test, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        subscribed(receiver, administrator)
        AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
        work()
        assert (len(proxy.came), len(receiver.came)) == (0, 1)


def test_a_receiver_that_is_too_slow_is_cut_off(
    receiver: Receiver, administrator: User, exam: Test, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    receiver.seconds = 1.0
    made = subscribed(receiver, administrator)
    AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
    work()
    assert made.deliveries.get().said == "It took longer than 0 seconds."


def test_the_secret_is_sealed_lies_in_no_audit_row_and_goes_along_when_keys_rotate(
    administrator: User, settings: Any
) -> None:
    key = a_key(administrator)
    made = subscribe(target="https://x.example/", events=[WebhookEvent.TEST_FINISHED], secret=SECRET, key=key)
    assert SECRET not in made.sealed_secret
    assert SECRET not in str(list(AuditEvent.objects.values_list("detail", flat=True)))
    old = settings.CREDENTIAL_KEYS
    settings.CREDENTIAL_KEYS = [fresh_keys()["CREDENTIAL_KEYS"], *old]
    assert rotation_is_due()
    rotate_keys()
    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    made.refresh_from_db()
    assert secret_of(made) == SECRET
    other = subscribe(target="https://x.example/", events=[WebhookEvent.TEST_FINISHED], secret=SECRET, key=key)
    other.sealed_secret = made.sealed_secret
    with pytest.raises(Exception, match="another"):
        secret_of(other)


def test_without_its_key_a_subscription_says_so(
    receiver: Receiver, administrator: User, exam: Test, settings: Any
) -> None:
    made = subscribed(receiver, administrator)
    AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
    settings.CREDENTIAL_KEYS = [fresh_keys()["CREDENTIAL_KEYS"]]
    work()
    made.refresh_from_db()
    assert "CREDENTIAL_KEYS" in made.said


@pytest.mark.parametrize(
    ("events", "secret"),
    [
        ([], SECRET),
        ([WebhookEvent.TEST_FINISHED], ""),
        ([WebhookEvent.TEST_FINISHED], "short"),
        ([WebhookEvent.TEST_FINISHED], "x" * 201),
    ],
)
def test_a_subscription_without_events_or_with_a_weak_secret_is_refused(
    events: list[WebhookEvent], secret: str, administrator: User
) -> None:
    with pytest.raises(Refused):
        subscribe(target="https://x.example/", events=events, secret=secret, key=a_key(administrator))


def test_deliveries_are_forgotten_after_two_weeks(receiver: Receiver, administrator: User, exam: Test) -> None:
    made = subscribed(receiver, administrator)
    for days in (13, 15):
        Delivery.objects.create(
            subscription=made,
            source=str(days),
            event="test_finished",
            context="x",
            at=timezone.now() - timedelta(days=days),
        )
    assert sending.forget_deliveries() == "1 old webhook deleted."
    assert made.deliveries.get().source == "13"


def test_a_system_is_told_of_tests_that_it_reaches_and_not_of_what_it_has_done(
    receiver: Receiver, administrator: User, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    own, whole = a_key(administrator, name="Own", all_tests=False), a_key(administrator)
    for key in (own, whole, a_key(administrator, name="exam  OFFICE")):
        subscribed(receiver, administrator, WebhookEvent.TEST_ACTIVATED, key=key)
    activated(exam, planner)
    queue_events()
    assert Delivery.objects.count() == 2
    ExternalTest.objects.create(test=exam, system=own.system, external_id="1", made_by=own)
    for actor in (whole.account, None):
        AuditEvent.objects.create(action=audit.Action.ACTIVATED, test=exam, actor=actor)
    queue_events()
    assert sorted(Counter(Delivery.objects.values_list("subscription", flat=True)).values()) == [2, 2, 3]


def test_nothing_is_told_once_the_keys_of_a_system_have_ended_and_again_with_a_new_one(
    receiver: Receiver, administrator: User, exam: Test
) -> None:
    key = a_key(administrator)
    made = subscribed(receiver, administrator, key=key)
    AuditEvent.objects.create(action=audit.Action.SUBMITTED, test=exam)
    queue_events()
    revoke(key, by=administrator)
    work()
    made.refresh_from_db()
    assert (receiver.came, made.said) == ([], "Not sent: the system’s access keys have ended.")
    a_key(administrator)
    work(later=timedelta(hours=1))
    assert len(receiver.came) == 1


def test_a_system_has_twenty_subscriptions(administrator: User) -> None:
    key = a_key(administrator)
    for _one in range(20):
        subscribe(target="https://x.example/", events=[WebhookEvent.TEST_FINISHED], secret=SECRET, key=key)
    with pytest.raises(Refused, match="20"):
        subscribe(target="https://x.example/", events=[WebhookEvent.TEST_FINISHED], secret=SECRET, key=key)


def test_the_worker_goes_on_telling_when_the_database_was_away_and_takes_no_more_turns_than_it_has_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = iter([OperationalError("away"), None, None])
    free: list[int] = []

    def look() -> None:
        if answer := next(looks):
            raise answer

    def send(_pool: Executor, *, most: int) -> list[Future[None]]:
        free.append(most)
        return [Future(), Future()]  # never done

    monkeypatch.setattr("threading.Event", lambda: Rounds(3))
    monkeypatch.setattr(run_worker, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    monkeypatch.setattr(queue, "queue_events", look)
    monkeypatch.setattr(sending, "send_due", send)
    run_worker.keep_telling()
    assert free == [sending.AT_ONCE, sending.AT_ONCE - 2]
