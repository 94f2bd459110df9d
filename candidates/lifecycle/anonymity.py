"""Grading is anonymous: which roles of one person lift that, and who has to confirm it."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from candidates.errors import Refused
from candidates.models import Contributor, Test, User

Role = Contributor.Role


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


def refuse_to_lift_anonymity(tests: Sequence[Test], users: Collection[User], role: str) -> None:
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
