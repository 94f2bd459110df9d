"""What happened in the hall and after it: attendance, results, login details, and the history of a test."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from ninja import Router
from pydantic import Field

from candidates import audit
from candidates.access import candidate_of, reached_test
from candidates.api.auth import caller, needs
from candidates.api.paging import Cursor, Limit, page_of, unknown_cursor
from candidates.api.problems import Wrong, invalid
from candidates.api.schemas import Answer, Body, Page, Text
from candidates.credentials.opening import Choice, open_details
from candidates.lifecycle.attendance import attendance_on
from candidates.lifecycle.grading import GivenMark, marks_of
from candidates.lifecycle.history import acts_on
from candidates.lifecycle.scales import Scale, scale_of
from candidates.models import AuditEvent, Candidate, Scope, Test, User
from candidates.models.tests import MAX_CANDIDATES
from candidates.timing import handed_in_at

router = Router(tags=["Hall, results and history"], by_alias=True)


class AttendanceAnswer(Answer):
    """Whether a candidate came, and whether somebody compared the card."""

    id: str
    candidate_id: str
    presence: str = Field(description="not_set, present or absent.")
    presence_at: datetime | None
    id_check: str = Field(description="not_checked, verified or rejected.")
    id_check_at: datetime | None


class ResultAnswer(Answer):
    """What came of the test for a candidate. Who it is stands in it only for keys with names:read."""

    id: str
    candidate_id: str
    submitted: bool
    submitted_at: datetime | None
    points: Decimal | None
    grade: str = Field(description="The given grade, or what the scale makes of the points; empty for none.")
    comment: str
    marked_at: datetime | None
    authentication_system: str | None = Field(description="Null without names:read.")
    external_id: str | None = Field(description="Null without names:read.")
    name: str | None = Field(description="Null without names:read.")
    private_reference: str | None = Field(description="Null without names:read.")


class AllResults(Answer):
    """The marks of one candidate, per round as the original has them: here there is one."""

    success: bool = True
    results: list[ResultAnswer]


class WhoseLogins(Body):
    """Whose login details are to be opened, by `id`; without `candidates` everybody's."""

    candidates: list[Text] | None = Field(default=None, min_length=1, max_length=MAX_CANDIDATES)


class LoginAnswer(Answer):
    """What a one-time user logs in with."""

    candidate_id: str
    username: str
    password: str


class Logins(Answer):
    """Login details; nothing of this is kept by the API."""

    logins: list[LoginAnswer]
    without: list[str] = Field(description="Candidate IDs whose password cannot be shown any more.")


class Act(Answer):
    """Something that was done on a test."""

    at: datetime
    action: str
    outcome: str
    actor: str = Field(
        description="User name of staff, name of a system; empty for candidates and what came by itself."
    )
    count: int


@router.get("/test/{test_id}/attendance", response=list[AttendanceAnswer], **needs(Scope.CANDIDATES_READ))
def read_attendance(request: HttpRequest, test_id: str) -> list[AttendanceAnswer]:
    """Read the attendance of all candidates, by Candidate ID (ours)."""
    test = reached_test(caller(request).key, test_id)
    return [
        AttendanceAnswer(
            id=candidate.public_id,
            candidate_id=candidate.candidate_id,
            presence=known.presence,
            presence_at=known.presence_at,
            id_check=known.id_check,
            id_check_at=known.id_check_at,
        )
        for candidate, known in attendance_on(test)
    ]


@router.get("/test/{test_id}/results", response=list[ResultAnswer], **needs(Scope.RESULTS_READ))
def read_results(request: HttpRequest, test_id: str) -> list[ResultAnswer]:
    """Read what came of the test, by Candidate ID (ours). That it was read is in the test's history."""
    test = reached_test(caller(request).key, test_id)
    return _results(request, test, Candidate.objects.of_test(test).people().order_by("sort_key", "candidate_key"))


@router.get("/candidates/allResults/{test_id}/{user_id}", response=AllResults, **needs(Scope.RESULTS_READ))
def read_all_results(request: HttpRequest, test_id: str, user_id: str) -> AllResults:
    """Read the marks of one candidate, whose `id` is the user id."""
    test = reached_test(caller(request).key, test_id)
    found = candidate_of(test, user_id)
    return AllResults(results=_results(request, test, Candidate.objects.of_test(test).filter(pk=found.pk)))


