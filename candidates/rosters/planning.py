"""Make a plan of the last look at a student system: who would join, change, leave, is held back or refused, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.intake.cells import (
    CellProblem,
)
from candidates.intake.findings import Present
from candidates.intake.importing import why_nobody
from candidates.lifecycle.removal import why_stays
from candidates.lifecycle.seats import seat_key, seat_taken
from candidates.models import Candidate, Location, RosterConnection, RosterEnrolment, RosterSnapshot, Test
from candidates.rosters.connecting import connection_of, is_over
from candidates.rosters.fields import FIELDS, Owned, is_ours, reckoned, shrinks, values_now, wanted_of
from candidates.rosters.people import Person, login_of, people_by_tick, unfit_login
from candidates.rosters.plan import Change, Entry, Listed, Plan, Standing, Why, make_plan
from candidates.rosters.reckoning import Reckoned
from candidates.rosters.roster_plan import Held, Line, RosterPlan, Work
from candidates.rosters.source import Enrolment
from candidates.rosters.sources import setups
from candidates.rosters.stored import exam_from_json, people_of, tick_of
from candidates.text import date_words, when
from candidates.timing import Progress, progress_of, stage_of


def latest_plan(test: Test, *, ticked: Collection[str] | None = None) -> RosterPlan | None:
    """Return the plan of the last look, None where the test is not connected or was never looked at.

    Writes nothing, takes no lock; a constant number of queries. `ticked` are keys of lines that a form has sent, None:
    as it is proposed.
    """
    planner = Planner.of(test)
    return None if planner is None else planner.plan(ticked)


class Planner:
    """Makes plans of one look at one moment: what it has read is read once."""

    @classmethod
    def of(cls, test: Test) -> Planner | None:
        """Read what a plan needs, None where the test is not connected or was never looked at."""
        connection = connection_of(test)
        snapshot = getattr(connection, "snapshot", None)
        return None if connection is None or snapshot is None else cls(test, connection, snapshot)

    def __init__(self, test: Test, connection: RosterConnection, snapshot: RosterSnapshot) -> None:
        self.test, self.connection, self.snapshot = test, connection, snapshot
        connection.test = test
        self.exam = exam_from_json(snapshot.exam)
        self.setup = setups().get(connection.source)
        self.now, self.stage = timezone.now(), stage_of(test)
        found = Candidate.objects.of_test(test).select_related("location").order_by("sort_key")
        self.there = {one.public_id: one for one in found}
        self.by_pk = {one.pk: one for one in self.there.values()}
        renamed = Location.objects.filter(known_as__isnull=False).select_related("known_as")
        self.called_now = {(one.building, one.room): one.known_as for one in renamed}
        rows = RosterEnrolment.objects.filter(test=test, source=connection.source)
        rows = rows.select_related("removal__location", "removal__source").order_by("pk")
        self.enrolments: dict[str, RosterEnrolment] = {one.source_key: one for one in rows}
        self.key_of: dict[int, str] = {}  # the source's key by the key of the candidate
        for key, one in self.enrolments.items():
            candidate = self._candidate_of(one)
            if candidate is not None:
                self.key_of[candidate.pk] = key
        self.people = list(people_of(snapshot))
        self.sources = {tick_of(one.key): one for one in self.people}
        self.present = [one for one in self.people if not one.is_withdrawn]
        self.login = login_of(self.setup) if self.setup else None
        self.accounts = people_by_tick(self.login, self.present) if self.login else {}
        self.staff = set(test.contributors.values_list("user", flat=True))
        self.held: dict[str, Held] = {}
        self.wanted: dict[str, dict[str, Any]] = {}
        self.granted: dict[str, Reckoned] = {}
        self.listed: list[Listed] = []
        self._read()

    def _candidate_of(self, one: RosterEnrolment) -> Candidate | None:
        """Return who somebody of the source is on the test; whom undoing brought back is known by the place."""
        if one.candidate_id is not None:
            return self.by_pk.get(one.candidate_id)
        return self.there.get(one.removal.public_id) if one.removal else None

    def _read(self) -> None:
        """Sort everybody of the source into those of the list, and those who are held back or refused."""
        on_test = {one.user_id: one for one in self.there.values() if one.user_id and one.pk not in self.key_of}
        given: dict[object, str] = {}
        for one in self.present:
            tick = tick_of(one.key)
            why = self._why_not_yet(one)
            if why is None:
                why = self._why_not_this_person(one, self.accounts[tick], on_test, given)
            try:
                self.granted[tick] = reckoned(one, self.test, self.connection.source)
                self.wanted[tick] = self._with_rooms_of_now(wanted_of(one, self.exam, self.granted[tick]))
            except CellProblem as problem:
                why = why or (problem.message, True)
            if why:
                self.held[tick] = Held(one, *why)
            else:
                self.listed.append(self._listed(one, tick))
        self._refuse_codes_of_others()

    def _refuse_codes_of_others(self) -> None:
        """Refuse those of the list whose Candidate ID another one of it keeps or gets: each is given once."""
        has = {self.key_of[pk]: one.candidate_key for pk, one in self.by_pk.items() if pk in self.key_of}
        keeping = {
            has[one.person]: one for one in self.listed if has.get(one.person) == candidate_key(one.candidate_id)
        }
        given: dict[str, Listed] = {}
        for one in self.listed:
            folded = candidate_key(one.candidate_id)
            first = keeping.get(folded) or given.setdefault(folded, one)
            if not folded or first is one:
                continue
            why = _("Candidate ID %(shown)s is somebody else’s on this test.") % {"shown": first.candidate_id}
            self.held[one.key] = Held(self.sources[one.key], why, True)
        self.listed = [one for one in self.listed if one.key not in self.held]

    def _with_rooms_of_now(self, wanted: dict[str, Any]) -> dict[str, Any]:
        place = wanted.get("place")
        now = self.called_now.get(tuple(place)) if place else None
        return wanted if now is None else {**wanted, "place": [now.building, now.room]}

    def plan(self, ticked: Collection[str] | None = None) -> RosterPlan:
        """Return the plan; of what a form has ticked alone where it says so."""
        standing = list(self._standing())
        spared = {
            there.key for there in standing if there.present.person and tick_of(there.present.person) in self.held
        }
        plan = make_plan(self.listed, standing, unticked=self._unticked(standing, ticked), spared=spared)
        return self._shown(plan, ticked)

    def _standing(self) -> Iterator[Standing]:
        for one in self.there.values():
            place = (one.location.building, one.location.room) if one.location else ("", "")
            key = self.key_of.get(one.pk, "")
            more = (one.name, one.private_reference, one.seat)
            started = one.started_at is not None
            present = Present(one.pk, one.candidate_id, key, one.extra_minutes, place, started, *more)
            stays = why_stays(one, self.test, self.stage, self.now)
            yield Standing(one.public_id, present, bool(key), stays.value if stays else "")

    def _why_not_yet(self, one: Enrolment) -> tuple[str, bool] | None:
        """Return why somebody is not on the list yet, and whether that is refused rather than held back."""
        if self.login is None:
            return _("The SSO setup of this student system is switched off."), True
        if self.exam.is_anonymous and not one.candidate_id:
            if self.exam.codes_come:
                words = _("No candidate number there yet. Numbers are expected by %(day)s.")
                return words % {"day": date_words(self.exam.codes_come)}, False
            return _("No candidate number there yet."), False
        refusal = unfit_login(self.login, one)
        return (refusal, True) if refusal else None

    def _why_not_this_person(
        self,
        one: Enrolment,
        person: Person,
        on_test: Mapping[int, Candidate],
        given: dict[object, str],
    ) -> tuple[str, bool] | None:
        """Return why a person of the source is not put on the test; who is on it by the source already may stay."""
        who: object = person.account or person.key
        if given.setdefault(who, one.key) != one.key:
            return _("It gives this login name to two people."), True
        if person.account is not None and person.account in on_test:
            words = _("Is on this test already, as %(shown)s, and did not come from there. Nothing is changed.")
            return words % {"shown": on_test[person.account].candidate_id}, True
        if person.account in self.staff:
            return _("Plans, invigilates or grades this test, and cannot be its candidate."), True
        enrolment = self.enrolments.get(one.key)
        candidate = self._candidate_of(enrolment) if enrolment else None
        if candidate is not None and person.account != candidate.user_id:
            return (
                _(
                    "Has another login name there than the one with which %(shown)s is on this test. Remove that "
                    "candidate here, then look again."
                )
                % {"shown": candidate.candidate_id},
                True,
            )
        return None

    def _listed(self, one: Enrolment, tick: str) -> Listed:
        """Return a line of the source as the plan takes it: fields that are owned here are as they are here."""
        wanted = self.wanted[tick]
        enrolment = self.enrolments.get(one.key)
        candidate = self._candidate_of(enrolment) if enrolment else None
        if candidate is not None and enrolment is not None:
            now = values_now(candidate)
            values = {name: now[name] if is_ours(enrolment, now, name) else wanted.get(name) for name in FIELDS}
            if values["extra_minutes"] is None and self._takes_back(one, enrolment, now):
                values["extra_minutes"] = 0  # granted before, and not any more
            values["extra_minutes"] = self._not_less(tick, values["extra_minutes"], now)
            if not values["candidate_id"]:
                values["candidate_id"] = candidate.candidate_id
        else:
            values = {name: wanted.get(name) for name in FIELDS}
            if enrolment is not None and enrolment.removal is not None:
                values = self._as_before(tick, enrolment, wanted)
        place = values["place"]
        return Listed(
            tick,
            values["candidate_id"] or "",
            one.key,
            values["extra_minutes"],
            (place[0], place[1]) if place and any(place) else None,
            values["name"] or "",
            values["private_reference"] or "",
            values["seat"] or "",
        )

    def _takes_back(self, one: Enrolment, enrolment: RosterEnrolment, now: Mapping[str, Any]) -> bool:
        return (
            not one.accommodations
            and bool(enrolment.told.get("extra_minutes"))
            and not is_ours(enrolment, now, "extra_minutes")
        )

    def _not_less(self, tick: str, minutes: Any, before: Mapping[str, Any]) -> Any:
        """Return the extra time of the list, and what stood there where a part of the grant could not be reckoned."""
        had = before["extra_minutes"]
        return had if self.granted[tick].open and (minutes or 0) < had else minutes

    def _as_before(self, tick: str, enrolment: RosterEnrolment, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return what somebody gets who comes back: the source's, and what was changed here before they left."""
        gone = enrolment.removal
        assert gone is not None  # noqa: S101  the caller looked
        place = [gone.location.building, gone.location.room] if gone.location else ["", ""]
        had: dict[str, Any] = {
            "candidate_id": gone.candidate_id,
            "name": gone.name,
            "private_reference": gone.private_reference,
            "extra_minutes": gone.extra_minutes,
            "place": place,
            "seat": gone.seat,
        }
        values: dict[str, Any] = {
            name: had[name] if is_ours(enrolment, had, name) or name not in wanted else wanted[name] for name in FIELDS
        }
        if "extra_minutes" not in wanted and not is_ours(enrolment, had, "extra_minutes"):
            values["extra_minutes"] = 0
        values["extra_minutes"] = self._not_less(tick, values["extra_minutes"], had)
        ids = {one.candidate_key for one in self.there.values()}
        if not self.exam.is_anonymous and candidate_key(gone.candidate_id) in ids:
            values["candidate_id"] = ""  # somebody else has that number by now
        taken = {
            seat_key((one.location.building, one.location.room) if one.location else ("", ""), one.seat)
            for one in self.there.values()
            if one.seat
        }
        if values["seat"] and "seat" not in wanted and seat_key(tuple(values["place"]), values["seat"]) in taken:
            values["seat"] = ""
        return values

    def _unticked(self, standing: Sequence[Standing], ticked: Collection[str] | None) -> set[str]:
        """Return whom nothing is done about: those that a form has not ticked, or those not proposed."""
        if ticked is not None:
            every = {one.key for one in self.listed} | {one.key for one in standing}
            return every - set(ticked)
        found = set()
        for one in self.listed:
            enrolment = self.enrolments.get(one.person)
            if enrolment is not None and self._candidate_of(enrolment) is None and _was_removed_here(enrolment):
                found.add(one.key)
        for there in standing:
            enrolment = self.enrolments.get(there.present.person)
            if enrolment is not None and enrolment.removal and enrolment.removal.source.undone_at:
                found.add(there.key)
        return found

    def _shown(self, plan: Plan, ticked: Collection[str] | None) -> RosterPlan:
        more_time, growing = self._growing(plan, ticked)
        refused = [self._refused(one) for one in plan.refused]
        held: list[Line] = []
        for tick, one in self.held.items():
            (refused if one.is_refused else held).append(self._held(tick, one))
        changing = [*(self._line(entry, self._change_words(entry)) for entry in plan.change), *growing]
        grown = {line.key for line in growing}
        empty = not any(not one.is_withdrawn for one in self.people)
        leaving = [self._line(entry, self._leaving_words(entry)) for entry in plan.leave]
        joining = [self._line(entry, self._joining_words(entry)) for entry in plan.join]
        doubts = [*self.snapshot.doubts]
        if self.exam.is_cancelled:
            doubts.append(_("The exam is cancelled there."))
        brake = plan.is_braked(most=settings.ROSTER_BRAKE_PEOPLE, percent=settings.ROSTER_BRAKE_PERCENT)
        count = sum(line.is_ticked for line in joining)
        refusal = ""
        if is_over(self.test):
            refusal = _("The test has ended, so it takes no candidates any more.")
        elif self.login is None:
            refusal = _("The SSO setup of this student system is switched off.")
        elif count:
            refusal = why_nobody(self.test, count, freed=len(plan.leaving))
        return RosterPlan(
            connection=self.connection,
            exam=self.exam,
            taken_at=self.snapshot.taken_at,
            people=len(self.people),
            join=tuple(joining),
            change=tuple(changing),
            leave=tuple(leaving),
            held=tuple(held),
            refused=tuple(refused),
            stay=tuple(
                self._line(entry, self._staying_words(entry))
                for entry in plan.stay
                if entry.why not in (Why.OTHER_KIND, Why.SPARED) and entry.key not in grown
            ),
            notices=tuple(self.snapshot.notices),
            doubts=tuple(doubts),
            is_empty=empty,
            is_braked=brake,
            refusal=refusal,
            seen=self._seen([*joining, *changing, *leaving]),
            work=Work(
                plan,
                self.accounts,
                self.sources,
                self.there,
                self.enrolments,
                self.wanted,
                self.granted,
                more_time,
                self.key_of,
            ),
        )

    def _growing(self, plan: Plan, ticked: Collection[str] | None) -> tuple[dict[str, int], list[Line]]:
        """Return the new extra time of those who write and are granted more, by tick, and their lines."""
        minutes: dict[str, int] = {}
        lines = []
        for entry in plan.stay:
            if entry.why != Why.STARTED or entry.standing is None:
                continue
            candidate = self.there[entry.standing.key]
            more = [one for one in entry.changes if one.field == "extra_minutes" and int(one.new) > int(one.old)]  # type: ignore[call-overload]
            if not more or progress_of(candidate, self.test, now=self.now) != Progress.IN_PROGRESS:
                continue
            is_ticked = ticked is None or entry.key in ticked
            if is_ticked:
                minutes[entry.key] = int(more[0].new)  # type: ignore[call-overload]
            shown = replace(entry, changes=tuple(more), ticked=is_ticked)
            lines.append(self._line(shown, _("Is writing, and gets more time. Time is never taken from who writes.")))
        return minutes, lines

    def _line(self, entry: Entry, reason: str) -> Line:
        one = self.sources.get(entry.key)
        there = entry.standing.present if entry.standing else None
        wanted = self.wanted.get(entry.key, {})
        granted = self.granted.get(entry.key)
        return Line(
            key=entry.key,
            candidate_id=there.candidate_id if there else entry.listed.candidate_id if entry.listed else "",
            name=wanted.get("name") or (there.name if there else one.name if one else ""),
            student_number=wanted.get("private_reference") or (there.private_reference if there else ""),
            reason=reason,
            changes=entry.changes or _granted_at_once(entry),
            is_ticked=entry.ticked,
            public_id=entry.standing.key if entry.standing else "",
            open=granted.open if granted else (),
            owned=self._owned(entry),
            is_withdrawn=entry.why in (Why.ABSENT_STARTED, Why.ABSENT_FINISHED),
        )

    def _owned(self, entry: Entry) -> tuple[Owned, ...]:
        """Return the fields of which source and test say different things because somebody changed them here."""
        if entry.standing is None:
            return ()
        enrolment = self.enrolments.get(entry.standing.present.person)
        if enrolment is None:
            return ()
        now = values_now(self.there[entry.standing.key])
        told = {**enrolment.told, **self.wanted.get(entry.key, {})}
        return tuple(
            Owned(name, told[name], now[name], True)
            for name in FIELDS
            if name in told and is_ours(enrolment, now, name)
        )

    def _joining_words(self, entry: Entry) -> str:
        one = self.sources[entry.key]
        enrolment = self.enrolments.get(one.key)
        if enrolment is not None and _was_removed_here(enrolment):
            return _("Was on this test, and was removed here. Tick it to add the person again.")
        if enrolment is not None:
            return _("Is registered again, and gets the same place.")
        if one.registered_at:
            return _("Registered %(when)s.") % {"when": when(one.registered_at)}
        return _("Is registered, and not on this test.")

    def _change_words(self, entry: Entry) -> str:
        if shrinks(entry.changes):
            return _("Less extra time than before: somebody has to say so.")
        return _("Changed at the source.")

    def _leaving_words(self, entry: Entry) -> str:
        key = entry.standing.present.person if entry.standing else ""
        one = self.sources.get(tick_of(key))
        if not entry.ticked and (enrolment := self.enrolments.get(key)) and enrolment.removal:
            return _("Is not registered, and was brought back here.")
        if one is not None and one.withdrawn_at:
            return _("Withdrew %(when)s.") % {"when": when(one.withdrawn_at)}
        return _("Is not registered any more, and has not started.")

    def _staying_words(self, entry: Entry) -> str:
        words = {
            Why.SAME: _("As at the source."),
            Why.STARTED: _("Has started, so what stands here stays."),
            Why.ABSENT_STARTED: _("Withdrawn at the source. Has started, so stays, with all answers."),
            Why.ABSENT_ONLINE: _("Not registered any more. Is logged in now, so stays until three minutes after."),
            Why.ABSENT_FINISHED: _("Withdrawn at the source. The test is over, so everybody stays."),
        }
        return words.get(entry.why, "")

    def _held(self, tick: str, one: Held) -> Line:
        who = one.enrolment
        return Line("", who.candidate_id, who.name, who.student_number, one.why)

    def _refused(self, one: Any) -> Line:
        place = one.listed.place or (one.standing.present.place if one.standing else ("", ""))
        if one.field == "seat":
            why = seat_taken(one.taken_by, place)
        else:
            why = _("Candidate ID %(shown)s is somebody else’s on this test.") % {"shown": one.taken_by}
        who = self.sources[one.key]
        shown = one.standing.key if one.standing else ""
        return Line("", one.listed.candidate_id, who.name, who.student_number, why, public_id=shown)

    def _seen(self, lines: Iterable[Line]) -> str:
        """Return a digest of the plan, whatever is ticked of it."""
        said = [
            (
                line.key,
                line.public_id,
                line.candidate_id,
                line.name,
                [(one.field, one.old, one.new) for one in line.changes],
            )
            for line in lines
        ]
        stated = json.dumps([self.connection.source, self.connection.exam_key, said, self.test.is_activated])
        return hashlib.sha256(stated.encode()).hexdigest()[:16]


def _granted_at_once(entry: Entry) -> tuple[Change, ...]:
    """Return the extra time that somebody comes with, which a planner sees before it is given."""
    minutes = entry.listed.extra_minutes if entry.listed and entry.why == Why.NEW else None
    return (Change("extra_minutes", 0, minutes),) if minutes else ()


def _was_removed_here(enrolment: RosterEnrolment) -> bool:
    """Say whether a planner took this person off: the source's own removals say so."""
    return enrolment.removal is None
