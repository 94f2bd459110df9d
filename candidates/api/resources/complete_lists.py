"""The complete list of who should be on a test: first the plan, then exactly that plan is carried out."""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import Field, StrictInt

from candidates.access import reached_test
from candidates.api.auth import caller, needs
from candidates.api.idempotency import writes
from candidates.api.lists import CandidatesSent, kind_of, make_list, rows_of, store, without_names, wrong_of
from candidates.api.problems import Problem, Wrong, invalid
from candidates.api.resources.candidates import router
from candidates.api.rows import all_wrong
from candidates.api.schemas import Answer, Text
from candidates.intake.columns import MappedRow
from candidates.models import Import, Scope
from candidates.rosters.complete import CompleteReport, look
from candidates.rosters.plan import Entry
from candidates.signin.access_keys import Caller


class CompleteSent(CandidatesSent):
    """Everybody of this kind who should be on the test; who is on it and not here leaves."""

    plan: Text = Field(
        default="", max_length=16, description="The number of the plan that is to be carried out; empty: make the plan."
    )
    confirm_removals: StrictInt | None = Field(
        default=None, ge=0, description="How many leave: needed where the plan says isBraked."
    )


class PlannedCandidate(Answer):
    """Somebody in a plan."""

    candidate_id: str
    reason: str
    members: list[str] = Field(description="What changes, or would, had the candidate not started.")


class PlanAnswer(Answer):
    """Who would join, change, leave and stay, and whether it was done."""

    plan: str = Field(description="The number of this plan. Nothing else than it is carried out with this number.")
    done: bool
    is_braked: bool = Field(description="So many leave that confirmRemovals has to say how many.")
    join: list[PlannedCandidate]
    change: list[PlannedCandidate]
    leave: list[PlannedCandidate]
    stay: list[PlannedCandidate]


@router.put("/test/{test_id}/candidates", response=PlanAnswer, **needs(Scope.CANDIDATES_WRITE))
@writes
def send_complete_list(request: HttpRequest, test_id: str, sent: CompleteSent) -> Answer:
    """Compare the test with a complete list (ours): without `plan` nothing is stored, with it that plan is carried out.

    Who has started, is logged in, or is of another kind stays. A test that has changed since is 409, with nothing done.
    """
    test = reached_test(caller(request).key, test_id, changes=True)
    if kind_of(sent) == Import.Kind.PERMANENT:
        sentence = _("Complete lists are of one-time users, or of the people of one SSO setup.")
        raise invalid([Wrong(detail=sentence, pointer="/authenticationSystem")])
    rows, wrong = rows_of(test, sent, caller(request))
    waiting = make_list(test, sent, caller(request), request.body, existing=Import.Existing.UPDATE, is_complete=True)
    report = _planned(waiting, rows, wrong, caller(request))
    number = report.seen(test)
    if sent.plan:
        if report.is_braked and sent.confirm_removals != len(report.leaving):
            sentence = _("%(n)d candidates would leave. Send confirmRemovals with this number, if that is meant.")
            raise Problem(409, sentence % {"n": len(report.leaving)}, code="many_removals")
        store(waiting, rows, caller(request), seen=sent.plan)
    return _answer(report, number, done=bool(sent.plan)).unless(not sent.plan)


def _planned(waiting: Import, rows: list[MappedRow], wrong: list[Wrong], by: Caller) -> CompleteReport:
    """Return what the list would do. Raises Problem with everything that is wrong in it."""
    report = without_names(look(waiting, read=rows), waiting, by)
    if wrong or report.problems:
        raise all_wrong(wrong, wrong_of(report.problems))
    if not isinstance(report, CompleteReport):
        raise Problem(409, report.refusal or _("The list cannot be compared with the test."))
    if report.refusal:
        raise Problem(409, report.refusal)
    return report


def _answer(report: CompleteReport, number: str, *, done: bool) -> Answer:
    plan = report.plan
    return PlanAnswer(
        plan=number,
        done=done,
        is_braked=report.is_braked,
        join=[_shown(one) for one in plan.join],
        change=[_shown(one) for one in plan.change],
        leave=[_shown(one) for one in plan.leave],
        stay=[_shown(one) for one in plan.stay],
    )


def _shown(one: Entry) -> PlannedCandidate:
    """Return somebody of a plan, without who it is."""
    there = one.standing.present.candidate_id if one.standing else ""
    return PlannedCandidate(
        candidate_id=there or (one.listed.candidate_id if one.listed else ""),
        reason=one.why.value,
        members=[MEMBERS_OF[change.field] for change in one.changes],
    )


MEMBERS_OF = {
    "candidate_id": "candidateId",
    "extra_minutes": "extraTime",
    "place": "roomName",
    "name": "name",
    "private_reference": "privateReference",
    "seat": "seat",
}
