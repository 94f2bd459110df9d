"""The rows of Manage candidates: one query, then filtered and sorted in Python, where folding and order are exact."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.errors import Refused
from candidates.intake.cells import looks_personal
from candidates.models import Candidate, Test
from candidates.pages.shared.candidate_lines import SSO, CandidateLine, lines_of
from candidates.pages.shared.finding import Sought
from candidates.pages.shared.searching import (
    MAX_SEARCH_CHARACTERS,
    Match,
    known,
    query_of,
    searched_for,
)
from candidates.text import natural_key, place_key

WITHOUT_ROOM = "none"
AT = "at:"  # in front of a location's name, so that no name can be taken for WITHOUT_ROOM

SORTS: dict[str, Callable[[CandidateLine], Any]] = {
    "id": lambda line: (),  # as they come
    "name": lambda line: (not line.name, natural_key(line.name)),
    "kind": lambda line: line.kind_label,
    "place": lambda line: place_key(line.building, line.room),
    "seat": lambda line: (not line.seat, natural_key(line.seat)),
    "extra": lambda line: line.extra_minutes,
    "end": lambda line: line.ends_at,
}


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which candidates are shown in which order; every value comes from an allow-list or is only searched for."""

    q: str = ""
    kind: str = ""
    place: str = ""
    extra: str = ""
    login: str = ""
    came: str = ""
    look: str = ""
    sort: str = "id"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "ListFilter":
        """Return the filter that an address asks for; what is not known counts as not asked (J6)."""
        place = query.get("place", "")[: 2 * MAX_SEARCH_CHARACTERS]
        return cls(
            q=searched_for(query),
            kind=known(query.get("kind", ""), Candidate.Kind.values),
            place=place if (place == WITHOUT_ROOM or place.startswith(AT)) and "\0" not in place else "",
            extra=known(query.get("extra", ""), ("with", "without")),
            login=known(query.get("login", ""), ("given", "missing")),
            came=known(query.get("came", ""), ("code", "added")),
            look=known(query.get("look", ""), ("personal",)),
            sort=known(query.get("sort", ""), [*SORTS, *(f"-{name}" for name in SORTS)]) or "id",
        )

    @property
    def is_filtered(self) -> bool:
        """Say whether not all candidates are meant."""
        return replace(self, sort="id") != ListFilter()

    @property
    def query(self) -> str:
        """Return the filter as the query string of an address, without the question mark; empty for the usual list."""
        return query_of(self)

    @property
    def words(self) -> str:
        """Return what was chosen, as the caption says it: "SSO, Vesthall V101"."""
        chosen = [
            _("‘%(text)s’") % {"text": self.q} if self.q else "",
            str(Candidate.Kind(self.kind).label) if self.kind else "",
            _("Without a room") if self.place == WITHOUT_ROOM else self.place.removeprefix(AT),
            {"with": _("With extra time"), "without": _("Without extra time")}.get(self.extra, ""),
            login_words().get(self.login, ""),
            came_words().get(self.came, ""),
            _("IDs that look like names") if self.look else "",
        ]
        return ", ".join(part for part in chosen if part)

    @property
    def order(self) -> str:
        """Return the order as the caption says it."""
        return {
            "id": _("by Candidate ID"),
            "name": _("by name"),
            "kind": _("by kind"),
            "place": _("by location"),
            "seat": _("by seat"),
            "extra": _("by extra time"),
            "end": _("by end"),
        }[self.sort.lstrip("-")]

    def chosen(self, lines: Sequence[CandidateLine]) -> list[CandidateLine]:
        """Return the lines that match, in order; equal ones by Candidate ID.

        Of a search the best matches come first, unless another order was asked for.
        """
        found = [line for line in lines if self._wants(line)]
        found.sort(key=lambda line: (line.sort_key, line.key), reverse=self.sort == "-id")
        if self.q:
            matches = self.matches(found)
            found = [line for line in found if line.public_id in matches]
            found.sort(key=lambda line: matches[line.public_id].rank)
        if self.sort.lstrip("-") != "id":
            found.sort(key=SORTS[self.sort.lstrip("-")], reverse=self.sort.startswith("-"))
        return found

    def matches(self, lines: Sequence[CandidateLine]) -> dict[str, Match]:
        """Return where the search finds each of these lines that it finds, by public id."""
        found = Sought.of(self.q).matches([line.who for line in lines])
        return {line.public_id: match for line, match in zip(lines, found, strict=True) if match is not None}

    def _wants(self, line: CandidateLine) -> bool:
        """Say whether a line matches everything but the search."""
        return (
            (not self.kind or line.kind == self.kind)
            and (not self.place or line.place == ("" if self.place == WITHOUT_ROOM else self.place.removeprefix(AT)))
            and (not self.extra or (line.extra_minutes > 0) == (self.extra == "with"))
            and (not self.login or (line.kind == SSO and line.has_one_time_login == (self.login == "given")))
            and (not self.came or line.by_code == (self.came == "code"))
            and (not self.look or looks_personal(line.candidate_id) is not None)
        )


