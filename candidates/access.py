"""Which user may reach which test as what: the only place that answers that.

Pages that a role does not have answer 403; objects of others answer 404, as if they did not exist (traps.md C1-C14).
Every function returns the object or raises; nothing else in the product looks objects up by what stands in an address.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from candidates.models import Candidate, CandidateImport, Contributor, ImportDraft, Test, User
from candidates.models.tests import TestQuerySet

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponse)
View: TypeAlias = Callable[Concatenate[HttpRequest, P], R]
Role = Contributor.Role


def person(request: HttpRequest) -> User:
    """Return who asks; LoginRequiredMiddleware has seen to it that somebody is logged in."""
    return cast(User, request.user)


def _only(allowed: Callable[[User], bool]) -> Callable[[View[P, R]], View[P, R]]:
    """Make a decorator that answers 403 to everybody who does not have this kind of page."""

    def decorate(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not allowed(person(request)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


planner_page = _only(lambda user: user.is_planner)
monitor_page = _only(lambda user: user.is_planner or user.is_invigilator)
grader_page = _only(lambda user: user.is_grader)
administrator_page = _only(lambda user: user.is_administrator)
candidate_page = _only(lambda user: user.is_candidate)


def tests_of(user: User, *roles: str) -> TestQuerySet:
    """Return the tests on which the person has one of these roles, as far as the person still has its system role."""
    held = {Role.PLANNER: user.is_planner, Role.INVIGILATOR: user.is_invigilator, Role.GRADER: user.is_grader}
    return Test.objects.with_role(user, *(role for role in roles if held[Role(role)]))


def _the_test(user: User, public_id: str, *roles: str) -> Test:
    test = tests_of(user, *roles).with_longest_extra().filter(public_id=public_id).first()
    if test is None:
        raise Http404
    return test


def planned_test(user: User, public_id: str) -> Test:
    """Return a test that the person plans. Raises Http404 for every other one."""
    return _the_test(user, public_id, Role.PLANNER)


def monitored_test(user: User, public_id: str) -> Test:
    """Return a test that the person plans or invigilates. Raises Http404 for every other one."""
    return _the_test(user, public_id, Role.PLANNER, Role.INVIGILATOR)


def graded_test(user: User, public_id: str) -> Test:
    """Return a test that the person grades. Raises Http404 for every other one."""
    return _the_test(user, public_id, Role.GRADER)


def plans(user: User, test: Test) -> bool:
    """Say whether the person plans this test."""
    return tests_of(user, Role.PLANNER).filter(pk=test.pk).exists()


def timed_test(user: User, public_id: str) -> Test:
    """Return a test whose candidates' incident time the person may change: a planner's (domain.md section 6).

    Raises Http404 for a foreign test, PermissionDenied for its invigilators.
    """
    test = monitored_test(user, public_id)
    if not plans(user, test):
        raise PermissionDenied
    return test


def room_of(user: User, test: Test) -> Contributor | None:
    """Return the contribution that binds an invigilator to one location; None for planners and unbound invigilators."""
    mine = list(Contributor.objects.filter(test=test, user=user).select_related("location"))
    if user.is_planner and any(contributor.role == Role.PLANNER for contributor in mine):
        return None
    bound = [contributor for contributor in mine if contributor.role == Role.INVIGILATOR and contributor.location]
    return bound[0] if bound else None


def contributor_of(test: Test, public_id: str) -> Contributor:
    """Return a contributor of exactly this test. Raises Http404 for one of another test."""
    found = Contributor.objects.filter(test=test, public_id=public_id).select_related("user", "location").first()
    if found is None:
        raise Http404
    return found


def candidate_of(test: Test, public_id: str) -> Candidate:
    """Return a candidate of exactly this test. Raises Http404 for one of another test (traps.md C4)."""
    found = (
        Candidate.objects.of_test(test).filter(public_id=public_id).select_related("user", "location", "test").first()
    )
    if found is None:
        raise Http404
    return found


def monitored_candidate(user: User, test: Test, public_id: str) -> Candidate:
    """Return a candidate whom the person may see on Monitor. Raises Http404 for one outside the invigilator's room."""
    found = candidate_of(test, public_id)
    bound = room_of(user, test)
    if bound is not None and found.location_id != bound.location_id:
        raise Http404
    return found


def draft_of(user: User, test: Test, public_id: str) -> ImportDraft:
    """Return the person's own live draft of this test. Raises Http404 for others' and for expired ones (C48)."""
    found = ImportDraft.objects.filter(
        public_id=public_id, test=test, owner=user, expires_at__gt=timezone.now()
    ).first()
    if found is None:
        raise Http404
    return found


def import_of(test: Test, public_id: str) -> CandidateImport:
    """Return an import of exactly this test. Raises Http404 for one of another test."""
    found = CandidateImport.objects.filter(test=test, public_id=public_id).select_related("test").first()
    if found is None:
        raise Http404
    return found


def taken_candidate(user: User, test_public_id: str, *, texts: bool = True) -> Candidate:
    """Return the person's own place on an activated test. Raises Http404 where there is none (C9, C10).

    Without `texts` the test's questions and information stay in the database: saves come all the time.
    """
    places = Candidate.objects.of_person(user).filter(test__public_id=test_public_id)
    found = (places if texts else places.defer("test__questions", "test__information")).first()
    if found is None:
        raise Http404
    return found


def demo_test(test_public_id: str) -> Test:
    """Return an activated demo test, which everybody who is logged in may try. Raises Http404 for other tests."""
    found = Test.objects.demos().filter(public_id=test_public_id).first()
    if found is None:
        raise Http404
    return found


def submission_of(test: Test, public_id: str) -> dict[str, Any]:
    """Return what a grader may know of one candidate: the ID, mark and comment, and the times that open the answer.

    Raises Http404 for a candidate of another test. Values instead of objects, so that no name can slip into a page.
    """
    found = Candidate.objects.of_test(test).filter(public_id=public_id).values(*GRADER_COLUMNS).first()
    if found is None:
        raise Http404
    return dict(found)


# No extra time: lifecycle/grading.py needs none to say when an answer may be read.
GRADER_COLUMNS = (
    *("public_id", "candidate_id", "candidate_key", "sort_key", "started_at", "submitted_at"),
    *("mark__mark", "mark__comment", "mark__marked_at"),
)
