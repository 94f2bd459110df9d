"""What waits to be added to tests from a list: locked before the list, and thrown away with the right to it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from candidates.models import ImportDraft, ListShare, PermanentUserList

Locked = TypeVar("Locked")


def with_drafts(drafts: QuerySet[ImportDraft], lock: Callable[[], Locked]) -> Locked:
    """Lock what waits to be added to tests from a list, and then the list, as `lock` does; return what that returns.

    Whoever confirms a draft holds it and waits for people, and who adds members holds people and waits for the list:
    who held the list and waited for the draft would close a circle of three. Inside a transaction.
    """
    while True:
        held = list(drafts.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        with suppress(_DraftCame), transaction.atomic():
            found = lock()
            # Under the list's lock no other draft comes. One that came just before is waited for without that lock.
            if drafts.exclude(pk__in=held).exists():
                raise _DraftCame
            return found


class _DraftCame(Exception):
    """Somebody has chosen the list for a test between the lock of its drafts and its own."""


def end_drafts(live: PermanentUserList) -> None:
    """Throw away what waits to be added to tests by those who may not use the list any more; see with_drafts.

    It would come back once the list is deleted, because nothing says then whose people these are.
    """
    shared = ListShare.objects.filter(list=live).values("user")
    live.drafts.exclude(owner=live.owner_id).exclude(owner__in=shared).delete()