@dataclass(frozen=True)
class CandidateList:
    """All candidates of a test, and those of them that are shown."""

    everybody: list[CandidateLine]
    shown: list[CandidateLine]
    wanted: ListFilter

    @property
    def matches(self) -> dict[str, Match]:
        """Return where a search found each of those that are shown, by public id; nothing without one."""
        return self.wanted.matches(self.shown) if self.wanted.q else {}

    @property
    def total(self) -> int:
        """Return how many candidates are on the test."""
        return len(self.everybody)

    @cached_property
    def kinds(self) -> dict[str, int]:
        """Return the kinds that are on the test, each with its number."""
        found = [line.kind for line in self.everybody]
        return {kind: found.count(kind) for kind in Candidate.Kind if kind in found}

    @property
    def kind_facts(self) -> list[tuple[str, int]]:
        """Return the names of the kinds that are on the test, each with its number."""
        return [(str(Candidate.Kind(kind).label), number) for kind, number in self.kinds.items()]

    @cached_property
    def with_extra_time(self) -> int:
        """Return how many have planned extra time."""
        return sum(line.extra_minutes > 0 for line in self.everybody)

    @cached_property
    def with_one_time_login(self) -> int:
        """Return how many SSO candidates have a one-time login as well."""
        return sum(line.has_one_time_login for line in self.everybody)

    @cached_property
    def joined_by_code(self) -> int:
        """Return how many joined by the test code."""
        return sum(line.by_code for line in self.everybody)

    @property
    def has_sso(self) -> bool:
        """Say whether somebody on the test logs in through SSO, and so could need a one-time login."""
        return SSO in self.kinds

    @cached_property
    def without_room(self) -> int:
        """Return how many have no location."""
        return sum(not line.place for line in self.everybody)

    @cached_property
    def places(self) -> list[str]:
        """Return the names of the locations on the test, in order."""
        named = {line.place: place_key(line.building, line.room) for line in self.everybody if line.place}
        return sorted(named, key=lambda name: named[name])


def login_words() -> dict[str, str]:
    """Return what the filter "One-time login" offers."""
    return {"given": _("One-time login given"), "missing": _("SSO without a one-time login")}


def came_words() -> dict[str, str]:
    """Return what the filter "How they came" offers."""
    return {"code": _("Joined by test code"), "added": _("Added by planners")}


def candidate_list(test: Test, wanted: ListFilter) -> CandidateList:
    """Return the list of a test: one query, however many candidates there are."""
    everybody = lines_of(test)
    return CandidateList(everybody, wanted.chosen(everybody), wanted)


def ticked_lines(
    test: Test, wanted: ListFilter, *, public_ids: Sequence[str], all_matching: int | None
) -> list[CandidateLine]:
    """Return who was ticked: the named ones, and all that match the filter the page was shown with where that is said.

    Raises Refused where the filter now matches another number than the page showed, and where nobody is left: an empty
    choice never means everybody.
    """
    if all_matching is None:
        lines = lines_of(test, public_ids)
        if not lines:
            raise Refused(_("The ticked candidates are no longer on the test, so nothing was changed."))
        return lines
    found = candidate_list(test, wanted)
    lines = found.shown
    if len(lines) != all_matching:
        raise Refused(
            ngettext(
                "The list has changed: %(shown)d candidate was chosen, and now %(now)d match. Nothing was changed.",
                "The list has changed: %(shown)d candidates were chosen, and now %(now)d match. Nothing was changed.",
                all_matching,
            )
            % {"shown": all_matching, "now": len(lines)}
        )
    here, named = {line.public_id for line in lines}, set(public_ids)
    # ticked before the search, which hides them now
    return [*lines, *(line for line in found.everybody if line.public_id in named - here)]
