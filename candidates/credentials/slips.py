"""The content of login slips, their order and their words, for print, PDF and CSV."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.text import natural_key, place_key

Layout = Literal["page", "compact"]


@dataclass(frozen=True, slots=True)
class Slip:
    """What one candidate needs on paper: who, what to type, their own times, and where.

    `username` and `password` are in their shown form (docs/domain.md §14). `ends_at` is this candidate's effective end;
    with `ends_at_latest` it is an upper bound, because the time runs from the candidate's start (D29).
    `extra_minutes` is the sum of planned and incident time. Times are aware. `stands_in`: the login is there while SSO
    is down (D20), so the paper does not promise it for later; `is_permanent`: it is for all tests; `has_chosen_name`:
    the user name must be typed exactly. `name` is that of the person where the invigilators of the test see names.
    """

    candidate_id: str
    username: str
    password: str = field(repr=False)
    test_name: str
    opens_at: datetime
    ends_at: datetime
    ends_at_latest: bool
    duration_minutes: int | None
    extra_minutes: int
    building: str
    room: str
    version: int
    stands_in: bool = False
    is_permanent: bool = False
    has_chosen_name: bool = False
    name: str = ""
    hides_id: bool = False

    @property
    def variant(self) -> tuple[bool, bool, bool, bool, bool]:
        """Return what the wording of the slip depends on."""
        return (self.stands_in, self.is_permanent, self.has_chosen_name, bool(self.name), self.hides_id)

    @property
    def whose(self) -> str:
        """Return whose the slip is, in large letters: a Candidate ID that is hidden gives way to the name."""
        return (self.name or self.username) if self.hides_id else self.candidate_id

    @property
    def whose_is(self) -> str:
        """Return what `whose` is called."""
        if not self.hides_id:
            return _("Candidate ID")
        return _("Name") if self.name else _("Username")

    @property
    def beside(self) -> str:
        """Return the name, where it does not stand in large letters."""
        return "" if self.hides_id else self.name

    @property
    def place(self) -> str:
        return f"{self.building} {self.room}".strip()

    @property
    def location(self) -> tuple[str, str]:
        """Return what identifies a room: "A 1" may be a building, or room 1 of building A."""
        return (self.building, self.room)


@dataclass(frozen=True)
class SlipSheet:
    """The slips of one printing in their order, and what is the same on all of them.

    `login_address` is what the QR code says. Raises ValueError unless it is a bare http(s) address: with a query, a
    fragment or a user in it, it could carry a secret into a camera's history (docs/domain.md §14).
    """

    slips: tuple[Slip, ...]
    organisation: str
    login_address: str
    printed_at: datetime
    zone: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.login_address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("The login address is not an http or https address")
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError("The login address carries more than a place")

    @cached_property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def zone_label(self) -> str:
        """Return the words that stand beside every time, like "Oslo time" (D30)."""
        area, slash, city = self.zone.rpartition("/")
        return _("%(city)s time") % {"city": city.replace("_", " ")} if slash and area != "Etc" else city

    @property
    def address_to_type(self) -> str:
        """Return the login address as a person types it: without https://, which browsers add by themselves."""
        return self.login_address.removeprefix("https://").rstrip("/")

    def printed(self, *, layout: Layout = "page") -> list["PrintedSlip"]:
        short = layout == "compact"
        total = len(self.slips)
        return [
            PrintedSlip(
                slip=slip,
                number=number,
                total=total,
                when=when_for(slip, sheet=self, short=short),
                start=dateformat.format(slip.opens_at.astimezone(self.timezone), "H:i"),
            )
            for number, slip in enumerate(self.slips, start=1)
        ]

    def printed_when(self, *, layout: Layout = "page") -> str:
        """Return when the paper was printed, so that an old slip can be told from a new one."""
        local = self.printed_at.astimezone(self.timezone)
        if layout == "compact":
            return dateformat.format(local, "j M H:i")
        return _("%(when)s %(zone)s") % {"when": dateformat.format(local, "D j M Y, H:i"), "zone": self.zone_label}


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    """A slip with its number in the pile ("244 of 253") and its times in words."""

    slip: Slip
    number: int
    total: int
    when: str
    start: str

    @property
    def count(self) -> str:
        """Return the number on the slip, by which people notice a missing sheet of paper."""
        return _("%(number)d of %(total)d") % {"number": self.number, "total": self.total}

    @property
    def classes(self) -> str:
        """Return the CSS classes that make long texts smaller on paper."""
        slip = self.slip
        lengths = (
            ("id", len(slip.whose), 9, 40),
            ("title", len(slip.test_name), 80, 200),
            ("place", len(slip.place), 24, 60),
            ("user", len(slip.username), 20, 40),
            ("name", len(slip.beside), 30, 60),
        )
        return "".join(
            f" {name}-{'longest' if length > longest else 'long'}"
            for name, length, long, longest in lengths
            if length > long
        )

    @property
    def steps(self) -> list[SafeString]:
        """Return what to do, step by step, in HTML that knows nothing but <b>."""
        return [
            escape(_("Type the address in the browser, or scan the code.")),
            format_html(self._typing, button=format_html("<b>{}</b>", _("Log in"))),
            format_html(
                _("Choose the test. Press {button} from {time}."),
                button=format_html("<b>{}</b>", _("Start test")),
                time=self.start,
            ),
        ]

    @property
    def _typing(self) -> str:
        if self.slip.has_chosen_name:
            return _(
                "Type the username as it is printed, and the password, then press {button}. Capitals do not matter, "
                "nor do the hyphens of the password, in which 0 and 1 and the letters i, l and o are never used."
            )
        return _(
            "Type the username and the password, then press {button}. Capitals and hyphens do not matter. "
            "The digits 0 and 1 and the letters i, l and o are never used."
        )

    @property
    def advice(self) -> list[str]:
        """Return advice for the room and for afterwards."""
        if self.slip.stands_in:
            later = _(
                "Keep this slip until you have submitted. Later you find what you submitted in the Archive, when you "
                "log in through your institution."
            )
        elif self.slip.is_permanent:
            later = _(
                "Use the same username and password for all your tests. Keep this slip where nobody else finds it: "
                "with the same login you find what you submitted in the Archive."
            )
        else:
            later = _("Keep this slip. With the same login you find what you submitted in the Archive.")
        said = [_("Trouble logging in? Ask the invigilator."), later]
        if self.slip.stands_in and not self.slip.name:
            said.append(_("Handed out by the key list of the room, which says who has this Candidate ID."))
        return said

    @property
    def short_advice(self) -> str:
        """Return steps and advice as one short paragraph, for a sixth of a page."""
        if self.slip.stands_in:
            words = _(
                "Capitals and hyphens do not matter. Trouble? Ask the invigilator. "
                "Keep the slip until you have submitted."
            )
            return words if self.slip.name else _("Handed out by the key list.") + " " + words
        if self.slip.is_permanent:
            same = _("Use the same username and password for all your tests.")
            if self.slip.has_chosen_name:
                return (
                    same + " " + _("Capitals do not matter, nor hyphens of the password. Trouble? Ask the invigilator.")
                )
            return same + " " + _("Capitals and hyphens do not matter. Trouble logging in? Ask the invigilator.")
        return _(
            "Capitals and hyphens do not matter. Trouble logging in? Ask the invigilator. "
            "Keep the slip for the Archive."
        )


