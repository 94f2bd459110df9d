"""Which page is whose first, which addresses can be opened by a link, and which one lies nearest to one that cannot."""

from collections.abc import Callable
from inspect import getclosurevars, unwrap
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from candidates.models import User

FIRST_PAGES = (
    ("is_candidate", "dashboard"),
    ("is_planner", "deliver-tests"),
    ("is_invigilator", "monitor"),
    ("is_grader", "grade"),
    ("is_staff", "admin:index"),
    ("is_administrator", "sso-setups"),
)


def takes_get(view: Callable[..., Any]) -> bool:
    """Say whether a view answers GET: what its require_… decorator, or its class, lets through."""
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
    """Return the address from which a form was sent, as its browser says; else, or elsewhere, the nearest page."""
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


def first_page(user: User) -> str:
    """Return the name of the first page that this person has."""
    return next((page for role, page in FIRST_PAGES if getattr(user, role)), "help")
