"""What somebody who is logged in has to do before anything else opens."""

from django.http import HttpRequest

from candidates.access import person

OPEN = frozenset({"logout", "admin:logout"})


def held_at(request: HttpRequest) -> str:
    """Return the name of the page that the person has to go through first; "" for who may go on."""
    return "change-password" if person(request).must_change_password else ""
