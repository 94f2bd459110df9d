"""What racers do to accounts of staff: each function is one person's request."""

from django.test import Client
from django.urls import reverse

from candidates.lifecycle.planners import hand_over_tests
from candidates.models import User
from tests.races.support import Act


def act(function: str, **keywords: object) -> Act:
    """Return an act of this module."""
    return Act(f"{__name__}:{function}", keywords, None, None)


def hand_over(to: int, by: int) -> int:
    """Make somebody planner of all tests that nobody plans who can work; return of how many."""
    return len(hand_over_tests(to=User.objects.get(pk=to), by=User.objects.get(pk=by)))


def put_out(who: int, by: int, how: str) -> bool:
    """Deactivate an administrator, or take the role away, on the page of the back office; say whether it was done."""
    browser = Client(headers={"host": "localhost"})
    browser.force_login(User.objects.get(pk=by), backend="candidates.signin.backends.PasswordBackend")
    found = User.objects.get(pk=who)
    still = {"is_active": "on"} if how == "no role" else {"is_administrator": "on"}
    address = reverse("admin:candidates_user_change", args=[who])
    answer = browser.post(address, {"username": found.username, **still}, secure=True)
    return answer.headers.get("Location") == reverse("admin:candidates_user_changelist")
