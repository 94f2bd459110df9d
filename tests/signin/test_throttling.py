"""Guessing: names of staff are slowed by name and address, one-time names never."""

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.conf import settings
from django.test import Client

from candidates.models import AuditEvent
from candidates.signin.throttling import digest_of_username
from tests.factories import password_of

GUESSED = "correct horse battery"


@pytest.fixture(autouse=True)
def passwords(planner, colleague, settings):
    """Two planners with passwords; quick hashes, since these tests are about counting."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for person in (planner, colleague):
        person.set_password(GUESSED)
        person.save()


def attempt(username: str, password: str = "wrong", address: str = "10.0.0.1", **extra):
    return Client(REMOTE_ADDR=address).post("/login/", {"username": username, "password": password}, **extra)


def guess(username: str, times: int = settings.AXES_FAILURE_LIMIT, **kwargs):
    return [attempt(username, **kwargs).status_code for _time in range(times)]


def test_a_guessed_staff_name_is_closed_for_that_address_alone():
    assert guess("planner") == [422] * 9 + [429]
    closed = attempt("planner", GUESSED)
    assert closed.status_code == 429
    assert int(closed["Retry-After"]) > 0
    assert "sessionid" not in closed.cookies
    assert attempt("planner", GUESSED, address="10.0.0.2").status_code == 302
    assert attempt("colleague", GUESSED).status_code == 302


@pytest.mark.parametrize("variant", ["PLANNER", " planner ", "ｐlanner"])
def test_another_spelling_of_the_name_is_the_same_name(variant):
    guess("planner", 9)
    assert attempt(variant).status_code == 429


def test_a_success_forgets_the_failures_before_it():
    guess("planner", 9)
    assert attempt("planner", GUESSED).status_code == 302
    assert guess("planner", 9) == [422] * 9


def test_unknown_staff_names_are_closed_like_known_ones():
    known, unknown = guess("planner"), guess("nobody-of-that-name")
    assert known == unknown


def test_one_time_names_are_never_closed(candidate):
    typed = f"{candidate.user.username[:4]}-{candidate.user.username[4:]}".upper()
    assert guess(typed, 25) == [422] * 25
    assert attempt(typed, password_of(candidate)).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_empty_names_close_nothing():
    assert guess("", 12) == [422] * 12
    assert guess("   ", 12) == [422] * 12
    assert not AccessAttempt.objects.exists()


def test_a_forged_forwarded_address_does_not_open_a_closed_name():
    guess("planner")
    headers = {"X-Forwarded-For": "203.0.113.9"}
    assert attempt("planner", GUESSED, headers=headers).status_code == 429


def test_behind_the_proxy_the_address_that_it_wrote_counts(settings):
    settings.BEHIND_PROXY = True
    headers = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    guess("planner", headers=headers)
    headers = {"X-Forwarded-For": "7.7.7.7, 203.0.113.9"}
    assert attempt("planner", GUESSED, headers=headers).status_code == 429
    headers = {"X-Forwarded-For": "203.0.113.9, 203.0.113.10"}
    assert attempt("planner", GUESSED, headers=headers).status_code == 302


def test_nothing_that_was_typed_is_stored_anywhere():
    typed, secret = "hunter2-typed-into-the-wrong-field", "hunter2-password"
    for _time in range(3):
        Client().post(f"/login/?username={typed}&password={secret}", {"username": typed, "password": secret})
    attempt_row = AccessAttempt.objects.get()
    assert len(attempt_row.username) == 32
    assert AccessLog.objects.count() == AccessFailureLog.objects.count() == 0
    assert [event.count for event in AuditEvent.objects.filter(action="login_refused", outcome="refused")] == [3]
    for model in apps.get_models():
        for row in model._default_manager.values():
            assert "hunter2" not in repr(row).casefold(), model


def test_a_nul_in_an_address_does_not_break_the_counter():
    response = Client().post("/login/?next=%00", {"username": "planner\x00", "password": "x\x00", "next": "\x00"})
    assert response.status_code == 422


def test_the_digest_is_keyed_and_folded(rf, settings):
    def digest(name: str) -> str:
        return digest_of_username(rf.post("/login/"), {"username": name})

    first = digest("Planner")
    assert first == digest(" ｐlanner ") != digest("planner2")
    assert digest("\ud800")
    settings.SECRET_KEY = "another key"
    assert digest("Planner") != first
