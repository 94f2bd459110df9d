"""Who works on a test: added and removed by its planners, or by administrators where none can (docs/domain.md §1).

A test always has a planner who can work, and an installation an administrator.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.errors import Refused
from candidates.models import Candidate, Contributor, Location, Test, User
from candidates.models.tests import TestQuerySet
from candidates.timing import Stage, stage_of

Role = Contributor.Role
WORKING_PLANNERS = Contributor.objects.filter(role=Role.PLANNER, user__is_planner=True, user__is_active=True)
MAX_NAMED = 5


def staff_to_choose(*roles: str) -> QuerySet[User]:
    """Return the staff who may log in and have the system role that one of these roles on a test needs."""
    able = {Role.PLANNER: Q(is_planner=True), Role.INVIGILATOR: Q(is_invigilator=True), Role.GRADER: Q(is_grader=True)}
    return User.objects.staff_to_add().filter(reduce(or_, (able[Role(role)] for role in roles)))


def contributors_of(test: Test) -> list[Contributor]:
    """Return who works on a test in which room, by name."""
    rows = Contributor.objects.filter(test=test).select_related("user", "location")
    return list(rows.order_by("user__name", "user__username", "pk"))


def staff_named(names: Collection[str]) -> dict[str, User]:
    """Return the staff who may log in by what they are called: user name or, where one person has it, e-mail."""
    wanted = {User.normalize_username(name) for name in names if name.strip()}
    found: dict[str, User] = {}
    by_mail: dict[str, list[User]] = {}
    for user in User.objects.staff_to_add():
        found[user.username] = user
        if user.email:
            by_mail.setdefault(User.normalize_username(user.email), []).append(user)
    found |= {mail: users[0] for mail, users in by_mail.items() if len(users) == 1 and mail not in found}
    return {name: found[name] for name in wanted if name in found}


class NotAnonymous(Refused):
    """A grader of a test could know whose answers they grade, and nobody has confirmed that this is intended."""


def anonymity_words(user: User, roles: Collection[str]) -> str:
    """Return how these roles of one person on a test affect anonymity, "" where they do not.

    Planners and invigilators see who the candidates are anyway: only grading is anonymous.
    """
    if Role.GRADER not in roles:
        return ""
    words = {
        (True, False): _("%(name)s plans and grades this test, and so can find out whose answer it is."),
        (False, True): _(
            "%(name)s invigilates and grades this test, and so can know from the room whose answer it is."
        ),
        (True, True): _("%(name)s plans, invigilates and grades this test, and so can find out whose answer it is."),
    }.get((Role.PLANNER in roles, Role.INVIGILATOR in roles))
    return words % {"name": user} + " " + _("For this person grading is not anonymous.") if words else ""


class ContributorsRefused(Refused):
    """Some of those who were to work on a test cannot; `sentences` says why, of each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = tuple(sentences)


def add_contributors(
    *,
    test: Test,
    users: Collection[User],
    role: str,
    by: User,
    rooms: Collection[Location] = (),
    confirmed: bool = False,
) -> list[Contributor]:
    """Give people of the staff a role on the test, all or none; invigilators may be bound to rooms.

    Returns what is new: who has the role already, in every room that is asked for, stays as they are. Raises
    ContributorsRefused where somebody lacks the system role, is a candidate of the test, or has the role already while
    nobody else is asked for; NotAnonymous where somebody could know who is graded and that is not `confirmed`.
    """
    if rooms and role != Role.INVIGILATOR:
        raise Refused(_("Only an invigilator is bound to a location. Leave the location empty."))
    with transaction.atomic():
        # Lock the test: somebody who is added as a candidate at this moment is seen here, or waits.
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        # Then the people, in order: a deactivation or loss of a role is seen here, or waits and finds this test.
        asked = [user.pk for user in users]
        current = list(User.objects.select_for_update(no_key=True).filter(pk__in=asked).order_by("pk"))
        held = _held_rooms(test, role, asked)
        if refused := _why_not(test, current, role, rooms, held):
            raise ContributorsRefused(refused)
        wanted: list[Location | None] = [*rooms] or [None]
        new = [
            Contributor(test=test, user=user, role=role, location=room, added_by=by)
            for user in current
            for room in wanted
            if (room and room.pk) not in held[user.pk]
        ]
        if not new:
            words = _("%(name)s is on the test as %(role)s already. Nothing was changed.")
            label = Role(role).label
            raise ContributorsRefused([words % {"name": str(user), "role": label} for user in current])
        if not confirmed:
            _refuse_to_lift_anonymity([test], [user for user in current if not held[user.pk]], role)
        # The constraints contributor_once_per_role and contributor_once_per_room hold it, whoever writes.
        Contributor.objects.bulk_create(new)
        for one in new:
            audit.record(audit.Action.CONTRIBUTOR_ADDED, by=by, test=test, count=1, detail=_detail(one))
    return new


