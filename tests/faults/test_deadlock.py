"""PostgreSQL ends one of two transactions that wait for each other: a sentence, nothing stored, and a traceback."""

from collections.abc import Callable
from threading import Event

import psycopg
import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import OperationalError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from candidates.lifecycle.user_lists import make_list
from candidates.models import PermanentUserList, User
from candidates.outage import is_deadlock, is_outage
from candidates.site import errors
from tests.races.meeting import Beside

ClientOf = Callable[[User | None], Client]
SENTENCE = "Somebody else changed the same thing at the same moment."


def deadlock() -> Exception:
    error = OperationalError("a text")
    error.__cause__ = psycopg.errors.DeadlockDetected("a text")
    return error


def interrupted() -> Exception:
    """Return what Django says of a session that could not be stored, without naming the cause."""
    update, error = UpdateError(), SessionInterrupted("deleted")
    update.__context__, error.__context__ = deadlock(), update
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (deadlock(), True),
        (interrupted(), True),
        (OperationalError("a text"), False),
        (SessionInterrupted("deleted"), False),
        (ValueError(), False),
        (None, False),
    ],
)
def test_a_deadlock_is_known_by_its_code_and_is_no_outage(error: Exception | None, expected: bool) -> None:
    assert is_deadlock(error) is expected
    if expected:
        assert not is_outage(error)  # so that the log keeps the traceback


def test_a_session_that_was_not_stored_because_of_others_is_no_bad_request() -> None:
    response = errors.bad_request(RequestFactory().get("/"), interrupted())
    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert SENTENCE in response.content.decode()


def test_a_script_is_told_to_try_again() -> None:
    try:
        raise deadlock()
    except OperationalError:
        response = errors.server_error(RequestFactory().get("/", headers={"Accept": "application/json"}))
    assert (response.status_code, response["Content-Type"]) == (503, "application/json")
    assert b'"unavailable"' in response.content


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_whose_change_the_database_ends_is_told_that_nothing_was_stored(
    planner: User, colleague: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: no two wait for each other")
    here, there = Event(), Event()

    def lock(user: User) -> None:
        list(User.objects.select_for_update(no_key=True).filter(pk=user.pk))

    def neighbour() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '1min'")  # it is the other one who is ended
            lock(colleague)
            there.set()
            here.wait(10)
            lock(planner)

    def made(*, name: str, by: User) -> PermanentUserList:
        with transaction.atomic():
            one = make_list(name=name, by=by)
            lock(planner)
            here.set()
            there.wait(10)
            lock(colleague)
        return one

    monkeypatch.setattr("candidates.pages.user_lists.views.make_list", made)
    client = client_of(planner)
    client.raise_request_exception = False
    beside = Beside(neighbour)
    response = client.post(reverse("user-list-new"), {"name": "BIO2150"})
    assert beside.ended() is None
    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert SENTENCE in response.content.decode()
    assert "Nothing was stored" in response.content.decode()
    assert not PermanentUserList.objects.exists()
    monkeypatch.undo()
    assert client.post(reverse("user-list-new"), {"name": "BIO2150"}).status_code == 302
