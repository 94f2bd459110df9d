"""A login is one commit, and its session one statement."""

from collections.abc import Iterator

import pytest
from django.test import Client

from candidates.models import AuditEvent, Candidate
from candidates.signin import sessions
from candidates.signin.sessions import SessionStore
from tests.factories import password_of


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