def copy_contributors(source: Test, *, to: Test, by: User) -> list[Contributor]:
    """Give the contributors of one test their roles and rooms on another, and return those who cannot have them.

    `to` is a test that was made in this transaction, so nobody else has it and it has no candidates.
    """
    rows = list(Contributor.objects.filter(test=source).select_related("location").order_by("pk"))
    # Lock the people, in order, as wherever somebody gets a role: a deactivation waits, or is seen here.
    people = User.objects.select_for_update(no_key=True).filter(pk__in={one.user_id for one in rows}).order_by("pk")
    users = {user.pk: user for user in people}
    held = set(Contributor.objects.filter(test=to).values_list("user", "role", "location"))
    new, left = [], []
    for one in rows:
        user = users[one.user_id]
        if user.kind != User.Kind.STAFF or not user.is_active or not user.has_role(one.role):
            left.append(one)
        elif (user.pk, one.role, one.location_id) not in held:
            new.append(Contributor(test=to, user=user, role=one.role, location=one.location, added_by=by))
    Contributor.objects.bulk_create(new)
    for one in new:
        audit.record(audit.Action.CONTRIBUTOR_ADDED, by=by, test=to, count=1, detail=_detail(one))
    return left


def _held_rooms(test: Test, role: str, people: Collection[int]) -> dict[int, set[int | None]]:
    """Return in which rooms each of these has the role on the test already; None stands for every room."""
    held: dict[int, set[int | None]] = {key: set() for key in people}
    on_it = Contributor.objects.filter(test=test, role=role, user__in=people)
    for user, room in on_it.values_list("user", "location"):
        held[user].add(room)
    return held


def _why_not(
    test: Test,
    users: Sequence[User],
    role: str,
    rooms: Collection[Location],
    held: Mapping[int, set[int | None]],
) -> list[str]:
    """Return a sentence for each of these who cannot have the role; called under their locks."""
    candidates = set(Candidate.objects.of_test(test).filter(user__in=users).values_list("user", flat=True))
    sentences = []
    for user in users:
        if user.kind != User.Kind.STAFF or not user.is_active or not user.has_role(role):
            words = _("%(name)s does not have the role %(role)s. An administrator can give it.")
        elif user.pk in candidates:
            words = _("%(name)s is a candidate of the test, so cannot work on it.")
        elif rooms and None in held[user.pk]:
            words = _("%(name)s invigilates every room already. Remove that role first, then give the rooms.")
        elif not rooms and held[user.pk] - {None}:
            words = _("%(name)s invigilates some rooms already. Remove these first, then give every room.")
        else:
            continue
        sentences.append(words % {"name": str(user), "role": Role(role).label})
    return sentences


def _refuse_to_lift_anonymity(tests: Sequence[Test], users: Collection[User], role: str) -> None:
    """Raise NotAnonymous where one more role on a test lifts anonymity; called under the lock of the tests."""
    held: dict[tuple[int, int], set[str]] = {(test.pk, user.pk): set() for test in tests for user in users}
    for test, user, known in Contributor.objects.filter(test__in=tests, user__in=users).values_list(
        "test", "user", "role"
    ):
        held[test, user].add(known)
    by_key = {user.pk: user for user in users}
    sentences: dict[int, str] = {}
    for (_test, user), known_roles in held.items():
        words = anonymity_words(by_key[user], {*known_roles, role})
        if words and words != anonymity_words(by_key[user], known_roles):
            sentences.setdefault(user, words)
    if sentences:
        raise NotAnonymous(" ".join(sentences.values()))


