"""Which user may reach which test as what: the only place that answers that.

Pages that a role does not have answer 403; objects of others answer 404, as if they did not exist (C1-C14).
Each function returns the object or raises Http404; PermissionDenied where it may be seen, and no more than that.
Nothing else in the product looks objects up by what stands in an address.
"""

from collections.abc import Callable, Collection, Iterable
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from candidates import audit
from candidates.models import (
    AccessKey,
    Candidate,
    Contributor,
    Import,
    JoinRequest,
    ListFormat,
    ListShare,
    Location,
    PermanentUser,
    PermanentUserList,
    PreparedPerson,
    RosterIdentity,
    Spread,
    Subscription,
    Test,
    User,
    UserFileFormat,
)
from candidates.models.candidates import CandidateQuerySet
from candidates.models.locations import LocationQuerySet
from candidates.models.tests import TestQuerySet
from candidates.text import natural_key, place_key
from candidates.timing import Stage, stage_of

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponse)
T = TypeVar("T")
View: TypeAlias = Callable[Concatenate[HttpRequest, P], R]
Role = Contributor.Role
RECORD_REFUSAL_EVERY = timedelta(minutes=1)
MAX_SHOWN_IMPORTS = 20


def person(request: HttpRequest) -> User:
    """Return who asks; LoginRequiredMiddleware has seen to it that somebody is logged in."""
    return cast(User, request.user)


class Archived(Exception):
    """An archived test was to be changed."""


# Whether the request that is being answered may write; set by the decorators of pages.
_changes: ContextVar[bool] = ContextVar("changes", default=False)


