"""Who works on a test: added and removed by its planners (domain.md section 1)."""

from django.db import transaction
from django.utils.translation import gettext as _

from candidates import audit
from candidates.lifecycle.errors import Refused
from candidates.models import Candidate, Contributor, Location, Test, User

Role = Contributor.Role


def holds(user: User, role: str) -> bool:
    """Say whether the person has the system role that this role on a test needs."""
    return {Role.PLANNER: user.is_planner, Role.INVIGILATOR: user.is_invigilator, Role.GRADER: user.is_grader}[
        Role(role)
    ]


def add_contributor(*, test: Test, user: User, role: str, location: Location | None, by: User) -> Contributor:
    """Give somebody of the staff a role on the test; an invigilator may be bound to one location.

    Raises Refused where the person lacks the system role, sits the test, or has this role on it already.
    """
    names = {"name": str(user), "role": Role(role).label}
    if user.kind != User.Kind.STAFF or not user.is_active or not holds(user, role):
        raise Refused(_("%(name)s does not have the role %(role)s. An administrator can give it.") % names)
    if location is not None and role != Role.INVIGILATOR:
        raise Refused(_("Only an invigilator is bound to a location. Leave the location empty."))
    with transaction.atomic():
        # The test's lock: somebody who is being added as a candidate at this moment is seen here or comes later.
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if Candidate.objects.of_test(test).filter(user=user).exists():
            raise Refused(_("%(name)s is a candidate of the test, so cannot work on it.") % names)
        # Leans on the constraint contributor_once_per_role: of two who add the same person at once one is told.
        contributor, made = Contributor.objects.get_or_create(
            test=test, user=user, role=role, defaults={"location": location, "added_by": by}
        )
        if not made:
            raise Refused(_("%(name)s is on the test as %(role)s already. Nothing was changed.") % names)
        audit.record(audit.Action.CONTRIBUTOR_ADDED, by=by, test=test, count=1, detail=_detail(contributor))
    return contributor


def remove_contributor(*, test: Test, contributor: Contributor, by: User) -> None:
    """Take a role on the test away from somebody.

    Raises Refused for the last planner who can still work on the test, and where the role is gone already.
    """
    with transaction.atomic():
        # The test's lock: two planners who remove each other at once would leave the test without anybody.
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        detail = _detail(contributor)
        gone, _details = Contributor.objects.filter(pk=contributor.pk, test=test).delete()
        if not gone:
            raise Refused(_("This role was taken away already. Nothing was changed."))
        if contributor.role == Role.PLANNER and not working_planners(test):
            raise Refused(_("A test needs a planner. Add another planner first. Nothing was changed."))
        audit.record(audit.Action.CONTRIBUTOR_REMOVED, by=by, test=test, count=1, detail=detail)


def working_planners(test: Test) -> int:
    """Return how many planners of the test may still log in and still have the system role."""
    return Contributor.objects.filter(test=test, role=Role.PLANNER, user__is_planner=True, user__is_active=True).count()


def _detail(contributor: Contributor) -> dict[str, object]:
    return {
        "user": contributor.user.username,
        "role": contributor.role,
        "location": str(contributor.location) if contributor.location else "",
    }
