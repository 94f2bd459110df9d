"""Numbers that no column holds, and what is no number: in addresses, queries and forms they break nothing."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from candidates import audit
from candidates.back_office.accounts import site
from candidates.models import AuditEvent, User
from tests.test_access_table import PARAMETERS, TABLE, World, address_of, ask

ClientOf = Callable[[User | None], Client]
HUGE = str(10**30)
NUMBERS = [HUGE, str(2**63), "-1", "0", "abc", "1.5", "9" * 5000]
OFFICE = "/back-office/candidates/"


@pytest.fixture
def browser(administrator: User, client_of: ClientOf, db: None) -> Client:
    audit.record(audit.Action.LOGIN, by=administrator)
    return client_of(administrator)


# The back office ------------------------------------------------------------------------------------------------------


def models_for(number: str) -> list[Any]:
    """Return where to try a number: one model takes each, and all take one that no column holds."""
    return list(site._registry) if number == HUGE else [User]


@pytest.mark.parametrize("number", NUMBERS[:-1])
def test_an_object_of_the_back_office_that_cannot_be_is_not_there(browser: Client, number: str) -> None:
    for model in models_for(number):
        pages = ["", "change/", "history/", "delete/"]
        pages += ["password/", "two-step/"] if model is User else []
        for page in pages:
            address = f"{OFFICE}{model._meta.model_name}/{number}/{page}"
            for method in (browser.get, browser.post):
                assert method(address).status_code in {302, 403, 404}, address


def queries(model: Any) -> Iterator[str]:
    """Yield what somebody may type behind an address of a list."""
    names = ["p", "all", "o", "e", "format", "pk", "id", "_to_field", "_popup", "_changelist_filters", "unknown"]
    names += [f"{field.name}{look}" for field in model._meta.fields for look in ("", "__exact", "__in", "__year")]
    names += ["at__year", "at__month", "at__day", "user__is_active__exact", "owner__id__exact", "authentication_type"]
    for name in names:
        for number in (HUGE, "-1", "abc"):
            yield urlencode({name: number})
    yield "at__year=2026&at__month=99&at__day=99"
    yield f"at__year={HUGE}&at__month=1"
    yield "at__year=99999&at__month=1&at__day=1"
    yield "at__year=0&at__month=1"


@pytest.mark.slow
@pytest.mark.parametrize("page", [model._meta.model_name for model in site._registry] + ["permanentuser/export"])
def test_a_list_of_the_back_office_takes_every_query(browser: Client, page: str) -> None:
    model = next(model for model in site._registry if model._meta.model_name == page.partition("/")[0])
    for query in queries(model):
        answer = browser.get(f"{OFFICE}{page}/?{query}")
        assert answer.status_code in {200, 302, 400, 404}, query


@pytest.mark.parametrize("number", NUMBERS)
def test_an_export_asks_for_a_format_that_there_is(browser: Client, number: str) -> None:
    for sent in ({"format": number}, {"format": "0", "resource": number}):
        answer = browser.post(f"{OFFICE}permanentuser/export/", sent)
        assert answer.status_code in {200, 422}, sent
        assert "Content-Disposition" not in answer or sent["format"] == "0"
    assert not AuditEvent.objects.filter(action="permanent_users_exported", detail__format="xlsx").exists()


def test_an_export_with_a_filter_that_there_is_not_says_so_and_shows_its_form(browser: Client) -> None:
    for query in ("format=9", "format=abc", "id=1", "user__is_active__exact=7&unknown=1", "p=abc"):
        answer = browser.get(f"{OFFICE}permanentuser/export/?{query}", follow=True)
        page = answer.content.decode()
        assert (answer.status_code, 'name="format"' in page) == (200, True), query
        if "=abc" not in query or "format" in query:
            assert "The address asked for a choice that there is not." in page, query


@pytest.mark.parametrize("number", NUMBERS)
def test_ticked_rows_of_the_back_office_that_cannot_be_are_nobody(browser: Client, number: str) -> None:
    for act in ("deactivate", "reactivate", "delete_selected", "export_admin_action", number):
        for model in models_for(number):
            sent = {"action": act, "_selected_action": [number], "index": "0", "select_across": "0"}
            answer = browser.post(f"{OFFICE}{model._meta.model_name}/", sent)
            assert answer.status_code in {200, 302, 400, 403, 404}, (model, act)
            answer = browser.post(f"{OFFICE}{model._meta.model_name}/", sent | {"index": number})
            assert answer.status_code in {200, 302, 400, 403, 404}, (model, act)


# The product ----------------------------------------------------------------------------------------------------------

QUERIES = ["page", "p", "q", "room", "who", "day", "kind", "place", "sort", "status", "list", "start", "rows", "format"]
QUERIES += ["kept", "ticks", "all", "act", "progress", "col", "attention", "extra", "login", "look", "archived", "next"]
FIELDS = ["id", "ids", "c", "picked", "all_matching", "where", "location", "person", "role", "minutes", "seen"]
FIELDS += ["how", "room", "to", "page", "at", "list", "shown", "shown_list", "drop", "row", "rows", "leave_out", "take"]
FIELDS += ["test", "version", "revision", "base", "device", "out", "mark", "asked", "layout", "kind", "existing"]
FIELDS += ["header", "reading", "count", "first", "extra", "column", "format", "encoding", "delimiter", "key", "add_to"]


@pytest.fixture
def world(db: None, sso_offered: None) -> World:
    return World()


def sent(world: World, who: str, method: str, address: str, data: str = "") -> int:
    """Return the status of one request that is taken back."""
    return ask(world.cookies[who], method, address, data).status_code


@pytest.mark.slow
def test_no_number_in_a_query_a_form_or_an_address_breaks_a_page(world: World) -> None:
    query, body = urlencode(dict.fromkeys(QUERIES, HUGE)), urlencode(dict.fromkeys(FIELDS, HUGE))
    for name in sorted(TABLE):
        for who in sorted(TABLE[name])[:1]:
            address = address_of(name, world.own)
            assert sent(world, who, "GET", f"{address}?{query}") < 500, name
            assert sent(world, who, "POST", f"{address}?{query}", body) < 500, name
            for part in PARAMETERS[name]:
                huge = 10**30 if isinstance(world.own[part], int) else HUGE
                odd = address_of(name, world.own | {part: huge})
                assert max(sent(world, who, "GET", odd), sent(world, who, "POST", odd)) < 500, odd
