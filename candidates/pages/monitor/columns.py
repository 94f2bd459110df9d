"""The columns of Monitor: which there are, which are on, and what stands in their cells (docs/domain.md §10, D18)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.authentication_types import type_label
from candidates.models import Candidate, IdCheck, Presence
from candidates.pages.monitor.rows import Attention, Watch, WatchLine
from candidates.pages.shared.finding import Person
from candidates.text import clock, day, when
from candidates.timing import Progress


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: plain text, and the mark of an exception (docs/look.md "Colour and tags")."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Column:
    """A column that can be switched on and off.

    `label` is its name among the switches, `head` its head in table and file, `short` its name on a phone, `css` the
    classes of its cells, `sort` the order that its head gives. `value` is what tells cells apart, cheap to get 1500
    times; `show` makes a cell of it, once for each value on a page.
    """

    key: str
    label: Promise | str
    head: Promise | str
    value: Callable[[WatchLine, Watch], Any]
    show: Callable[[Any, Watch], Cell]
    css: str = ""
    short: Promise | str = ""
    sort: str = ""
    at_first: bool = True
    personal: bool = False  # says who somebody is: for those who may know
    moment: Callable[[WatchLine], datetime | None] | None = None

    @property
    def num(self) -> bool:
        """Say whether its cells are figures."""
        return "num" in self.css

    def cell(self, line: WatchLine, watch: Watch) -> Cell:
        """Return what stands in the cell of one line."""
        return self.show(self.value(line, watch), watch)


ONLINE, NEVER, AWAY = -1, -2, -3
DEVICES = -100  # less their number: online, and on more than one


def status(line: WatchLine, watch: Watch) -> int:
    """Return for how many minutes nothing was heard of a candidate in the test, or one of the values above."""
    if line.online:
        return DEVICES - line.devices if line.devices > 1 else ONLINE
    minutes = line.minutes_offline(watch.now)
    if minutes is not None:
        return minutes
    return NEVER if line.never_logged_in else AWAY


def show_status(value: int, _watch: Watch) -> Cell:
    """Say whether the candidate's pages give signs of life."""
    if value >= 0:
        return Cell(_("Offline for %(minutes)d min") % {"minutes": value}, "warn")
    if value < DEVICES:
        return Cell(_("Online on %(n)d devices") % {"n": DEVICES - value}, "warn")
    return Cell({ONLINE: _("Online"), NEVER: _("Never logged in"), AWAY: _("Inactive")}[value])


def show_progress(value: tuple[Progress, Attention], _watch: Watch) -> Cell:
    """Say how far the candidate is; only who is missing is tagged."""
    progress, attention = value
    mark = "done" if progress == Progress.SUBMITTED else "tag" if attention == Attention.MISSING else ""
    return Cell(str(progress.label), mark)


def show_figure(value: int | None, _watch: Watch) -> Cell:
    """Return a figure; empty for none."""
    return Cell("" if value is None else str(value))


def show_text(value: str, _watch: Watch) -> Cell:
    """Return a text as it is."""
    return Cell(value)


def show_time(value: datetime | None, watch: Watch) -> Cell:
    """Return the clock; on another day than the opening's the date as well."""
    return Cell(clock(value) if day(value) == day(watch.test.opens_at) else when(value))


def show_end(value: tuple[datetime, bool], watch: Watch) -> Cell:
    """Return a candidate's own end; it stands out where it was moved (docs/look.md "Colour and tags")."""
    ends_at, is_moved = value
    return Cell(show_time(ends_at, watch).text, "strong" if is_moved else "quiet")


def show_presence(value: str, _watch: Watch) -> Cell:
    """Say who is here or was found absent; empty for whom nobody has marked."""
    return Cell(
        "" if value == Presence.NOT_SET else str(Presence(value).label), "warn" if value == Presence.ABSENT else ""
    )


def show_id_check(value: str, _watch: Watch) -> Cell:
    """Say whose ID was checked; who was not the person stands out."""
    text = "" if value == IdCheck.NOT_CHECKED else str(IdCheck(value).label)
    return Cell(text, "warn" if value == IdCheck.REJECTED else "")


def show_kind(value: tuple[str, str, bool], _watch: Watch) -> Cell:
    """Return the authentication type, which only SSO candidates have, or the kind; and a one-time login given (D20)."""
    authentication_type, kind, has_one_time_login = value
    label = type_label(authentication_type) if authentication_type else str(Candidate.Kind(kind).label)
    return Cell(_("%(label)s, and one-time login") % {"label": label} if has_one_time_login else label)


