"""Webhooks: which events there are, and who is told of them."""

from datetime import datetime
from typing import Annotated

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Router
from pydantic import Field

from candidates.api.auth import caller, needs
from candidates.api.idempotency import writes
from candidates.api.paging import Cursor, Limit, cursor_of, newest_first, page_of
from candidates.api.problems import Wrong, invalid
from candidates.api.schemas import OURS, Answer, Body, Page, Text
from candidates.errors import Refused
from candidates.models import Scope, Subscription, WebhookEvent
from candidates.models.webhooks import MAX_TARGET_LENGTH
from candidates.operations.webhooks import subscriptions
from candidates.operations.webhooks.subscriptions import MAX_SECRET, MIN_SECRET

router = Router(tags=["Webhooks"], by_alias=True)
POINTERS = {"url": "/url", "events": "/events", "secret": "/secret"}


class EventAnswer(Answer):
    """An event that a subscription may name."""

    event: WebhookEvent
    description: str


class EventsAnswer(Answer):
    """All events that a subscription may name."""

    events: list[EventAnswer]


class SubscriptionBody(Body):
    """Whom to tell of what."""

    url: Text = Field(max_length=MAX_TARGET_LENGTH, description="Where requests are sent: an address with https.")
    events: Annotated[list[WebhookEvent], Field(min_length=1, max_length=len(WebhookEvent))]
    secret: Text = Field(
        min_length=MIN_SECRET,
        max_length=MAX_SECRET,
        description="Random characters of yours that requests are signed with; no answer has them.",
    )


class SubscriptionAnswer(Answer):
    """A subscription."""

    subscription_id: str
    url: str
    events: list[WebhookEvent]
    status: str = Field(
        description=f"`waiting` until the receiver has answered the request for its confirmation with 200; `active`, "
        f"`paused`, or `stopped` after failures. {OURS}"
    )
    said: str = Field(description=f"What came of the last request that failed, in words. {OURS}")
    created: datetime


class Removed(Answer):
    """It is gone."""

    success: bool = True


def shown(subscription: Subscription) -> SubscriptionAnswer:
    """Return a subscription as it is answered."""
    return SubscriptionAnswer(
        subscription_id=subscription.public_id,
        url=subscription.target,
        events=subscription.events,
        status=subscription.status,
        said=subscription.said,
        created=subscription.made_at.replace(microsecond=0),
    )


@router.get("/subscription/events", response=EventsAnswer, **needs(Scope.TESTS_READ))
def list_events(request: HttpRequest) -> EventsAnswer:
    """List the events that a subscription may name."""
    return EventsAnswer(
        events=[EventAnswer(event=event, description=str(event.label)) for event in WebhookEvent],
    )


@router.get("/subscription", response=Page[SubscriptionAnswer], **needs(Scope.TESTS_READ))
def list_subscriptions(request: HttpRequest, cursor: Cursor, limit: Limit) -> Page[SubscriptionAnswer]:
    """List the subscriptions of this system, the newest first."""
    return page_of(
        newest_first(_own(request), cursor, by="made_at")[: limit + 1],
        limit=limit,
        key=lambda one: cursor_of(one.made_at.isoformat(), one.public_id),
        show=shown,
    )


@router.post("/subscription", response={201: SubscriptionAnswer}, **needs(Scope.TESTS_READ))
@writes
def subscribe(request: HttpRequest, body: SubscriptionBody) -> SubscriptionAnswer:
    """Ask to be told of events of the tests that the key reaches.

    The receiver is sent a POST with the event `validation`, and confirms by answering 200 within ten seconds. Then
    each event is one POST of `{contextObjectId, event, timestamp}`; `contextObjectId` is the id of the test, by which
    the rest is read. No system is told of what it has done itself.
    """
    try:
        made = subscriptions.subscribe(target=body.url, events=body.events, secret=body.secret, key=caller(request).key)
    except Refused as refusal:
        if refusal.about in POINTERS:
            raise invalid([Wrong(detail=refusal.sentence, pointer=POINTERS[refusal.about])]) from refusal
        raise
    answer = shown(made)
    answer.made()
    return answer


@router.get("/subscription/{subscription_id}", response=SubscriptionAnswer, **needs(Scope.TESTS_READ))
def read_subscription(request: HttpRequest, subscription_id: str) -> SubscriptionAnswer:
    """Read a subscription: whether its receiver has confirmed, and what failed last."""
    return shown(_one(request, subscription_id))


@router.delete("/subscription/{subscription_id}", response=Removed, **needs(Scope.TESTS_READ))
@writes
def unsubscribe(request: HttpRequest, subscription_id: str) -> Removed:
    """Remove a subscription, with what is still to be sent."""
    subscriptions.remove(_one(request, subscription_id), by=caller(request).account)
    return Removed()


def _own(request: HttpRequest) -> QuerySet[Subscription]:
    return subscriptions.of_system(caller(request).key)


def _one(request: HttpRequest, public_id: str) -> Subscription:
    found = _own(request).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
