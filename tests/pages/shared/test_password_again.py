"""Before login details, key lists and new passwords, staff type the own password again (REAUTHENTICATE_MINUTES)."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from candidates.credentials.secrets import show_password
from candidates.models import AuditEvent, Candidate, Test, User
from tests.conftest import Clock
from tests.factories import make_permanent, password_of
from tests.test_access_table import addresses

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
OWN = "correct horse battery"
ASKED = "Type your password to go on"
AGAIN = "/account/password-again/"
# Every address that opens or makes login details, whatever else is added to the product.
ASKING = {
    *("login-details-list", "login-details-print", "login-details-print-six", "login-details-csv"),
    *("login-details-pdf", "login-details-pdf-six", "key-list", "key-list-csv", "monitor-key-list", "reveal-login"),
    *("renew-password", "candidates-one-time-login-give", "permanent-user-new-password"),
    # which give away or set as much: a file of who has which login, all about somebody, passwords from a file
    *("candidates-download", "monitor-csv", "monitor-xlsx", "results-download", "person-export", "user-import-start"),
    *("hall-papers-pdf", "hall-papers-xlsx"),
    *("access-key-new", "access-key-revoke"),
    "lti-platform",  # whoever sets a platform's keys logs in as any of its people
}


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """Hashes of a microsecond: these tests are about what is asked."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def later(user: User, client_of: ClientOf, clock: Clock, *, minutes: float = 16) -> Client:
    """Return a browser in which the person logged in so long ago, and has been there since."""
    user.set_password(OWN)
    user.save()
    browser = client_of(user)
    clock.move(minutes=minutes)
    return browser


def page(response: Any) -> str:
    return html.unescape(response.content.decode())


def hidden(response: Any) -> dict[str, str]:
    """Return what the hidden fields of the form in the page hold."""
    form = page(response).partition('class="text stack"')[2]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def url(name: str, one: Candidate) -> str:
    return reverse(name, args=[one.test.public_id, one.public_id])


def test_each_address_that_opens_or_makes_login_details_asks() -> None:
    asks = {str(found.name) for found in addresses() if getattr(found.callback, "asks_password", False)}
    assert asks == ASKING
    for name, address in (
        ("password", "user/5/password/"),
        ("add", "user/add/"),
        ("second step", "user/5/two-step/"),
    ):
        assert resolve(f"/back-office/candidates/{address}").func.asks_password, name  # type: ignore[attr-defined]
    assert get_resolver()


@pytest.mark.parametrize(("minutes", "asked"), [(14.5, False), (15.5, True)])
def test_a_fresh_login_counts_and_an_old_one_does_not(
    candidate: Candidate, planner: User, client_of: ClientOf, clock: Clock, minutes: float, asked: bool
) -> None:
    browser = later(planner, client_of, clock, minutes=minutes)
    shown = page(browser.post(url("reveal-login", candidate)))
    assert (ASKED in shown) == asked
    assert (show_password(password_of(candidate)) in shown) != asked


def test_the_setting_says_how_long(
    candidate: Candidate, planner: User, client_of: ClientOf, clock: Clock, settings: Any
) -> None:
    settings.REAUTHENTICATE_MINUTES = 5
    browser = later(planner, client_of, clock, minutes=6)
    assert "more than 5 minutes ago" in page(browser.get(url("reveal-login", candidate)))


