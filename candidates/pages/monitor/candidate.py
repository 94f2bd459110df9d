"""What Monitor says about one candidate: a line of state, and folded facts, each with its outcome on the fold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from candidates.models import Candidate, IdCheck, Presence, Session
from candidates.pages.monitor.columns import Cell, show_kind, show_progress, show_time, status
from candidates.pages.monitor.columns import show_status as show_signs_of_life
from candidates.pages.monitor.rows import NO_ROOM, Watch, WatchLine
from candidates.signin.devices import device_words
from candidates.timing import Progress


@dataclass(frozen=True, slots=True)
class Fold:
    """Facts that are folded away under what they come to; `rows` are (term, value), without those that are empty."""

    summary: str
    rows: list[tuple[str, str]]
    more: str = ""  # the name of the address of a page with more about it


@dataclass(frozen=True, slots=True)
class CandidatePage:
    """One candidate as the page shows it."""

    place: str
    state: list[Cell]
    folds: list[Fold]


def candidate_page(candidate: Candidate, line: WatchLine, watch: Watch, devices: Sequence[Session]) -> CandidatePage:
    """Return what the page of one candidate, who is logged in on these devices now, shows at the moment of `watch`."""
    place = str(NO_ROOM).capitalize() if watch.says_no_room(line) else line.place
    if seat := line.stored.seat:
        place = (_("%(place)s, seat %(seat)s") if place else _("Seat %(seat)s")) % {"place": place, "seat": seat}
    return CandidatePage(
        place,
        _state(line, watch),
        [*_devices(devices, watch), _times(line, watch), _attendance(line), _login(candidate, line, watch)],
    )


def _state(line: WatchLine, watch: Watch) -> list[Cell]:
    """Return the signs of life, the progress, and when the candidate ends or has submitted."""
    progress = show_progress((line.progress, line.attention), watch)
    if line.progress == Progress.SUBMITTED:
        return [Cell(_("%(progress)s at %(time)s") % _words(progress, line.handed_in_at, watch), "done")]
    return [show_signs_of_life(status(line, watch), watch), progress, Cell(_end(line, watch))]


def _devices(devices: Sequence[Session], watch: Watch) -> list[Fold]:
    """Return since when and from where somebody is logged in on more than one device."""
    if len(devices) < 2:
        return []
    words = _("since %(time)s, from %(address)s")
    rows = []
    for one in devices:
        since = {"time": show_time(one.logged_in_at, watch).text, "address": one.address or _("an unknown address")}
        rows.append((device_words(one.device), words % since))
    return [Fold(_("Logged in on %(n)d devices") % {"n": len(devices)}, rows)]


def _attendance(line: WatchLine) -> Fold:
    """Return who is here as the door has marked it; its link leads to the record and to corrections."""
    present = str(Presence(line.stored.presence or Presence.NOT_SET).label)
    checked = str(IdCheck(line.stored.id_check or IdCheck.NOT_CHECKED).label)
    return Fold(
        _("Attendance: %(value)s") % {"value": present},
        [(_("Attendance"), present), (_("ID check"), checked)],
        "correct-attendance",
    )


def _words(progress: Cell, moment: datetime | None, watch: Watch) -> dict[str, str]:
    return {"progress": progress.text, "time": show_time(moment, watch).text}


def _end(line: WatchLine, watch: Watch) -> str:
    time = {"time": show_time(line.ends_at, watch).text}
    if watch.test.duration_minutes is not None and line.stored.started_at is None:
        return _("ends %(time)s at the latest") % time
    return _("ends %(time)s") % time


def _times(line: WatchLine, watch: Watch) -> Fold:
    stored, minutes = line.stored, _("%(minutes)d min")
    figures = [
        (_("Extra time"), stored.extra_minutes or None),
        (_("Incident time"), stored.incident_minutes or None),
        (_("Spent"), line.minutes_spent(watch.now)),
        (_("Remaining"), line.minutes_remaining(watch.now)),
    ]
    extra, incident, spent, left = ((term, "" if n is None else minutes % {"minutes": n}) for term, n in figures)
    started = (_("Started"), show_time(stored.started_at, watch).text)
    submitted = (_("Submitted"), show_time(line.handed_in_at, watch).text)
    ends = (_("Ends"), show_time(line.ends_at, watch).text)
    rows = [row for row in (started, spent, left, submitted, extra, incident, ends) if row[1]]
    said = [
        _("%(time)s left") % {"time": left[1]} if left[1] else "",
        _("%(time)s extra") % {"time": minutes % {"minutes": added}}
        if (added := stored.extra_minutes + stored.incident_minutes)
        else "",
    ]
    outcome = ", ".join(part for part in said if part) or _end(line, watch)
    return Fold(_("Times: %(outcome)s") % {"outcome": outcome}, rows)


def _login(candidate: Candidate, line: WatchLine, watch: Watch) -> Fold:
    """Return how the candidate logs in and whether that was so; by which name, Monitor never says."""
    stored = line.stored
    through = show_kind((stored.authentication_type, stored.kind, stored.one_time_login_id is not None), watch).text
    if stored.kind == Candidate.Kind.ONE_TIME:
        through = _("Slip, version %(version)d") % {"version": candidate.slip_version}
    short = _("slip") if stored.kind == Candidate.Kind.ONE_TIME else through
    since = show_time(stored.logged_in_at, watch).text
    rows = [
        (_("Logged in"), since),
        (_("Last seen"), show_time(stored.last_seen_at, watch).text),
        (_("Logs in with"), through),
    ]
    words = _("Login: %(with)s, logged in since %(time)s") if since else _("Login: %(with)s, never logged in")
    return Fold(words % {"with": short, "time": since}, [row for row in rows if row[1]])
