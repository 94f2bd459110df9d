"""What planners see of the earlier versions of one answer: when and how much, and what one of them says differently."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from candidates.lifecycle.sitting import word_count
from candidates.lifecycle.versions import versions_of
from candidates.models import Candidate
from candidates.models.submissions import RESTORED
from candidates.signin.devices import devices_by_name

MAX_COMPARED = 2000  # lines of either text: comparing takes a time that grows with both


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One kept version, or what is stored now (`revision` None); without the text. Times are UTC."""

    revision: int | None
    saved_at: datetime | None
    words: int
    characters: int
    why: str
    device: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Lines of both texts in their order, each with "same", "only_then" or "only_now"."""

    lines: list[tuple[str, str]]
    differs: bool
    too_long: bool


def version_lines(candidate: Candidate) -> list[VersionLine]:
    """Return what is stored now and the kept versions, newest first; three queries, however many there are."""
    stored = getattr(candidate, "submission", None)
    if stored is None:
        return []
    kept = versions_of(candidate)
    known = devices_by_name(candidate.user_id, candidate.one_time_login_id)
    names = device_names([stored.device, *(one.device for one in kept)], known)
    now = VersionLine(
        None, stored.saved_at, word_count(stored.answer), len(stored.answer), _("Stored now"), names[stored.device]
    )
    lines = [
        VersionLine(
            one.revision, one.saved_at, word_count(one.answer), one.characters, one.get_why_display(), names[one.device]
        )
        for one in kept
    ]
    return [now, *lines]


def device_names(devices: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return words for the logins that wrote: "Device 1, Firefox on Windows" for the first one, in the order of time.

    `devices` are their names, the newest first, `known` what those are that are logged in still.
    """
    in_order = [device for device in dict.fromkeys(reversed(devices)) if device and device != RESTORED]
    names = {}
    for number, device in enumerate(in_order, 1):
        words = _("Device %(n)d, %(device)s") if known.get(device) else _("Device %(n)d")
        names[device] = words % {"n": number, "device": known.get(device, "")}
    return {"": "", RESTORED: _("A planner"), **names}


def compared(then: str, now: str) -> Compared:
    """Return a version and what is stored now, line by line."""
    old, new = then.split("\n"), now.split("\n")
    if max(len(old), len(new)) > MAX_COMPARED:
        return Compared([("same", line) for line in old], then != now, too_long=True)
    return Compared(list(_lines(old, new)), then != now, too_long=False)


def _lines(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    # Of 200 lines and more those that stand all over, as empty ones do, count only beside others that are alike: with
    # each of them against each a thread would be busy for minutes, and texts of candidates can be made for that.
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            yield from (("same", line) for line in old[old_from:old_to])
        else:
            yield from (("only_then", line) for line in old[old_from:old_to])
            yield from (("only_now", line) for line in new[new_from:new_to])
