"""What the pages of webhooks show: a fixed number of queries each, however many there are."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.models import Delivery, Subscription, WebhookEvent
from candidates.operations.webhooks.sending import GIVEN_UP_AFTER, KEPT
from candidates.operations.webhooks.subscriptions import all_webhooks, last_deliveries
from candidates.text import near, when

FAIL, WARN, DONE = "is-fail", "is-warn", "is-done"


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook in the list."""

    public_id: str
    system: str
    target: str
    events: str
    state: str
    shape: str
    waiting: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One thing that the receiver was told, or will be."""

    event: str
    test: str
    at: str
    state: str
    shape: str
    said: str


def webhook_rows() -> list[WebhookRow]:
    """Return all webhooks by system."""
    return [
        WebhookRow(
            public_id=one.public_id,
            system=one.made_by.name if one.made_by else "",
            target=host_of(one),
            events=", ".join(str(event.label) for event in one.events),
            state=state_of(one)[0],
            shape=state_of(one)[1],
            waiting=waiting,
        )
        for one, waiting in all_webhooks()
    ]


def host_of(one: Subscription) -> str:
    """Return the name of the receiver's machine."""
    return urlsplit(one.target).hostname or one.target


def state_of(one: Subscription) -> tuple[str, str]:
    """Return how a webhook stands, in words, and the shape before them."""
    if one.given_up_at and one.confirmed_at is None:
        return _("The receiver did not confirm"), FAIL
    if one.given_up_at:
        words = _("Given up %(moment)s: it failed for %(days)d days")
        return words % {"moment": when(one.given_up_at), "days": GIVEN_UP_AFTER.days}, FAIL
    if one.paused_at:
        return _("Paused %(moment)s") % {"moment": when(one.paused_at)}, WARN
    if one.confirmed_at is None:
        return _("Waits for the receiver’s confirmation"), WARN
    if one.failures:
        words = _("Fails since %(moment)s; next try %(next)s")
        moments = {"moment": when(one.failing_since), "next": near(one.next_try_at, timezone.now())}
        return words % moments, WARN
    return _("Works"), DONE


def delivery_rows(one: Subscription) -> list[DeliveryRow]:
    """Return the last deliveries, the newest first."""
    words = {
        Delivery.State.WAITING: (_("Waits"), ""),
        Delivery.State.DELIVERED: (_("Delivered"), DONE),
        Delivery.State.GIVEN_UP: (_("Given up"), FAIL),
    }
    return [
        DeliveryRow(
            event=str(WebhookEvent(delivery.event).label),
            test=name or _("A test that is no longer here"),
            at=when(delivery.at),
            state=words[Delivery.State(delivery.state)][0],
            shape=words[Delivery.State(delivery.state)][1] or (WARN if delivery.attempts else ""),
            said=delivery.said,
        )
        for delivery, name in last_deliveries(one)
    ]


def kept_words() -> str:
    """Return how long deliveries are kept."""
    return _("Deliveries are kept for %(days)d days.") % {"days": KEPT.days}
