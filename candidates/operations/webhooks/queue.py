"""Put what happened into the queue of each subscription: acts from the audit, and the ends of tests from the clock.

The audit row is written in the transaction of its act, so no act is told that did not happen, and none is lost where
the worker is away: it reads from where it was (docs/decisions/0100).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from candidates.access import tests_of_key
from candidates.models import AuditEvent, Delivery, Subscription, User, WebhookEvent
from candidates.models.tests import TestQuerySet
from candidates.operations.webhooks.subscriptions import keys_of
from candidates.timing import last_end, longest_extra_seconds

Action = AuditEvent.Action

ACTS = {
    Action.ACTIVATED: WebhookEvent.TEST_ACTIVATED,
    Action.CANDIDATES_ADDED: WebhookEvent.CANDIDATE_JOINED,
    Action.SUBMITTED: WebhookEvent.CANDIDATE_SUBMITTED,
}
"""The acts that a subscription may ask for. All candidates of one list came onto the test by one act."""
SETTLED = timedelta(minutes=10)
"""How long before the last look to look again: a row gets its time before its transaction ends."""
BATCH = 500
LONGEST_EXTRA = timedelta(days=5)
"""Planned and incident time together are less: a test that ended earlier is over for everybody."""


def queue_events(*, now: datetime | None = None) -> int:
    """Queue what happened since the last look for each subscription that asks for it; return how many.

    Several workers may do it at once: the constraint keeps one delivery for each act.
    """
    now = now or timezone.now()
    confirmed = Subscription.objects.exclude(confirmed_at=None).select_related("made_by__access_key")
    return sum(_queue_for(one, now) for one in confirmed)


def _queue_for(subscription: Subscription, now: datetime) -> int:
    keys = list(keys_of(subscription, now=now))
    if not keys:
        return 0
    tests = tests_of_key(max(keys, key=lambda key: key.all_tests))
    since = max(subscription.queued_until - SETTLED, subscription.confirmed_at or now)
    found = list(_new_acts(subscription, tests, since)[:BATCH])
    deliveries = [
        Delivery(subscription=subscription, source=f"act {key}", event=ACTS[Action(action)], context=context, at=at)
        for key, action, context, at in found
    ]
    complete = len(found) < BATCH
    if complete and subscription.test_finished:
        deliveries += _ends(subscription, tests, since, now)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    # What is committed late by more than SETTLED is the only thing that is missed; a batch that is not the last one
    # leaves the time of its last act.
    until = now if complete else found[-1][3]
    Subscription.objects.filter(pk=subscription.pk, queued_until__lt=until).update(queued_until=until)
    return len(deliveries)


def _new_acts(
    subscription: Subscription, tests: TestQuerySet, since: datetime
) -> QuerySet[AuditEvent, tuple[int, str, str, datetime]]:
    """Return key, act, test and time of the acts of others that are not queued yet, the oldest first."""
    wanted = [action for action, event in ACTS.items() if getattr(subscription, event.value)]
    name = Concat(Value("act "), Cast(OuterRef("pk"), CharField()))
    queued = Delivery.objects.filter(subscription=subscription, source=name)
    acts = AuditEvent.objects.filter(
        ~Exists(queued), action__in=wanted, outcome=AuditEvent.Outcome.DONE, at__gte=since, test__in=tests.values("pk")
    )
    if (maker := subscription.made_by) is not None:
        # an act without an actor is nobody's, and NOT IN would lose it
        own = User.objects.filter(access_key__system=maker.access_key.system)
        acts = acts.filter(Q(actor__isnull=True) | ~Q(actor__in=own.values("pk")))
    return acts.order_by("at", "pk").values_list("pk", "action", "test__public_id", "at")


def _ends(subscription: Subscription, tests: TestQuerySet, since: datetime, now: datetime) -> Iterator[Delivery]:
    """Give the tests whose last candidate's time ended; one that got more time afterwards ends again."""
    ended = tests.activated().filter(ends_at__gt=since - LONGEST_EXTRA, ends_at__lte=now)
    for test in ended.with_longest_extra().only("pk", "public_id", "ends_at"):
        end = last_end(test, longest_extra_seconds(test))
        if end is not None and since <= end <= now:
            source = f"end of {test.pk} at {end.isoformat()}"
            yield Delivery(
                subscription=subscription,
                source=source,
                event=WebhookEvent.TEST_FINISHED,
                context=test.public_id,
                at=end,
            )
