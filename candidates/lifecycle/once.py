"""Carry out each form once, also after a second click, Back and send again, a reload, or in two windows."""

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
"""How long a sent form is remembered: longer than a window stays open."""
ALIKE = timedelta(minutes=10)
"""How long the same content counts as the same form, also if the page was reloaded in between."""


class SentBefore(Exception):
    """The form was carried out before; `leads_to` is the page of its result."""

    def __init__(self, leads_to: str) -> None:
        super().__init__(leads_to)
        self.leads_to = leads_to


@dataclass(slots=True)
class Sent:
    """The form that is being carried out; the caller sets the page of its result as soon as that is known."""

    leads_to: str = ""


@contextmanager
def once(*, by: User, key: str, content: Mapping[str, Any] | None = None, leads_to: str = "") -> Iterator[Sent]:
    """Run the block in one transaction, unless it was done with this key; a refused form may be sent again.

    `key` is the random key of the page, "" for a form without. With `content` the same content also counts as the same
    form for ALIKE, whatever its key: pages are not cached, so Back loads a form again, and the browser fills it in.
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
    """Store the key before anything else: of eight simultaneous requests seven wait for the first, and find its row."""
    try:
        with transaction.atomic():
            SentForm.objects.create(user=by, key=key)
    except IntegrityError:
        known = SentForm.objects.filter(user=by, key=key)
        if again_after is not None and known.filter(at__lt=timezone.now() - again_after).update(at=timezone.now()):
            return
        raise SentBefore(known.values_list("leads_to", flat=True).first() or "") from None


def forget(*, leads_to: str) -> None:
    """Forget forms whose result was deleted, so that they can be sent again."""
    _delete(SentForm.objects.filter(leads_to=leads_to))


def forget_old() -> int:
    """Delete forms older than KEPT, and return how many."""
    return _delete(SentForm.objects.filter(at__lt=timezone.now() - KEPT))


def _delete(forms: QuerySet[SentForm]) -> int:
    with transaction.atomic():
        keys = list(forms.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        gone, _per_model = SentForm.objects.filter(pk__in=keys).delete()
    return gone


def _digest(content: Mapping[str, Any]) -> str:
    text = repr(sorted(content.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