@router.post("/test/{test_id}/loginDetails", response=Logins, **needs(Scope.LOGINS_READ, kept=False))
@sensitive_variables()
def open_login_details(request: HttpRequest, test_id: str, sent: WhoseLogins) -> HttpResponse:
    """Open login details (ours), recorded before anything is opened. Nothing is kept: no Idempotency-Key is read."""
    test = reached_test(caller(request).key, test_id)
    _refuse_unknown(test, sent.candidates or [])
    choice = Choice(public_ids=tuple(sent.candidates) if sent.candidates else None)
    opened = open_details(
        test=test, choice=choice, action=audit.Action.DETAILS_CSV, by=caller(request).account, anyway=True
    )
    logins = [
        LoginAnswer(candidate_id=slip.candidate_id, username=slip.username, password=slip.password)
        for slip in opened.sheet.slips
    ]
    without = [one.candidate_id for one in (*opened.purged, *opened.broken, *opened.withheld)]
    content = Logins(logins=logins, without=without).model_dump_json(by_alias=True)
    return HttpResponse(content, content_type="application/json", headers={"Cache-Control": "no-store"})


def _refuse_unknown(test: Test, ids: Sequence[str]) -> None:
    """Raise Problem for ids of nobody on the test: what was sent is another list than somebody thinks."""
    there = set(Candidate.objects.of_test(test).filter(public_id__in=ids).values_list("public_id", flat=True))
    sentence = _("Nobody on this test is called so.")
    wrong = [
        Wrong(detail=sentence, pointer=f"/candidates/{place}") for place, one in enumerate(ids) if one not in there
    ]
    if wrong:
        raise invalid(wrong)


@router.get("/test/{test_id}/history", response=Page[Act], **needs(Scope.HISTORY_READ))
def read_history(request: HttpRequest, test_id: str, cursor: Cursor = "", limit: Limit = 100) -> Page[Act]:
    """Read what was done on a test, the newest first (ours)."""
    test = reached_test(caller(request).key, test_id)
    acts: QuerySet[AuditEvent] = acts_on(test).select_related("actor").order_by("-pk")
    if cursor:
        if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
            raise unknown_cursor()
        acts = acts.filter(pk__lt=int(cursor))
    return page_of(acts[: limit + 1], limit=limit, key=lambda act: str(act.pk), show=_act)


def _act(event: AuditEvent) -> Act:
    staff = event.actor is not None and event.actor.kind in (User.Kind.STAFF, User.Kind.SYSTEM)
    actor = ""
    if staff and event.actor is not None:
        actor = event.actor.name if event.actor.kind == User.Kind.SYSTEM else event.actor.username
    return Act(at=event.at, action=event.action, outcome=event.outcome, actor=actor, count=event.count)


def _results(request: HttpRequest, test: Test, candidates: QuerySet[Candidate]) -> list[ResultAnswer]:
    """Return results, recorded; who it is for keys that may know it."""
    key = caller(request)
    names = key.may(Scope.NAMES_READ)
    audit.record_once(audit.Action.RESULTS_DOWNLOADED, by=key.account, test=test, detail={"names": names})
    marks, scale, now = marks_of(test), scale_of(test), timezone.now()
    return [_result(one, test, marks.get(one.public_id), scale, now, names=names) for one in candidates]


def _result(
    one: Candidate, test: Test, mark: GivenMark | None, scale: Scale, now: datetime, *, names: bool
) -> ResultAnswer:
    at = handed_in_at(one, test, now=now)
    return ResultAnswer(
        id=one.public_id,
        candidate_id=one.candidate_id,
        submitted=at is not None,
        submitted_at=at,
        points=mark.points if mark else None,
        grade=scale.grade_of(mark.points, mark.grade) if mark else "",
        comment=mark.comment if mark else "",
        marked_at=mark.at if mark else None,
        authentication_system=one.authentication_type if names else None,
        external_id=one.sso_user_id if names else None,
        name=one.name if names else None,
        private_reference=one.private_reference if names else None,
    )
