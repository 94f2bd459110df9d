"""What every page shows: the institution, and the navigation of this person."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from candidates.signin.sessions import WRITES_IN_IDLE_TIME


@dataclass(frozen=True)
class Item:
    """One link of the main navigation; ``current`` is its aria-current."""

    section: str
    label: Promise | str
    url: str
    current: str


# section, words, url name, roles that may open it; "candidate" stands for everyone who is not staff.
ITEMS: tuple[tuple[str, Promise | str, str, tuple[str, ...]], ...] = (
    ("tests", _("Tests"), "deliver-tests", ("is_planner",)),
    ("permanent-users", _("Permanent users"), "permanent-users", ("is_administrator", "is_planner")),
    ("rooms", _("Rooms"), "rooms", ("is_administrator", "is_planner")),
    ("sso-setups", _("SSO setups"), "sso-setups", ("is_administrator",)),
    ("sources", _("Student systems"), "sources", ("is_administrator",)),
    ("access-keys", _("Access keys"), "access-keys", ("is_administrator",)),
    ("back-office", _("Accounts and audit"), "admin:index", ("opens_back_office",)),
    ("monitor", _("Monitor"), "monitor", ("is_planner", "is_invigilator")),
    ("door", _("Door desk"), "doors", ("is_invigilator",)),
    ("grade", _("Grade"), "grade", ("is_grader",)),
    ("dashboard", _("Dashboard"), "dashboard", ("candidate",)),
    ("archive", _("Archive"), "archive", ("candidate",)),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return what every page shows; the navigation is computed only for pages that show it."""
    return {
        "organisation": settings.ORGANISATION,
        "navigation": SimpleLazyObject(lambda: items_for(request)),
        # seconds between two heartbeats while somebody types: several in the shortest idle time
        "here_every": min(60, 60 * settings.SESSION_IDLE_MINUTES // WRITES_IN_IDLE_TIME),
    }


def items_for(request: HttpRequest) -> list[Item]:
    """Return the links that this person may open and that this installation has, with the current one marked."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    found = [
        (section, label, url)
        for section, label, name, roles in ITEMS
        if _has_one(user, roles) and (url := _address(name)) is not None
    ]
    # The longest matching address is the page's own: the Archive lies below the Dashboard.
    here = max((url for *_rest, url in found if request.path.startswith(url)), key=len, default=None)
    return [
        Item(section, label, url, "" if url != here else "page" if request.path == url else "true")
        for section, label, url in found
    ]


def _has_one(user: Any, roles: tuple[str, ...]) -> bool:
    if "candidate" in roles:
        return bool(user.is_candidate)
    return any(getattr(user, role, False) for role in roles)


def _address(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
