"""What is done around every request."""

import logging
import re
from collections.abc import Callable
from secrets import token_hex
from time import perf_counter
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.db import DatabaseError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import Resolver404, resolve
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.translation import gettext as _

from candidates import audit
from candidates.access import Archived, person, record_refused_page
from candidates.lifecycle.once import SentBefore
from candidates.lifecycle.permanent_users import TooManySearches
from candidates.lifecycle.tests import archived_sentence
from candidates.models import Test, User
from candidates.models.accounts import is_generated_name
from candidates.outage import describe_error
from candidates.signin import hash_slots
from candidates.signin.hash_slots import NoFreeSlot
from candidates.signin.reasons import set_reason_cookie
from candidates.signin.second_step import ALWAYS_OPEN, required_page
from candidates.signin.sessions import SessionStore
from candidates.signin.throttling import client_address
from candidates.site import health, logs
from candidates.site.addresses import page_of_form
from candidates.site.errors import (
    answer_too_large,
    method_not_allowed,
    no_free_slot,
    page_not_found,
    too_many_searches,
)
from candidates.text import fold

LOGIN_PATH = "/login/"
FORM = "application/x-www-form-urlencoded"
NUMBER = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)

logger = logging.getLogger(__name__)
requests_log = logging.getLogger("candidates.requests")


class Middleware:
    """A middleware that hands requests on, for others to add to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class HealthMiddleware(Middleware):
    """Answer the health addresses before everything else, and nothing but these.

    A load balancer uses the address of the machine, plain http and no cookies: ALLOWED_HOSTS, the redirect to https and
    sessions do not apply to it. Its requests are not logged, but for those answered with 503.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self.addresses = {f"/{pattern.pattern}" for pattern in health.urlpatterns}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in self.addresses:
            return self.get_response(request)
        # Django's log line about a 503 names the route
        request.resolver_match = resolve(request.path_info)
        return cast(HttpResponse, request.resolver_match.func(request))


class RequestLogMiddleware(Middleware):
    """Give each request a number, and write one line about it where LOG_FORMAT=json.

    The line does not tell who asked: no name, no address of a client, and the route instead of the URL.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = _number_of(request)
        request.request_number = number  # type: ignore[attr-defined]  # for log lines written after this middleware
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
    """Return the X-Request-ID of the configured proxy, else a new number; what clients send is ignored."""
    given = request.META.get("HTTP_X_REQUEST_ID", "") if settings.BEHIND_PROXY else ""
    return given if NUMBER.fullmatch(given) else token_hex(8)


class LoginRushMiddleware(Middleware):
    """Answer logins for which there is no slow hash now before sessions and forms cost anything.

    A flood of them comes in one moment, and this halves what each costs those who write. The page's script asks again
    by itself; without it the login view answers, with the page (docs/decisions/0011).
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == LOGIN_PATH and request.method == "POST" and _is_small_form_by_script(request):
            name = request.POST.get("username", "")
            if name.strip() and request.POST.get("password") and not is_generated_name(fold(name)):
                try:
                    hash_slots.hashing.refuse_if_full()
                except NoFreeSlot:
                    response = no_free_slot(request)
                    response["Content-Length"] = str(len(response.content))  # else the connection is closed after it
                    return response
        return self.get_response(request)


def _is_small_form_by_script(request: HttpRequest) -> bool:
    size = request.META.get("CONTENT_LENGTH") or "0"
    by_script = request.headers.get("Accept") == "application/json"
    return by_script and request.content_type == FORM and size.isdecimal() and len(size) < 5


class CodecMiddleware(Middleware):
    """Decode all requests as UTF-8: with other codecs some fail, and some make lone surrogates.

    Django accepts any codec that Python knows from `Content-Type: …; charset=`, for the query of the address as well.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.content_type is None:
            raise BadRequest
        if request.encoding is not None:
            request.encoding = settings.DEFAULT_CHARSET
        return self.get_response(request)


class NoStoreMiddleware(Middleware):
    """Keep every page out of caches and from the back button: halls share machines (C22, C75)."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        patch_vary_headers(response, ["Cookie"])
        return response


class NoNulMiddleware(Middleware):
    """Keep NUL away from the database: PostgreSQL fails on a query with it.

    An address with NUL is answered with 404, a cookie with it (quoted as \\000) is ignored.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path:
            raise Http404
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


class BodySizeMiddleware(Middleware):
    """Limit the size of forms to MAX_FORM, except for answers.

    DATA_UPLOAD_MAX_MEMORY_SIZE holds for all addresses, and allows an answer of which each character is sent as twelve
    bytes. Files have a limit of their own.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isascii() and length.isdigit() else 0
        if size <= settings.MAX_FORM:
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