def changes_nothing(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view whose POST changes nothing on its test, such as a search, so that archived tests have it as well."""
    view.changes_nothing = True  # type: ignore[attr-defined]  # read by the decorator of the page, right above
    return view


def _only(allowed: Callable[[User], bool]) -> Callable[[View[P, R]], View[P, R]]:
    """Make a decorator that answers 403 to everybody who does not have this kind of page."""

    def decorate(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not allowed(person(request)):
                raise PermissionDenied
            reads = request.method in ("GET", "HEAD") or hasattr(view, "changes_nothing")
            token = _changes.set(not reads)
            try:
                return view(request, *args, **kwargs)
            finally:
                _changes.reset(token)

        guarded.is_for = allowed  # type: ignore[attr-defined]  # addresses.py asks before it leads somebody there
        return guarded

    return decorate


planner_page = _only(lambda user: user.is_planner)
monitor_page = _only(lambda user: user.is_planner or user.is_invigilator)
grader_page = _only(lambda user: user.is_grader)
administrator_page = _only(lambda user: user.is_administrator)
permanent_users_page = _only(lambda user: user.is_administrator or user.is_planner)
room_page = _only(lambda user: user.is_administrator or user.is_planner)
candidate_page = _only(lambda user: user.is_candidate)
staff_page = _only(lambda user: not user.is_candidate)
own_password_page = _only(lambda user: user.chooses_password)
# Of accounts that last: a slip is for one test, and whoever has it at hand must not log out its other device.
account_page = _only(lambda user: user.kind in {User.Kind.STAFF, User.Kind.PERMANENT})


def _found(one: T | None) -> T:
    """Return what was found. Raises Http404 for None."""
    if one is None:
        raise Http404
    return one


def tests_of(user: User, *roles: str) -> TestQuerySet:
    """Return the tests on which the person has one of these roles, as far as the person still has its system role."""
    return Test.objects.with_role(user, *filter(user.has_role, roles))


def _the_test(user: User, public_id: str, *roles: str) -> Test:
    """Return a test of the person. Raises Http404, and Archived for an archived one where the request may write."""
    test = _found(tests_of(user, *roles).with_longest_extra().filter(public_id=public_id).first())
    if test.archived_at is not None and _changes.get():
        raise Archived
    return test


def archived_test(user: User, public_id: str) -> Test:
    """Return a test that the person plans, also an archived one that is to be restored."""
    return _found(tests_of(user, Role.PLANNER).filter(public_id=public_id).first())


def planned_test(user: User, public_id: str) -> Test:
    """Return a test that the person plans."""
    return _the_test(user, public_id, Role.PLANNER)


def monitored_test(user: User, public_id: str) -> Test:
    """Return a test that the person plans or invigilates."""
    return _the_test(user, public_id, Role.PLANNER, Role.INVIGILATOR)


def graded_test(user: User, public_id: str) -> Test:
    """Return a test that the person grades."""
    return _the_test(user, public_id, Role.GRADER)


def access_key_of(public_id: str) -> AccessKey:
    """Return a key of another system, for administrators."""
    return _found(AccessKey.objects.filter(public_id=public_id).first())


def roster_identity_of(public_id: str) -> RosterIdentity:
    """Return somebody whose login is not clear, for administrators."""
    return _found(RosterIdentity.objects.filter(public_id=public_id, refused_at__isnull=False).first())


def webhook_of(public_id: str) -> Subscription:
    """Return a webhook of another system, for administrators."""
    return _found(Subscription.objects.select_related("made_by").filter(public_id=public_id).first())


def tests_of_key(key: AccessKey) -> TestQuerySet:
    """Return the tests that another system reaches: those that it has made, or all where its key says so.

    Demo tests, which have no candidates, are no system's.
    """
    found: TestQuerySet = Test.objects.filter(is_demo=False)
    return found if key.all_tests else found.filter(external__system=key.system)


def reached_test(key: AccessKey, public_id: str, *, changes: bool = False) -> Test:
    """Return a test that another system reaches. Raises Http404, and Archived for an archived one that it changes."""
    found: Test = _found(
        tests_of_key(key).with_longest_extra().filter(public_id=public_id).select_related("external").first()
    )
    if changes and found.archived_at is not None:
        raise Archived
    return found


def tests_to_take_from(user: User, test: Test) -> TestQuerySet:
    """Return the other tests of the planner that have candidates, archived ones as well, the newest first."""
    somebody = Candidate.objects.filter(test=OuterRef("pk")).people()
    others = tests_of(user, Role.PLANNER).exclude(pk=test.pk).filter(Exists(somebody), candidate_count__gt=0)
    found: TestQuerySet = others.defer("questions", "information").order_by("-opens_at", "-pk")
    return found


def plans(user: User, test: Test) -> bool:
    """Say whether the person plans this test."""
    return tests_of(user, Role.PLANNER).filter(pk=test.pk).exists()


def sees_names(user: User, test: Test) -> bool:
    """Say whether the person may learn who the candidates of this test are: name, private reference, SSO user ID.

    Planners may, and invigilators where the test lets them. Whoever grades the test and does not plan it never does.
    """
    if plans(user, test):
        return True
    mine = Contributor.objects.filter(test=test, user=user).values_list("role", flat=True)
    return test.invigilators_see_names and user.is_invigilator and set(mine) == {Role.INVIGILATOR}


def grades(user: User, test: Test) -> bool:
    """Say whether the person grades this test, also where the system role was taken since: what was seen is known."""
    return Contributor.objects.filter(test=test, user=user, role=Role.GRADER).exists()


def planners_of(test: Test) -> list[User]:
    """Return who plans a test, by name: whom the hall asks."""
    planning = Contributor.objects.filter(test=test, role=Role.PLANNER).values("user")
    found = User.objects.filter(pk__in=planning, is_active=True)
    return sorted(found, key=lambda user: (natural_key(str(user)), user.username))


def planned_test_id_or_empty(user: User, public_id: str) -> str:
    """Return the id of a test if the person plans it, "" for every other id."""
    if "\0" in public_id:  # which PostgreSQL takes neither in a question nor in a row
        return ""
    return public_id if tests_of(user, Role.PLANNER).filter(public_id=public_id).exists() else ""


def test_for_incident_time(user: User, public_id: str) -> Test:
    """Return a test whose candidates' incident time the person may change: its planners may (docs/domain.md §6)."""
    test = monitored_test(user, public_id)
    if not plans(user, test):
        raise PermissionDenied
    return test


def record_refused_page(user: User, test_public_id: str, page: str, *, own: bool) -> None:
    """Record that a page of a test was refused; with `own` not for people of this test: they mistyped the address."""
    test = Test.objects.filter(public_id=test_public_id).first()
    if test is None or (own and _is_on_test(user, test)):
        return
    action, detail = audit.Action.ACCESS_REFUSED, {"page": page}
    with audit.if_possible(action):
        audit.record_once(action, by=user, test=test, detail=detail, refused=True, within=RECORD_REFUSAL_EVERY)


def _is_on_test(user: User, test: Test) -> bool:
    on_test = Contributor.objects.filter(test=test, user=user).exists()
    return on_test or (user.is_candidate and Candidate.objects.of_person(user).filter(test=test).exists())


def room_binding(user: User, test: Test) -> tuple[Location, ...]:
    """Return the rooms to which an invigilator is bound, in order; none for planners and unbound invigilators."""
    mine = list(Contributor.objects.filter(test=test, user=user).select_related("location"))
    if user.is_planner and any(contributor.role == Role.PLANNER for contributor in mine):
        return ()
    rooms = (one.location for one in mine if one.role == Role.INVIGILATOR and one.location is not None)
    return tuple(sorted(rooms, key=lambda room: place_key(room.building, room.room)))


def watched_candidates(user: User, tests: Collection[Test]) -> CandidateQuerySet:
    """Return whom the person sees in Monitor on these tests, as room_binding says for each; one query for all rooms."""
    mine = list(Contributor.objects.filter(user=user, test__in=tests).values_list("test_id", "role", "location_id"))
    planned = {test for test, role, _room in mine if user.is_planner and role == Role.PLANNER}
    rooms: dict[int, list[int]] = {}
    for test, role, room in mine:
        if role == Role.INVIGILATOR and room is not None and test not in planned:
            rooms.setdefault(test, []).append(room)
    seen = Q(test__in=[test.pk for test in tests if test.pk not in rooms])
    for bound, theirs in rooms.items():
        seen |= Q(test=bound) & (Q(location__in=theirs) | Q(location__isnull=True))
    found: CandidateQuerySet = Candidate.objects.filter(seen).people()
    return found


def known_locations() -> LocationQuerySet:
    """Return every room that is offered: not those that were removed, and no former names."""
    found: LocationQuerySet = Location.objects.in_use()
    return found


def locations_in_order() -> list[Location]:
    """Return every room that is offered, by building and room: Room 2 before Room 10."""
    return sorted(known_locations(), key=lambda location: place_key(location.building, location.room))


def rooms_in_order() -> list[Location]:
    """Return every room, also those that were removed, by building and room."""
    every = Location.objects.filter(known_as=None)
    return sorted(every, key=lambda location: place_key(location.building, location.room))


def room_of(public_id: str) -> Location:
    """Return a room, also a removed one; a former name of a room is none."""
    return _found(Location.objects.filter(public_id=public_id, known_as=None).first())


def spread_of(test: Test, public_id: str) -> Spread:
    """Return a spreading of this test's candidates over rooms."""
    return _found(Spread.objects.filter(test=test, public_id=public_id).select_related("test", "by").first())


def contributor_of(test: Test, public_id: str) -> Contributor:
    """Return a contributor of this test."""
    return _found(Contributor.objects.filter(test=test, public_id=public_id).select_related("user", "location").first())


def contributors_like(found: Contributor) -> list[Contributor]:
    """Return the rows by which somebody has the role of this one on its test, in the order of their rooms."""
    same = Contributor.objects.filter(test=found.test_id, user=found.user_id, role=found.role)
    rows = same.select_related("user", "location")
    return sorted(
        rows, key=lambda one: place_key(*(one.location.building, one.location.room) if one.location else ("", ""))
    )


def candidate_of(test: Test, public_id: str) -> Candidate:
    """Return a candidate of this test (C4)."""
    return _found(
        Candidate.objects.of_test(test).filter(public_id=public_id).select_related("user", "location", "test").first()
    )


def monitored_candidate(user: User, test: Test, public_id: str) -> Candidate:
    """Return a candidate whom the person may see on Monitor: of their own rooms, where they have any, or of no room.

    Candidates without a room are shown to everybody, so that somebody at the door can help them.
    """
    found = candidate_of(test, public_id)
    rooms = room_binding(user, test)
    if rooms and found.location_id not in (None, *(room.pk for room in rooms)):
        raise Http404
    return found


def rooms_to_seat_in(user: User, test: Test, candidate: Candidate) -> tuple[Location, ...]:
    """Return the rooms in which somebody who watches the test may give this candidate a seat.

    That is the candidate's own room, for who has none the person's own; none where the candidate has a seat.
    """
    if candidate.seat or candidate.is_unused_spare or stage_of(test) == Stage.FINISHED or test.archived_at is not None:
        return ()
    return (candidate.location,) if candidate.location is not None else room_binding(user, test)


def draft_of(user: User, test: Test, public_id: str) -> Import:
    """Return the person's own draft of this test.

    An expired one is not found (C48), nor one of a list that is no longer shared with the person (C56).
    """
    waiting = Import.objects.waiting().filter(test=test, owner=user, expires_at__gt=timezone.now())
    found: Import | None = waiting.filter(public_id=public_id).first()
    if found is None or (found.from_list_id and not lists_of(user).filter(pk=found.from_list_id).exists()):
        raise Http404
    found.test = test
    return found


def join_request_of(user: User, public_id: str) -> JoinRequest:
    """Return the person's own wish to join a test, whatever became of it."""
    mine = JoinRequest.objects.filter(user=user, public_id=public_id)
    return _found(mine.select_related("test", "candidate", "identity").first())


def prepared_of(test: Test, public_id: str) -> PreparedPerson:
    """Return what is prepared for somebody on this test."""
    rows = PreparedPerson.objects.of_test(test).select_related("joined_as", "location")
    return _found(rows.filter(public_id=public_id).first())


def import_of(test: Test, public_id: str) -> Import:
    """Return an import of this test."""
    return _found(Import.objects.on_tests().filter(test=test, public_id=public_id).select_related("test").first())


def user_format_of(public_id: str) -> UserFileFormat:
    """Return a format of user files: every administrator may change each."""
    return _found(UserFileFormat.objects.filter(public_id=public_id).first())


def list_format_of(user: User, public_id: str) -> ListFormat:
    """Return a format of lists that the user may delete: an own one, of administrators also one that all use."""
    mine = Q(owner=user) | Q(is_shared=True) if user.is_administrator else Q(owner=user)
    return _found(ListFormat.objects.filter(mine, public_id=public_id).first())


def staff_account(key: int) -> User:
    """Return an account of staff, for administrators."""
    return _found(User.objects.filter(pk=key, kind=User.Kind.STAFF).first())


def account_of(key: int) -> User:
    """Return an account of any kind, for administrators."""
    return _found(User.objects.filter(pk=key).first())


def permanent_users() -> QuerySet[PermanentUser]:
    """Return all permanent users, in the order in which they came."""
    return PermanentUser.objects.select_related("user").order_by("pk")


def permanent_user_of(public_id: str) -> PermanentUser:
    """Return a permanent user."""
    return _found(PermanentUser.objects.filter(public_id=public_id).select_related("user").first())


def user_import_of(user: User, public_id: str) -> Import:
    """Return the person's own import of permanent users, unless it has expired."""
    alive = ~Q(status=Import.Status.WAITING) | Q(expires_at__gt=timezone.now())
    return _found(Import.objects.of_users().filter(alive, public_id=public_id, owner=user).first())


def started_import(user: User, public_id: str) -> Import:
    """Return any import of permanent users that was started, or the person's own draft.

    Another administrator must be able to cancel an import whose owner has left.
    """
    found = Import.objects.of_users().exclude(status=Import.Status.WAITING)
    return found.filter(public_id=public_id).first() or user_import_of(user, public_id)


def shown_user_imports(user: User) -> list[Import]:
    """Return the newest imports of permanent users: everybody's that were started, and the person's own that wait."""
    started = ~Q(status=Import.Status.WAITING)
    mine = Q(owner=user, expires_at__gt=timezone.now())
    found = Import.objects.of_users().filter(started | mine)
    return list(found.defer("source", "mends", "left_out", "problems")[:MAX_SHOWN_IMPORTS])


def lists_to_fill(user: User) -> list[PermanentUserList]:
    """Return the lists that the person may add members to, by name: the own, and those shared to be edited."""
    shared = Q(shares__user=user, shares__may_edit=True)
    return by_name(PermanentUserList.objects.filter(Q(owner=user) | shared).distinct())


def lists_of(user: User) -> QuerySet[PermanentUserList]:
    """Return the lists of permanent users that the person owns, and those that others share with the person."""
    shared = ListShare.objects.filter(user=user).values("list")
    return PermanentUserList.objects.filter(Q(owner=user) | Q(pk__in=shared))


def visible_lists(user: User) -> QuerySet[PermanentUserList]:
    """Return the lists that the person owns or that are shared with the person (C6); administrators see all of them."""
    return PermanentUserList.objects.all() if user.is_administrator else lists_of(user)


def by_name(lists: Iterable[Any]) -> list[Any]:
    """Return lists by name, in the order of the alphabet."""
    return sorted(lists, key=lambda one: (natural_key(one.name), one.pk))


def visible_list(user: User, public_id: str) -> PermanentUserList:
    """Return one of the lists that the person sees."""
    return _found(visible_lists(user).filter(public_id=public_id).select_related("owner").first())


def usable_list(user: User, public_id: str) -> PermanentUserList:
    """Return a list whose members the person may add to tests: an own one or a shared one."""
    return _found(lists_of(user).filter(public_id=public_id).select_related("owner").first())


def may_edit(user: User, one: PermanentUserList) -> bool:
    """Say whether the person may add and remove members: the owner, and those with whom it is shared for that."""
    return one.owner_id == user.pk or ListShare.objects.filter(list=one, user=user, may_edit=True).exists()


def shared_with(one: PermanentUserList) -> list[ListShare]:
    """Return with whom a list is shared, by name."""
    shares = one.shares.select_related("user")
    return sorted(shares, key=lambda share: (natural_key(str(share.user)), share.user.username))


def editable_list(user: User, public_id: str) -> PermanentUserList:
    """Return a list whose members the person may change."""
    found = visible_list(user, public_id)
    if not may_edit(user, found):
        raise PermissionDenied
    return found


def owned_list(user: User, public_id: str) -> PermanentUserList:
    """Return a list that the person owns."""
    found = visible_list(user, public_id)
    if found.owner_id != user.pk:
        raise PermissionDenied
    return found


def transferable_list(user: User, public_id: str) -> PermanentUserList:
    """Return a list that the person may hand over: the owner may, and administrators for owners who have left."""
    found = visible_list(user, public_id)
    if found.owner_id != user.pk and not user.is_administrator:
        raise PermissionDenied
    return found


def places_of(user: User) -> CandidateQuerySet:
    """Return the person's own places on activated tests (C9, C10)."""
    return Candidate.objects.of_person(user)


def place_of(user: User, test_public_id: str, *, texts: bool = True) -> Candidate:
    """Return the person's own place on an activated test (C9, C10).

    Without `texts` the test's questions and information are not read: saves come every few seconds.
    """
    places = places_of(user).filter(test__public_id=test_public_id)
    places = places.select_related("test", "submission").defer("submission__answer")
    return _found((places if texts else places.defer("test__questions", "test__information")).first())


def demo_tests() -> TestQuerySet:
    """Return the activated demo tests, which everybody who is logged in may try."""
    return Test.objects.demos()


def demo_test(test_public_id: str) -> Test:
    """Return an activated demo test, which everybody who is logged in may try."""
    return _found(Test.objects.demos().filter(public_id=test_public_id).first())


def candidates_to_grade(test: Test) -> list[dict[str, Any]]:
    """Return what graders may see of all candidates of a test, by Candidate ID; one query."""
    return list(test.candidates.all().people().values(*GRADER_COLUMNS).order_by("sort_key", "candidate_key"))


def candidate_to_grade(test: Test, public_id: str) -> dict[str, Any]:
    """Return what a grader may know of one candidate: the ID, mark and comment, and the times that open the answer.

    Values instead of objects, so that no name can slip into a page.
    """
    found = Candidate.objects.of_test(test).people().filter(public_id=public_id)
    return dict(_found(found.values(*GRADER_COLUMNS).first()))


# No extra time: lifecycle/grading.py needs none to say when an answer may be read.
GRADER_COLUMNS = (
    *("public_id", "candidate_id", "candidate_key", "sort_key", "started_at", "submitted_at"),
    *("mark__mark", "mark__grade", "mark__comment", "mark__marked_at"),
)


def locked_permanent_user(person: PermanentUser) -> PermanentUser:
    """Lock the account's row and return the permanent user as stored now; inside a transaction."""
    account = _found(User.objects.select_for_update(no_key=True).filter(pk=person.pk).first())
    current: PermanentUser = _found(PermanentUser.objects.filter(pk=person.pk).first())
    current.user = account
    return current
