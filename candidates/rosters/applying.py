"""Apply the plan of the last look: one locked, recorded act that can be undone as an import (docs/domain.md E3)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.errors import Conflict, Refused
from candidates.intake.door import RowsRefused, add_candidates
from candidates.intake.findings import Already, CandidateRow
from candidates.intake.leaving import remove_absent
from candidates.intake.updating import update_candidates
from candidates.lifecycle.accommodations import grow_extra_time
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.joining import places_freed
from candidates.models import (
    Candidate,
    Import,
    ImportedRemoval,
    Location,
    RosterConnection,
    RosterEnrolment,
    RosterIdentity,
    Test,
    User,
)
from candidates.models.inserting import insert_rows
from candidates.models.rosters import MAX_ERROR_LENGTH
from candidates.rosters.fields import is_ours, owned_fields, shrinks, values_now
from candidates.rosters.people import Login, login_of, store_waiting
from candidates.rosters.plan import Entry
from candidates.rosters.planning import Planner
from candidates.rosters.roster_plan import RosterPlan
from candidates.rosters.sources import setups

BATCH = 200
BRAKE_LOOKS_BACK = timedelta(days=1)
"""Of so long are those who left by themselves counted together, so that many small steps are not many times few."""
READ_AGAIN = (
    *("candidate_key", "candidate_id", "name", "private_reference", "extra_minutes", "seat", "location"),
    *("location__building", "location__room"),
)
"""What is read of a candidate to see what stands there after the plan."""


@dataclass(frozen=True, slots=True)
class Applied:
    """How many joined, were changed and left; `record` is in the history of imports, None where no list was stored."""

    joined: int
    changed: int
    left: int
    record: Import | None

    @property
    def count(self) -> int:
        return self.joined + self.changed + self.left


def apply(*, test: Test, ticked: Collection[str], seen: str, by: User, brake_confirmed: bool = False) -> Applied:
    """Do what is ticked of the plan that a page has shown: all of it, or nothing.

    Raises Conflict where it is another plan by now, Refused where nothing is ticked, the brake is not confirmed, or
    somebody has started or logged in meanwhile.
    """
    with transaction.atomic():
        planner = _locked(test)
        if planner is None:
            raise Refused(_("The test is not connected with a student system any more. Nothing was changed."))
        plan = planner.plan()
        if plan.seen != seen:
            raise Conflict(
                _("Something changed meanwhile, here or there. Nothing was done: look at the changes again.")
            )
        if plan.ticked != set(ticked):
            plan = planner.plan(ticked)
        if not plan.count:
            raise Refused(_("Nobody is ticked, so nothing was changed. Tick people first."))
        if plan.must_be_confirmed and not brake_confirmed:
            raise Refused(
                _("So many would leave that somebody has to say that it is meant. Nothing was changed."), about="brake"
            )
        return _apply(plan, by)


def apply_by_itself(test: Test) -> Applied | None:
    """Apply what the planner has chosen for this test to be applied by itself, None where nothing was done.

    Never with a doubt, past the brake, of an empty list, or after the end; and nobody's time gets less.
    """
    try:
        with transaction.atomic():
            planner = _locked(test)
            if planner is None or not planner.connection.applies_itself:
                return None
            plan = planner.plan()
            ticked = set(_without_a_person(plan))
            why = _why_a_person_decides(plan) if ticked else ""
            if why or not ticked:
                _hold_up(test, why)
                return None
            done = _apply(planner.plan(ticked), None)
    except Refused as refused:
        _hold_up(test, refused.sentence)
        return None
    return done


def take_the_sources_again(*, candidate: Candidate, field: str, by: User) -> None:
    """Give a field of a candidate back to the source: it has the source's value from now on.

    Raises Refused where the source says nothing about it, or it cannot be changed any more.
    """
    with transaction.atomic():
        # as whoever edits: the test, then the candidate, then what hangs on it
        test = Test.objects.select_for_update(no_key=True).get(pk=candidate.test_id)
        live = Candidate.objects.select_related("location").filter(pk=candidate.pk, test=test).first()
        told = {one.field: one for one in owned_fields(live)} if live is not None else {}
        if live is None or field not in told:
            raise Refused(_("The student system says nothing about that. Nothing was changed."))
        value: Any = told[field].told
        now = details_of(live)
        if field == "extra_minutes" and live.started_at is not None and value > live.extra_minutes:
            grow_extra_time(test=test, minutes={live.pk: value}, by=by)
        else:
            edit_candidate(candidate=live, old=now, new=replace(now, **{field: _as_detail(value)}), by=by)
        after = Candidate.objects.select_related("location").get(pk=live.pk)
        enrolment = RosterEnrolment.objects.select_for_update(of=("self",)).get(candidate=after)
        enrolment.told = {**enrolment.told, field: values_now(after)[field]}
        enrolment.save(update_fields=["told"])


def _as_detail(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _locked(test: Test) -> Planner | None:
    """Return what plans, with the rows of test and connection locked: whoever edits, adds or looks waits."""
    live = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
    if not RosterConnection.objects.select_for_update(of=("self",)).filter(test=live).exists():
        return None
    return Planner.of(live)


def _without_a_person(plan: RosterPlan) -> Iterator[str]:
    """Yield the keys of what is applied by itself: nobody's time gets less; who leaves only where that is chosen."""
    yield from (line.key for line in plan.join if line.is_ticked)
    yield from (line.key for line in plan.change if line.is_ticked and not shrinks(line.changes))
    if plan.connection.removes_itself:
        yield from (line.key for line in plan.leave if line.is_ticked)


