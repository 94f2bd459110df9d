"""Guessing in one browser closes a name for that browser, and for nobody beside it (T1, T2, C19, C20, C31)."""

from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.test import Client

from candidates.models import AuditEvent
from candidates.signin.throttling import OWN_AFTER
from tests.conftest import Clock
from tests.factories import make_permanent

GUESSED = "correct horse battery"
LIMIT = settings.AXES_FAILURE_LIMIT
COOKIE = settings.BROWSER_COOKIE_NAME
HALL = "10.0.0.1"
GUESSES = 60
# Both databases count alike: 1500 on PostgreSQL, too, would only take longer.
NAMES = 1500 if connection.vendor == "sqlite" else 150
# In one transaction PostgreSQL would keep, and look through, a version of a row for each time that it was counted up.
COMMITTED = pytest.mark.django_db(transaction=connection.vendor == "postgresql")


@pytest.fixture(autouse=True)
def kari(db, settings):
    """A permanent user with a password of her own; quick hashes, since these tests are about counting."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = make_permanent("Kari", "Nordmann", username="kari.nordmann").user
    user.set_password(GUESSED)
    user.save()
    return user


def browser(*, address: str = HALL) -> Client:
    """Return a browser in which the login page has been opened."""
    client = Client(REMOTE_ADDR=address)
    client.get("/login/")
    return client


def tries(client: Client, password: str = "wrong", username: str = "kari.nordmann", **extra):
    return client.post("/login/", {"username": username, "password": password}, REMOTE_ADDR=HALL, **extra)


def wrong(client: Client, times: int = LIMIT) -> list[int]:
    return [tries(client).status_code for _time in range(times)]


def grown(clock: Clock, **more: float) -> None:
    """Let the time pass after which a browser has tries of its own."""
    clock.move(seconds=OWN_AFTER.total_seconds(), **more)


def test_a_neighbour_who_guesses_closes_only_the_own_browser(clock):
    neighbour, owner = browser(), browser()
    grown(clock)
    assert wrong(neighbour) == [422] * (LIMIT - 1) + [429]
    assert tries(neighbour, GUESSED).status_code == 429
    assert tries(owner, GUESSED).status_code == 302


@pytest.mark.slow
@COMMITTED
def test_who_throws_the_cookies_away_is_slowed_to_ten_tries_in_all(clock):
    answers = []
    for number in range(GUESSES):
        with_page = number % 2 == 0  # with a new cookie for each try, and without any
        answers.append(tries(browser() if with_page else Client()).status_code)
        clock.move(seconds=0.01)
    assert answers == [422] * (LIMIT - 1) + [429] * (GUESSES - LIMIT + 1)
    assert sum(event.count for event in AuditEvent.objects.filter(action="login_refused", outcome="refused")) == GUESSES


def test_who_sits_beside_that_waits_half_a_minute_and_then_has_ten_tries(clock):
    owner = browser()
    for _time in range(LIMIT):
        tries(Client())
    clock.move(seconds=10)
    closed = tries(owner, GUESSED)
    assert closed.status_code == 429
    left = int(closed["Retry-After"])
    assert 10 < left <= 20
    assert f"Wait {left} seconds" in closed.content.decode()
    assert "somebody else in this building" in closed.content.decode()
    clock.move(seconds=20)
    assert wrong(owner, LIMIT - 1) == [422] * (LIMIT - 1)
    assert tries(owner, GUESSED).status_code == 302


def test_the_own_tries_of_a_browser_end_with_the_whole_wait(clock):
    owner = browser()
    grown(clock)
    closed = [tries(owner) for _time in range(LIMIT)][-1]
    assert closed["Retry-After"] == "360"
    assert "Wait 6 minutes" in closed.content.decode()
    assert "in this browser" in closed.content.decode()


def test_a_refused_browser_without_a_cookie_gets_one_at_once(clock):
    for _time in range(LIMIT):
        tries(Client())
    client = Client()
    closed = tries(client, GUESSED)
    assert (closed.status_code, closed["Retry-After"]) == (429, "30")
    grown(clock)
    assert tries(client, GUESSED).status_code == 302


@pytest.mark.parametrize(
    "forged", ["", "x", "0" * 32 + ".0", "0" * 32 + ".0:" + "x" * 43, "%s.1", "\x00", "\xe9", "0" * 4000]
)
def test_a_forged_cookie_is_none(forged, clock):
    real = browser().cookies[COOKIE].value
    grown(clock)
    if "%s" in forged:  # the signature of an older one on a younger
        forged = forged % ("f" * 32) + ":" + real.rpartition(":")[2]
    answers = []
    for _time in range(LIMIT + 1):
        client = Client()
        client.cookies[COOKIE] = forged
        answers.append(tries(client).status_code)
    assert answers == [422] * (LIMIT - 1) + [429, 429]
    assert tries(Client(), GUESSED).status_code == 429  # counted with all browsers that have none


def test_looking_at_the_page_again_does_not_make_a_browser_younger(clock):
    client = browser()
    before = client.cookies[COOKIE].value
    clock.move(seconds=20)
    client.get("/login/")
    assert client.cookies[COOKIE].value == before


def test_the_cookie_is_for_this_server_alone(client, settings):
    cookie = client.get("/login/").cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    settings.PLAIN_HTTP = False
    settings.BROWSER_COOKIE_NAME = "__Host-browser"
    settings.SECURE_SSL_REDIRECT = False
    assert Client().get("/login/", secure=True).cookies["__Host-browser"]["secure"]


def test_nothing_is_stored_for_a_browser(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/login/")


def test_a_clock_that_was_put_back_makes_a_browser_new(clock):
    client = browser()
    clock.move(seconds=-60)
    for _time in range(LIMIT):
        tries(Client())
    assert tries(client, GUESSED).status_code == 429


def test_a_success_forgets_the_tries_of_that_browser_alone(clock):
    one, other = browser(), browser()
    grown(clock)
    wrong(one, 5)
    wrong(other, 5)
    assert tries(one, GUESSED).status_code == 302
    assert [row.failures_since_start for row in AccessAttempt.objects.all()] == [5]
    assert wrong(other, 5)[-1] == 429


@pytest.mark.slow
@COMMITTED
def test_1500_names_from_one_address_close_neither_a_name_nor_the_address(clock):
    script = Client()
    for number in range(NAMES):
        assert tries(script, username=f"somebody.{number}").status_code == 422
    assert tries(script, GUESSED).status_code == 302
    hall = browser()
    grown(clock)
    assert tries(hall, GUESSED).status_code == 302


def test_an_address_that_is_made_up_opens_nothing(clock):
    for _time in range(LIMIT):
        tries(Client())
    assert tries(Client(), GUESSED, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 429


def test_a_counter_that_was_lost_counts_again(clock):
    client = browser()
    grown(clock)
    wrong(client)
    AccessAttempt.objects.all().delete()
    assert wrong(client) == [422] * (LIMIT - 1) + [429]


def test_the_name_is_open_again_after_the_wait(clock):
    client = browser()
    grown(clock)
    wrong(client)
    AccessAttempt.objects.update(attempt_time=datetime.now(UTC) - timedelta(minutes=7))  # axes reads the real clock
    assert tries(client, GUESSED).status_code == 302


def test_the_audit_names_what_was_tried_the_same_whatever_the_browser(clock):
    old = browser()
    grown(clock)
    tries(old)
    tries(Client())
    digests = {event.detail["name_digest"] for event in AuditEvent.objects.filter(action="login_refused")}
    assert len(digests) == 1
