"""Subscribe, pause, go on, try again and remove: what access keys and administrators do with webhooks."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.credentials.sealing import seal, unseal
from candidates.errors import Refused
from candidates.models import AccessKey, Delivery, Scope, Subscription, Test, User, WebhookEvent
from candidates.models.ids import new_public_id
from candidates.operations.webhooks.targets import target_of

MAX_OF_A_SYSTEM = 20
MIN_SECRET, MAX_SECRET = 16, 200
MAX_SHOWN = 50

State = Delivery.State


def of_system(key: AccessKey) -> QuerySet[Subscription]:
    """Return the subscriptions of the system that a key belongs to."""
    return Subscription.objects.filter(made_by__access_key__system=key.system)


def all_webhooks() -> list[tuple[Subscription, int]]:
    """Return the subscriptions of all systems with how many deliveries of each wait; one query."""
    waiting = Count("deliveries", filter=Q(deliveries__state=State.WAITING))
    found = Subscription.objects.select_related("made_by").annotate(waiting=waiting).order_by("made_by__name", "pk")
    return [(one, one.waiting) for one in found]


def last_deliveries(subscription: Subscription) -> list[tuple[Delivery, str]]:
    """Return the newest deliveries, each with the name of its test, empty for one that is no longer there."""
    found = list(Delivery.objects.filter(subscription=subscription).order_by("-at", "-pk")[:MAX_SHOWN])
    contexts = {one.context for one in found}
    names = dict(Test.objects.filter(public_id__in=contexts).values_list("public_id", "name"))
    return [(one, names.get(one.context, "")) for one in found]


def keys_of(subscription: Subscription, *, now: datetime) -> QuerySet[AccessKey]:
    """Return the keys of its system by which it may be told of tests: none once all have ended."""
    system = AccessKey.objects.filter(account=subscription.made_by).values("system")
    alive = AccessKey.objects.filter(system__in=system, revoked_at__isnull=True, expires_at__gt=now)
    return alive.filter(scopes__scope=Scope.TESTS_READ)


@sensitive_variables("secret")
def subscribe(*, target: str, events: Collection[WebhookEvent], secret: str, key: AccessKey) -> Subscription:
    """Store a subscription. Nobody sees the secret again.

    The worker asks the receiver for its confirmation, so that no request waits for another machine. Raises Refused
    where the address, the events or the secret cannot be used, or the system has too many.
    """
    if not events:
        raise Refused(_("Name at least one event."), about="events")
    if not MIN_SECRET <= len(secret) <= MAX_SECRET:
        words = _("A secret has from %(least)d to %(most)d characters.")
        raise Refused(words % {"least": MIN_SECRET, "most": MAX_SECRET}, about="secret")
    made = Subscription(public_id=new_public_id(), target=target_of(target), made_by=key.account)
    made.sealed_secret = seal(_owner(made), secret)
    for event in events:
        setattr(made, event.value, True)
    with transaction.atomic():
        # The lock of the key's row: of two requests at the bound the second counts what the first has stored.
        AccessKey.objects.select_for_update(no_key=True).get(pk=key.pk)
        if of_system(key).count() >= MAX_OF_A_SYSTEM:
            words = _("This system has %(most)d subscriptions already. Remove one that is not used.")
            raise Refused(words % {"most": MAX_OF_A_SYSTEM})
        made.save(force_insert=True)
        _record(made, "made", by=key.account)
    return made


def secret_of(subscription: Subscription) -> str:
    """Return the secret that requests are signed with. Raises SealBroken where no key opens it."""
    return unseal(subscription.sealed_secret, _owner(subscription))


def _owner(subscription: Subscription) -> str:
    return f"subscription {subscription.public_id}"


def pause(subscription: Subscription, *, by: User) -> None:
    """Stop sending; what happens meanwhile is queued."""
    if Subscription.objects.filter(pk=subscription.pk, paused_at=None).update(paused_at=timezone.now()):
        _record(subscription, "paused", by=by)


def go_on(subscription: Subscription, *, by: User) -> None:
    """Send again at once, whether it was paused, given up or waits after a failure; what was given up is queued."""
    now = timezone.now()
    with transaction.atomic():
        Subscription.objects.filter(pk=subscription.pk).update(
            paused_at=None, given_up_at=None, failing_since=None, failures=0, next_try_at=now
        )
        unsent = Delivery.objects.filter(subscription=subscription).exclude(state=State.DELIVERED)
        unsent.update(state=State.WAITING, next_try_at=now)
        _record(subscription, "tried again", by=by)


def remove(subscription: Subscription, *, by: User) -> None:
    """Delete the subscription with its deliveries."""
    with transaction.atomic():
        # the lock of its row before those of its deliveries, as a worker that sends takes them
        found = Subscription.objects.select_for_update().filter(pk=subscription.pk).first()
        if found is not None:
            found.delete()
            _record(subscription, "removed", by=by)


def _record(subscription: Subscription, change: str, *, by: User) -> None:
    detail = {"subscription": subscription.public_id, "change": change}
    audit.record(audit.Action.SUBSCRIPTION_CHANGED, by=by, detail=detail)
