"""Ask a student system, and keep how it is doing: its last answer, its errors, and its certificate."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from django.db.models import Count, F, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.models import RosterConnection, RosterState, User
from candidates.models.rosters import MAX_ERROR_LENGTH
from candidates.rosters.source import RosterSource, SourceError, SourceRefused
from candidates.rosters.sources import reader_of, setups

EXPIRES_SOON = timedelta(days=30)
T = TypeVar("T")

log = logging.getLogger(__name__)


class Standing(StrEnum):
    """How a source is doing."""

    ANSWERS = "answers"
    EXPIRES_SOON = "expires_soon"  # it answers, and its certificate ends within EXPIRES_SOON
    FAILS = "fails"  # the last time; it is asked again
    STOPPED = "stopped"  # it refused our certificate, key or password: it is not asked again before it was tested
    SWITCHED_OFF = "switched_off"  # something in the settings is wrong
    NEVER_ASKED = "never_asked"


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source of the settings, and how it is doing. Times are UTC."""

    slug: str
    label: str
    kind: str
    standing: Standing
    problems: tuple[str, ...]  # of its settings
    answered_at: datetime | None
    failed_at: datetime | None
    last_error: str
    failures_in_a_row: int
    failing_since: datetime | None
    certificate_ends: datetime | None
    tests: int
    next_look_at: datetime | None


def ask(slug: str, call: Callable[[RosterSource], T]) -> T:
    """Return what a source answers, and note whether it did. Raises SourceError."""
    try:
        answer = call(reader_of(slug))
    except SourceError as error:
        _note_failure(slug, error)
        raise
    except Exception as error:
        # A reader that stumbles over an answer stops neither the page nor the worker.
        log.exception("The student system %s could not be read", slug)
        failure = SourceError(_("It answered in a way that cannot be read. The log of the server says more."))
        _note_failure(slug, failure)
        raise failure from error
    now = timezone.now()
    fine = {"answered_at": now, "last_error": "", "failures_in_a_row": 0, "failing_since": None, "is_stopped": False}
    if not RosterState.objects.filter(source=slug).update(**fine):
        RosterState.objects.update_or_create(source=slug, defaults=fine)
    return answer


def _note_failure(slug: str, error: SourceError) -> None:
    if slug not in setups():
        return
    now = timezone.now()
    said = str(error)[:MAX_ERROR_LENGTH] or _("It did not answer.")
    RosterState.objects.bulk_create([RosterState(source=slug)], ignore_conflicts=True)
    row = RosterState.objects.filter(source=slug)
    row.filter(failing_since=None).update(
        failing_since=now, failures_in_a_row=1, last_error=said, failed_at=now, is_stopped=False
    ) or row.update(failures_in_a_row=F("failures_in_a_row") + 1, last_error=said, failed_at=now)
    if isinstance(error, SourceRefused):
        row.filter(failures_in_a_row__gte=1).update(is_stopped=True)


def is_stopped(slug: str) -> bool:
    """Say whether nobody asks a source by itself: it refused us, and would again."""
    return RosterState.objects.filter(source=slug, is_stopped=True).exists()


def test_connection(slug: str, *, by: User) -> str:
    """Ask a source for something small, and return in a sentence what came; recorded. Raises SourceError."""
    try:
        said = ask(slug, lambda reader: reader.check())
    except SourceError:
        audit.record(audit.Action.ROSTER_TESTED, by=by, detail={"source": slug}, refused=True)
        raise
    audit.record(audit.Action.ROSTER_TESTED, by=by, detail={"source": slug})
    return said


test_connection.__test__ = False  # type: ignore[attr-defined]  # no test of pytest


def source_states() -> list[SourceState]:
    """Return every source of the settings, in their order; two queries."""
    states = {one.source: one for one in RosterState.objects.all()}
    used = {
        source: (tests, following)
        for source, tests, following in RosterConnection.objects.values_list("source").annotate(
            tests=Count("pk"), following=Min("next_look_at")
        )
    }
    found = []
    for slug, setup in setups().items():
        state = states.get(slug) or RosterState(source=slug)
        ends = certificate_ends(setup["certificate"])
        tests, following = used.get(slug, (0, None))
        found.append(
            SourceState(
                slug=slug,
                label=setup["label"],
                kind=setup["kind"],
                standing=_standing(state, ends, is_off=bool(setup["problems"])),
                problems=tuple(setup["problems"]),
                answered_at=state.answered_at,
                failed_at=state.failed_at,
                last_error=state.last_error,
                failures_in_a_row=state.failures_in_a_row,
                failing_since=state.failing_since,
                certificate_ends=ends,
                tests=tests,
                next_look_at=following,
            )
        )
    return found


def _standing(state: RosterState, ends: datetime | None, *, is_off: bool) -> Standing:
    if is_off:
        return Standing.SWITCHED_OFF
    if state.is_stopped:
        return Standing.STOPPED
    if state.failures_in_a_row:
        return Standing.FAILS
    if ends is not None and ends - timezone.now() < EXPIRES_SOON:
        return Standing.EXPIRES_SOON
    return Standing.ANSWERS if state.answered_at else Standing.NEVER_ASKED


def certificate_ends(path: str) -> datetime | None:
    """Return when a certificate ends (UTC), None where there is none that can be read."""
    if not path:
        return None
    try:
        return x509.load_pem_x509_certificate(Path(path).read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
