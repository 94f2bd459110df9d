"""A test's login details without opening one: who has some, whether they are printed, until when they are shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from candidates.authentication_types import type_label
from candidates.credentials.rights import withheld_from, withheld_words
from candidates.credentials.sealing import can_open
from candidates.credentials.slips import slip_sort_key
from candidates.models import Candidate, Test, User
from candidates.models.accounts import VERIFIER
from candidates.models.candidates import HAS_SLIP, slip_column
from candidates.timing import last_end, longest_extra_seconds

# Candidates of one test who log in with a login of their own only.
NO_SLIP = Q(kind=Candidate.Kind.SSO, one_time_login__isnull=True) | (
    Q(kind=Candidate.Kind.PERMANENT) & ~Q(user__password__startswith=f"{VERIFIER}$")
)


@dataclass(frozen=True, slots=True)
class CandidateRef:
    """A candidate as pages name them and link to them."""

    candidate_id: str
    public_id: str


@dataclass(frozen=True, slots=True)
class Holder(CandidateRef):
    """A candidate with login details of ours, but without these details.

    `stands_in`: they are an SSO candidate's one-time login, given while SSO was down; `is_permanent`: they are for all
    tests of a permanent user; `is_shut_out`: the person was deactivated.
    """

    location_id: int | None
    location: str
    is_printed: bool
    was_printed: bool
    print_id: int | None
    is_purged: bool
    is_broken: bool
    stands_in: bool
    is_permanent: bool
    is_shut_out: bool


@dataclass(frozen=True)
class Overview:
    """The state of a test's login details.

    `withheld` are permanent users whose password the viewer may not open: they are no holders. `others` counts the
    candidates who log in with a login of their own, `own_password` the permanent users among them, and `through` names
    the SSO setups of the rest. `waiting` counts the one-time users without login details yet. `until` (UTC) is when
    passwords stop being shown, None for a test without a window.
    """

    is_activated: bool
    holders: tuple[Holder, ...]
    withheld: tuple[CandidateRef, ...]
    others: int
    own_password: int
    through: tuple[str, ...]
    waiting: int
    until: datetime | None

    @property
    def total(self) -> int:
        return len(self.holders)

    @property
    def withheld_words(self) -> str:
        return withheld_words(len(self.withheld))

    @cached_property
    def standing_in(self) -> int:
        return sum(holder.stands_in for holder in self.holders)

    @cached_property
    def permanent(self) -> int:
        return sum(holder.is_permanent for holder in self.holders)

    @property
    def of_this_test(self) -> int:
        """Return how many of them are for this test alone: a deactivation ends only these logins."""
        return self.total - self.permanent

    @property
    def noun(self) -> str:
        """Return the noun that counts them."""
        if self.permanent == self.total:
            return "permanent user"
        return "candidate" if self.standing_in or self.permanent else "one-time user"

    @cached_property
    def shut_out(self) -> tuple[CandidateRef, ...]:
        """Return who was deactivated, and cannot log in with the slip."""
        return tuple(holder for holder in self.holders if holder.is_shut_out)

    @cached_property
    def public_ids(self) -> frozenset[str]:
        return frozenset(holder.public_id for holder in self.holders)

    @cached_property
    def purged(self) -> tuple[CandidateRef, ...]:
        return tuple(holder for holder in self.holders if holder.is_purged)

    @cached_property
    def broken(self) -> tuple[CandidateRef, ...]:
        return tuple(holder for holder in self.holders if holder.is_broken)

    @property
    def is_over(self) -> bool:
        """Say whether no password is shown any more, because the test is over for long enough."""
        return bool(self.holders) and len(self.purged) == self.total

    @property
    def can_be_shown(self) -> bool:
        return self.is_activated and bool(self.holders) and not self.is_over

    @cached_property
    def not_printed(self) -> int:
        """Return how many slips are newer than their print, 0 as long as nothing was printed at all."""
        if not any(holder.was_printed for holder in self.holders):
            return 0
        return sum(not holder.is_printed for holder in self.holders)

    @cached_property
    def never_printed(self) -> int:
        """Return how many of these were never printed; the others replace a printed slip."""
        return sum(not holder.was_printed for holder in self.holders) if self.not_printed else 0

    @property
    def replacing(self) -> int:
        return self.not_printed - self.never_printed

    @property
    def everybody(self) -> int:
        return self.total + self.others

    @cached_property
    def places(self) -> dict[int | None, list[Holder]]:
        """Return the holders by room, in the order of the slips; those without a room come last, under None."""
        found: dict[int | None, list[Holder]] = {}
        for holder in self.holders:
            found.setdefault(holder.location_id, []).append(holder)
        return found


def shown_until(test: Test) -> datetime | None:
    """Return until when (UTC) the passwords of a test are shown: LOGIN_DETAILS_HOURS after the last end (D10)."""
    end = last_end(test, longest_extra_seconds(test))
    return None if end is None else end + timedelta(hours=settings.LOGIN_DETAILS_HOURS)


def is_past(made_at: datetime, until: datetime | None, *, now: datetime) -> bool:
    """Say whether a sealed copy is too old to be shown, also before the purge has deleted it (D10).

    A password given after the test, for the Archive, is shown for as many hours as any other.
    """
    hours = timedelta(hours=settings.LOGIN_DETAILS_HOURS)
    return until is not None and now >= max(until, made_at + hours)


def overview(test: Test, *, to: User) -> Overview:
    """Return the state of a test's login details as one planner may see it, in a few queries for any size."""
    until, now = shown_until(test), timezone.now()
    candidates = Candidate.objects.of_test(test).people()
    rows = list(
        candidates.filter(Q(kind=Candidate.Kind.ONE_TIME) | HAS_SLIP)
        .order_by()
        .values_list(
            *("public_id", "candidate_id", "location_id", "location__building", "location__room"),
            *("slip_version", "slip_printed_version", "slip_print_id", "kind"),
            *(slip_column(part) for part in ("", "sealed_password__token", "sealed_password__made_at")),
            "user__is_active",
        )
    )
    # in the order of the slips, since people search the pile from top to bottom
    rows.sort(key=lambda row: slip_sort_key(row[3] or "", row[4] or "", row[1]))
    others = list(candidates.filter(NO_SLIP).order_by().values_list("authentication_type").annotate(Count("pk")))
    permanent = [account for *_place, kind, account, _token, _at, _able in rows if kind == Candidate.Kind.PERMANENT]
    kept_back = withheld_from(to, permanent)
    holders, withheld = [], []
    for row in rows:
        public_id, candidate_id, location_id, building, room, version, printed, print_id, kind, *login = row
        account, token, made_at, is_active = login
        if account is None:
            continue
        if account in kept_back:
            withheld.append(CandidateRef(candidate_id, public_id))
            continue
        purged = token is None or is_past(made_at, until, now=now)
        holders.append(
            Holder(
                public_id=public_id,
                candidate_id=candidate_id,
                location_id=location_id,
                location=f"{building or ''} {room or ''}".strip(),
                is_printed=printed == version,
                was_printed=printed is not None,
                print_id=print_id,
                is_purged=purged,
                is_broken=not purged and not can_open(token),
                stands_in=kind == Candidate.Kind.SSO,
                is_permanent=kind == Candidate.Kind.PERMANENT,
                is_shut_out=kind == Candidate.Kind.PERMANENT and not is_active,
            )
        )
    return Overview(
        is_activated=test.is_activated,
        holders=tuple(holders),
        withheld=tuple(withheld),
        others=sum(count for _slug, count in others),
        own_password=sum(count for slug, count in others if not slug),
        through=tuple(sorted(type_label(slug) for slug, _count in others if slug)),
        waiting=len(rows) - len(holders) - len(withheld),
        until=until,
    )