def _why_a_person_decides(plan: RosterPlan) -> str:
    if plan.refusal:
        return plan.refusal
    if plan.doubts:
        return plan.doubts[0]
    if plan.is_empty:
        return _("Nobody is registered there any more. A planner has to say whether that is meant.")
    if plan.is_braked or (plan.connection.removes_itself and plan.leave and _comes_to_the_brake(plan)):
        return _("More would leave than is done by itself. A planner has to look at it.")
    return ""


def _comes_to_the_brake(plan: RosterPlan) -> bool:
    """Say whether as many leave as the brake stops, with whom the worker took off in one day since a person applied."""
    leaving = plan.work.plan
    past = Import.objects.filter(test=plan.connection.test, roster_source=plan.connection.source, undone_at=None)
    past = past.filter(created_at__gt=timezone.now() - BRAKE_LOOKS_BACK)
    looked = past.exclude(owner=None).aggregate(at=Max("created_at"))["at"]
    alone = past.filter(owner=None, **({"created_at__gt": looked} if looked else {}))
    before = alone.aggregate(count=Sum("removed"))["count"] or 0
    if not (leaving.leaving and before):
        return False
    return leaving.is_braked(most=settings.ROSTER_BRAKE_PEOPLE, percent=settings.ROSTER_BRAKE_PERCENT, before=before)


def _hold_up(test: Test, why: str) -> None:
    RosterConnection.objects.filter(test=test).exclude(held_up=why).update(held_up=why[:MAX_ERROR_LENGTH])


