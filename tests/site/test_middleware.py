"""What every answer carries, and from where a request comes."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from candidates import audit
from candidates.models import AuditEvent, User
from candidates.signin.throttling import client_address
from candidates.site.middleware import AddressMiddleware, NoStoreMiddleware

Browser = Callable[[User | None], Client]


@pytest.mark.parametrize("address", ["/login/", "/", "/nowhere/", "/deliver/tests/"])
@pytest.mark.parametrize("inside", [False, True])
def test_no_answer_is_kept_by_caches_or_the_back_button(
    planner: User, client_of: Browser, address: str, inside: bool
) -> None:
    response = client_of(planner if inside else None).get(address)
    assert "no-store" in response.headers["Cache-Control"]
    assert "Cookie" in response.headers["Vary"]


def test_an_answer_that_says_how_it_is_kept_is_left_alone() -> None:
    def static(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "max-age=60"})

    response = NoStoreMiddleware(static)(RequestFactory().get("/"))
    assert response.headers["Cache-Control"] == "max-age=60"
    assert "Cookie" in response.headers["Vary"]


@pytest.mark.parametrize("address", ["/login/", "/", "/nowhere/", "/deliver/tests/"])
def test_pages_run_nothing_that_does_not_come_from_our_own_files(
    planner: User, client_of: Browser, address: str
) -> None:
    policy = client_of(planner).get(address).headers["Content-Security-Policy"]
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert directives["default-src"] == ["'self'"]
    assert directives["object-src"] == directives["base-uri"] == directives["frame-ancestors"] == ["'none'"]
    assert directives["form-action"] == ["'self'"]  # default-src does not hold for it
    assert "unsafe" not in policy
    # without these of their own, default-src holds for scripts and styles
    assert not {"script-src", "style-src", "script-src-elem", "style-src-elem"} & directives.keys()


def test_pages_stand_in_no_frame_and_tell_other_sites_nothing(client_of: Browser, planner: User) -> None:
    headers = client_of(planner).get("/deliver/tests/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("behind_proxy", "remote", "forwarded", "expected"),
    [
        (False, "192.0.2.7", None, "192.0.2.7"),
        (False, "192.0.2.7", "203.0.113.9", "192.0.2.7"),
        (True, "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        (True, "127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "127.0.0.1", "198.51.100.1,203.0.113.9 ", "203.0.113.9"),
        (True, "127.0.0.1", None, "127.0.0.1"),
        (True, "127.0.0.1", "", "127.0.0.1"),
        (True, "127.0.0.1", "2001:DB8::7", "2001:db8::7"),
        (True, "127.0.0.1", "<script>", None),
        (True, "127.0.0.1", "203.0.113.9, x' OR 1=1", None),
        (False, "", None, None),
        (False, "unix:", None, None),
    ],
)
def test_the_address_of_a_client(
    settings, behind_proxy: bool, remote: str, forwarded: str | None, expected: str | None
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    request = RequestFactory().get("/", REMOTE_ADDR=remote)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_address(request) == expected


@pytest.mark.parametrize("behind_proxy", [False, True])
def test_the_audit_and_the_brake_on_guessing_see_the_same_address(
    settings, behind_proxy: bool, db: None, client: Client
) -> None:
    from axes.models import AccessAttempt

    settings.BEHIND_PROXY = behind_proxy
    expected = "203.0.113.9" if behind_proxy else "192.0.2.7"
    client.post(
        "/login/",
        {"username": "kari.nordmann", "password": "wrong"},
        REMOTE_ADDR="192.0.2.7",
        headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"},
    )
    assert AuditEvent.objects.get(action=AuditEvent.Action.LOGIN_REFUSED).address == expected
    assert AccessAttempt.objects.get().ip_address == expected


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "other"])
def test_a_cookie_with_a_nul_counts_as_not_sent(name: str) -> None:
    # PostgreSQL would answer a session key with a NUL by an error
    response = Client().get("/login/", headers={"Cookie": f'{name}="abcdefgh\\000"; kept=1'})
    assert response.status_code == 200
    assert response.wsgi_request.COOKIES == {"kept": "1"}


def test_the_address_is_forgotten_after_the_answer_and_after_an_error() -> None:
    seen: list[str | None] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(audit.request_address.get())
        if request.path == "/error/":
            raise ZeroDivisionError
        return HttpResponse()

    middleware = AddressMiddleware(answer)
    middleware(RequestFactory().get("/", REMOTE_ADDR="192.0.2.7"))
    assert audit.request_address.get() is None
    with pytest.raises(ZeroDivisionError):
        middleware(RequestFactory().get("/error/", REMOTE_ADDR="192.0.2.8"))
    assert audit.request_address.get() is None
    assert seen == ["192.0.2.7", "192.0.2.8"]