def remove_contributors(*, test: Test, contributors: Sequence[Contributor], by: User) -> None:
    """Take a role on the test away from somebody, in one or in several rooms.

    Raises Refused for the last planner who can still work on the test, and where one of them is gone already.
    """
    with transaction.atomic():
        # Lock the test: two planners who remove each other at once would leave it without a planner.
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        details = [_detail(one) for one in contributors]
        gone, _details = Contributor.objects.filter(pk__in=[one.pk for one in contributors], test=test).delete()
        if gone != len(contributors):
            raise Refused(_("This role was removed already. Nothing was changed."))
        if any(one.role == Role.PLANNER for one in contributors) and not working_planners(test):
            raise Refused(_("A test needs a planner. Add another planner first. Nothing was changed."))
        for detail in details:
            audit.record(audit.Action.CONTRIBUTOR_REMOVED, by=by, test=test, count=1, detail=detail)


def working_planners(test: Test) -> int:
    """Return how many planners of the test may still log in and still have the system role."""
    return WORKING_PLANNERS.filter(test=test).count()


def planned_alone(user: User) -> TestQuerySet:
    """Return the tests that have no other planner than this one who can work."""
    others = WORKING_PLANNERS.filter(test=OuterRef("pk")).exclude(user=user)
    found: TestQuerySet = Test.objects.with_role(user, Role.PLANNER).filter(~Exists(others))
    return found


def without_planner() -> TestQuerySet:
    """Return the tests without a planner who can work: nobody can reach them."""
    found: TestQuerySet = Test.objects.filter(~Exists(WORKING_PLANNERS.filter(test=OuterRef("pk"))))
    return found


def with_planners(tests: TestQuerySet) -> TestQuerySet:
    """Read the planners of each test along with it, as its `contributors`."""
    planners = Contributor.objects.filter(role=Role.PLANNER).select_related("user").order_by("pk")
    return tests.prefetch_related(Prefetch("contributors", planners))


