"""What somebody who is logged in has to do before anything else opens."""

from django.http import HttpRequest

from candidates.access import person
from candidates.signin.half_login import PASSED
from candidates.signin.second_step import has_second_step, is_required

OPEN = frozenset({"logout", "admin:logout", "account-here"})


def held_at(request: HttpRequest) -> str:
    """Return the name of the page that the person has to go through first; "" for who may go on."""
    user = person(request)
    if user.must_change_password:
        return "change-password"
    if is_required(user) and not (request.session.get(PASSED) or has_second_step(user)):
        return "two-step"
    return ""
