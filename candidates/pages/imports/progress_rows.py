"""What the progress page of an import shows: how far it is, how long it takes, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.models import Import
from candidates.pages.imports.user_upload import counts_words
from candidates.pages.shared.trails import import_trail

NO_WORKER_AFTER = timedelta(seconds=20)
MAX_SHOWN = 200
Status = Import.Status


def progress_page(running: Import, now: datetime | None = None, *, mine: bool = True) -> dict[str, Any]:
    """Return the context of the page and of its live part; others than the owner see the figures and no row."""
    now = now or timezone.now()
    over = running.status not in {Status.QUEUED, Status.RUNNING}
    problems = [[row, message] for row, message in running.problems if row][:MAX_SHOWN] if mine else []
    found = running.report.get("problem_count", 0)
    return {
        "running": running,
        "heading": _heading(running),
        "name": running.file_name or _("Pasted rows"),
        "over": over,
        "label": _importing(running),
        "done_words": _("%(done)d of %(total)d rows") % {"done": running.done, "total": running.total},
        "left_words": "" if over else left_words(running, now),
        "no_worker": not over and _nobody_works(running, now),
        "facts": [
            {"term": _("New"), "value": running.added},
            {"term": _("Updated"), "value": running.updated},
            {"term": _("Left as they were"), "value": running.skipped},
            {"term": _("Problems"), "value": found, "shape": "is-fail" if found else ""},
        ],
        "notes": running.notes if mine else [],
        "problems": [{"row": row, "message": message} for row, message in problems],
        "problems_heading": ngettext("%(n)d row was not stored", "%(n)d rows were not stored", found) % {"n": found},
        "more_problems": max(0, found - len(problems)),
        "outcome": _outcome(running),
        "color": {Status.DONE: "success", Status.FAILED: "danger"}.get(Status(running.status), "info"),
        "as_of": now,
        "live_url": reverse("user-import-live", args=[running.public_id]),
        "cancel_url": reverse("user-import-cancel", args=[running.public_id]),
        "users_url": reverse("permanent-users"),
        "again_url": reverse("user-import"),
        "trail": import_trail(_("Progress")),
    }


def _importing(running: Import) -> str:
    return ngettext("Importing %(n)d user", "Importing %(n)d users", running.total) % {"n": running.total}


def _heading(running: Import) -> str:
    return {
        Status.QUEUED: _importing(running),
        Status.RUNNING: _importing(running),
        Status.DONE: _("The import is done"),
        Status.CANCELLED: _("The import was cancelled"),
        Status.FAILED: _("The import has stopped"),
    }.get(Status(running.status), _("The import waits"))


def left_words(running: Import, now: datetime) -> str:
    """Return how long it still takes, by the time since the start; "" before anything is done."""
    if not running.done or running.started_at is None:
        return _("It is about to start.")
    spent = (now - running.started_at).total_seconds()
    seconds = spent / running.done * (running.total - running.done)
    if seconds < 10:
        return _("A few seconds left")
    if seconds < 90:
        return _("About %(n)d seconds left") % {"n": round(seconds / 10) * 10}
    minutes = round(seconds / 60)
    return ngettext("About %(n)d minute left", "About %(n)d minutes left", minutes) % {"n": minutes}


def _nobody_works(running: Import, now: datetime) -> bool:
    """Say whether nobody has taken the import up, or whoever had it has not been heard of for as long."""
    if running.leased_until is not None:
        return running.leased_until + NO_WORKER_AFTER < now
    if running.status == Status.QUEUED:
        return running.started_at is not None and running.started_at + NO_WORKER_AFTER < now
    return False


def _outcome(running: Import) -> str:
    """Return the sentence about an import that is over, "" for every other one."""
    counts = counts_words(running) + "."
    again = _(
        "Importing the same file again adds the rest: people who are stored already are recognised by username or "
        "external ID; without either, by name, and you are asked."
    )
    if running.status == Status.DONE:
        made = ngettext("%(n)d user is imported.", "%(n)d users are imported.", running.added) % {"n": running.added}
        return f"{made} {counts}"
    if running.status == Status.CANCELLED:
        done = {"done": running.done, "total": running.total}
        return _("The import was cancelled after %(done)d of %(total)d rows.") % done + f" {counts} {again}"
    if running.status == Status.FAILED:
        done = {"done": running.done, "total": running.total}
        stopped = _("The import has stopped after %(done)d of %(total)d rows, by a fault on our side.") % done
        return f"{stopped} {counts} {again}"
    return ""
