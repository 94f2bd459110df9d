"""What the page where files of permanent users are uploaded shows: the columns, an example, and earlier imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from candidates.intake.accounts.formats import Format, example_of
from candidates.intake.accounts.headings import NAMES, PASSWORD
from candidates.intake.columns import IGNORED
from candidates.models import Import, User
from candidates.operations.schedule import worker_is_missing, worker_seen_at
from candidates.pages.shared.trails import import_trail
from candidates.text import when

_UNFINISHED = {Import.Status.QUEUED, Import.Status.RUNNING}


@dataclass(frozen=True, slots=True)
class ExpectedColumn:
    """One column that a file should have, with an example of what stands in it."""

    label: str
    holds: str
    note: str
    example: str


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import in the history; others than its owner have a link only while it runs."""

    name: str
    by: str
    at: datetime
    status: str
    counts: str
    url: str


def upload_page(chosen: Format, choices: Sequence[Format], *, test_id: str) -> dict[str, Any]:
    """Return what the page shows beside its form and the history."""
    query = urlencode({"format": chosen.public_id})
    return {
        "heading": _("Import permanent users"),
        "format": chosen,
        "columns": expected_columns(chosen),
        "format_choices": [(one.public_id, one.name, one.public_id == chosen.public_id) for one in choices],
        "several": len(choices) > 1,
        "template_urls": [
            (kind, f"{reverse('user-import-template', args=[ending])}?{query}")
            for kind, ending in (("XLSX", "xlsx"), ("CSV", "csv"))
        ],
        "formats_url": reverse("user-formats"),
        "cancel_url": reverse("permanent-users"),
        "test_id": test_id,
        "no_worker": no_worker_words(),
        "trail": import_trail(),
    }


def no_worker_words() -> str:
    """Return the sentence about a background worker that is missing, "" where one is there."""
    if not worker_is_missing():
        return ""
    seen = worker_seen_at()
    away = (
        _("The background worker has not been seen since %(at)s.") % {"at": when(seen)}
        if seen
        else _("The background worker has never been seen.")
    )
    waits = _(
        "What you start waits until the administrator of the server starts it, with “python manage.py run_worker”."
    )
    return f"{away} {waits}"


def expected_columns(chosen: Format) -> list[ExpectedColumn]:
    """Return the columns as the page shows them."""
    return [
        ExpectedColumn(
            label=column.label if column.heading or column.holds != IGNORED else "",
            holds=_holds_words(column.holds),
            note=_("required") if column.required else "",
            example=example_of(column),
        )
        for column in chosen.columns
    ]


def _holds_words(holds: str) -> str:
    if holds in NAMES:
        return _("One of the names must be there")
    if holds == PASSWORD:
        return _("Kept as a hash; empty: the system makes one")
    if holds == IGNORED:
        return _("Not read")
    return {
        "username": _("Empty: the system makes one"),
        "email": "",
        "external_id": _("People are recognised by it"),
        "list_name": _("The list is made when it is missing"),
    }[holds]


def import_lines(found: Iterable[Import], *, user: User) -> list[ImportLine]:
    """Return a line per import that was started, or waits and is the person's own."""
    return [_line(one, user) for one in found]


def _line(one: Import, user: User) -> ImportLine:
    mine = one.owner_id == user.pk
    page = "user-import-preview" if one.status == Import.Status.WAITING else "user-import-progress"
    return ImportLine(
        name=one.file_name or _("Pasted rows"),
        by=one.owner_name,
        at=one.started_at or one.created_at,
        status=str(one.get_status_display()),
        counts=counts_words(one),
        url=reverse(page, args=[one.public_id]) if mine or one.status in _UNFINISHED else "",
    )


def counts_words(one: Import) -> str:
    """Return what an import has done so far."""
    if one.status == Import.Status.WAITING:
        return _("Nothing is stored yet")
    said = _("%(made)d new, %(updated)d updated, %(skipped)d left as they were")
    words = said % {"made": one.added, "updated": one.updated, "skipped": one.skipped}
    count = one.report.get("problem_count", 0)
    return words + (", " + _("%(n)d with a problem") % {"n": count} if count else "")
