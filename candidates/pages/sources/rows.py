"""What the list of student systems shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from candidates.authentication_types import type_label
from candidates.rosters.asking import SourceState, Standing, source_states
from candidates.rosters.sources import setups
from candidates.signin.sso.binding import refused_people
from candidates.text import day, when
from inspera_deliver.roster_sources import NEEDED, name_of_setting

KINDS = {
    "ladok": "Ladok",
    "fs": "FS",
    "lti": "LTI 1.3",
    "oneroster": gettext_lazy("OneRoster, files"),
    "folder": gettext_lazy("Drop folder"),
}
# What may stand in the settings of one beside what NEEDED says.
OPTIONAL = {
    "ladok": ("LABEL", "CLAIM", "CA", "EVERY_MINUTES", "SUPPORT"),
    "fs": ("LABEL", "API_KEY", "USER", "PASSWORD", "CLAIM", "CA", "EVERY_MINUTES"),
    "lti": ("LABEL", "CA", "EVERY_MINUTES"),
    "oneroster": ("LABEL", "CLAIM", "EVERY_MINUTES"),
    "folder": ("LABEL", "CLAIM", "EVERY_MINUTES"),
}


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under a row, in the colour of what it asks for: "warning" or "danger"."""

    text: str
    color: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One student system in the list. `color` is "" where its state needs nobody."""

    slug: str
    label: str
    kind: str
    state: str
    color: str
    last_contact: str
    following: str
    tests: int
    notes: tuple[Note, ...]
    is_platform: bool


def sources_page() -> dict[str, Any]:
    """Return every student system, what is wrong in the settings, and whose login is not clear: three queries."""
    now = timezone.now()
    rows = sorted((_row(one, now) for one in source_states()), key=lambda row: row.label.casefold())
    return {
        "rows": rows,
        "left_out": settings.ROSTER_SOURCES_LEFT_OUT,
        "conflicts": [
            {
                "type": type_label(one.authentication_type),
                "claim": one.claim,
                "login": one.login,
                "public_id": one.public_id,
                "what": _("Another account came with it; the first one keeps the place.")
                if one.bound_at
                else _("The person is on the test already, in another way."),
                "at": one.refused_at,
            }
            for one in refused_people()
        ],
        "kinds": [_kind_words(kind) for kind in KINDS],
    }


def _kind_words(kind: str) -> dict[str, str]:
    """Return the settings of a kind by the names that they have for a source that is called UNI."""
    logs_in = () if kind == "lti" else ("AUTHENTICATION_TYPE",)
    needed = ["ROSTER_SOURCES=uni", f"ROSTER_UNI_KIND={kind}"]
    needed += [name_of_setting("uni", part) for part in (*NEEDED[kind], *logs_in)]
    more = [name_of_setting("uni", part) for part in OPTIONAL[kind]]
    return {"kind": str(KINDS[kind]), "needed": ", ".join(needed), "more": ", ".join(more)}


def _row(one: SourceState, now: datetime) -> SourceRow:
    state, color = _state(one, now)
    stopped = one.standing in (Standing.STOPPED, Standing.SWITCHED_OFF)
    following = when(one.next_look_at) if one.next_look_at and one.next_look_at > now else _("Within minutes")
    return SourceRow(
        slug=one.slug,
        label=one.label,
        kind=str(KINDS.get(one.kind, one.kind)),
        state=state,
        color=color,
        last_contact=when(one.answered_at) if one.answered_at else _("Never"),
        following=_("Stopped") if stopped else following if one.tests else _("No test asks"),
        tests=one.tests,
        notes=tuple(_notes(one, now)),
        is_platform=one.kind == "lti",
    )


def _state(one: SourceState, now: datetime) -> tuple[str, str]:
    if one.standing != Standing.SWITCHED_OFF and one.certificate_ends and one.certificate_ends <= now:
        return _("Expired"), "danger"
    return {
        Standing.ANSWERS: (_("Answers"), ""),
        Standing.EXPIRES_SOON: (_("Expires soon"), "warning"),
        Standing.FAILS: (_("Does not answer"), "danger"),
        Standing.STOPPED: (_("Refused"), "danger"),
        Standing.SWITCHED_OFF: (_("Switched off"), "danger"),
        Standing.NEVER_ASKED: (_("Not asked yet"), ""),
    }[one.standing]


def _notes(one: SourceState, now: datetime) -> Iterator[Note]:
    """Yield what somebody has to do about a source, the most urgent first."""
    for problem in one.problems:
        yield Note(problem, "danger")
    if one.failing_since is not None and one.last_error:
        times = ngettext("It failed once, %(since)s.", "It failed %(n)d times since %(since)s.", one.failures_in_a_row)
        said = [one.last_error, times % {"n": one.failures_in_a_row, "since": when(one.failing_since)}]
        if one.standing == Standing.STOPPED:
            said.append(_("We have stopped asking: mend it, then test the connection."))
        if one.tests:
            keeps = ngettext(
                "%(n)d test keeps the candidates that it has.",
                "%(n)d tests keep the candidates that they have.",
                one.tests,
            )
            said.append(keeps % {"n": one.tests})
        yield Note(" ".join(said), "danger")
    yield from _about_certificate(one, now)


def _about_certificate(one: SourceState, now: datetime) -> Iterator[Note]:
    setting = name_of_setting(one.slug, "CERTIFICATE")
    ends = one.certificate_ends
    if ends is None:
        if setups()[one.slug]["certificate"] and not one.problems:
            words = _("The certificate cannot be read: %(setting)s has to name a PEM file.")
            yield Note(words % {"setting": setting}, "danger")
        return
    said = {"day": day(ends), "setting": setting}
    if ends <= now:
        words = _("The certificate expired on %(day)s. Put a new one where %(setting)s points, and its key.")
        yield Note(words % said, "danger")
    elif one.standing == Standing.EXPIRES_SOON or (ends - now).days < 30:
        left = (timezone.localtime(ends).date() - timezone.localtime(now).date()).days
        words = ngettext(
            "The certificate expires in %(n)d day, on %(day)s. Put the next one where %(setting)s points.",
            "The certificate expires in %(n)d days, on %(day)s. Put the next one where %(setting)s points.",
            left,
        )
        yield Note(words % {**said, "n": left}, "warning")