def _time(
    key: str, label: Promise | str, of: Callable[[WatchLine], datetime | None], css: str = "num", **more: Any
) -> Column:
    """Return a column of times, shown without their seconds, so that many candidates have the same."""

    def value(line: WatchLine, _watch: Watch) -> datetime | None:
        moment = of(line)
        return None if moment is None else moment.replace(second=0, microsecond=0)

    return Column(key, label, label, value, show_time, css, moment=of, **more)


def _of_person(key: str, label: Promise | str, of: Callable[[Person], str]) -> Column:
    """Return a column that says who somebody is; each has another value, so the page makes them itself."""

    def value(line: WatchLine, watch: Watch) -> str:
        person = watch.people.get(line.public_id)
        return of(person) if person else ""

    return Column(key, label, label, value, show_text, at_first=False, personal=True)


_L = gettext_lazy
COLUMNS = (
    _of_person("name", _L("Name"), lambda person: person.name),
    _of_person("reference", _L("Private reference"), lambda person: person.private_reference),
    Column("status", _L("Status"), _L("Status"), status, show_status),
    Column(
        "progress",
        _L("Progress"),
        _L("Progress"),
        lambda line, watch: (line.progress, line.attention),
        show_progress,
        "key",
        sort="progress",
    ),
    Column(
        "spent",
        _L("Minutes spent"),
        _L("Spent (min)"),
        lambda line, watch: line.minutes_spent(watch.now),
        show_figure,
        "num",
        short=_L("Spent"),
    ),
    Column(
        "left",
        _L("Minutes remaining"),
        _L("Remaining (min)"),
        lambda line, watch: line.minutes_remaining(watch.now),
        show_figure,
        "num",
        short=_L("Remaining"),
        sort="left",
    ),
    _time("started", _L("Started"), lambda line: line.stored.started_at, "num wide"),
    _time("submitted", _L("Submitted"), lambda line: line.handed_in_at, short=_L("at")),
    Column(
        "extra",
        _L("Extra time"),
        _L("Extra time (min)"),
        lambda line, watch: line.stored.extra_minutes or None,
        show_figure,
        "num",
        short=_L("Extra"),
    ),
    Column(
        "incident",
        _L("Incident time"),
        _L("Incident (min)"),
        lambda line, watch: line.stored.incident_minutes or None,
        show_figure,
        "num",
        short=_L("Incident"),
    ),
    Column(
        "ends",
        _L("Individual end time"),
        _L("Ends"),
        lambda line, watch: (line.ends_at, line.stored.extra_minutes + line.stored.incident_minutes > 0),
        show_end,
        "num",
        short=_L("Ends"),
        at_first=False,
        moment=lambda line: line.ends_at,
    ),
    _time("logged_in", _L("Logged in"), lambda line: line.stored.logged_in_at, short=_L("Logged in"), at_first=False),
    Column(
        "kind",
        _L("Authentication type"),
        _L("Authentication type"),
        lambda line, watch: (
            line.stored.authentication_type,
            line.stored.kind,
            line.stored.one_time_login_id is not None,
        ),
        show_kind,
        at_first=False,
    ),
    Column(
        "attendance",
        _L("Attendance"),
        _L("Attendance"),
        lambda line, watch: line.stored.presence or Presence.NOT_SET.value,
        show_presence,
    ),
    Column(
        "id_check",
        _L("ID check"),
        _L("ID check"),
        lambda line, watch: line.stored.id_check or IdCheck.NOT_CHECKED.value,
        show_id_check,
        short=_L("ID"),
        at_first=False,
    ),
    Column(
        "building",
        _L("Building"),
        _L("Building"),
        lambda line, watch: line.stored.building or "",
        show_text,
        at_first=False,
    ),
    Column(
        "room",
        _L("Room"),
        _L("Room"),
        lambda line, watch: line.stored.room or "",
        show_text,
        at_first=False,
    ),
    Column(
        "seat",
        _L("Seat"),
        _L("Seat"),
        lambda line, watch: line.stored.seat,
        show_text,
        "num",
        short=_L("Seat"),
        at_first=False,
    ),
)


def columns_of(asked: Sequence[str], remembered: Sequence[str] | None, *, names: bool) -> list[Column]:
    """Return the columns that are on: those of the address, else the remembered ones, else those of D18.

    Those that say who somebody is only with `names`.
    """
    if not asked:
        asked = [column.key for column in COLUMNS if column.at_first] if remembered is None else remembered
    return [column for column in offered(names=names) if column.key in asked]


def offered(*, names: bool) -> list[Column]:
    """Return the columns that somebody may switch on; those that say who somebody is only with `names`."""
    return [column for column in COLUMNS if names or not column.personal]
