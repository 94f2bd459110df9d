"""Pages for what went wrong.

All but 403, 404 and 405 are made without session and database, so that they work when those do not.
"""

import sys

from axes.helpers import get_cool_off
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

from candidates.addresses import nearest_page

RETRY_SECONDS = 30


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return _bare("400.html", 400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 to somebody who may not open this."""
    return _with_navigation(request, "403.html", 403)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: the same page for what is not there and for what is not this person's (traps, section 5)."""
    return _with_navigation(request, "404.html", 404)


def method_not_allowed(request: HttpRequest, *, allow: str) -> HttpResponse:
    """Answer 405 to who opens an address that takes forms alone, with the way to the nearest page."""
    response = _with_navigation(request, "405.html", 405, {"page_url": nearest_page(request.path)})
    response["Allow"] = allow
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form from before a log-in in another tab (traps J3); see settings.CSRF_FAILURE_VIEW."""
    return _bare("403_csrf.html", 403)


def too_many_attempts(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer 429 to too many tries at one name from one address (traps T3); settings.AXES_LOCKOUT_CALLABLE."""
    cool_off = get_cool_off(request)
    seconds = int(cool_off.total_seconds()) if cool_off else RETRY_SECONDS
    response = _bare("429.html", 429, {"minutes": -(-seconds // 60)})
    response["Retry-After"] = str(seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 when the database does not answer (traps C59)."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return service_unavailable(request)
    return _bare("500.html", 500)


def service_unavailable(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer 503 and say when to try again."""
    response = _bare("503.html", 503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _with_navigation(
    request: HttpRequest, template: str, status: int, context: dict[str, object] | None = None
) -> HttpResponse:
    try:
        response = render(request, template, context, status=status)
    except DatabaseError:
        # Who is signed in cannot be read: the page without the navigation is better than none.
        return _bare(template, status, context)
    response["Cache-Control"] = "no-store"
    return response


def _bare(template: str, status: int, context: dict[str, object] | None = None) -> HttpResponse:
    content = render_to_string(template, {"organisation": settings.ORGANISATION, **(context or {})})
    return HttpResponse(content, status=status, headers={"Cache-Control": "no-store"})
