"""Send what is queued: each subscription by one worker at a time, at least once, and none delayed by another."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from django.db import Error, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.credentials.sealing import SealBroken
from candidates.fetching import NoAnswer, NotReached, fetch
from candidates.models import Delivery, Subscription
from candidates.operations.webhooks.signing import VALIDATION, body_of, headers_of
from candidates.operations.webhooks.subscriptions import keys_of, secret_of
from candidates.operations.webhooks.targets import may_reach

AT_ONCE = 8
"""Subscriptions that one worker sends for at the same time."""
SECONDS = 10.0
"""Of one request, the look-up of its name included."""
SECONDS_AT_ONCE = 20.0
"""Seconds that a worker sends for one subscription before others have their turn."""
LEASE = timedelta(seconds=SECONDS_AT_ONCE + 3 * SECONDS)
"""Longer than a turn with its last request: another worker sends only once this one is dead."""
CLOCKS_DIFFER = timedelta(minutes=5)
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900, 3600))
"""How long a subscription waits after its first, second … failure in a row; then as after the last."""
GIVEN_UP_AFTER = timedelta(days=3)
"""How long a receiver may fail, and how long a delivery is tried."""
KEPT = timedelta(days=14)
"""How long deliveries are kept after what they tell of."""

State = Delivery.State

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """The right of this worker to send for a subscription until the lease ends."""

    subscription: Subscription
    lease: str


def send_due(pool: Executor, *, most: int = AT_ONCE) -> list[Future[None]]:
    """Let the pool send for subscriptions that are due and that nobody sends for.

    At most as many as it has free threads for: a turn that waited for one would use up its lease.
    """
    return [pool.submit(_send_in_thread, turn) for turn in _turns(most)]


def _turns(most: int) -> Iterator[Turn]:
    now = timezone.now()
    waiting = Delivery.objects.filter(subscription=OuterRef("pk"), state=State.WAITING, next_try_at__lte=now)
    due = _free(now).filter(Q(confirmed_at=None) | Exists(waiting)).order_by("next_try_at", "pk")
    for key in list(due.values_list("pk", flat=True)[:most]):
        lease = get_random_string(32)
        # Closes the race of two workers that see it due: the second update finds a lease.
        if _free(now).filter(pk=key).update(lease=lease, leased_until=now + LEASE):
            yield Turn(Subscription.objects.get(pk=key), lease)


def _free(now: datetime) -> QuerySet[Subscription]:
    """Return the subscriptions that may be sent for, and that no worker has; a lease far ahead is a wrong clock's."""
    nobodys = Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_until__gt=now + CLOCKS_DIFFER + LEASE)
    due = Q(next_try_at__lte=now, paused_at=None, given_up_at=None)
    return Subscription.objects.filter(nobodys & due)


def _send_in_thread(turn: Turn) -> None:
    try:
        take_turn(turn)
    except Error as error:
        log.warning("The database did not answer while webhooks were sent (%s)", type(error).__name__)
    except Exception:
        log.exception("Sending webhooks failed")
    finally:
        connection.close()


def take_turn(turn: Turn) -> None:
    """Send what is due until nothing is, something fails, or the turn is over; then give the lease back."""
    until = time.monotonic() + SECONDS_AT_ONCE
    try:
        secret = secret_of(turn.subscription)
        if turn.subscription.confirmed_at or _ask_to_confirm(turn, secret):
            while time.monotonic() < until and _send_next(turn, secret):
                pass
    except SealBroken:
        _failed(turn, _("its secret cannot be opened: a key of CREDENTIAL_KEYS is missing"), None)
    finally:
        # behind all others that are due
        _held(turn).filter(failures=0).update(next_try_at=timezone.now())
        _held(turn).update(lease="", leased_until=None)


def _held(turn: Turn) -> QuerySet[Subscription]:
    return Subscription.objects.filter(pk=turn.subscription.pk, lease=turn.lease)


