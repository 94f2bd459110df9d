"""End imports of permanent users: thrown away while they wait, cancelled, done; digests of passwords go with rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from candidates import audit
from candidates.models import User, UserImport

MOST_WAITING = 5
Status = UserImport.Status


def finish(live: UserImport, status: UserImport.Status, action: audit.Action, *, by: User | None) -> None:
    """End an import whose row is locked, inside a transaction; `by` is None where nobody did it."""
    live.chunks.all().delete()
    live.status, live.finished_at = status, timezone.now()
    live.lease, live.leased_until = "", None
    live.mends, live.left_out, live.letters_to_confirm = {}, [], []
    ended = ["status", "finished_at", "lease", "leased_until", "mends", "left_out", "letters_to_confirm"]
    live.save(update_fields=[*ended, "cancel_asked_at"])
    detail = {
        "import": live.public_id,
        "sha256": live.file_sha256,
        "status": status.value,
        "made": live.made,
        "updated": live.updated,
        "skipped": live.skipped,
        "passwords": live.report.get("passwords", 0),
        "problems": live.report.get("problem_count", 0),
    }
    audit.record(action, by=by, count=live.made, detail=detail)


def _locked(found: QuerySet[UserImport]) -> QuerySet[UserImport]:
    return found.order_by("pk").select_for_update(of=("self",)).defer("source")


def cancel_import(running: UserImport, *, by: User) -> bool:
    """Stop an import that is queued or runs: what is stored stays; say whether it was not over yet."""
    with transaction.atomic():
        # Waits for the chunk that is being stored, if any; the worker finds another status at the next one.
        unfinished = UserImport.objects.filter(pk=running.pk, status__in=[Status.QUEUED, Status.RUNNING])
        live = _locked(unfinished).first()
        if live is None:
            return False
        live.cancel_asked_at = timezone.now()
        finish(live, Status.CANCELLED, audit.Action.USER_IMPORT_CANCELLED, by=by)
    return True


def discard(waiting: UserImport) -> bool:
    """Delete an import that waits, with its rows; say whether it waited."""
    return bool(_delete_waiting(UserImport.objects.filter(pk=waiting.pk)))


def sweep(user: User, *, but: UserImport) -> None:
    """Delete what this person has waiting beside the newest MOST_WAITING files; `but` stays in any case.

    Two uploads at the same moment may each miss the other's: the next upload sweeps.
    """
    mine = UserImport.objects.filter(owner=user, status=Status.WAITING)
    newest = list(mine.order_by("-created_at", "-pk").values_list("pk", flat=True)[:MOST_WAITING])
    _delete_waiting(mine.exclude(pk__in=[*newest, but.pk]))


def expire_imports(now: datetime | None = None) -> int:
    """End what nobody goes on with, with rows and digests, and return how many imports that were.

    Those that waited too long are deleted; those that were started and that no worker has had for DRAFT_HOURS are
    cancelled.
    """
    now = now or timezone.now()
    deleted = _delete_waiting(UserImport.objects.filter(expires_at__lte=now))
    return deleted + _cancel_forgotten(now - timedelta(hours=settings.DRAFT_HOURS))


def _delete_waiting(found: QuerySet[UserImport]) -> int:
    """Delete those of these imports that wait, and return how many.

    Deleting finds the rows first and then goes by their keys: without the lock it would take one that was started in
    between. Who starts one at this moment waits and finds it gone, or is seen here.
    """
    with transaction.atomic():
        keys = list(_locked(found.filter(status=Status.WAITING)).values_list("pk", flat=True))
        UserImport.objects.filter(pk__in=keys).delete()
    return len(keys)


def _cancel_forgotten(moment: datetime) -> int:
    """Cancel the imports that were started before the moment (UTC) and that nobody has worked on since."""
    unheard = Q(leased_until=None) | Q(leased_until__lte=moment)
    forgotten = UserImport.objects.filter(unheard, status__in=[Status.QUEUED, Status.RUNNING], started_at__lte=moment)
    with transaction.atomic():
        found = list(_locked(forgotten))
        for live in found:
            finish(live, Status.CANCELLED, audit.Action.USER_IMPORT_CANCELLED, by=None)
    return len(found)
