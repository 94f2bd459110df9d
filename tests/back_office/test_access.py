"""Every address of the back office x everybody: it is the administrator's alone.

A model that is registered there, or another new address, fails `test_the_table_names_every_address`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver

from candidates import audit
from candidates.back_office.accounts import site
from candidates.models import (
    Candidate,
    ListMember,
    Location,
    PermanentUserList,
    SsoIdentity,
    User,
)
from tests.factories import activated, add, make_permanent, make_staff, make_test

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
OTHERS = ["stranger", "candidate", "nobody"]  # the stranger has every other role of staff
EACH_ROLE = ["planner", "invigilator", "grader"]


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


class World:
    """An account of each kind, a row of each model that is registered, and who tries to see them."""

    def __init__(self) -> None:
        planner = make_staff("planner", is_planner=True)
        exam = make_test(planner=planner)
        add(exam, planner, "0001")
        activated(exam, planner)
        administrator = make_staff("administrator", is_administrator=True)
        kari = make_permanent()
        kept = PermanentUserList.objects.create(name="Spring", owner=planner)
        ListMember.objects.create(list=kept, person=kari)
        identity = SsoIdentity.objects.create(
            user=User.objects.create_user("sso-anna", kind=User.Kind.SSO),
            authentication_type="campus",
            sso_user_id="anna@havnes.example",
            sso_key="anna@havnes.example",
        )
        people = {
            "administrator": administrator,
            "planner": planner,
            "stranger": make_staff("stranger", is_planner=True, is_invigilator=True, is_grader=True),
            "invigilator": make_staff("invigilator", is_invigilator=True),
            "grader": make_staff("grader", is_grader=True),
            "candidate": Candidate.objects.get().user,
        }
        self.keys = {
            "user": planner.pk,
            "ssoidentity": identity.pk,
            "permanentuser": kari.pk,
            "permanentuserlist": kept.pk,
            "auditevent": audit.record(audit.Action.LOGIN, by=administrator).pk,
        }
        self.browsers = {who: Client() for who in (*people, "nobody")}
        for who, person in people.items():
            assert person is not None
            self.browsers[who].force_login(person, backend="candidates.signin.backends.PasswordBackend")

    def path(self, address: str) -> str:
        """Return where an address of TABLE leads to, with the key of a row that is there."""
        model = address.split("/")[1] if address.count("/") > 1 else ""
        return f"/back-office/{address.replace('ID', str(self.keys.get(model, self.keys['user'])))}"

    def ask(self, who: str, method: str, address: str) -> HttpResponse:
        """Return the answer to one request, and take back whatever it changed."""
        before = transaction.savepoint()
        answer = self.browsers[who].generic(method, self.path(address))
        transaction.savepoint_rollback(before)
        return answer  # type: ignore[return-value]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def test_the_table_names_every_address() -> None:
    assert addresses() == set(TABLE)


def test_a_model_that_is_registered_is_missed_in_the_table() -> None:
    site.register(Location, admin.ModelAdmin)
    try:
        assert "candidates/location/add/" in addresses() - set(TABLE)
    finally:
        site.unregister(Location)


@pytest.mark.parametrize("address", sorted(TABLE))
def test_only_the_administrator_gets_in(address: str, world: World) -> None:
    assert world.ask("administrator", "GET", address).status_code == TABLE[address]
    for who in OTHERS:
        # which methods an address knows does not hang on who asks
        for method in ("GET", "POST", "HEAD", "PUT", "OPTIONS") if who == "stranger" else ("GET", "POST"):
            assert is_refused(who, world.ask(who, method, address)), f"{who} {method}"


@pytest.mark.parametrize("who", EACH_ROLE)
def test_no_single_role_gets_in(who: str, world: World) -> None:
    for address in TABLE:
        assert is_refused(who, world.ask(who, "GET", address)), address


def is_refused(who: str, answer: HttpResponse) -> bool:
    """Say whether somebody is sent away: who is not logged in to the login page."""
    if who == "nobody" and answer.status_code == 302:
        return answer["Location"].startswith("/login/")
    return answer.status_code in ({405} if who == "nobody" else {403, 405})


@pytest.mark.django_db
def test_an_administrator_who_lost_the_role_is_refused(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    browser = client_of(administrator)
    User.objects.filter(pk=administrator.pk).update(is_administrator=False)
    assert browser.get("/back-office/").status_code == 403
    assert browser.get("/back-office/candidates/user/").status_code == 403
