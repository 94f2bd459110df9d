"""Pages for what went wrong.

All but 403, 404 and 405 use neither session nor database, so that they work when these do not.
"""

import sys

from axes.helpers import get_cool_off
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from candidates.outage import is_deadlock, is_outage
from candidates.signin.hash_slots import BUSY_SECONDS, WAITS
from candidates.signin.throttling import browser_of, set_browser_cookie
from candidates.site.addresses import nearest_page
from candidates.site.logs import request_number

RETRY_SECONDS = 30
DEADLOCK_RETRY_SECONDS = 1
MAX_DISCARDED = 16  # MiB


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 503 where the database failed while a session was stored (C59)."""
    if is_deadlock(exception):
        return deadlocked(request)
    if is_outage(exception):
        return service_unavailable(request)
    return _bare("400.html", 400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 to somebody who may not open this."""
    return _with_navigation(request, "403.html", 403)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: the same page for what does not exist and for what belongs to others (C4)."""
    return _with_navigation(request, "404.html", 404)


def method_not_allowed(request: HttpRequest, *, allow: str) -> HttpResponse:
    """Answer 405 at an address that only accepts forms, with a link to the nearest page."""
    response = _with_navigation(request, "405.html", 405, {"page_url": nearest_page(request.path)})
    response["Allow"] = allow
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that was opened before a login in another tab (J3); settings.CSRF_FAILURE_VIEW."""
    return _bare("403_csrf.html", 403)


def answer_too_large(request: HttpRequest) -> HttpResponse:
    """Answer 413 to an answer that is too large to be read, in JSON to a page's script: the page still has the text.

    The body is read and discarded, up to a limit: a browser that is answered while it sends sees a broken connection,
    and its page would retry for ever.
    """
    for _chunk in range(MAX_DISCARDED):
        if not request.read(2**20):
            break
    if request.headers.get("Accept") == "application/json":
        sentence = _("The answer is far too long to be saved. It is kept on this page: shorten it.")
        return JsonResponse({"code": "refused", "sentence": sentence}, status=413)
    return _bare("413.html", 413)


def too_many_attempts(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer 429 to too many attempts at one name (T3); settings.AXES_LOCKOUT_CALLABLE.

    A browser that is new on the login page shares its attempts with other new ones at its address, and is told when
    they are counted apart.
    """
    known = browser_of(request)
    cool_off = get_cool_off(request)
    seconds = int(cool_off.total_seconds()) if cool_off else RETRY_SECONDS
    if not known.has_own_tries:
        seconds = min(seconds, known.seconds_left)
    response = _bare("429.html", 429, {"minutes": -(-seconds // 60), "seconds": seconds, "own": known.has_own_tries})
    response["Retry-After"] = str(seconds)
    set_browser_cookie(request, response)
    return response


def too_many_searches(request: HttpRequest) -> HttpResponse:
    """Answer 429 to too many searches for people, with the address to search again where it was a GET."""
    again = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    response = _bare("429_searches.html", 429, {"again": again, "most": settings.PERMANENT_SEARCHES_A_MINUTE})
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 where the database failed (C59) or ended a deadlock."""
    error = sys.exc_info()[1]
    if is_deadlock(error):
        return deadlocked(request)
    if is_outage(error):
        return service_unavailable(request)
    return _bare("500.html", 500)


def service_unavailable(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer 503 and say when to try again, in JSON to a page's script."""
    return _unavailable(
        request, "503.html", _("The database behind this page does not answer right now."), RETRY_SECONDS
    )


def deadlocked(request: HttpRequest) -> HttpResponse:
    """Answer 503 where the database ended a deadlock: nothing was stored."""
    sentence = _("Somebody else changed the same thing at the same moment, so nothing was stored. Try again.")
    return _unavailable(request, "503_deadlock.html", sentence, DEADLOCK_RETRY_SECONDS)


def not_recorded(request: HttpRequest) -> HttpResponse:
    """Answer 503 where nothing is shown because the audit row could not be written (C61)."""
    response = _bare("503_not_recorded.html", 503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def no_free_slot(request: HttpRequest) -> HttpResponse:
    """Answer 503 where too many passwords are checked at once: nothing was checked, and a retry helps."""
    sentence = _("Many passwords are being checked at this moment. Nothing was changed: press again in a moment.")
    request.META[WAITS] = True
    return _unavailable(request, "503_no_place.html", sentence, BUSY_SECONDS, code="no_place")


def _unavailable(
    request: HttpRequest, template: str, sentence: str, seconds: int, code: str = "unavailable"
) -> HttpResponse:
    response: HttpResponse
    if request.headers.get("Accept") == "application/json":
        response = JsonResponse({"code": code, "sentence": sentence}, status=503)
        response["Cache-Control"] = "no-store"
    else:
        response = _bare(template, 503)
    response["Retry-After"] = str(seconds)
    return response


def _with_navigation(
    request: HttpRequest, template: str, status: int, context: dict[str, object] | None = None
) -> HttpResponse:
    try:
        response = render(request, template, context, status=status)
    except DatabaseError:
        # The user cannot be read: a page without navigation is better than none.
        return _bare(template, status, context)
    response["Cache-Control"] = "no-store"
    return response


def _bare(template: str, status: int, context: dict[str, object] | None = None) -> HttpResponse:
    shown = {"organisation": settings.ORGANISATION, "number": request_number.get(), **(context or {})}
    content = render_to_string(template, shown)
    return HttpResponse(content, status=status, headers={"Cache-Control": "no-store"})