def hand_over_tests(
    *,
    to: User,
    by: User,
    of: User | None = None,
    public_ids: Collection[str] | None = None,
    confirmed: bool = False,
) -> list[Test]:
    """Make somebody planner of the tests that `of` alone plans, or of those without a planner who can work.

    `public_ids` chooses among them; a test that has a planner is never handed over. Raises Refused where none is left,
    and where `to` cannot plan them; NotAnonymous as add_contributor does.
    """
    if by.pk is None or not by.is_administrator:
        raise Refused(_("Only administrators hand tests over."))
    names = {"name": str(to), "role": Role.PLANNER.label}
    with transaction.atomic():
        found = planned_alone(of) if of is not None else without_planner()
        if public_ids is not None:
            found = found.filter(public_id__in=public_ids)
        keys = list(found.order_by("pk").values_list("pk", flat=True))
        # Lock the tests in order, then the person, as everywhere, and query again under the locks: of two simultaneous
        # administrators the second finds that the tests have a planner.
        list(Test.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
        current = User.objects.select_for_update(no_key=True).filter(pk=to.pk).first()
        if current is None or current.kind != User.Kind.STAFF or not current.is_active or not current.is_planner:
            raise Refused(_("%(name)s does not have the role %(role)s. An administrator can give it.") % names)
        tests = list(found.filter(pk__in=keys).order_by("pk"))
        if not tests:
            raise Refused(_("These tests now have a planner who can work. Nothing was changed."))
        sat = [test for test in tests if Candidate.objects.of_test(test).filter(user=to).exists()]
        if sat:
            words = _("%(name)s is a candidate of %(tests)s and so cannot work on it. Choose somebody else.")
            raise Refused(words % {"name": to, "tests": named(sat)})
        if not confirmed:
            _refuse_to_lift_anonymity(tests, [to], Role.PLANNER)
        _make_planner(tests, to, by, of)
    return tests


def _make_planner(tests: Sequence[Test], to: User, by: User, of: User | None) -> None:
    for test in tests:
        contributor, _made = Contributor.objects.get_or_create(
            test=test, user=to, role=Role.PLANNER, defaults={"added_by": by}
        )
        detail = _detail(contributor) | {"handed_over_from": of.username if of is not None else ""}
        audit.record(audit.Action.CONTRIBUTOR_ADDED, by=by, test=test, count=1, detail=detail)


def named(tests: Sequence[Test]) -> str:
    """Return the names of the first tests, and how many more there are."""
    names = ", ".join(f"“{test.name}”" for test in tests[:MAX_NAMED])
    more = len(tests) - MAX_NAMED
    if more <= 0:
        return names
    return ngettext("%(names)s and %(n)d more", "%(names)s and %(n)d more", more) % {"names": names, "n": more}


def _detail(contributor: Contributor) -> dict[str, object]:
    return {
        "user": contributor.user.username,
        "role": contributor.role,
        "location": str(contributor.location) if contributor.location else "",
    }


class TestsWithoutPlanner(Refused):
    """Tests that are not over would be left without a planner who can work."""

    def __init__(self, account: User, tests: Sequence[Test]) -> None:
        words = ngettext(
            "%(name)s is the only planner who can work on %(n)d test that is not over: %(tests)s. Nobody could reach "
            "it any more. Hand it over first.",
            "%(name)s is the only planner who can work on %(n)d tests that are not over: %(tests)s. Nobody could "
            "reach them any more. Hand them over first.",
            len(tests),
        )
        super().__init__(words % {"name": account, "n": len(tests), "tests": named(tests)})


def refuse_without_planner(account: User) -> None:
    """Raise TestsWithoutPlanner where a test that is not over would have no planner without this one; in a transaction.

    Call it before a planner is deactivated or loses the role, and before `refuse_without_administrator`, since tests
    are locked before people. Of two planners of one test who are deactivated at the same moment the second waits for
    its lock, and is then the last. Tests that are over may be left: an administrator can still hand them over.
    """
    planned = Test.objects.with_role(account, Role.PLANNER)
    held = set(planned.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    # Lock the account, and those of administrators, which the next check locks, all in one order. Making this person
    # planner of a test at this moment (add_contributor) waits for the account, or is seen here.
    administrators = Q(kind=User.Kind.STAFF, is_administrator=True, is_active=True)
    people = User.objects.select_for_update(no_key=True).filter(Q(pk=account.pk) | administrators).order_by("pk")
    current = next((one for one in people if one.pk == account.pk), None)
    if current is None or not (current.is_active and current.is_planner):
        return
    tests = [test for test in planned_alone(account).with_longest_extra() if stage_of(test) != Stage.FINISHED]
    if any(test.pk not in held for test in tests):
        raise Refused(_("%(name)s has just been made planner of a test. Save again.") % {"name": account})
    if tests:
        raise TestsWithoutPlanner(account, tests)


def refuse_without_administrator(account: User, *, by: User) -> None:
    """Raise Refused where this is the last administrator who can log in; in a transaction.

    Call it before an account is deactivated or loses the role. The rows of all administrators are locked first, in one
    order: of two who deactivate each other at the same moment the second waits here, and sees what the first did.
    """
    administrators = User.objects.filter(kind=User.Kind.STAFF, is_administrator=True, is_active=True)
    held = list(administrators.select_for_update(no_key=True).order_by("pk"))
    if any(one.pk != account.pk and one.can_log_in for one in held) or all(one.pk != account.pk for one in held):
        return
    if account.pk == by.pk:
        words = _(
            "You are the last administrator who can log in, and without one nobody could make accounts any more. "
            "First give another account the role administrator and a password."
        )
    else:
        words = _(
            "%(name)s is the last administrator who can log in, and without one nobody could make accounts any more. "
            "First give another account the role administrator and a password."
        )
    raise Refused(words % {"name": account})
