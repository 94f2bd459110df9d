"""Read classes and their students from OneRoster CSV: a class is an exam to choose, its enrolments are the list."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import enabled_types
from candidates.intake.cells import CellProblem, clean_name, clean_reference, clean_text
from candidates.models.accounts import MAX_SSO_LENGTH
from candidates.rosters.source import Enrolment, Exam, ExamSearch, Hints, Snapshot, SourceError
from candidates.rosters.sources.oneroster.packages import Record
from candidates.rosters.sources.oneroster.tables import NEEDED, Roster, is_deleted, read_roster
from candidates.text import natural_key, when

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

MOST_EXAMS = 100
MOST_PEOPLE = 5000
_IDS = "userids:"
_PROFILES = "userprofiles:"
_USER_ID = re.compile(r"\{\s*([^:{}]+?)\s*:\s*([^{}]*?)\s*\}")
PLAIN = ("username", "email", "identifier", "sourcedid")


class OneRosterSource:
    """A folder that a student system leaves OneRoster packages in."""

    def __init__(self, setup: SourceSettings) -> None:
        self._folder = Path(setup["folder"])
        self._login = setup["login_column"]
        self._sso = enabled_types().get(setup["authentication_type"])

    def exams(self, search: ExamSearch) -> Sequence[Exam]:
        """Return the classes that fit, those of present and coming terms first."""
        roster = self._read()
        courses, terms = roster.rows("courses"), _terms(roster)
        words = search.text.casefold().split()
        today = timezone.localdate()
        found = []
        for record in roster.rows("classes", ("title",)).values():
            exam, term = _exam(record, courses), _term_of(record, terms)
            said = f"{exam.title} {exam.code} {record['classCode']}".casefold()
            if is_deleted(record) or not all(word in said for word in words) or not term.meets(search):
                continue
            found.append(((term.is_over(today), natural_key(exam.title), exam.key), exam))
        return [exam for _order, exam in sorted(found, key=lambda one: one[0])[:MOST_EXAMS]]

    def snapshot(self, exam: str) -> Snapshot:
        """Return the students of a class, those too whose enrolment has ended or is to be deleted."""
        roster = self._read()
        classes = roster.rows("classes", ("title",), only=("sourcedId", (exam,)))
        if exam not in classes:
            raise SourceError(_("The newest OneRoster package has no class with this id any more."))
        record = classes[exam]
        enrolled = _enrolled(roster, exam)
        users = self._users(roster, {one["userSourcedId"] for one in enrolled})
        term = _term_of(record, _terms(roster))
        people, notices = self._people(enrolled, users, term)
        if not people:
            raise SourceError(
                _("Nobody is enrolled in this class as a student. If that is right, remove the candidates yourself.")
            )
        found = _exam(record, roster.rows("courses", only=("sourcedId", (record["courseSourcedId"],))))
        return Snapshot(found, tuple(people), (*_about(roster), *notices))

    def hints(self, marker: str) -> Hints | None:
        """Say that everything may have changed once other packages count than did at the marker."""
        now = hashlib.sha256(self._read().marker.encode()).hexdigest()[:32]
        return Hints(now, everything=now != marker)

    def check(self) -> str:
        """Read the newest packages, and say what they hold."""
        roster = self._read()
        classes = sum(not is_deleted(one) for one in roster.rows("classes", ("title",)).values())
        message = ngettext(
            "OneRoster %(version)s of %(date)s: %(n)d class.",
            "OneRoster %(version)s of %(date)s: %(n)d classes.",
            classes,
        )
        package, manifest = roster.parts[-1]
        changed = datetime.fromtimestamp(package.changed, tz=UTC)
        found = {"version": manifest.version, "date": when(changed), "n": classes}
        return " ".join([message % found, *_about(roster)])

    def _read(self) -> Roster:
        profiles = ("userProfiles",) if self._login.lower().startswith(_PROFILES) else ()
        return read_roster(self._folder, needed=(*NEEDED, *profiles))

    def _users(self, roster: Roster, wanted: set[str]) -> dict[str, tuple[Record, str]]:
        """Return who is wanted, with what they log in by ("" where the source does not tell)."""
        folded = self._login.lower()
        columns = (self._login,) if folded in PLAIN else ("userIds",) if folded.startswith(_IDS) else ()
        users = roster.rows("users", columns, only=("sourcedId", wanted))
        profiles: dict[str, set[str]] = {}
        if folded.startswith(_PROFILES):
            kind = folded.removeprefix(_PROFILES)
            held = roster.rows("userProfiles", only=("userSourcedId", users))
            for one in held.values():
                named = {one["profileType"].lower(), one["vendorId"].lower(), one["applicationId"].lower()}
                if kind in named and one["username"] and not is_deleted(one):
                    profiles.setdefault(one["userSourcedId"], set()).add(one["username"])
        found = {}
        for key, user in users.items():
            if folded in PLAIN:
                logins = {user[self._login]}
            elif folded.startswith(_IDS):
                kind = folded.removeprefix(_IDS)
                logins = {value for name, value in _USER_ID.findall(user["userIds"]) if name.strip().lower() == kind}
            else:
                logins = profiles.get(key, set())
            if len(logins - {""}) > 1:
                message = _("Line %(line)d of users.csv has several ids of the kind %(kind)s. Which one logs in?")
                raise SourceError(message % {"line": user.number, "kind": f"“{self._login}”"})
            found[key] = (user, self._clean_login(next(iter(logins - {""}), ""), user.number))
        return found

    def _clean_login(self, value: str, line: int) -> str:
        try:
            return clean_text(value, longest=MAX_SSO_LENGTH)
        except CellProblem as problem:
            message = _("Line %(line)d of users.csv, %(column)s: %(said)s")
            found = {"line": line, "column": self._login, "said": problem.message}
            raise SourceError(message % found) from None

    def _people(
        self, enrolled: Sequence[Record], users: Mapping[str, tuple[Record, str]], term: _Term
    ) -> tuple[list[Enrolment], list[str]]:
        """Return each student once, and what was odd. Raises SourceError for a list that is not whole."""
        found: dict[str, Enrolment] = {}
        lost, odd = 0, Counter[str]()
        today = timezone.localdate()
        for record in enrolled:
            key = record["userSourcedId"]
            gone = is_deleted(record)
            if key not in users:
                lost += not gone  # who is gone may be forgotten altogether
                continue
            user, login = users[key]
            ended = _day(record["endDate"])
            gone = gone or is_deleted(user) or term.was_left(ended, today)
            if key in found and (gone or not found[key].is_withdrawn):
                continue  # somebody may have several enrolments, of which one still counts
            odd["login"] += not login and not gone
            odd["disabled"] += user["enabledUser"].lower() == "false" and not gone
            odd["later"] += (_day(record["beginDate"]) or today) > today and not gone
            found[key] = Enrolment(
                key=key,
                login=login,
                name=_name(user),
                student_number=_reference(user["identifier"]) if self._login.lower() != "identifier" else "",
                is_withdrawn=gone,
                withdrawn_at=_moment(record["dateLastModified"]) if is_deleted(record) else None,
            )
        if lost:
            message = ngettext(
                "%(n)d enrolment of this class is of somebody whom users.csv does not have: the list is not whole.",
                "%(n)d enrolments of this class are of people whom users.csv does not have: the list is not whole.",
                lost,
            )
            raise SourceError(message % {"n": lost})
        if len(found) > MOST_PEOPLE:
            message = _("The class has %(n)d students; at most %(most)d are read.")
            raise SourceError(message % {"n": len(found), "most": MOST_PEOPLE})
        self._refuse_twins(found.values())
        present = sum(not one.is_withdrawn for one in found.values())
        if present and odd["login"] == present:
            message = _("Nobody of this class has anything in %(column)s, by which they would log in.")
            raise SourceError(message % {"column": self._login})
        return list(found.values()), list(self._notices(odd))

    def _refuse_twins(self, people: Iterable[Enrolment]) -> None:
        """Refuse two students who would log in by the same name."""
        logins = [one.login for one in people if one.login and not one.is_withdrawn]
        fold = self._sso.key if self._sso else str.casefold
        counted = Counter(map(fold, logins))
        if twice := sum(count > 1 for count in counted.values()):
            message = ngettext(
                "Two students of this class have the same %(column)s (%(n)d time).",
                "Two students of this class have the same %(column)s (%(n)d times).",
                twice,
            )
            raise SourceError(message % {"n": twice, "column": self._login})

    def _notices(self, odd: Mapping[str, int]) -> Iterator[str]:
        if odd["login"]:
            message = ngettext(
                "%(n)d student has nothing in %(column)s, and cannot be found at the login.",
                "%(n)d students have nothing in %(column)s, and cannot be found at the login.",
                odd["login"],
            )
            yield message % {"n": odd["login"], "column": self._login}
        if odd["disabled"]:
            message = ngettext(
                "The account of %(n)d student is switched off at the source.",
                "The accounts of %(n)d students are switched off at the source.",
                odd["disabled"],
            )
            yield message % {"n": odd["disabled"]}
        if odd["later"]:
            message = ngettext(
                "The enrolment of %(n)d student begins later.",
                "The enrolments of %(n)d students begin later.",
                odd["later"],
            )
            yield message % {"n": odd["later"]}


@dataclass(frozen=True, slots=True)
class _Term:
    """When a class is held, None where that is not said."""

    begins: date | None = None
    ends: date | None = None

    def is_over(self, today: date) -> bool:
        return self.ends is not None and self.ends < today

    def meets(self, search: ExamSearch) -> bool:
        """Tell whether some day of it is looked for; what says no days is always shown."""
        too_early = search.first_day is not None and self.ends is not None and self.ends < search.first_day
        too_late = search.last_day is not None and self.begins is not None and self.begins > search.last_day
        return not (too_early or too_late)

    def was_left(self, ended: date | None, today: date) -> bool:
        """Tell whether an enrolment ended before its term: many end with the term, and the exam comes later."""
        return ended is not None and ended < today and self.ends is not None and ended < self.ends


def _enrolled(roster: Roster, exam: str) -> list[Record]:
    """Return the enrolments of a class as a student, those too that are to be deleted."""
    rows = roster.rows("enrollments", ("userSourcedId", "role"), only=("classSourcedId", (exam,)))
    return [one for one in rows.values() if one["role"].lower() == "student"]


def _exam(record: Record, courses: Mapping[str, Record]) -> Exam:
    course = courses.get(record["courseSourcedId"])
    code = (course["courseCode"] if course else "") or record["classCode"]
    title = record["title"] or (course["title"] if course else "") or record["sourcedId"]
    if course and course["title"] and course["title"] != title:
        title = f"{course['title']}: {title}"
    return Exam(
        key=record["sourcedId"],
        title=_shown(title, 200),
        code=_shown(code, 60),
        place=_shown(record["location"], 100),
        is_anonymous=False,
        is_cancelled=is_deleted(record),
    )


def _terms(roster: Roster) -> dict[str, _Term]:
    sessions = roster.rows("academicSessions")
    return {key: _Term(_day(one["startDate"]), _day(one["endDate"])) for key, one in sessions.items()}


def _term_of(record: Record, terms: Mapping[str, _Term]) -> _Term:
    named = [terms[key] for one in record["termSourcedIds"].split(",") if (key := one.strip()) in terms]
    begins, ends = [one.begins for one in named if one.begins], [one.ends for one in named if one.ends]
    return _Term(min(begins, default=None), max(ends, default=None) if len(ends) == len(named) else None)


def _about(roster: Roster) -> Iterator[str]:
    """Yield what people should know of the packages."""
    if roster.waiting:
        message = _("%(new)s is still being written; this is what %(old)s says.")
        yield message % {"new": roster.waiting, "old": roster.name}
    if changes := roster.deltas():
        message = ngettext(
            "This is the last full list with %(n)d package of changes. Whether one was lost cannot be seen.",
            "This is the last full list with %(n)d packages of changes. Whether one was lost cannot be seen.",
            changes,
        )
        yield message % {"n": changes}


def _name(user: Record) -> str:
    """Return a name as lists have it, "" for one with signs that no name has."""
    first = user["preferredGivenName"] or " ".join(filter(None, (user["givenName"], user["middleName"])))
    last = user["preferredFamilyName"] or user["familyName"]
    try:
        return clean_name(", ".join(filter(None, (last, first))))
    except CellProblem:
        return ""


def _reference(text: str) -> str:
    try:
        return clean_reference(text)
    except CellProblem:
        return ""


def _shown(text: str, longest: int) -> str:
    """Return a text of the source without signs that nobody can see."""
    shown = "".join(one for one in unicodedata.normalize("NFC", text) if one.isprintable())
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _day(text: str) -> date | None:
    try:
        return parse_date(text[:10])
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found