def test_a_page_is_opened_once_the_password_is_typed(
    candidate: Candidate, invigilator: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = later(invigilator, client_of, clock)
    address = url("reveal-login", candidate)
    asked = browser.get(address)
    assert asked.status_code == 403
    assert ASKED in page(asked)
    answer = browser.post(AGAIN, {**hidden(asked), "password": OWN})
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert "Show the login details of 0001?" in page(browser.get(address))
    assert show_password(password_of(candidate)) in page(browser.post(address))
    clock.move(minutes=16)
    assert ASKED in page(browser.post(address))


def test_what_was_sent_goes_on_and_opens_exactly_that(
    candidate: Candidate, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = later(planner, client_of, clock)
    second = Candidate.objects.get(test=candidate.test, candidate_id="0002")
    address = reverse("login-details-csv", args=[candidate.test.public_id])
    sent = {"whose": "ticked", "ids": second.public_id}
    asked = browser.post(address, sent)
    assert ASKED in page(asked)
    assert "Content-Disposition" not in asked
    go_on = browser.post(AGAIN, {**hidden(asked), "password": OWN})
    assert f'action="{address}"' in page(go_on)
    assert hidden(go_on) == sent
    file = browser.post(address, hidden(go_on))
    assert "attachment" in file["Content-Disposition"]
    assert show_password(password_of(second)) in file.content.decode()
    assert show_password(password_of(candidate)) not in file.content.decode()


def test_nothing_that_was_sent_is_kept(candidate: Candidate, planner: User, client_of: ClientOf, clock: Clock) -> None:
    browser = later(planner, client_of, clock)
    address = reverse("login-details-list", args=[candidate.test.public_id])
    before = dict(browser.session)
    browser.post(address, {"whose": "all", "canary": "canary-text"})
    assert dict(browser.session) == before


def test_a_page_with_typed_passwords_is_opened_anew_and_carries_none(
    administrator: User, colleague: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = later(administrator, client_of, clock)
    address = f"/back-office/candidates/user/{colleague.pk}/password/"
    before = colleague.password
    typed = {"password1": "canary canary canary", "password2": "canary canary canary"}
    asked = browser.post(address, typed)
    assert ASKED in page(asked)
    assert "canary" not in page(asked)
    answer = browser.post(AGAIN, {**hidden(asked), "password": OWN})
    assert answer["Location"] == address
    assert browser.get(address).status_code == 200
    colleague.refresh_from_db()
    assert colleague.password == before


def test_new_passwords_of_permanent_users_are_given_after_it(
    administrator: User, client_of: ClientOf, clock: Clock
) -> None:
    user = make_permanent("Kari", "Nordmann", username="kari").user
    browser = later(administrator, client_of, clock)
    address = reverse("permanent-user-new-password", args=[user.permanent_user.public_id])
    before = user.password
    assert ASKED in page(browser.post(address))
    user.refresh_from_db()
    assert user.password == before
    browser.post(AGAIN, {"to": address, "password": OWN})
    assert ASKED not in page(browser.post(address))
    user.refresh_from_db()
    assert user.password != before


@pytest.mark.parametrize("typed", ["", "wrong", OWN.upper(), f"{OWN} ", "\x00", "x" * 5000])
def test_a_wrong_password_opens_nothing_and_loses_nothing(
    candidate: Candidate, planner: User, client_of: ClientOf, clock: Clock, typed: str
) -> None:
    browser = later(planner, client_of, clock)
    address = reverse("login-details-list", args=[candidate.test.public_id])
    first = hidden(browser.post(address, {"whose": "all"}))
    answer = browser.post(AGAIN, {**first, "password": typed})
    assert answer.status_code == 422
    assert hidden(answer) == first
    if typed.strip():
        assert typed not in page(answer)
    assert ASKED in page(browser.post(address, {"whose": "all"}))


def test_ten_wrong_ones_are_braked_as_at_the_login(
    candidate: Candidate, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = later(planner, client_of, clock)
    address = url("reveal-login", candidate)
    statuses = [browser.post(AGAIN, {"to": address, "password": f"wrong {n}"}).status_code for n in range(11)]
    assert set(statuses) == {422, 429}
    assert browser.post(AGAIN, {"to": address, "password": OWN}).status_code == 429
    assert ASKED in page(browser.post(address))


def test_both_answers_are_recorded(candidate: Candidate, planner: User, client_of: ClientOf, clock: Clock) -> None:
    browser = later(planner, client_of, clock)
    address = url("reveal-login", candidate)
    for typed in ("wrong", OWN):
        browser.post(AGAIN, {"to": address, "password": typed})
    rows = AuditEvent.objects.filter(action="password_asked").order_by("pk")
    assert [(row.actor, row.outcome) for row in rows] == [(planner, "refused"), (planner, "done")]
    assert not AuditEvent.objects.filter(action="login_refused").exists()
    assert OWN not in str([row.__dict__ for row in rows])


@pytest.mark.parametrize(
    "to",
    [
        *("", "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/nowhere/"),
        *("/logout/", "/deliver/tests/new/", "/account/log-out-everywhere/", "/login/\r\nX: y", "\x00"),
    ],
)
def test_it_leads_nowhere_else(planner: User, client_of: ClientOf, clock: Clock, to: str) -> None:
    browser = later(planner, client_of, clock)
    answer = browser.post(AGAIN, {"to": to, "carried": "a=1", "password": OWN})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_what_is_carried_cannot_write_into_the_page(
    open_exam: Test, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = later(planner, client_of, clock)
    address = reverse("login-details-list", args=[open_exam.public_id])
    asked = browser.post(address, {'"><script>alert(1)</script>': '"><script>alert(2)</script>'})
    assert "<script>alert" not in asked.content.decode()
    carried = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E=%22%3E%3Cscript%3Ealert(2)%3C/script%3E"
    go_on = browser.post(AGAIN, {"to": address, "carried": carried, "password": OWN})
    assert "<script>alert" not in go_on.content.decode()
    assert "&lt;script&gt;alert" in go_on.content.decode()


def test_who_has_no_password_is_told_so(candidate: Candidate, planner: User, client_of: ClientOf, clock: Clock) -> None:
    browser = client_of(planner)
    clock.move(minutes=16)
    answer = browser.post(url("reveal-login", candidate))
    assert "Your account has no password of its own" in page(answer)
    assert show_password(password_of(candidate)) not in page(answer)


def test_the_password_of_somebody_else_is_not_the_own_one(
    candidate: Candidate, planner: User, colleague: User, client_of: ClientOf, clock: Clock
) -> None:
    colleague.set_password("the colleague has another one")
    colleague.save()
    browser = later(planner, client_of, clock)
    typed = {"to": url("reveal-login", candidate), "password": "the colleague has another one", "username": "colleague"}
    assert browser.post(AGAIN, typed).status_code == 422
