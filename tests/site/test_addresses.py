"""Which addresses can be opened, and where people land who were logged out or opened one that cannot."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from candidates.models import Test, User
from candidates.site.addresses import nearest_page

Browser = Callable[[User | None], Client]
SAID = "<strong>You were logged out.</strong> Nothing was changed."


def listed(test: Test, below: str = "") -> str:
    return reverse("candidates", args=[test.public_id]) + below


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("candidates/one-time-login/", "candidates/"),
        ("candidates/remove/confirmed/", "candidates/remove/"),
        ("candidates/add/one-time/generate/rows/", "candidates/add/one-time/generate/"),
        ("login-details/print/six/", "login-details/"),
        ("candidates/", "candidates/"),
    ],
)
def test_an_address_that_takes_forms_alone_shows_the_way_to_the_nearest_page(
    exam: Test, client_of: Browser, planner: User, below: str, above: str
) -> None:
    page = reverse("deliver-test", args=[exam.public_id])
    assert nearest_page(page + below) == page + above
    if below != above:
        answer = client_of(planner).get(page + below)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert f'href="{page}{above}"' in answer.content.decode()
        assert "Nothing has changed." in answer.content.decode()
        assert "Tests</a>" in answer.content.decode()  # the navigation of who is logged in


def test_what_has_no_page_above_leads_to_the_first_page() -> None:
    assert nearest_page("/logout/") == nearest_page("/no/such/place/") == "/"


def test_other_methods_and_scripts_get_the_bare_answer(exam: Test, client_of: Browser, planner: User) -> None:
    browser = client_of(planner)
    assert browser.put(listed(exam, "remove/")).content == b""
    assert browser.get(listed(exam, "remove/confirmed/"), headers={"Accept": "application/json"}).content == b""


def sent_while_logged_out(address: str, **headers: str) -> tuple[Client, HttpResponse]:
    browser = Client()
    return browser, browser.post(address, headers=headers)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("sent_from", "expected"),
    [
        ("http://testserver{list}?q=kari&kind=sso", "{list}?q=kari&kind=sso"),
        ("http://testserver{list}one-time-login/", "{list}"),  # itself the answer to a form
        ("", "{list}extra-time/"),
        ("http://elsewhere.example{list}?q=kari", "{list}extra-time/"),
        ("//elsewhere.example/", "{list}extra-time/"),
        ("javascript:alert(1)", "{list}extra-time/"),
        ("http://testserver//elsewhere.example/", "{list}extra-time/"),
        ("http://testserver/", "/"),
    ],
)
def test_logging_in_again_after_a_form_leads_to_the_page_of_the_form(exam: Test, sent_from: str, expected: str) -> None:
    there = {"list": listed(exam)}
    headers = {"Referer": sent_from.format(**there)} if sent_from else {}
    browser, answer = sent_while_logged_out(listed(exam, "extra-time/save/"), **headers)
    assert answer.status_code == 302
    page = browser.get(answer["Location"])
    assert page.status_code == 200
    assert page.context["next"] == expected.format(**there)
    assert SAID in page.content.decode()
    assert SAID not in browser.get("/login/").content.decode()


def test_scripts_and_links_are_sent_to_the_login_page_without_a_message(exam: Test) -> None:
    address = listed(exam, "extra-time/")
    browser, answer = sent_while_logged_out(address, Accept="application/json")
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={address}")
    assert SAID not in browser.get("/login/").content.decode()
    assert Client().get(listed(exam))["Location"] == f"/login/?next={listed(exam)}"