def _apply(plan: RosterPlan, by: User | None) -> Applied:
    """Store what is ticked; the caller holds the locks of test and connection. Raises Refused."""
    if plan.refusal:
        raise Refused(plan.refusal)
    setup = setups()[plan.connection.source]
    login = login_of(setup)
    assert login is not None  # noqa: S101  else the plan has a refusal
    work = plan.work
    joining = [entry for entry in work.plan.join if entry.ticked]
    changing = [entry for entry in work.plan.change if entry.ticked]
    leaving = work.plan.leaving
    test = plan.connection.test
    record = None
    if joining or changing or leaving:
        record = _record(plan, len(joining), len(changing), len(leaving), by, setup["label"])
    waiting = _waiting(login, work.people, [*joining, *changing, *work.plan.stay])
    # all places at once and in order, as a list's
    Location.objects.named([one.listed.place for one in (*joining, *changing) if one.listed and one.listed.place])
    if record is not None:
        remove_absent(test=test, public_ids=leaving, record=record, by=by)
        update_candidates(
            test=test, rows=[_already(number, one) for number, one in enumerate(changing, 1)], record=record, by=by
        )
    places = {line.key: line.public_id for line in plan.change}
    grown = {work.there[places[tick]].pk: minutes for tick, minutes in work.more_time.items()}
    if grown:
        grow_extra_time(test=test, minutes=grown, by=by)
    added: dict[str, str] = {}
    if joining:
        rows = [_row(number, one, plan, login, waiting) for number, one in enumerate(joining, 1)]
        try:
            done = add_candidates(
                test=test, rows=rows, by=by, source=f"roster {plan.connection.source}", imported_by=record
            )
        except RowsRefused as refused:
            first = refused.problems[0]
            sentence = _("%(id)s cannot join. %(why)s Nothing was changed.")
            shown = joining[first.row - 1].listed
            raise Refused(
                sentence % {"id": first.cell or (shown.name if shown else ""), "why": first.message}
            ) from refused
        added = {entry.key: candidate_key(shown) for entry, shown in zip(joining, done.candidate_ids, strict=True)}
    _store_enrolments(plan, record, added, waiting, {one.key for one in changing} | work.more_time.keys())
    if leaving:
        places_freed.send(sender=Test, test=test, by=by)  # after the source's own people
    RosterConnection.objects.filter(test=test).update(applied_at=timezone.now(), held_up="")
    return Applied(len(joining), len(changing) + len(grown), len(leaving), record)


def _record(plan: RosterPlan, joined: int, changed: int, left: int, by: User | None, label: str) -> Import:
    now = timezone.now()
    # an act in the history of imports, which can be undone there; no file and no rows
    return Import.objects.create(
        kind=Import.Kind.SSO,
        status=Import.Status.DONE,
        test=plan.connection.test,
        owner=by,
        owner_name=(str(by) if by else label)[:200],
        authentication_type=setups()[plan.connection.source]["authentication_type"],
        file_name=f"{label}: {plan.connection.title}"[:200],
        roster_source=plan.connection.source,
        is_complete=True,
        existing=Import.Existing.UPDATE,
        added=joined,
        updated=changed,
        removed=left,
        created_at=now,
        finished_at=now,
        expires_at=now + timedelta(hours=1),
    )


def _waiting(login: Login, people: Mapping[str, Any], entries: list[Entry]) -> dict[str, RosterIdentity]:
    """Return the rows of those whose first login is waited for, locked in order; made for those who join."""
    wanted = [people[entry.key] for entry in entries if entry.key in people and people[entry.key].claim]
    return store_waiting(login, wanted) if wanted else {}


def _already(number: int, entry: Entry) -> Already:
    assert entry.listed is not None and entry.standing is not None  # noqa: S101, PT018  changes are of both
    now, new = entry.standing.present, {one.field: one.new for one in entry.changes}
    value: Any = {
        name: new.get(name, getattr(now, name))
        for name in ("extra_minutes", "place", "name", "private_reference", "seat", "candidate_id")
    }
    return Already(number, now, **value)


def _row(
    number: int, entry: Entry, plan: RosterPlan, login: Login, waiting: Mapping[str, RosterIdentity]
) -> CandidateRow:
    one, person = entry.listed, plan.work.people[entry.key]
    assert one is not None  # noqa: S101  who joins is on the list
    return CandidateRow(
        number=number,
        candidate_id=one.candidate_id,
        extra_minutes=one.extra_minutes or 0,
        location=one.place,
        sso_user_id=person.sso_user_id,
        authentication_type=login.kind.slug,
        private_reference=one.private_reference,
        account=None if person.sso_user_id else waiting[person.key].user_id,
        name=one.name,
        seat=one.seat,
    )