def sort_slips(slips: Iterable[Slip]) -> tuple[Slip, ...]:
    """Return the slips by building, room and Candidate ID, as they are handed out; those without a room come last.

    Digits are compared as numbers (room 2 before room 10); equal ones have a fixed order (6 before 06).
    """

    return tuple(sorted(slips, key=lambda slip: slip_sort_key(slip.building, slip.room, slip.candidate_id)))


def slip_sort_key(building: str, room: str, candidate_id: str) -> tuple[object, ...]:
    """Return the sort key of slips, and of lists in the same order."""
    return *place_key(building, room), natural_key(candidate_id), len(candidate_id), candidate_id


def when_for(slip: Slip, *, sheet: SlipSheet, short: bool = False) -> str:
    """Return this candidate's own times in words: with the weekday, the zone, and the extra time in minutes.

    With a duration the end is an upper bound, and is called so (D29). Seconds are cut off, so that an end is shown too
    early rather than too late. Where the clocks change in between, both times show their offset from UTC.
    """
    opens, ends = slip.opens_at.astimezone(sheet.timezone), slip.ends_at.astimezone(sheet.timezone)
    date = "D j M Y" if short else "l j F Y"
    clock = "%H:%M" if opens.utcoffset() == ends.utcoffset() else "%H:%M (UTC%z)"
    values = {
        "day": dateformat.format(opens, date),
        "start": opens.strftime(clock),
        "last_day": dateformat.format(ends, date),
        "end": ends.strftime(clock),
        "zone": sheet.zone_label,
    }
    if opens.date() == ends.date():
        span = _("%(day)s, %(start)s–%(end)s %(zone)s") % values
    else:
        span = _("%(day)s, %(start)s – %(last_day)s, %(end)s %(zone)s") % values
    if slip.ends_at_latest:
        span = _("%(span)s at the latest") % {"span": span}
    return span + _allowance(slip, short=short)


def _allowance(slip: Slip, *, short: bool) -> str:
    """Return how long the candidate may work, as the rest of the sentence."""
    extra = slip.extra_minutes
    if slip.duration_minutes is not None:
        total = {"total": slip.duration_minutes + extra, "extra": extra}
        if short:
            text = _(", %(total)d min from your start") % total
            return text + (_(" (%(extra)d min extra)") % total if extra else "")
        text = _(". You have %(total)d minutes from your start") % total
        return text + (_(", %(extra)d of them extra time.") % total if extra else ".")
    if not extra:
        return ""
    if short:
        return _(", %(extra)d min extra") % {"extra": extra}
    return ngettext(", with %(extra)d minute extra time", ", with %(extra)d minutes extra time", extra) % {
        "extra": extra
    }