class AddressMiddleware(Middleware):
    """Tell the audit the client's address (C20)."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = audit.request_address.set(client_address(request))
        try:
            return self.get_response(request)
        finally:
            audit.request_address.reset(token)


class UseMiddleware(Middleware):
    """Write the use of sessions, so that absent staff are logged out (SESSION_IDLE_MINUTES).

    The polling of open pages does not count as use by staff: a Monitor that nobody looks at would keep its person
    logged in for ever. It still gets news for POLLING_LASTS: a planner who follows an exam has nothing to press, and
    must not lose sight of it.
    """

    def process_view(self, request: HttpRequest, view_func: Callable[..., Any], *_parts: Any) -> None:
        """Tell the session, which was not read yet, whether this request only polls."""
        cast(SessionStore, request.session).is_polling = getattr(view_func, "comes_by_itself", False)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = cast(SessionStore, request.session)
        if session.use_may_be_due and request.user.is_authenticated:
            user = person(request)
            if not (session.is_polling and user.kind == User.Kind.STAFF):
                try:
                    session.note_use(user)
                except DatabaseError as error:
                    # the response is sent all the same; the next request tries again
                    logger.warning("The use of a session is not written: %s", describe_error(error))
        return response


class LoginMiddleware(LoginRequiredMiddleware):
    """Send whoever is not logged in to the login page, and from there back to a page that can be opened."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Redirect to the login page without a login, and to `required_page` where there is one."""
        response = super().process_view(request, view_func, view_args, view_kwargs)
        if response is not None or not getattr(view_func, "login_required", True):
            return response
        page, here = required_page(request), request.resolver_match.view_name if request.resolver_match else ""
        return redirect(page) if page and here not in {page, *ALWAYS_OPEN} else None

    def get_login_url(self, view_func: Callable[..., Any]) -> str:
        """Return the product's login page: the back office would name its own."""
        return settings.LOGIN_URL

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        """Redirect to the login page, which says why, also that a sent form was not carried out.

        The address of a form often has no page, so the login leads back to the page that contained the form.
        """
        if _asks_by_script(request):
            return super().handle_no_permission(request, view_func)
        if sent := request.method == "POST":
            response = redirect_to_login(page_of_form(request), resolve_url(self.get_login_url(view_func)))
        else:
            response = super().handle_no_permission(request, view_func)
        set_reason_cookie(response, was_idle=cast(SessionStore, request.session).was_idle, sent=sent)
        return response


class MethodMiddleware(Middleware):
    """Show a page to people who open an address that only accepts forms, by a bookmark or the address bar."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or request.method not in {"GET", "HEAD"} or _asks_by_script(request):
            return response
        return method_not_allowed(request, allow=response.headers["Allow"])


class ExceptionMiddleware(Middleware):
    """Answer what any view may raise: too many at once, a form that counted already, an archived or deleted test."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page that says so, None for every other exception."""
        if isinstance(exception, NoFreeSlot):
            return no_free_slot(request)
        if isinstance(exception, TooManySearches):
            return too_many_searches(request)
        if isinstance(exception, SentBefore):
            messages.info(request, _("This form was sent twice and counts once. Here is its result."))
            return redirect(exception.leads_to or "home")
        if isinstance(exception, Archived):
            messages.error(request, archived_sentence())
            return redirect(page_of_form(request))
        test_id = request.resolver_match.kwargs.get("test_id") if request.resolver_match else None
        if test_id is None:
            return None
        if isinstance(exception, Http404 | PermissionDenied):
            self._record_refusal(request, test_id, own=isinstance(exception, Http404))
        # a row that refers to a deleted test fails at the commit, and what is read again is not there (C56)
        elif isinstance(exception, ObjectDoesNotExist | IntegrityError):
            return None if Test.objects.filter(public_id=test_id).exists() else page_not_found(request, exception)
        return None

    def _record_refusal(self, request: HttpRequest, test_id: str, *, own: bool) -> None:
        """Record who asks for a page of a test without the right to it, once a minute for each page (C71)."""
        if request.user.is_authenticated and not hasattr(request, "refusal_recorded"):
            page = request.resolver_match.url_name if request.resolver_match else None
            record_refused_page(person(request), test_id, page or "", own=own)


def _asks_by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json" or "HX-Request" in request.headers
