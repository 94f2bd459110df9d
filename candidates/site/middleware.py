"""What every answer carries."""

import logging
import re
from collections.abc import Callable
from ipaddress import ip_address
from secrets import token_hex
from time import perf_counter
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import Resolver404, resolve
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from candidates import audit
from candidates.access import person, record_refused_page
from candidates.lifecycle.permanent_users import TooManySearches
from candidates.models import User
from candidates.outage import words_for
from candidates.signin.places import NoPlace
from candidates.signin.reasons import give_reason
from candidates.signin.second_step import OPEN, held_at
from candidates.signin.sessions import SessionStore
from candidates.site import health, logs
from candidates.site.addresses import page_of_form
from candidates.site.errors import (
    answer_too_large,
    method_not_allowed,
    no_place,
    too_many_searches,
)

NUMBER = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)

logger = logging.getLogger(__name__)
requests_log = logging.getLogger("candidates.requests")


class HealthMiddleware:
    """Answer the health addresses before everything else, and nothing but these.

    A load balancer asks by the address of the machine, over plain http and without cookies: ALLOWED_HOSTS, the redirect
    to https and sessions are not for it, and neither is a line in the log for each time it asks. A 503 has one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.addresses = {f"/{pattern.pattern}" for pattern in health.urlpatterns}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        if request.path_info not in self.addresses:
            return self.get_response(request)
        # the line that Django writes about a 503 names the route
        request.resolver_match = resolve(request.path_info)
        return cast(HttpResponse, request.resolver_match.func(request))


class RequestLogMiddleware:
    """Give each request a number, and write one line about it where LOG_FORMAT=json.

    The line says nothing of who asked: no name, no address of a client, and the route instead of the address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; the answer carries the number as X-Request-ID."""
        number = _number_of(request)
        request.request_number = number  # type: ignore[attr-defined]  # for lines that come after this middleware
        token = logs.request_number.set(number)
        begun = perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = number
            if requests_log.isEnabledFor(logging.INFO):
                self._write(request, response.status_code, perf_counter() - begun)
            return response
        finally:
            logs.request_number.reset(token)

    def _write(self, request: HttpRequest, status: int, seconds: float) -> None:
        fields = {
            "method": logs.method_of(request),
            "route": logs.route_of(request),
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        requests_log.info("request", extra={"fields": fields})


def _number_of(request: HttpRequest) -> str:
    """Return the proxy's X-Request-ID, or a new number: what clients send counts only behind the configured proxy."""
    given = request.META.get("HTTP_X_REQUEST_ID", "") if settings.BEHIND_PROXY else ""
    return given if NUMBER.fullmatch(given) else token_hex(8)


class CodecMiddleware:
    """Read whatever is sent as UTF-8: no request chooses a codec, of which some fail, and some make halves of letters.

    Django takes any that Python knows from `Content-Type: …; charset=`, for the query of the address as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; raise BadRequest where its Content-Type cannot be read (inspera_deliver/wsgi.py)."""
        if request.content_type is None:
            raise BadRequest
        if request.encoding is not None:
            request.encoding = settings.DEFAULT_CHARSET
        return self.get_response(request)


class NoStoreMiddleware:
    """Keep every page out of caches and of the back button: halls share machines (C22, C75)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with `no-store`."""
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        patch_vary_headers(response, ["Cookie"])
        return response


class NoNulMiddleware:
    """Keep NUL away from the database: nothing has such a name, and PostgreSQL fails on looking for it.

    An address with one is answered with 404, a cookie with one (quoted as \\000) counts as not sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or raise Http404."""
        if "\0" in request.path:
            raise Http404
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


