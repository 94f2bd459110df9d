"""Look at a list that says it is complete: the check of its rows, and the plan that it makes for its test."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.authentication_types import enabled_types
from candidates.candidate_ids import candidate_key
from candidates.intake import importing
from candidates.intake.columns import MappedRow
from candidates.intake.drafts import mended, rows_read
from candidates.intake.findings import Present, Problem
from candidates.intake.headings import CANDIDATE_ID, SEAT, SSO_USER_ID
from candidates.intake.importing import Report, why_nobody
from candidates.intake.present import people_on
from candidates.lifecycle.removal import why_stays
from candidates.lifecycle.seats import seat_taken
from candidates.models import Candidate, Import, Test
from candidates.rosters.plan import Listed, Plan, Refused, Standing, make_plan
from candidates.timing import stage_of

EMPTY = Plan((), (), (), ())


@dataclass(frozen=True, slots=True)
class CompleteReport(Report):
    """What checking a complete list found, and its plan.

    `ready`, `already` and `leaving` are those of the plan that are ticked; `plan` has everybody.
    """

    plan: Plan = EMPTY

    @property
    def is_braked(self) -> bool:
        """Tell whether it removes so many that somebody has to say so twice."""
        return self.plan.is_braked(most=settings.ROSTER_BRAKE_PEOPLE, percent=settings.ROSTER_BRAKE_PERCENT)


def look(draft: Import, *, read: Sequence[MappedRow] | None = None) -> Report:
    """Return what confirming a list would do, with its plan where it is complete. Writes nothing, takes no lock.

    A constant number of queries.
    """
    read = list(rows_read(draft)) if read is None else read
    report = importing.preview(draft, read=read)
    test = draft.required_test
    usual = why_nobody(test, len(report.ready))
    # A list that cannot be read as it should names nobody: without a plan nobody is shown as one who would leave.
    if not draft.is_complete or report.refusal != usual:
        return report
    standing = standing_on(test, draft)
    listed = [*_listed(draft, report)]
    named = _named_otherwise(draft, report, read)
    spared = {there.key for there in standing if _is_named(there.present, named)}
    plan = make_plan(listed, standing, unticked=draft.unticked, spared=spared)
    problems = sorted([*report.problems, *map(_problem, plan.refused)], key=lambda one: one.row)
    joining = {entry.key for entry in plan.join if entry.ticked}
    changing = {entry.key for entry in plan.change if entry.ticked}
    ready = tuple(row for row in report.ready if str(row.number) in joining)
    found = {field.name: getattr(report, field.name) for field in fields(report)}
    found |= {
        "ready": ready,
        "problems": tuple(problems),
        "already": tuple(row for row in report.already if str(row.number) in changing),
        "existing": Import.Existing.UPDATE,
        "leaving": plan.leaving,
    }
    # places are counted without those who are unticked, and with those of who leaves
    found["refusal"] = why_nobody(test, len(ready), freed=len(plan.leaving))
    return CompleteReport(**found, plan=plan)


def standing_on(test: Test, draft: Import) -> list[Standing]:
    """Return who is on the test, in order, with the reason for which somebody cannot be removed now: two queries."""
    sso = enabled_types().get(draft.authentication_type)
    person_of = {shown: person for person, shown in people_on(test, sso).items()} if sso else {}
    now, stage = timezone.now(), stage_of(test)
    # no list names spare logins, so none says that one should leave
    found = Candidate.objects.of_test(test).filter(is_spare=False).select_related("location").order_by("sort_key")
    standing = []
    for one in found:
        ours = one.kind == draft.kind and one.authentication_type == draft.authentication_type
        place = (one.location.building, one.location.room) if one.location else ("", "")
        present = Present(
            one.pk,
            one.candidate_id,
            person_of.get(one.candidate_id, ""),
            one.extra_minutes,
            place,
            one.started_at is not None,
            one.name,
            one.private_reference,
            one.seat,
        )
        stays = why_stays(one, test, stage, now)
        standing.append(Standing(one.public_id, present, ours, stays.value if stays else ""))
    return standing


def _listed(draft: Import, report: Report) -> Iterator[Listed]:
    """Yield the rows without a problem, as the plan takes them; those of people on the test as they are afterwards."""
    sso = enabled_types().get(draft.authentication_type)
    for row in report.ready:
        person = sso.key(row.sso_user_id) if sso else ""
        yield Listed(
            str(row.number),
            row.candidate_id,
            person,
            row.extra_minutes,
            row.location,
            row.name,
            row.private_reference,
            row.seat,
        )
    for one in report.already:
        yield Listed(
            str(one.number),
            one.candidate_id,
            one.present.person if sso else "",
            one.extra_minutes,
            one.place,
            one.name,
            one.private_reference,
            one.seat,
        )


def _named_otherwise(draft: Import, report: Report, read: Sequence[MappedRow]) -> set[str]:
    """Return the Candidate IDs and people of rows that are left out or have a problem: nobody leaves by such a row."""
    wrong = {problem.row for problem in report.problems} | set(draft.left_out)
    sso = enabled_types().get(draft.authentication_type)
    named = set()
    for row in read:
        if row.number not in wrong:
            continue
        # as it was read and as it is now: a cell that was emptied says who it was
        for values in (row.values, mended(row, draft.mends).values):
            named.add(candidate_key(values.get(CANDIDATE_ID, "")))
            if sso:
                named.add(sso.key(values.get(SSO_USER_ID, "").strip()))
    return named - {""}


def _is_named(now: Present, named: Collection[str]) -> bool:
    return candidate_key(now.candidate_id) in named or (bool(now.person) and now.person in named)


def _problem(one: Refused) -> Problem:
    """Say what is in the way of a row, in the list's own cells."""
    if one.field == SEAT:
        place = one.listed.place or (one.standing.present.place if one.standing else ("", ""))
        return Problem(int(one.key), SEAT, one.listed.seat, seat_taken(one.taken_by, place))
    message = _("%(shown)s is somebody else on this test, who stays.") % {"shown": one.taken_by}
    return Problem(int(one.key), CANDIDATE_ID, one.listed.candidate_id, message)