def _ask_to_confirm(turn: Turn, secret: str) -> bool:
    """Ask the receiver once whether it wants webhooks, which 200 OK confirms; say whether it did."""
    now, key = timezone.now(), turn.subscription.public_id
    body = body_of(context=key, event=VALIDATION, at=now)
    status, said = _post(turn, body, headers_of(body, secret=secret, delivery=key, now=now))
    if status != HTTPStatus.OK:
        _failed(turn, said, None)
        return False
    return bool(_held(turn).update(confirmed_at=now, queued_until=now, failures=0, failing_since=None, said=said))


def _send_next(turn: Turn, secret: str) -> bool:
    """Send the delivery that has waited longest, and say whether another may follow."""
    now = timezone.now()
    if not _held(turn).filter(paused_at=None).exists():  # paused or removed meanwhile
        return False
    if not keys_of(turn.subscription, now=now).exists():
        _failed(turn, _("Not sent: the system’s access keys have ended."), None)
        return False
    queue = Delivery.objects.filter(subscription=turn.subscription, state=State.WAITING, next_try_at__lte=now)
    delivery = queue.order_by("next_try_at", "pk").first()
    if delivery is None:
        return False
    body = body_of(context=delivery.context, event=delivery.event, at=delivery.at)
    headers = headers_of(body, secret=secret, delivery=delivery.public_id, now=now)
    status, said = _post(turn, body, headers)
    if status is None or not 200 <= status < 300:
        _failed(turn, said, delivery)
        return False
    done = {"state": State.DELIVERED, "attempts": F("attempts") + 1, "tried_at": timezone.now(), "said": said}
    # a worker that is killed before this statement has sent, and the next one sends again
    Delivery.objects.filter(pk=delivery.pk).update(**done)
    _held(turn).exclude(failures=0).update(failures=0, failing_since=None, given_up_at=None, said=said)
    return True


def _post(turn: Turn, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
    """Send one request; return the status (None without an answer), and what happened in words."""
    target = turn.subscription.target
    try:
        status = fetch("POST", target, data=body, headers=headers, seconds=SECONDS, may_reach=may_reach).status
    except NotReached:
        return None, _("Not sent: the address is not a public one.")
    except NoAnswer as failure:
        return None, _no_answer_words(str(failure))
    return status, _("Answered with %(status)d.") % {"status": status}


def _no_answer_words(why: str) -> str:
    if why == "ConnectionError":
        return _("It could not be reached.")
    if why in ("too slow", "ReadTimeout", "ConnectTimeout"):
        return _("It took longer than %(seconds)d seconds.") % {"seconds": SECONDS}
    if why == "SSLError":
        return _("Its certificate is not trusted.")
    return _("No answer: %(why)s.") % {"why": why}


def _failed(turn: Turn, said: str, delivery: Delivery | None) -> None:
    """Let the subscription wait, longer each time, and the delivery go behind the others; give up after days."""
    now = timezone.now()
    with transaction.atomic():
        # the lock of the row: whoever lets it go on at this moment is seen, or comes afterwards
        current = Subscription.objects.select_for_update(no_key=True).filter(pk=turn.subscription.pk).first()
        if current is None:
            return
        current.failures += 1
        current.failing_since = current.failing_since or now
        current.next_try_at = now + PAUSES[min(current.failures, len(PAUSES)) - 1]
        current.said = said[:200]
        # a receiver that does not confirm is not asked again by itself: it may be somebody else's
        if current.confirmed_at is None or now - current.failing_since >= GIVEN_UP_AFTER:
            current.given_up_at = now
        current.save(update_fields=["failures", "failing_since", "next_try_at", "said", "given_up_at"])
        if delivery is None:
            return
        old = now - delivery.at >= GIVEN_UP_AFTER
        Delivery.objects.filter(pk=delivery.pk).update(
            state=State.GIVEN_UP if old else State.WAITING,
            attempts=F("attempts") + 1,
            tried_at=now,
            next_try_at=now + PAUSES[min(delivery.attempts, len(PAUSES) - 1)],
            said=said[:200],
        )


def forget_deliveries() -> str:
    """Delete deliveries of long ago, and say how many."""
    gone, _per_model = Delivery.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return ngettext("%(count)d old webhook deleted.", "%(count)d old webhooks deleted.", gone) % {"count": gone}
