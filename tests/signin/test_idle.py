"""Staff who do nothing are logged out (SESSION_IDLE_MINUTES), candidates are not; cookies end with the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from candidates.lifecycle.sitting import start
from candidates.models import Candidate, Session, Test, User
from tests.conftest import Clock
from tests.factories import activated, password_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
TESTS, HERE = "/deliver/tests/", "/account/here/"
IDLE = "You were logged out, because nothing was done here for 60 minutes."


def is_inside(browser: Client, address: str = TESTS) -> bool:
    return browser.get(address).status_code == 200


def live(test: Test) -> str:
    return f"/monitor/tests/{test.public_id}/live/"


def page(response: Any) -> str:
    return response.content.decode()


def test_cookies_end_with_the_browser_for_everybody(candidate: Candidate, planner: User) -> None:
    planner.set_password("correct horse battery")
    planner.save()
    assert candidate.user is not None
    for name, password in (
        (candidate.user.username, password_of(candidate)),
        ("planner", "correct horse battery"),
    ):
        cookie = Client().post("/login/", {"username": name, "password": password}).cookies["sessionid"]
        assert (cookie["max-age"], cookie["expires"]) == ("", "")


@pytest.mark.parametrize(("minutes", "inside"), [(59, True), (61, False)])
def test_staff_who_do_nothing_for_an_hour_are_logged_out(
    planner: User, client_of: ClientOf, clock: Clock, minutes: int, inside: bool
) -> None:
    browser = client_of(planner)
    clock.move(minutes=minutes)
    assert is_inside(browser) == inside


def test_the_setting_says_how_long(planner: User, client_of: ClientOf, clock: Clock, settings: Any) -> None:
    settings.SESSION_IDLE_MINUTES = 5
    browser = client_of(planner)
    clock.move(minutes=6)
    answer = browser.get(TESTS, follow=True)
    assert "because nothing was done here for 5 minutes" in page(answer)


def test_who_uses_the_pages_stays_for_as_long_as_that_is(planner: User, client_of: ClientOf, clock: Clock) -> None:
    browser = client_of(planner)
    for _turn in range(30):
        clock.move(minutes=50)
        assert is_inside(browser)


@pytest.mark.parametrize(("idle", "seconds"), [(1, 20), (1, 50), (2, 45), (3, 100), (5, 119)])
def test_who_works_stays_however_short_the_setting_is(
    planner: User, client_of: ClientOf, clock: Clock, settings: Any, idle: int, seconds: int
) -> None:
    settings.SESSION_IDLE_MINUTES = idle
    browser, typing = client_of(planner), client_of(planner)
    for _turn in range(20):
        clock.move(seconds=seconds)
        assert is_inside(browser)
        assert typing.post(HERE).status_code == 204
    clock.move(minutes=idle, seconds=1)
    assert not is_inside(browser)


@pytest.mark.parametrize(("idle", "every"), [(1, 6), (5, 30), (10, 60), (60, 60)])
def test_open_pages_say_often_enough_that_somebody_types(
    planner: User, client_of: ClientOf, settings: Any, idle: int, every: int
) -> None:
    settings.SESSION_IDLE_MINUTES = idle
    assert f'data-every="{every}"' in page(client_of(planner).get(TESTS))


def test_a_short_setting_makes_candidates_write_no_more_often(
    candidate: Candidate, client_of: ClientOf, clock: Clock, settings: Any
) -> None:
    settings.SESSION_IDLE_MINUTES = 1
    browser = client_of(candidate.user)
    first = Session.objects.get().last_used_at
    clock.move(seconds=100)
    browser.get("/dashboard/")
    assert Session.objects.get().last_used_at == first
    clock.move(seconds=30)
    browser.get("/dashboard/")
    assert Session.objects.get().last_used_at != first


def test_the_login_page_says_so_and_leads_back(planner: User, clock: Clock) -> None:
    planner.set_password("correct horse battery")
    planner.save()
    browser = Client()
    login = {"username": "planner", "password": "correct horse battery"}
    browser.post("/login/", login)
    clock.move(minutes=61)
    answer = browser.get("/monitor/?sort=name")
    assert answer["Location"] == "/login/?next=/monitor/%3Fsort%3Dname"
    shown = page(browser.get(answer["Location"]))
    assert f"<strong>{IDLE}</strong> Log in to go on where you were." in shown
    back = browser.post(answer["Location"], {**login, "next": "/monitor/?sort=name"})
    assert back["Location"] == "/monitor/?sort=name"
    assert IDLE not in page(browser.get("/login/"))


def test_a_form_that_came_too_late_changes_nothing_and_says_so(
    exam: Test, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = client_of(planner)
    clock.move(minutes=61)
    form = f"/deliver/tests/{exam.public_id}/edit/"
    answer = browser.post(form, {"name": "Another"}, headers={"Referer": f"http://testserver{form}"})
    assert answer["Location"] == f"/login/?next={form}"
    assert f"{IDLE}</strong> Nothing was changed. Log in, then do it once more." in page(
        browser.get(answer["Location"])
    )


def test_the_first_address_says_so_too(planner: User, client_of: ClientOf, clock: Clock) -> None:
    browser = client_of(planner)
    clock.move(minutes=61)
    assert IDLE in page(browser.get("/", follow=True))


@pytest.mark.parametrize("why", ["<script>", "idle&x", "", "x" * 5000, "\x00"])
def test_a_cookie_puts_no_words_of_its_own_on_the_login_page(db: None, why: str) -> None:
    browser = Client()
    browser.cookies["reason"] = why
    shown = browser.get("/login/")
    assert shown.status_code == 200
    assert "logged out" not in page(shown)
    assert "<script>" not in page(shown)


def test_a_candidate_who_sits_a_test_is_never_logged_out(
    candidate: Candidate, client_of: ClientOf, clock: Clock
) -> None:
    start(candidate=candidate)
    browser = client_of(candidate.user)
    clock.move(hours=6 * 24)
    address = f"/test/{candidate.test.public_id}/"
    assert browser.get(address).status_code == 200


def test_of_one_person_with_two_accounts_the_one_that_is_logged_in_counts(
    candidate: Candidate, planner: User, clock: Clock
) -> None:
    """Nobody is staff and candidate by one account (user_roles_are_for_staff)."""
    planner.set_password("correct horse battery")
    planner.save()
    assert candidate.user is not None
    slip = {"username": candidate.user.username, "password": password_of(candidate)}
    browser = Client()
    browser.post("/login/", {"username": "planner", "password": "correct horse battery"})
    browser.post("/login/", slip)
    clock.move(hours=3)
    assert is_inside(browser, "/dashboard/")
    browser.post("/login/", {"username": "planner", "password": "correct horse battery"})
    clock.move(minutes=61)
    assert not is_inside(browser)


# What comes by itself -------------------------------------------------------------------------------------------------


def test_a_monitor_that_nobody_looks_at_keeps_nobody_logged_in(
    open_exam: Test, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = client_of(planner)
    for _turn in range(7):
        clock.move(minutes=10)
        assert browser.get(live(open_exam)).status_code == 200
    assert not is_inside(browser)


def test_a_monitor_that_stands_open_goes_on_for_the_exam_day_and_opens_nothing_else(
    open_exam: Test, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = client_of(planner)
    clock.move(hours=11, minutes=55)
    for address in (live(open_exam), live(open_exam)):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "0001" in page(answer)
    clock.move(minutes=10)
    assert browser.get(live(open_exam))["Location"].startswith("/login/")


def test_a_monitor_goes_on_for_nobody_whose_account_or_password_is_gone(
    open_exam: Test, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = client_of(planner)
    clock.move(hours=2)
    User.objects.filter(pk=planner.pk).update(is_active=False)
    assert browser.get(live(open_exam))["Location"].startswith("/login/")
    User.objects.filter(pk=planner.pk).update(is_active=True)
    again = client_of(planner)
    clock.move(hours=2)
    again.get(TESTS)  # whoever opens something is asked to log in, and then that session is over
    assert again.get(live(open_exam))["Location"].startswith("/login/")


def test_what_an_open_page_of_a_demo_test_asks_for_is_no_use_of_staff(
    planner: User, client_of: ClientOf, clock: Clock
) -> None:
    demo = activated(Test.objects.create(name="Try it", is_demo=True), planner)
    browser = client_of(planner)
    used = Session.objects.get().last_used_at
    for _turn in range(7):
        clock.move(minutes=10)
        assert browser.post(f"/test/{demo.public_id}/seen/").status_code == 200
    assert Session.objects.get().last_used_at == used
    assert not is_inside(browser)


def test_the_table_that_goes_on_says_that_all_else_asks_for_a_login(
    open_exam: Test, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = client_of(planner)
    said = "Anything else that you open asks you to log in again."
    assert said not in page(browser.get(live(open_exam)))
    assert "If you do nothing here for 60 minutes" in page(browser.get(f"/monitor/tests/{open_exam.public_id}/"))
    clock.move(minutes=61)
    assert said in page(browser.get(live(open_exam)))


def test_who_types_on_one_page_for_hours_stays_logged_in(planner: User, client_of: ClientOf, clock: Clock) -> None:
    browser = client_of(planner)
    for _turn in range(5):
        clock.move(minutes=50)
        assert browser.post(HERE).status_code == 204
    assert is_inside(browser)


def test_who_types_too_late_is_told_and_a_monitor_beside_it_goes_on(
    open_exam: Test, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = client_of(planner)
    clock.move(minutes=61)
    assert browser.post(HERE).status_code == 409
    assert browser.get(live(open_exam)).status_code == 200
    assert not is_inside(browser)


def test_who_has_to_choose_a_password_first_is_there_as_well_while_typing_it(
    planner: User, client_of: ClientOf
) -> None:
    User.objects.filter(pk=planner.pk).update(must_change_password=True)
    assert client_of(planner).post(HERE).status_code == 204
