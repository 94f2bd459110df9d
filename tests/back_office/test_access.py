"""Every address of the back office x everybody: it is the administrator's alone.

A model that is registered there, or another new address, fails `test_the_table_names_every_address`.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver

from candidates import audit
from candidates.back_office.accounts import site
from candidates.models import (
    AuditEvent,
    Candidate,
    ListMember,
    Location,
    PermanentUser,
    PermanentUserList,
    SsoIdentity,
    User,
)
from tests.factories import make_permanent

# What the administrator gets at each address below /back-office/: accounts are made and changed, the audit is read.
TABLE = {
    "": 200,
    "login/": 302,  # to the first page: who comes here is logged in
    "logout/": 405,  # takes forms alone
    "password_change/": 302,  # to the product's page
    "password_change/done/": 302,
    "jsi18n/": 200,
    "autocomplete/": 403,  # no field asks for it
    "r/ID/ID/": 404,  # nothing here has a page outside
    "candidates/": 200,
    "ANYTHING": 404,
    "candidates/user/": 200,
    "candidates/user/add/": 200,
    "candidates/user/ID/": 302,  # to the page below
    "candidates/user/ID/change/": 200,
    "candidates/user/ID/password/": 200,
    "candidates/user/ID/two-step/": 200,
    "candidates/user/ID/history/": 302,  # to the audit of the account
    "candidates/user/ID/delete/": 403,
    "candidates/ssoidentity/": 200,
    "candidates/ssoidentity/add/": 403,
    "candidates/ssoidentity/ID/": 302,
    "candidates/ssoidentity/ID/change/": 200,  # to read
    "candidates/ssoidentity/ID/history/": 200,
    "candidates/ssoidentity/ID/delete/": 403,
    "candidates/permanentuser/": 200,
    "candidates/permanentuser/export/": 200,
    "candidates/permanentuser/add/": 403,
    "candidates/permanentuser/ID/": 302,
    "candidates/permanentuser/ID/change/": 200,  # to read
    "candidates/permanentuser/ID/history/": 200,
    "candidates/permanentuser/ID/delete/": 403,
    "candidates/permanentuserlist/": 200,
    "candidates/permanentuserlist/add/": 403,
    "candidates/permanentuserlist/ID/": 302,
    "candidates/permanentuserlist/ID/change/": 200,  # to read
    "candidates/permanentuserlist/ID/history/": 200,
    "candidates/permanentuserlist/ID/delete/": 403,
    "candidates/auditevent/": 200,
    "candidates/auditevent/add/": 403,
    "candidates/auditevent/ID/": 302,
    "candidates/auditevent/ID/change/": 200,  # to read: it has no button
    "candidates/auditevent/ID/history/": 200,
    "candidates/auditevent/ID/delete/": 403,
}
OTHERS = ["planner", "stranger", "invigilator", "grader", "candidate"]


def patterns(found: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Yield the pattern of every address."""
    for one in found:
        here = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield here
        else:
            yield from patterns(one.url_patterns, here)


def addresses() -> set[str]:
    """Return the addresses of the back office, with words for their parameters."""
    words = {"^(?P<app_label>candidates)/$": "candidates/", "(?P<url>.*)$": "ANYTHING"}
    return {words.get(one) or re.sub(r"<(path:)?\w+>", "ID", one) for one in patterns(site.get_urls())}


@pytest.fixture
def event(administrator: User) -> AuditEvent:
    return audit.record(audit.Action.LOGIN, by=administrator)


@pytest.fixture
def kari(planner: User) -> PermanentUser:
    """A permanent user, on a list."""
    person = make_permanent()
    one = PermanentUserList.objects.create(name="Spring", owner=planner)
    ListMember.objects.create(list=one, person=person)
    return person


@pytest.fixture
def sso_person(db: None) -> SsoIdentity:
    return SsoIdentity.objects.create(
        user=User.objects.create_user("sso-anna", kind=User.Kind.SSO),
        authentication_type="campus",
        sso_user_id="anna@havnes.example",
        sso_key="anna@havnes.example",
    )


def test_the_table_names_every_address() -> None:
    assert addresses() == set(TABLE)


def test_a_model_that_is_registered_is_missed_in_the_table() -> None:
    site.register(Location, admin.ModelAdmin)
    try:
        assert "candidates/location/add/" in addresses() - set(TABLE)
    finally:
        site.unregister(Location)


@pytest.mark.parametrize("address", sorted(TABLE))
def test_only_the_administrator_gets_in(
    address: str,
    event: AuditEvent,
    sso_person: SsoIdentity,
    kari: PermanentUser,
    administrator: User,
    candidate: Candidate,
    client_of: Callable[[User | None], Client],
    request: pytest.FixtureRequest,
) -> None:
    key = event.pk if "auditevent" in address else request.getfixturevalue("planner").pk
    if "ssoidentity" in address:
        key = sso_person.pk
    if "permanentuser" in address:
        key = PermanentUserList.objects.get().pk if "permanentuserlist" in address else kari.pk
    path = f"/back-office/{address.replace('ID', str(key))}"
    assert client_of(administrator).get(path).status_code == TABLE[address]
    for who in OTHERS:
        person = candidate.user if who == "candidate" else request.getfixturevalue(who)
        browser = client_of(person)
        # which methods an address knows does not hang on who asks
        for method in ("GET", "POST", "HEAD", "PUT", "OPTIONS") if who == "stranger" else ("GET", "POST"):
            assert browser.generic(method, path).status_code in {403, 405}, f"{who} {method}"
    for method in ("GET", "POST"):
        answer = Client().generic(method, path)
        to_login = answer.status_code == 302 and answer["Location"].startswith("/login/")
        assert to_login or answer.status_code == 405, f"nobody {method}"


def test_an_administrator_who_lost_the_role_is_refused(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    browser = client_of(administrator)
    User.objects.filter(pk=administrator.pk).update(is_administrator=False)
    assert browser.get("/back-office/").status_code == 403
    assert browser.get("/back-office/candidates/user/").status_code == 403
