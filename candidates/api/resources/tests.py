"""Tests: read, made and updated by the id that they have in the other system, activated and deactivated."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field, StrictInt

from candidates.access import reached_test, tests_of_key
from candidates.api.auth import caller, needs
from candidates.api.idempotency import writes
from candidates.api.paging import NO_NUL, Cursor, Limit, cursor_of, newest_first, page_of, refuse_if_changed, single
from candidates.api.problems import Problem, Wrong, invalid
from candidates.api.resources.contributors import ContributorAnswer, shown_contributors
from candidates.api.schemas import OURS, Answer, Body, Moment, Page, Text
from candidates.lifecycle.activation import activate, deactivate
from candidates.lifecycle.external_tests import change_external_test, ended_by, known_test, make_external_test
from candidates.lifecycle.spares import people_on
from candidates.models import Scope, Test
from candidates.models.access_keys import MAX_EXTERNAL_ID_LENGTH
from candidates.models.tests import MAX_TEST_NAME_LENGTH, MAX_WINDOW
from candidates.tabular.hidden import character_name, hidden_character
from candidates.timing import stage_of

MAX_DURATION = 2880  # minutes; test_duration_is_positive

router = Router(tags=["Tests"], by_alias=True)


class TestChange(Body):
    """What can be set of a test; a member that is left out stays as it is."""

    __test__ = False

    title: Text | None = Field(default=None, min_length=1, max_length=MAX_TEST_NAME_LENGTH)
    start_time: Moment | None = None
    end_time: Moment | None = None
    duration: StrictInt | None = Field(
        default=None, ge=1, le=MAX_DURATION, description="Minutes from each candidate's start; null: until the end."
    )
    confirm_ends: StrictInt | None = Field(
        default=None,
        ge=0,
        description="How many who are writing are handed in at once by this end: needed where there are some. " + OURS,
    )


class TestSent(TestChange):
    """A test of another system. The same `externalTestId` updates."""

    external_test_id: Text = Field(min_length=1, max_length=MAX_EXTERNAL_ID_LENGTH)
    source_template_id: Text | None = Field(
        default=None,
        max_length=16,
        description="A test whose questions and information a new test gets. Not read where the test is there already.",
    )


class TestAnswer(Answer):
    """A test."""

    __test__ = False

    assessment_run_id: str = Field(description="The id in the addresses of this API.")
    external_test_id: str | None
    title: str
    start_time: datetime | None
    end_time: datetime | None
    duration: int | None = Field(description="Minutes from each candidate's own start; null: until the end.")
    status: str = Field(description="created, scheduled, active or finished. " + OURS)
    candidate_count: int = Field(description=OURS)
    archived: bool = Field(description="Nothing in it can be changed. " + OURS)


class TestWithPeople(TestAnswer):
    """A test, and who works on it."""

    contributors: list[ContributorAnswer]


class TestResult(Answer):
    """A test, as the original wraps it."""

    __test__ = False

    result: TestWithPeople


class TestStored(Answer):
    """What became of a test that was sent."""

    __test__ = False

    success: bool = True
    assessment_run_id: str
    status: str = Field(description="created, scheduled, active or finished. " + OURS)


class ActivatedAnswer(TestStored):
    """A test that is activated now."""

    login_details_made: int = Field(description="One-time users who got login details. " + OURS)


def shown(test: Test, people: Mapping[int, int] | None = None) -> TestAnswer:
    """Return a test as it is answered; `people` says how many candidates each test has, where several are shown."""
    external = getattr(test, "external", None)
    return TestAnswer(
        assessment_run_id=test.public_id,
        external_test_id=external.external_id if external else None,
        title=test.name,
        start_time=test.opens_at,
        end_time=test.ends_at,
        duration=test.duration_minutes,
        status=stage_of(test).value,
        candidate_count=(people or people_on([test]))[test.pk],
        archived=test.archived_at is not None,
    )


@router.get("/test", response=Page[TestAnswer], **needs(Scope.TESTS_READ))
def list_tests(
    request: HttpRequest,
    cursor: Cursor = "",
    limit: Limit = 100,
    external_test_id: Annotated[
        str, Query("", alias="externalTestId", max_length=MAX_EXTERNAL_ID_LENGTH, pattern=NO_NUL)
    ] = "",
) -> Page[TestAnswer]:
    """List the tests that the key reaches, the newest first (ours)."""
    found = tests_of_key(caller(request).key).with_longest_extra().select_related("external")
    found = found.defer("questions", "information")
    if external_test_id:
        found = found.filter(external__external_id=external_test_id)
    rows = list(newest_first(found, cursor, by="created_at")[: limit + 1])
    people = people_on(rows)
    return page_of(
        rows,
        limit=limit,
        key=lambda test: cursor_of(test.created_at.isoformat(), test.public_id),
        show=lambda test: shown(test, people),
    )


@router.post("/test", response={200: TestStored, 201: TestStored}, **needs(Scope.TESTS_WRITE))
@writes
def send_test(
    request: HttpRequest,
    sent: TestSent,
    is_external: Annotated[bool, Query(True, alias="isExternal", description="Taken, and without effect.")] = True,
) -> Answer:
    """Make a test, or update the one with this `externalTestId`; of an activated test the end alone can be moved.

    A new test needs `title`, `startTime` and `endTime` (201); it has no planner until one is added as a contributor.
    """
    key = caller(request).key
    stored = known_test(key, sent.external_test_id)
    if stored is None:
        values = checked_values(sent, None)
        template = reached_test(key, sent.source_template_id) if sent.source_template_id else None
        made = make_external_test(key=key, external_id=sent.external_test_id, values=values, template=template)
        if made is not None:
            return TestStored(assessment_run_id=made.public_id, status=stage_of(made).value).made()
        stored = known_test(key, sent.external_test_id)
        assert stored is not None  # noqa: S101  else make_external_test had raised
    return _changed(request, stored.public_id, sent)


@router.get("/test/{test_id}", response=TestResult, **needs(Scope.TESTS_READ, tagged=True))
def read_test(request: HttpRequest, test_id: str) -> HttpResponse:
    """Read a test, with who works on it."""
    return single(request, _result(reached_test(caller(request).key, test_id)))


@router.patch("/test/{test_id}", response=TestStored, **needs(Scope.TESTS_WRITE, tagged=True))
@writes
def change_test(request: HttpRequest, test_id: str, sent: TestChange) -> Answer:
    """Change a test (ours); of an activated test the end alone can be moved."""
    return _changed(request, test_id, sent)


@router.post("/test/{test_id}/activate", response=ActivatedAnswer, **needs(Scope.TESTS_WRITE))
@writes
def activate_test(request: HttpRequest, test_id: str) -> Answer:
    """Activate a test (ours): its one-time users get login details, and candidates see it."""
    test = reached_test(caller(request).key, test_id, changes=True)
    made = activate(test=test, by=caller(request).account)
    return ActivatedAnswer(assessment_run_id=test.public_id, status=stage_of(test).value, login_details_made=made)


@router.post("/test/{test_id}/deactivate", response=TestStored, **needs(Scope.TESTS_WRITE))
@writes
def deactivate_test(request: HttpRequest, test_id: str) -> Answer:
    """Deactivate a test (ours), as long as no candidate has opened it."""
    test = reached_test(caller(request).key, test_id, changes=True)
    deactivate(test=test, by=caller(request).account)
    return TestStored(assessment_run_id=test.public_id, status=stage_of(test).value)


def _result(test: Test) -> TestResult:
    people = shown_contributors(test)
    return TestResult(result=TestWithPeople(**shown(test).model_dump(), contributors=people))


def _changed(request: HttpRequest, test_id: str, sent: TestChange) -> TestStored:
    key = caller(request).key
    test = reached_test(key, test_id, changes=True)
    refuse_if_changed(request, test, lambda: _result(reached_test(key, test_id)))
    values = checked_values(sent, test)
    over = ended_by(test, values["ends_at"]) if test.is_activated and "ends_at" in values else 0
    if over > (sent.confirm_ends or 0):
        sentence = _("%(n)d candidates are writing and would be handed in at once. Send confirmEnds, if that is meant.")
        raise Problem(409, sentence % {"n": over}, code="ends_now", members={"ends": over})
    change_external_test(test=test, values=values, key=key)
    test.refresh_from_db()
    return TestStored(assessment_run_id=test.public_id, status=stage_of(test).value)


def checked_values(sent: TestChange, stored: Test | None) -> dict[str, Any]:
    """Return the columns that were sent. Raises Problem with everything that is wrong in them, also together."""
    given = sent.model_fields_set
    wrong = []
    for name, member in (("title", "title"), ("start_time", "startTime"), ("end_time", "endTime")):
        if getattr(sent, name) is None and (stored is None or name in given):
            wrong.append(Wrong(detail=_("A test needs this."), pointer=f"/{member}", code="missing"))
    if isinstance(sent, TestSent) and (why := _wrong_id(sent.external_test_id)):
        wrong.append(Wrong(detail=why, pointer="/externalTestId"))
    if sent.title is not None and (why := _wrong_title(sent.title)):
        wrong.append(Wrong(detail=why, pointer="/title"))
    opens_at = sent.start_time or (stored.opens_at if stored else None)
    ends_at = sent.end_time or (stored.ends_at if stored else None)
    if opens_at and ends_at and not opens_at < ends_at <= opens_at + MAX_WINDOW:
        sentence = _("The end lies after the start, and at most %(days)d days after it.") % {"days": MAX_WINDOW.days}
        wrong.append(Wrong(detail=sentence, pointer="/endTime" if "end_time" in given else "/startTime"))
    if wrong:
        raise invalid(wrong)
    columns = {"title": "name", "start_time": "opens_at", "end_time": "ends_at", "duration": "duration_minutes"}
    values = {columns[name]: getattr(sent, name) for name in columns if name in given}
    if "name" in values:
        values["name"] = values["name"].strip()
    return values


def _wrong_title(title: str) -> str:
    """Return what is wrong with a title, "" for nothing: the rules of the pages."""
    if not title.strip():
        return _("A test needs this.")
    if "[" in title or "]" in title:
        return _("Leave out square brackets, [ and ].")
    return _hidden_inside(title)


def _wrong_id(external_id: str) -> str:
    """Return what is wrong with an id, "" for nothing: two that look alike would be two tests."""
    if external_id.strip() != external_id:
        return _("Leave out the space before or after it.")
    return _hidden_inside(external_id)


def _hidden_inside(text: str) -> str:
    hidden = hidden_character(text) or next((one for one in text if one in "\r\n\t"), None)
    if hidden is None:
        return ""
    return _("There is a character inside that nobody can see: %(name)s.") % {"name": character_name(hidden)}