def _store_enrolments(
    plan: RosterPlan,
    record: Import | None,
    added: Mapping[str, str],
    waiting: Mapping[str, RosterIdentity],
    changed: Collection[str],
) -> None:
    """Keep whom the source brought, and what it said of them when that was applied."""
    work, test = plan.work, plan.connection.test
    found = list(Candidate.objects.of_test(test).select_related("location").only(*READ_AGAIN).order_by())
    by_key, by_pk = {one.candidate_key: one for one in found}, {one.pk: one for one in found}
    now = {one.key: by_key[added[one.key]] for one in work.plan.join if one.key in added}
    before: dict[str, Mapping[str, Any]] = {}
    for entry in (*work.plan.change, *work.plan.stay):
        if entry.standing is not None and entry.key in work.sources and entry.standing.present.pk in by_pk:
            now[entry.key] = by_pk[entry.standing.present.pk]
            before[entry.key] = values_now(work.there[entry.standing.key])
    new: list[RosterEnrolment] = []
    old: list[RosterEnrolment] = []
    returned: list[Candidate] = []
    for tick, candidate in now.items():
        one = work.sources[tick]
        enrolment = work.enrolments.get(one.key)
        person = work.people[tick]
        identity = waiting[person.key].pk if person.claim and person.key in waiting else None
        values = values_now(candidate)
        wanted = work.wanted[tick]
        granted = [[str(part.kind), part.value[:200]] for part in one.accommodations[:20]]
        if enrolment is None:
            enrolment = RosterEnrolment(test=test, source=plan.connection.source, source_key=one.key)
            new.append(enrolment)
            told = {name: values[name] for name in wanted}
        else:
            told = _told(enrolment, before.get(tick), values, wanted, is_changed=tick in changed)
            if tick in added and enrolment.removal is not None:
                returned.append(_as_it_was(candidate, enrolment.removal))
            was = (enrolment.candidate_id, enrolment.identity_id, enrolment.removal_id, enrolment.told)
            if (*was, enrolment.accommodations) != (candidate.pk, identity, None, told, granted):
                old.append(enrolment)
        enrolment.candidate, enrolment.identity_id, enrolment.removal = candidate, identity, None
        enrolment.told, enrolment.accommodations, enrolment.withdrawn_at = told, granted, None
    Candidate.objects.bulk_update(returned, ["public_id", "added_at", "incident_minutes"], batch_size=BATCH)
    insert_rows(
        RosterEnrolment(test=test, source=plan.connection.source),
        ("source_key", "candidate_id", "identity_id", "told", "accommodations"),
        (
            (one.source_key, one.candidate_id, one.identity_id, json.dumps(one.told), json.dumps(one.accommodations))
            for one in new
        ),
    )
    columns = ["candidate", "identity", "removal", "told", "accommodations", "withdrawn_at"]
    RosterEnrolment.objects.bulk_update(old, columns, batch_size=BATCH)
    if record is not None and record.removed:
        _keep_removals(plan, record)


def _told(
    enrolment: RosterEnrolment,
    before: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    is_changed: bool,
) -> dict[str, Any]:
    """Return what the source has said: of fields that are owned here it stays what it was when they were changed.

    `before` is what stood here, None for who was not on the test; `values` is what stands here now.
    """
    told = dict(enrolment.told)
    takes_back = is_changed or before is None
    for name, value in values.items():
        if before is not None and name in told and is_ours(enrolment, before, name):
            continue
        if (name in wanted and value == wanted[name]) or (
            name == "extra_minutes" and name in told and name not in wanted and takes_back and value == 0
        ):
            told[name] = value
    return told


def _as_it_was(candidate: Candidate, gone: ImportedRemoval) -> Candidate:
    """Return somebody who came back, at the place that they had."""
    candidate.public_id, candidate.added_at = gone.public_id, gone.added_at
    candidate.incident_minutes = gone.incident_minutes
    return candidate


def _keep_removals(plan: RosterPlan, record: Import) -> None:
    """Keep with everybody who left what it takes to bring them back."""
    removals = {one.public_id: one for one in ImportedRemoval.objects.filter(source=record)}
    gone = []
    for entry in plan.work.plan.leave:
        enrolment = plan.work.enrolments.get(entry.standing.present.person) if entry.standing else None
        if enrolment is not None and entry.key in removals:
            enrolment.candidate, enrolment.removal = None, removals[entry.key]
            gone.append(enrolment)
    RosterEnrolment.objects.bulk_update(gone, ["candidate", "removal"], batch_size=BATCH)