class BodySizeMiddleware:
    """Let the longest answer pass, and nothing else that is as large.

    DATA_UPLOAD_MAX_MEMORY_SIZE is one for all addresses, and has room for an answer of which each character takes
    twelve bytes on its way. Files have a bound of their own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; 413 where an answer is too large, RequestDataTooBig where a form is."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isascii() and length.isdigit() else 0
        if size <= settings.LARGEST_FORM:
            return self.get_response(request)
        if _takes_answers(request):
            fits = size <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            return self.get_response(request) if fits else answer_too_large(request)
        if request.content_type != "multipart/form-data":
            raise RequestDataTooBig
        return self.get_response(request)


def _takes_answers(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).url_name in {"sit-answer", "sit-submit", "sit-write-here"}
    except Resolver404:
        return False


class AddressMiddleware:
    """Tell the audit from where a request comes.

    X-Forwarded-For counts only behind the configured proxy, and only its last entry, which that proxy wrote
    (C20).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with its address known."""
        token = audit.from_address.set(client_address(request))
        try:
            return self.get_response(request)
        finally:
            audit.from_address.reset(token)


class UseMiddleware:
    """Write that somebody's session is used, so that staff who go away are logged out (SESSION_IDLE_MINUTES).

    What open pages ask for by themselves is no use of staff: a Monitor that nobody looks at would keep its person
    logged in for ever. It gets its news all the same, for WATCHED_FOR: a planner who follows an exam has nothing to
    press, and must not lose sight of it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def process_view(self, request: HttpRequest, view_func: Callable[..., Any], *_parts: Any) -> None:
        """Let the session look on where that is all it is asked for; nobody has read it yet."""
        cast(SessionStore, request.session).looks_on = getattr(view_func, "comes_by_itself", False)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and then write."""
        response = self.get_response(request)
        session = cast(SessionStore, request.session)
        if session.may_be_due and request.user.is_authenticated:
            user = person(request)
            if not (session.looks_on and user.kind == User.Kind.STAFF):
                self._write(session, user)
        return response

    def _write(self, session: SessionStore, user: User) -> None:
        try:
            session.note_use(user)
        except DatabaseError as error:
            # what was asked for is answered all the same; the next request tries again
            logger.warning("The use of a session is not written: %s", words_for(error))


class SearchMiddleware:
    """Answer who searches for people too often with a page that says so, wherever that was."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 429 to too many searches."""
        return too_many_searches(request) if isinstance(exception, TooManySearches) else None


class LoginMiddleware(LoginRequiredMiddleware):
    """Send whoever is not logged in to the login page, and from there back to a page that can be opened."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Send whoever is not logged in to the login page, and who has something to do first to the page for that."""
        response = super().process_view(request, view_func, view_args, view_kwargs)
        if response is not None or not getattr(view_func, "login_required", True):
            return response
        page, here = held_at(request), request.resolver_match.view_name if request.resolver_match else ""
        return redirect(page) if page and here not in {page, *OPEN} else None

    def get_login_url(self, view_func: Callable[..., Any]) -> str:
        """Return the product's own: the back office would name its own form."""
        return settings.LOGIN_URL

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        """Redirect to the login page, which says why; to somebody who sent a form that nothing came of that.

        Where a form is sent to there is often no page to open, so what leads back is the page that held the form.
        """
        if _asks_by_script(request):
            return super().handle_no_permission(request, view_func)
        if sent := request.method == "POST":
            response = redirect_to_login(page_of_form(request), resolve_url(self.get_login_url(view_func)))
        else:
            response = super().handle_no_permission(request, view_func)
        give_reason(response, was_idle=cast(SessionStore, request.session).was_idle, sent=sent)
        return response


class RefusedTriesMiddleware:
    """Record who asks for a page of a test without the right to it, once a minute for each page (C71)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Record the refusal, in the history of the test; the answer stays what it is, recorded or not."""
        match = request.resolver_match
        if not isinstance(exception, Http404 | PermissionDenied) or match is None or "test_id" not in match.kwargs:
            return
        if request.user.is_authenticated and not hasattr(request, "refusal_recorded"):
            by, public_id = person(request), match.kwargs["test_id"]
            record_refused_page(by, public_id, match.url_name or "", own=isinstance(exception, Http404))


class MethodMiddleware:
    """Show a page of the product to who opens an address that takes forms alone, by a bookmark or the address bar."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; 405 keeps its status and its Allow header."""
        response = self.get_response(request)
        if response.status_code != 405 or request.method not in {"GET", "HEAD"} or _asks_by_script(request):
            return response
        return method_not_allowed(request, allow=response.headers["Allow"])


class NoPlaceMiddleware:
    """Answer who finds no place for a slow hash, on whatever page (candidates/signin/places.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page that says to press again, None for every other exception."""
        return no_place(request) if isinstance(exception, NoPlace) else None


def _asks_by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json" or "HX-Request" in request.headers


def client_address(request: HttpRequest) -> str | None:
    """Return the address of the client, None where it is not a network address (a socket file)."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        address = str(forwarded).rsplit(",", 1)[-1].strip()
    try:
        return str(ip_address(address))
    except ValueError:
        return None
