"""What racers do to the set-up and the contributors of a test: each function is one person's request."""

from datetime import timedelta

from candidates.lifecycle.contributors import add_contributors, remove_contributors
from candidates.lifecycle.tests import SETUP, change_test, fingerprint, move_end
from candidates.models import Contributor, Test, User
from tests.races.support import Act


def act(function: str, **keywords: object) -> Act:
    """Return an act of this module."""
    return Act(f"{__name__}:{function}", keywords, None, None)


def give_role(test: int, by: int, user: int, role: str) -> None:
    """Add a contributor."""
    person, planner = User.objects.get(pk=user), User.objects.get(pk=by)
    add_contributors(test=Test.objects.get(pk=test), users=[person], role=role, by=planner)


def take_role(test: int, by: int, contributor: int) -> None:
    """Remove a contributor."""
    found = Contributor.objects.select_related("user", "location").get(pk=contributor)
    remove_contributors(test=Test.objects.get(pk=test), contributors=[found], by=User.objects.get(pk=by))


def save(test: int, by: int, page: dict[str, object], field: str, value: object) -> list[str]:
    """Save the edit page on which everything but one field is as the page came."""
    found = Test.objects.get(pk=test)
    shown = {name: page.get(name, getattr(found, name)) for name in SETUP}
    seen = {name: fingerprint(shown[name]) for name in SETUP}
    return change_test(test=found, values=shown | {field: value}, seen=seen, by=User.objects.get(pk=by))


def move(test: int, by: int, minutes: int) -> bool:
    """Move the end on from where it was before the race: where it is on a whole hour's distance of the opening."""
    found = Test.objects.get(pk=test)
    before = found.window[0] + timedelta(hours=4)
    return move_end(test=found, ends_at=before + timedelta(minutes=minutes), seen=before, by=User.objects.get(pk=by))
