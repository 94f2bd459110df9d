"""Who gets in with what, beneath the page."""

from contextlib import suppress

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from candidates.credentials import verifier
from candidates.credentials.secrets import new_username
from candidates.lifecycle.removal import remove_candidates
from candidates.models import Candidate, User
from candidates.signin.backends import OneTimeBackend, PasswordBackend
from tests.factories import password_of


@pytest.fixture
def request_of_login(rf: RequestFactory):
    return rf.post("/login/")


@pytest.fixture
def digests(monkeypatch):
    """Count the keyed digests that are made."""
    made = []
    real = verifier._digest

    def counting(*args):
        made.append(args)
        return real(*args)

    monkeypatch.setattr(verifier, "_digest", counting)
    return made


def cost(digests, request, username, password) -> tuple[int, int]:
    """Return how many queries and digests one login of the one-time shape takes."""
    digests.clear()
    with CaptureQueriesContext(connection) as captured, suppress(PermissionDenied):
        OneTimeBackend().authenticate(request, username=username, password=password)
    return len(captured), len(digests)


def test_right_wrong_unknown_inactive_and_removed_names_cost_the_same(
    candidate, planner, request_of_login, digests, django_user_model
):
    right = password_of(candidate)
    removed = Candidate.objects.get(test=candidate.test, candidate_id="kari")
    assert removed.user is not None
    removed_name, removed_password = removed.user.username, password_of(removed)
    remove_candidates(test=candidate.test, public_ids=[removed.public_id], by=planner)
    inactive = Candidate.objects.get(test=candidate.test, candidate_id="0002")
    assert inactive.user is not None
    inactive_password = password_of(inactive)
    User.objects.filter(pk=inactive.user.pk).update(is_active=False)
    tried = [
        (candidate.user.username, right),
        (candidate.user.username, "wrong"),
        (candidate.user.username, "x" * 4096),
        (candidate.user.username, ""),
        (new_username(), right),
        (inactive.user.username, inactive_password),
        (removed_name, removed_password),
    ]
    assert {cost(digests, request_of_login, name, password) for name, password in tried} == {(1, 1)}


def test_a_name_of_the_one_time_shape_never_reaches_the_slow_check(request_of_login, monkeypatch, db):
    monkeypatch.setattr(PasswordBackend, "authenticate", lambda *args, **kwargs: pytest.fail("slow check"))
    assert authenticate(request_of_login, username=new_username(), password="x") is None


def test_a_staff_member_cannot_be_had_through_the_one_time_check(planner, request_of_login):
    assert OneTimeBackend().authenticate(request_of_login, username=planner.username, password="x") is None


@pytest.mark.parametrize("username", ["", "x" * 10_000, "nul\x00", "\ud800", "‮rennalp", "planner\u200b", None])
@pytest.mark.parametrize("password", ["", "x" * 10_000, "nul\x00", "\ud800", None])
def test_weird_names_and_passwords_are_only_wrong(planner, request_of_login, username, password):
    planner.set_password("a long password")
    planner.save()
    assert authenticate(request_of_login, username=username, password=password) is None


@pytest.mark.parametrize("password", ["", "x" * 10_000, "nul\x00", "\ud800"])
def test_weird_passwords_of_known_names_are_only_wrong(planner, candidate, request_of_login, password):
    for name in (planner.username, candidate.user.username):
        assert authenticate(request_of_login, username=name, password=password) is None


@pytest.mark.parametrize("typed", ["Åse", "A\u030ase", " åse ", "ÅSE", "ａ\u030aｓｅ"])
def test_names_are_folded_as_they_are_stored(typed):
    assert User.normalize_username(typed) == "åse"


def test_code_and_state_of_an_address_change_nothing(rf, candidate):
    asking = rf.post("/login/?code=x&state=y")
    assert authenticate(asking, username=candidate.user.username, password="wrong") is None
    assert authenticate(asking) is None
