"""Carry out each form once: a second click, Back and send again, a page that is sent again, two windows."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from candidates.models import SentForm, User

KEPT = timedelta(days=30)
"""How long a form is known: longer than a window stays open."""
ALIKE = timedelta(minutes=10)
"""How long the same content counts as the same form, where a page was loaded anew before it was sent again."""


class SentBefore(Exception):
    """The form was carried out already; `leads_to` is the page of what it made."""

    def __init__(self, leads_to: str) -> None:
        super().__init__(leads_to)
        self.leads_to = leads_to


@dataclass(slots=True)
class Sent:
    """What is being carried out; who does it says to which page it leads, as soon as that is known."""

    leads_to: str = ""


@contextmanager
def once(*, by: User, key: str, content: Mapping[str, Any] | None = None, leads_to: str = "") -> Iterator[Sent]:
    """Carry out what is within in one transaction, unless it was done with this key; what is refused may come again.

    `key` is the random one of the page, "" for a form without. With `content` the same content counts as the same form
    for ALIKE, whatever its key: pages are kept nowhere, so Back loads a form anew, and the browser fills it in again.
    Raises SentBefore.
    """
    keys = [part for part in (key, _digest(content) if content is not None else "") if part]
    sent = Sent(leads_to)
    with transaction.atomic():
        for one in keys:
            _claim(by, one, again_after=None if one == key else ALIKE)
        yield sent
        for one in keys:  # in the order in which they were claimed
            SentForm.objects.filter(user=by, key=one).update(leads_to=sent.leads_to)


def _claim(by: User, key: str, *, again_after: timedelta | None) -> None:
    """Store the key before anything else is done: of eight at once seven wait for the first, and then find its row."""
    try:
        with transaction.atomic():
            SentForm.objects.create(user=by, key=key)
    except IntegrityError:
        known = SentForm.objects.filter(user=by, key=key)
        if again_after is not None and known.filter(at__lt=timezone.now() - again_after).update(at=timezone.now()):
            return
        raise SentBefore(known.values_list("leads_to", flat=True).first() or "") from None


def forget(*, leads_to: str) -> None:
    """Let forms be sent again whose page is gone, because what they made was deleted."""
    _delete(SentForm.objects.filter(leads_to=leads_to))


def forget_old() -> int:
    """Delete what is known of forms that nobody sends any more, and return of how many."""
    return _delete(SentForm.objects.filter(at__lt=timezone.now() - KEPT))


def _delete(forms: QuerySet[SentForm]) -> int:
    with transaction.atomic():
        keys = list(forms.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        gone, _per_model = SentForm.objects.filter(pk__in=keys).delete()
    return gone


def _digest(content: Mapping[str, Any]) -> str:
    text = repr(sorted(content.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
