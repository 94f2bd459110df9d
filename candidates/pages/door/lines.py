"""One candidate as the door sees them, in words and as a phone keeps them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from candidates.authentication_types import type_label
from candidates.lifecycle.attendance import sits_in
from candidates.models import Candidate, IdCheck, Presence, Test
from candidates.models.accounts import show_username
from candidates.pages.door.words import said
from candidates.pages.shared.finding import Who, spoken
from candidates.pages.shared.stored_line import StoredLine
from candidates.text import clock
from candidates.timing import Progress, end_of, progress_of

# Only what stands at a door: no account and no password, and nothing of an answer.
COLUMNS = (
    *("public_id", "candidate_id", "candidate_key", "sort_key", "kind", "authentication_type", "is_spare"),
    *("name", "private_reference", "sso_user_id", "user__username", "one_time_login__username"),
    *("location_id", "location__building", "location__room", "seat"),
    *("extra_minutes", "incident_minutes", "logged_in_at", "last_seen_at", "started_at", "submitted_at"),
    *("one_time_login_id", "attendance__presence", "attendance__presence_at"),
    *("attendance__id_check", "attendance__id_check_at"),
)


class Stored(NamedTuple):
    """One candidate as the query returns it, in the order of COLUMNS. Times are UTC."""

    public_id: str
    candidate_id: str
    key: str
    sort_key: str
    kind: str
    authentication_type: str
    is_spare: bool
    name: str
    private_reference: str
    sso_user_id: str
    username: str | None
    second: str | None  # the user name of a one-time login that stands in
    location_id: int | None
    building: str | None
    room: str | None
    seat: str
    extra_minutes: int
    incident_minutes: int
    logged_in_at: datetime | None
    last_seen_at: datetime | None
    started_at: datetime | None
    submitted_at: datetime | None
    one_time_login_id: int | None
    presence: str | None
    presence_at: datetime | None
    id_check: str | None
    id_check_at: datetime | None


class Words(NamedTuple):
    """What lines say, translated once for all of them: 1500 times that is a third of what a phone asks for."""

    seated: str
    spare_slip: str
    slip: str
    own_password: str
    with_one_time_login: str
    has_handed_in: str
    writes: str
    has_logged_in: str
    has_not_logged_in: str
    labels: Mapping[str, str]
    clock: Callable[[datetime], str]

    @classmethod
    def of(cls, slugs: Iterable[str]) -> "Words":
        """Return the words, with the labels of these authentication types."""
        return cls(
            seated=_("%(place)s, seat %(seat)s"),
            spare_slip=_("Spare slip"),
            slip=_("Slip"),
            own_password=_("Own password"),
            with_one_time_login=_("%(label)s, and one-time login"),
            has_handed_in=_("Has handed in."),
            writes=_("Writes."),
            has_logged_in=_("Has logged in."),
            has_not_logged_in=_("Has not logged in."),
            labels={slug: type_label(slug) for slug in slugs},
            clock=cache(clock),  # most end at the same moment
        )


@dataclass(frozen=True, slots=True)
class DoorLine(StoredLine):
    """One candidate at the door; `is_here` says whether this door is theirs, `may_mark` whether they may be marked."""

    stored: Stored
    test: Test
    now: datetime
    is_here: bool
    may_mark: bool
    names: bool
    has_login: bool
    words: Words

    # What takes time is asked for by those few that a page shows, and of the people of a door alone.

    @property
    def ends(self) -> str:
        """Return when the candidate's own time ends."""
        return self.words.clock(end_of(self.stored, self.test))

    @property
    def extra(self) -> int:
        """Return the extra minutes, planned and for incidents."""
        return self.stored.extra_minutes + self.stored.incident_minutes

    @property
    def progress(self) -> Progress:
        """Return how far the candidate is."""
        return progress_of(self.stored, self.test, now=self.now)

    @property
    def name(self) -> str:
        """Return the name as it is said: "Reidun Aas" for "Aas, Reidun"."""
        return spoken(self.stored.name) if self.names else ""

    @property
    def reference(self) -> str:
        """Return the private reference."""
        return self.stored.private_reference if self.names else ""

    @property
    def sits(self) -> str:
        """Return where the candidate sits: the place, or what is wrong with it at this door."""
        if not self.place:
            return _("%(id)s is on the test and has no room") % {"id": self.candidate_id}
        if not self.is_here:
            return sits_in(self.candidate_id, self.place, self.stored.seat)
        if self.stored.seat:
            return self.words.seated % {"place": self.place, "seat": self.stored.seat}
        return self.place

    @property
    def presence(self) -> str:
        """Return the attendance that counts."""
        return self.stored.presence or Presence.NOT_SET

    @property
    def id_check(self) -> str:
        """Return the ID check that counts."""
        return self.stored.id_check or IdCheck.NOT_CHECKED

    @property
    def logs_in_with(self) -> str:
        """Return what the candidate logs in with, in words."""
        if self.stored.kind == Candidate.Kind.ONE_TIME:
            return self.words.spare_slip if self.stored.is_spare else self.words.slip
        if self.stored.kind == Candidate.Kind.PERMANENT:
            return self.words.slip if self.has_login else self.words.own_password
        label = self.words.labels[self.stored.authentication_type]
        return self.words.with_one_time_login % {"label": label} if self.stored.one_time_login_id else label

    @property
    def is_to_take_back(self) -> bool:
        """Say whether this is a spare login that was given to somebody who has not logged in with it."""
        return self.stored.is_spare and self.stored.logged_in_at is None and self.stored.started_at is None

    @property
    def been(self) -> str:
        """Return what the candidate has done, in a few words; for the line under the facts."""
        if self.progress == Progress.SUBMITTED:
            return self.words.has_handed_in
        if self.stored.started_at is not None:
            return self.words.writes
        return self.words.has_logged_in if self.stored.logged_in_at else self.words.has_not_logged_in

    @property
    def state(self) -> list[tuple[str, str]]:
        """Return what was marked, each part with its class; the script says the same (door/state.js)."""
        found = self.stored
        parts = []
        if self.presence == Presence.PRESENT:
            parts.append(("is-done", said("present", t=clock(found.presence_at))))
        elif self.presence == Presence.ABSENT:
            parts.append(("is-warn", said("absent", t=clock(found.presence_at))))
        else:
            parts.append(("", said("not_here")))
        if self.id_check == IdCheck.VERIFIED:
            parts.append(("is-done", said("verified", t=clock(found.id_check_at))))
        elif self.id_check == IdCheck.REJECTED:
            parts.append(("is-fail", said("rejected", t=clock(found.id_check_at))))
        return parts

    @property
    def short(self) -> str:
        """Return the attendance in two words, for a list."""
        return said(
            {Presence.PRESENT: "short_present", Presence.ABSENT: "short_absent"}.get(
                Presence(self.presence), "short_not_here"
            )
        )

    @property
    def is_present(self) -> bool:
        """Say whether the candidate is here."""
        return self.presence == Presence.PRESENT

    @property
    def is_verified(self) -> bool:
        """Say whether the ID was checked and right."""
        return self.id_check == IdCheck.VERIFIED

    @property
    def is_rejected(self) -> bool:
        """Say whether somebody said that this is not the person."""
        return self.id_check == IdCheck.REJECTED

    def data(self, who: Who) -> dict[str, Any]:
        """Return what a phone keeps of the candidate while the page is open, but for what its search looks into.

        Of who is for another door that is where they sit, and nothing else.
        """
        found = self.stored
        known = {
            "key": self.public_id,
            "id": self.candidate_id,
            "name": self.name,
            "sits": self.sits,
            "here": self.is_here,
            "may": self.may_mark,
        }
        if not self.may_mark:
            return known
        return {
            **known,
            "ref": self.reference,
            "seat": found.seat,
            "roomless": not self.place,
            "ends": self.ends,
            "extra": self.extra,
            "with": self.logs_in_with,
            "login": self.has_login,
            "been": self.been,
            "back": self.is_to_take_back,
            "made": who.made_name.replace("-", ""),
            **self.marks(),
        }

    def marks(self) -> dict[str, Any]:
        """Return what changes at the door; times are milliseconds of the server's clock."""
        found = self.stored
        return {
            "presence": self.presence,
            "presenceAt": milliseconds(found.presence_at),
            "idCheck": self.id_check,
            "idCheckAt": milliseconds(found.id_check_at),
        }


def who_of(line: DoorLine) -> Who:
    """Return what a search looks into."""
    found = line.stored
    if not line.names:
        return Who(found.key)
    user, second = show_username(found.username or ""), show_username(found.second or "")
    made = second if second else "" if found.kind == Candidate.Kind.SSO else user
    return Who(
        *(found.key, found.name, found.private_reference, found.sso_user_id),
        username=user if found.kind == Candidate.Kind.PERMANENT else "",
        made_name=made if line.test.is_activated else "",
    )


def milliseconds(moment: datetime | None) -> int:
    """Return a moment as browsers count them, 0 for none."""
    return int(moment.timestamp() * 1000) if moment else 0
