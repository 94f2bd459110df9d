"""Give one-time logins, take them back, and log in and write with what is on the slip."""

from django.test import Client
from django.urls import reverse

from candidates.credentials.secrets import show_password
from candidates.credentials.standing_in import (
    GivenLogins,
    give_one_time_logins,
    take_back_one_time_logins,
)
from candidates.models import Candidate, Test, User
from candidates.models.accounts import show_username
from tests.factories import password_of


def give(*candidates: Candidate, by: User) -> GivenLogins:
    ids = [candidate.public_id for candidate in candidates]
    return give_one_time_logins(test=candidates[0].test, public_ids=ids, by=by)


def take_back(*candidates: Candidate, by: User) -> int:
    ids = [candidate.public_id for candidate in candidates]
    return take_back_one_time_logins(test=candidates[0].test, public_ids=ids, by=by)


def slip_login(candidate: Candidate) -> Client:
    """Return a browser in which the candidate has logged in with what is on the slip, as it is typed."""
    password = show_password(password_of(candidate))
    assert candidate.one_time_login is not None
    browser = Client()
    typed = {"username": show_username(candidate.one_time_login.username).upper(), "password": password}
    assert browser.post("/login/", typed).status_code == 302
    return browser


def sit_url(test: Test) -> str:
    return reverse("sit", args=[test.public_id])


def write(browser: Client, candidate: Candidate, answer: str, base: int) -> None:
    sent = {"answer": answer, "base": base, "candidate": candidate.public_id}
    answered = browser.post(
        reverse("sit-answer", args=[candidate.test.public_id]), sent, HTTP_ACCEPT="application/json"
    )
    assert answered.json()["code"] == "saved"
