"""Candidates of a test: listed, added, changed, removed, and compared with a complete list."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from candidates.access import candidate_of, reached_test
from candidates.api.auth import caller, needs, sees_names
from candidates.api.changes import CandidateChange, changed_details
from candidates.api.idempotency import writes
from candidates.api.lists import CandidatesSent, Existing, kind_of, make_list, rows_of, store, wrong_of
from candidates.api.paging import NO_NUL, Cursor, Limit, cursor_of, parts_of, refuse_if_changed, single
from candidates.api.problems import Problem, Wrong, invalid, pointer_to
from candidates.api.schemas import OURS, Answer, Body, Page, Text
from candidates.candidate_ids import candidate_key
from candidates.intake.importing import Report
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.removal import removable, remove_candidates
from candidates.models import Candidate, Import, Scope, Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.timing import end_of, progress_of

router = Router(tags=["Candidates"], by_alias=True)

DryRun = Annotated[bool, Query(False, alias="dryRun", description="Answer the same and store nothing.")]


class CandidateAnswer(Answer):
    """A candidate. Who it is stands in it only for keys with names:read."""

    id: str = Field(description="The id in the addresses of this API. " + OURS)
    candidate_id: str
    kind: str = Field(description="one_time, sso or permanent.")
    extra_time: int = Field(description="Minutes.")
    incident_time: int = Field(description="Minutes that the hall gave. " + OURS)
    building_name: str
    room_name: str
    seat: str
    progress: str = Field(description="inactive, dashboard, in_progress or submitted.")
    started_at: datetime | None
    submitted_at: datetime | None
    ends_at: datetime | None = Field(description="When this candidate's time is over. " + OURS)
    authentication_system: str | None = Field(description="Null without names:read.")
    external_id: str | None = Field(description="SSO user ID; null without names:read.")
    name: str | None = Field(description="Null without names:read.")
    private_reference: str | None = Field(description="Null without names:read.")


class Notice(Answer):
    """What somebody should look at; it stands in the way of nothing."""

    detail: str
    pointer: str
    code: str


class AddedCandidate(Answer):
    """A candidate who is on the test now."""

    id: str
    candidate_id: str


class ListDone(Answer):
    """What became of a list."""

    success: bool = True
    dry_run: bool
    added: int
    updated: int
    skipped: int
    removed: int
    candidates: list[AddedCandidate] = Field(description="Who was added, in the order of the body.")
    notices: list[Notice]


class Removal(Body):
    """Whom to take off the test, by id or Candidate ID."""

    candidates: list[Text] = Field(min_length=1, max_length=MAX_CANDIDATES)


def shown(one: Candidate, test: Test, now: datetime, *, names: bool) -> CandidateAnswer:
    """Return a candidate as it is answered."""
    place = one.location
    return CandidateAnswer.model_construct(
        id=one.public_id,
        candidate_id=one.candidate_id,
        kind=str(one.kind),
        extra_time=one.extra_minutes,
        incident_time=one.incident_minutes,
        building_name=place.building if place else "",
        room_name=place.room if place else "",
        seat=one.seat,
        progress=progress_of(one, test, now=now).value,
        started_at=one.started_at,
        submitted_at=one.submitted_at,
        ends_at=end_of(one, test) if test.ends_at else None,
        authentication_system=one.authentication_type if names else None,
        external_id=one.sso_user_id if names else None,
        name=one.name if names else None,
        private_reference=one.private_reference if names else None,
    )


@router.get("/test/{test_id}/candidates", response=Page[CandidateAnswer], **needs(Scope.CANDIDATES_READ))
def list_candidates(
    request: HttpRequest,
    test_id: str,
    cursor: Cursor = "",
    limit: Limit = 100,
    candidate_id: Annotated[
        str, Query("", alias="candidateId", max_length=100, pattern=NO_NUL, description="This one alone.")
    ] = "",
) -> HttpResponse:
    """List candidates by Candidate ID. That a key reads who they are is in the test's history."""
    test = reached_test(caller(request).key, test_id)
    found = Candidate.objects.of_test(test).people().select_related("location").order_by("sort_key", "candidate_key")
    if candidate_id:
        found = found.filter(candidate_key=candidate_key(candidate_id))
    if cursor:
        sort, key = parts_of(cursor, 2)
        found = found.filter(Q(sort_key__gt=sort) | Q(sort_key=sort, candidate_key__gt=key))
    rows = list(found[: limit + 1])
    names = sees_names(request, test)
    now = timezone.now()
    shown_rows = [shown(one, test, now, names=names) for one in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    page = Page[CandidateAnswer].model_construct(
        items=shown_rows, next=cursor_of(last.sort_key, last.candidate_key) if last else None
    )
    return HttpResponse(page.model_dump_json(by_alias=True), content_type="application/json")


# before the addresses of one candidate: nobody is called so
@router.post("/test/{test_id}/candidates/remove", response=ListDone, **needs(Scope.CANDIDATES_WRITE))
@writes
def remove_some(request: HttpRequest, test_id: str, sent: Removal, dry_run: DryRun = False) -> Answer:
    """Take candidates off the test (ours): all, or none where one is not there or has to stay."""
    return _removed(request, test_id, sent, dry_run)


@router.get(
    "/test/{test_id}/candidates/{candidate}",
    response=CandidateAnswer,
    **needs(Scope.CANDIDATES_READ, tagged=True),
)
def read_candidate(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Read one candidate, by `id` (ours)."""
    test = reached_test(caller(request).key, test_id)
    found = candidate_of(test, candidate)
    return single(request, shown(found, test, timezone.now(), names=sees_names(request, test)))


@router.post("/test/{test_id}/candidates", response=ListDone, **needs(Scope.CANDIDATES_WRITE))
@writes
def add_candidates(
    request: HttpRequest,
    test_id: str,
    sent: CandidatesSent,
    existing: Annotated[
        Existing, Query("refuse", description="What happens to who is on the test already.")
    ] = "refuse",
    dry_run: DryRun = False,
) -> Answer:
    """Add candidates: all, or none where one is wrong, with everything that is wrong in all of them."""
    who = caller(request)
    test = reached_test(who.key, test_id, changes=True)
    choice = "" if existing == "refuse" else Import.Existing(existing)
    if choice == Import.Existing.UPDATE and kind_of(sent) == Import.Kind.PERMANENT:
        sentence = _("Permanent users who are on the test are changed one by one, or skipped: existing=skip.")
        raise invalid([Wrong(detail=sentence, parameter="existing")])
    waiting = make_list(test, sent, who, request.body, existing=choice)
    rows, wrong = rows_of(test, sent, who)
    done, report = store(waiting, rows, who, wrong=wrong)
    return _done(test, waiting, report, skipped=len(report.already) - done.updated, dry_run=dry_run)


@router.patch(
    "/test/{test_id}/candidates/{candidate}",
    response=CandidateAnswer,
    **needs(Scope.CANDIDATES_WRITE, tagged=True),
)
@writes
def change_candidate(request: HttpRequest, test_id: str, candidate: str, sent: CandidateChange) -> Answer:
    """Change one candidate, by `id` (ours). What is left out stays as it is."""
    test = reached_test(caller(request).key, test_id, changes=True)
    now_shown = _refuse_if_changed(request, test, candidate)
    found = candidate_of(test, candidate)
    old = details_of(found)
    edit_candidate(candidate=found, old=old, new=changed_details(sent, old, test), by=caller(request).account)
    return now_shown()


@router.delete(
    "/test/{test_id}/candidates/{candidate}", response=ListDone, **needs(Scope.CANDIDATES_WRITE, tagged=True)
)
@writes
def remove_candidate(request: HttpRequest, test_id: str, candidate: str, dry_run: DryRun = False) -> Answer:
    """Take one candidate off the test, by `id` (ours)."""
    test = reached_test(caller(request).key, test_id, changes=True)
    candidate_of(test, candidate)
    _refuse_if_changed(request, test, candidate)
    return _removed(request, test_id, Removal(candidates=[candidate]), dry_run)


def _refuse_if_changed(request: HttpRequest, test: Test, candidate: str) -> Callable[[], CandidateAnswer]:
    """Raise Problem where the candidate is another than If-Match says; return what shows the candidate as it is."""
    names, now = sees_names(request, test), timezone.now()

    def stored() -> CandidateAnswer:
        return shown(candidate_of(test, candidate), test, now, names=names)

    refuse_if_changed(request, test, stored)
    return stored


def _removed(request: HttpRequest, test_id: str, sent: Removal, dry_run: bool) -> Answer:
    """Remove these candidates. Raises Problem where one is not on the test, or cannot go."""
    test = reached_test(caller(request).key, test_id, changes=True)
    with transaction.atomic():
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        keys = {candidate_key(one) for one in sent.candidates}
        rows = Candidate.objects.of_test(test).filter(Q(public_id__in=sent.candidates) | Q(candidate_key__in=keys))
        named = {name: one.public_id for one in rows for name in (one.public_id, one.candidate_key)}
        ids = [named.get(one) or named.get(candidate_key(one)) for one in sent.candidates]
        wrong = [_not_there(place) for place, one in enumerate(ids) if one is None]
        public_ids = [one for one in ids if one is not None]
        _gone, stays = removable(test, public_ids)
        reasons = {stay.candidate.public_id: stay.why.label for stay in stays}
        wrong += [
            Wrong(detail=_("It stays: the candidate %(why)s.") % {"why": reasons[one]}, pointer=f"/candidates/{place}")
            for place, one in enumerate(ids)
            if one in reasons
        ]
        if wrong:
            raise Problem(409, _("Nobody was removed."), code="cannot_be_removed", errors=wrong)
        remove_candidates(test=test, public_ids=public_ids, by=caller(request).account)
    gone = len(set(public_ids))
    return ListDone(dry_run=dry_run, added=0, updated=0, skipped=0, removed=gone, candidates=[], notices=[]).unless(
        dry_run
    )


def _not_there(place: int) -> Wrong:
    return Wrong(detail=_("Nobody on this test is called so."), pointer=pointer_to("candidates", place))


def _done(test: Test, waiting: Import, report: Report, *, skipped: int, dry_run: bool) -> Answer:
    """Say what became of a list."""
    made = dict(Candidate.objects.filter(imported_by=waiting).values_list("candidate_key", "public_id"))
    keys = [(one.candidate_id, candidate_key(one.candidate_id)) for one in report.ready]
    notices = zip(report.warnings, wrong_of(report.warnings), strict=True)
    return ListDone(
        dry_run=dry_run,
        added=len(report.ready),
        updated=len(report.updates),
        skipped=skipped,
        removed=len(report.leaving),
        candidates=[
            AddedCandidate.model_construct(id=made[key], candidate_id=shown_id) for shown_id, key in keys if key in made
        ],
        notices=[Notice(detail=where.detail, pointer=where.pointer or "", code=one.kind) for one, where in notices],
    ).unless(dry_run)
