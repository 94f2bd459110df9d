"""Tests: read, made and updated by the id that they have in the other system."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from candidates.access import reached_test, tests_of_key
from candidates.api.auth import caller, needs
from candidates.api.paging import Cursor, Limit, page_of, single, unknown_cursor
from candidates.api.schemas import OURS, Answer, Page
from candidates.models import Scope, Test
from candidates.timing import stage_of

router = Router(tags=["Tests"], by_alias=True)


class TestAnswer(Answer):
    """A test."""

    __test__ = False

    assessment_run_id: str
    external_test_id: str | None
    title: str
    start_time: datetime | None
    end_time: datetime | None
    duration: int | None = Field(description="Minutes from each candidate's own start; null: until the end.")
    status: str = Field(description=OURS)
    candidate_count: int = Field(description=OURS)


class TestResult(Answer):
    """A test, as the original wraps it."""

    __test__ = False

    result: TestAnswer


def shown(test: Test) -> TestAnswer:
    """Return a test as it is answered."""
    external = getattr(test, "external", None)
    return TestAnswer(
        assessment_run_id=test.public_id,
        external_test_id=external.external_id if external else None,
        title=test.name,
        start_time=test.opens_at,
        end_time=test.ends_at,
        duration=test.duration_minutes,
        status=stage_of(test).name.lower(),
        candidate_count=test.candidate_count,
    )


@router.get("/test", response=Page[TestAnswer], **needs(Scope.TESTS_READ))
def list_tests(request: HttpRequest, cursor: Cursor, limit: Limit) -> Page[TestAnswer]:
    """List the tests that the key reaches, the newest first (ours)."""
    found = tests_of_key(caller(request).key).with_longest_extra().select_related("external").order_by("-pk")
    found = found.defer("questions", "information")
    if cursor:
        last = found.filter(public_id=cursor).values_list("pk", flat=True).first()
        if last is None:
            raise unknown_cursor()
        found = found.filter(pk__lt=last)
    return page_of(found[: limit + 1], limit=limit, key=lambda test: test.public_id, show=shown)


@router.get("/test/{test_id}", response=TestResult, **needs(Scope.TESTS_READ))
def read_test(request: HttpRequest, test_id: str) -> HttpResponse:
    """Read a test."""
    return single(request, TestResult(result=shown(reached_test(caller(request).key, test_id))))
