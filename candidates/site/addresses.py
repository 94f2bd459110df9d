"""First pages after the login, addresses that a link can open, and the nearest one to an address that none can."""

from collections.abc import Callable
from inspect import getclosurevars, unwrap
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from candidates.access import demo_test, place_of
from candidates.models import User

FIRST_PAGES = (
    ("is_candidate", "dashboard"),
    ("is_planner", "deliver-tests"),
    ("is_invigilator", "monitor"),
    ("is_grader", "grade"),
    ("is_administrator", "permanent-users"),
    ("opens_back_office", "admin:index"),
)


def takes_get(view: Callable[..., Any]) -> bool:
    """Say whether a view answers GET, by its require_… decorator or its class."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        return "get" in view_class.http_method_names and hasattr(view_class, "get")
    allowed: list[str] = []

    def look(layer: Callable[..., Any]) -> bool:
        if hasattr(layer, "__closure__"):
            allowed.extend(getclosurevars(layer).nonlocals.get("request_method_list", ()))
        return bool(allowed)

    look(unwrap(view, stop=look))
    return not allowed or "GET" in allowed


def can_be_opened(path: str) -> bool:
    """Say whether there is a page at a path."""
    try:
        return takes_get(resolve(path).func)
    except Resolver404:
        return False


def nearest_page(path: str) -> str:
    """Return the path, or the nearest one above it that can be opened."""
    while path.strip("/"):
        if can_be_opened(path):
            return path
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return reverse("home")


def page_of_form(request: HttpRequest) -> str:
    """Return the page that contained a form, as the Referer says, or else the nearest page."""
    sent_from = request.headers.get("Referer", "")
    host, secure = request.get_host(), request.is_secure()
    if sent_from.isprintable() and url_has_allowed_host_and_scheme(sent_from, {host}, require_https=secure):
        parts = urlsplit(sent_from)
        page = nearest_page(parts.path)
        if page == parts.path and parts.query:
            return f"{page}?{parts.query}"
        if page == parts.path or page != reverse("home"):
            return page
    return nearest_page(request.path)


def page_after_login(user: User, wanted: str) -> str:
    """Return the address that was wanted before the login, or the person's first page where it is not theirs.

    Halls share machines: a candidate must not be led to the page that somebody else has left.
    """
    return wanted if wanted and _has(user, urlsplit(wanted).path) else reverse(first_page(user))


def _has(user: User, path: str) -> bool:
    """Say whether this person may open the page at a path; it answers 404 itself for objects of others (access.py)."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    # not an address of forms, and not a page that needs no login
    if not takes_get(match.func) or not getattr(match.func, "login_required", True):
        return False
    is_for = getattr(match.func, "is_for", None)
    if is_for is not None and not is_for(user):
        return False
    if match.app_name == "admin":
        return user.opens_back_office
    return not match.route.startswith("test/") or _sits(user, str(match.kwargs["test_id"]))


def _sits(user: User, test_id: str) -> bool:
    for find in (lambda: place_of(user, test_id, texts=False), lambda: demo_test(test_id)):
        try:
            find()
        except Http404:
            continue
        return True
    return False


def first_page(user: User) -> str:
    """Return the name of the first page that this person has."""
    return next((page for role, page in FIRST_PAGES if getattr(user, role)), "help")
