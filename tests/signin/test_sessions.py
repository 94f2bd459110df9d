"""A login is one commit, and its session one statement."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from candidates.models import AuditEvent, Candidate, Session, User
from candidates.signin import sessions
from candidates.signin.devices import devices_in_use, devices_of, end_sessions_of, log_out_elsewhere
from candidates.signin.sessions import SessionStore
from tests.conftest import Clock
from tests.factories import make_staff, password_of

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
ClientOf = Callable[[User | None], Client]


def log_in(candidate: Candidate) -> Client:
    assert candidate.user is not None
    browser = Client(raise_request_exception=False)
    browser.post("/login/", {"username": candidate.user.username, "password": password_of(candidate)})
    return browser


def test_a_login_whose_session_cannot_be_stored_leaves_nothing_behind(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the session cannot be stored")

    monkeypatch.setattr(SessionStore, "create", refuse)
    before = AuditEvent.objects.count()
    assert log_in(candidate).get("/dashboard/").status_code == 302
    candidate.refresh_from_db()
    assert candidate.logged_in_at is None
    assert AuditEvent.objects.count() == before


def test_a_key_that_is_taken_is_passed_over(candidate: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: Iterator[str] = iter(["a" * 32, "a" * 32, "b" * 32])
    monkeypatch.setattr(sessions, "get_random_string", lambda *args: next(keys))
    first, second = log_in(candidate), log_in(candidate)
    assert first.cookies["sessionid"].value == "a" * 32
    assert second.cookies["sessionid"].value == "b" * 32
    for browser in (first, second):
        assert browser.get("/dashboard/").status_code == 200


def test_a_session_is_stored_again_only_where_it_has_changed(db: None, django_assert_num_queries) -> None:
    store = SessionStore()
    store["seen"] = ["one"]
    store.save()
    with django_assert_num_queries(0):
        store.save()
    store["seen"].append("two")
    store.save()
    assert SessionStore(store.session_key)["seen"] == ["one", "two"]


def test_a_session_that_was_given_a_new_key_keeps_what_it_holds(db: None) -> None:
    store = SessionStore()
    store["seen"] = "one"
    store.save()
    old = store.session_key or ""
    again = SessionStore(old)
    again.cycle_key()
    again.save()
    assert SessionStore(again.session_key)["seen"] == "one"
    assert again.session_key != old
    assert not SessionStore().exists(old)


# Whose a session is ---------------------------------------------------------------------------------------------------


def test_a_session_says_whose_it_is_since_when_from_where_and_on_what(candidate: Candidate) -> None:
    assert candidate.user is not None
    browser = Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.7")
    browser.post("/login/", {"username": candidate.user.username, "password": password_of(candidate)})
    one = Session.objects.get()
    assert (one.user, one.address, one.device) == (candidate.user, "192.0.2.7", "Firefox on Windows")
    assert one.logged_in_at is not None
    assert one.logged_in_at == one.last_used_at
    assert timezone.now() - one.logged_in_at < timedelta(minutes=1)


def test_a_use_is_written_once_in_a_while_and_from_where_it_came(
    candidate: Candidate, client_of: ClientOf, clock: Clock, django_assert_num_queries
) -> None:
    browser = client_of(candidate.user)
    address = f"/test/{candidate.test.public_id}/"
    first = Session.objects.get().last_used_at
    browser.get(address)
    assert Session.objects.get().last_used_at == first
    clock.move(minutes=3)
    browser.get(address, REMOTE_ADDR="198.51.100.24")
    used = Session.objects.get()
    assert first is not None
    assert used.last_used_at is not None
    assert used.last_used_at - first > timedelta(minutes=2)
    assert used.address == "198.51.100.24"
    browser.get(address, REMOTE_ADDR="198.51.100.25")
    assert Session.objects.get().address == "198.51.100.24"


def test_a_session_keeps_whose_it_is_under_a_new_key(planner: User, client_of: ClientOf) -> None:
    browser = client_of(planner)
    before = Session.objects.get()
    store = SessionStore(before.pk)
    store.cycle_key()
    store.save()
    after = Session.objects.get()
    assert before.pk != after.pk == store.session_key
    assert (after.user, after.logged_in_at) == (planner, before.logged_in_at)
    assert browser.get("/deliver/tests/").status_code == 302


def test_a_session_that_was_ended_does_not_come_back_under_a_new_key(planner: User, client_of: ClientOf) -> None:
    client_of(planner)
    store = SessionStore(Session.objects.get().pk)
    assert "_auth_user_id" in store
    end_sessions_of(planner.pk)
    with pytest.raises(SessionInterrupted):
        store.cycle_key()
    assert not Session.objects.exists()


def test_a_session_of_nobody_that_is_gone_gets_a_new_key_and_a_row_of_its_own(db: None) -> None:
    store = SessionStore()
    store["sso_left_by"] = "campus"
    store.save()
    gone = SessionStore(store.session_key)
    assert gone["sso_left_by"] == "campus"
    Session.objects.all().delete()
    gone.cycle_key()
    gone.save()
    assert Session.objects.get().pk == gone.session_key != store.session_key
    assert SessionStore(gone.session_key)["sso_left_by"] == "campus"


def test_a_session_that_the_database_does_not_store_is_one_that_was_not_updated(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SessionStore()
    store["sso_left_by"] = "campus"
    store.save()

    def fails(*_args: object, **_more: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(Session.objects, "filter", fails)
    store["sso_left_by"] = "entra"
    with pytest.raises(UpdateError):  # which the middleware answers as an interrupted session
        store.save()


def test_a_use_does_not_bring_back_a_session_that_was_ended(planner: User, client_of: ClientOf, clock: Clock) -> None:
    client_of(planner)
    store = SessionStore(Session.objects.get().pk)
    clock.move(minutes=3)
    assert "_auth_user_id" in store
    assert store.use_may_be_due
    end_sessions_of(planner.pk)
    store.note_use(planner)
    assert not Session.objects.exists()


def test_the_sessions_of_one_account_are_ended_and_no_others(planner: User, client_of: ClientOf) -> None:
    other = make_staff("other", is_planner=True)
    mine, theirs = [client_of(planner) for _device in range(2)], client_of(other)
    assert len(end_sessions_of(planner.pk)) == 2
    for browser in mine:
        assert browser.get("/deliver/tests/")["Location"].startswith("/login/")
    assert theirs.get("/deliver/tests/").status_code == 200


def test_where_no_other_device_is_logged_in_nothing_is_ended_and_nothing_recorded(
    planner: User, client_of: ClientOf
) -> None:
    mine = client_of(planner)
    assert log_out_elsewhere(planner, but=Session.objects.get().pk) == 0
    assert not AuditEvent.objects.filter(action="sessions_ended").exists()
    client_of(planner)
    assert log_out_elsewhere(planner, but=mine.cookies["sessionid"].value) == 1
    assert AuditEvent.objects.filter(action="sessions_ended", count=1).exists()


def test_devices_are_those_that_a_new_password_has_not_ended(planner: User, client_of: ClientOf) -> None:
    planner.set_password("the old one of many")
    planner.save()
    client_of(planner)
    assert len(devices_of(planner)) == 1
    planner.set_password("a new one of many")
    planner.save()
    assert devices_of(planner) == []
    client_of(planner)
    assert len(devices_of(planner)) == 1


def test_devices_of_a_place_are_in_use_as_long_as_their_pages_say_so(
    candidate: Candidate, client_of: ClientOf, clock: Clock
) -> None:
    here, there = client_of(candidate.user), client_of(candidate.user)
    accounts = (candidate.user_id, candidate.one_time_login_id)
    assert len(devices_in_use(*accounts)) == 2
    clock.move(minutes=4)
    here.post(f"/test/{candidate.test.public_id}/seen/")
    clock.move(minutes=4)
    (one,) = devices_in_use(*accounts)
    assert one.pk == here.cookies["sessionid"].value
    there.post(f"/test/{candidate.test.public_id}/seen/")
    assert [device.pk for device in devices_in_use(*accounts)] == [
        there.cookies["sessionid"].value,
        here.cookies["sessionid"].value,
    ]
    assert devices_in_use(None) == []


def test_expired_sessions_go_some_at_a_time(planner: User, client_of: ClientOf, monkeypatch, clock: Clock) -> None:
    monkeypatch.setattr(sessions, "MAX_CLEARED_AT_ONCE", 2)
    for _device in range(5):
        client_of(planner)
    clock.move(minutes=61)
    client_of(planner)
    SessionStore.clear_expired()
    assert Session.objects.count() == 1
