"""Who works on a test: added, copied and removed by its planners (docs/domain.md §1)."""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.lifecycle.anonymity import refuse_to_lift_anonymity
from candidates.lifecycle.planners import contributor_detail, working_planners
from candidates.models import Candidate, Contributor, Location, Test, User

Role = Contributor.Role


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
            refuse_to_lift_anonymity([test], [user for user in current if not held[user.pk]], role)
        # The constraints contributor_once_per_role and contributor_once_per_room hold it, whoever writes.
        Contributor.objects.bulk_create(new)
        for one in new:
            audit.record(audit.Action.CONTRIBUTOR_ADDED, by=by, test=test, count=1, detail=contributor_detail(one))
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
        audit.record(audit.Action.CONTRIBUTOR_ADDED, by=by, test=to, count=1, detail=contributor_detail(one))
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


def remove_contributors(*, test: Test, contributors: Sequence[Contributor], by: User) -> None:
    """Take a role on the test away from somebody, in one or in several rooms.

    Raises Refused for the last planner who can still work on the test, and where one of them is gone already.
    """
    with transaction.atomic():
        # Lock the test: two planners who remove each other at once would leave it without a planner.
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        details = [contributor_detail(one) for one in contributors]
        gone, _details = Contributor.objects.filter(pk__in=[one.pk for one in contributors], test=test).delete()
        if gone != len(contributors):
            raise Refused(_("This role was removed already. Nothing was changed."))
        if any(one.role == Role.PLANNER for one in contributors) and not working_planners(test):
            raise Refused(_("A test needs a planner. Add another planner first. Nothing was changed."))
        for detail in details:
            audit.record(audit.Action.CONTRIBUTOR_REMOVED, by=by, test=test, count=1, detail=detail)
