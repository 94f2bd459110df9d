"""What every answer carries."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from candidates import audit


class NoStoreMiddleware:
    """Keep every page out of caches and of the back button: halls share machines (traps.md C22, C75)."""

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


class AddressMiddleware:
    """Tell the audit from where a request comes.

    X-Forwarded-For counts only behind the configured proxy, and only its last entry, which that proxy wrote
    (traps.md C20).
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


def client_address(request: HttpRequest) -> str | None:
    """Return the address of the client, None where it is not a network address (a socket file)."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        address = str(forwarded).rsplit(",", 1)[-1].strip()
    try:
        return str(ip_address(address))
    except ValueError:
        return None
