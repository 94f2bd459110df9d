"""What is done around every request to the API."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from candidates.api.problems import (
    Problem,
    Wrong,
    invalid,
    is_problem,
    of_api,
    plain_problem,
    problem_response,
    words_of,
)
from candidates.api.quotas import places

KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


class ApiMiddleware:
    """Hold a place while a request to the API is answered, and answer all that goes wrong with a problem document.

    It stands around whatever else may refuse a request: bodies that are too large, addresses that are not there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not of_api(request):
            with places.of_a_person():
                return self.get_response(request)
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"  # ninja knows no HEAD; whoever asks gets the headers of the same answer
        try:
            with places.one():
                response = self._answer(request)
        except Problem as problem:
            response = _unlogged(problem_response(problem))
        if is_head:
            request.method, response.content = "HEAD", b""
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        # Not in a body: there each text says so itself (schemas.py). PostgreSQL fails on a query with it.
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise invalid([Wrong(detail=_("The character NUL means nothing in an address."), parameter="query")])
        if "CONTENT_LENGTH" not in request.META and "HTTP_TRANSFER_ENCODING" in request.META:
            raise Problem(411, words_of(411)[1])  # else its body would be taken for an empty one
        try:
            response = self.get_response(request)
        finally:
            key = getattr(request, "counted_for", None)
            if key is not None:
                places.give_back(key)
        if response.status_code >= 400 and not is_problem(response):
            kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
            response = plain_problem(413 if is_too_large(request, response) else response.status_code, **kept)
        for name, value in getattr(request, "quota_headers", {}).items():
            response[name] = value
        return _unlogged(response) if response.status_code == 429 else response


def _unlogged(response: HttpResponse) -> HttpResponse:
    """Mark a refusal that a client may get a thousand times a minute as logged: the request has its own line."""
    response._has_been_logged = True  # type: ignore[attr-defined]  # what Django asks before it writes a warning
    return response


def is_too_large(request: HttpRequest, response: HttpResponse) -> bool:
    """Say whether a 400 means that the body is too large: Django has no other status for it."""
    size = request.META.get("CONTENT_LENGTH") or "0"
    return response.status_code == 400 and size.isascii() and size.isdigit() and int(size) > settings.MAX_FORM
