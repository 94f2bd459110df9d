"""Imports that a list has to do with: locked before the list; those that wait are thrown away with the right to it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.db import transaction
from django.db.models import Q

from candidates.models import Import, ListShare, PermanentUserList

Locked = TypeVar("Locked")


def with_imports(lock: Callable[[], Locked], **lists: object) -> Locked:
    """Lock the imports of some lists, and then the lists, as `lock` does; return what that returns.

    `lists` are conditions of one list, or of several. Imports are those of their members and those that fill them.
    Whoever confirms one holds it and waits for people, and who adds members holds people and waits for the list: who
    held the list and waited for the import would close a circle of three. Inside a transaction.
    """
    imports = Import.objects.filter(
        Q(**{f"from_list__{name}": value for name, value in lists.items()})
        | Q(**{f"add_to__{name}": value for name, value in lists.items()})
    )
    while True:
        held = list(imports.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        with suppress(_ImportCame), transaction.atomic():
            found = lock()
            # Under the list's lock no other import comes. One that came just before is waited for without that lock.
            if imports.exclude(pk__in=held).exists():
                raise _ImportCame
            return found


class _ImportCame(Exception):
    """Somebody has chosen the list between the lock of its imports and its own."""


def end_drafts(live: PermanentUserList) -> None:
    """Throw away what waits to be added to tests by those who may not use the list any more; see with_imports.

    Otherwise they would reappear once the list is deleted, because then nothing says whose people these are.
    """
    shared = ListShare.objects.filter(list=live).values("user")
    live.additions.exclude(owner=live.owner_id).exclude(owner__in=shared).delete_waiting()
