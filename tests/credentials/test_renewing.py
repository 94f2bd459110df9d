"""A new password for one candidate, and what a session is bound to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from candidates.credentials.purging import rotate_keys
from candidates.credentials.renewing import renew_password
from candidates.credentials.verifier import matches
from candidates.errors import Refused
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
from tests.credentials.test_verifier import new_key
from tests.factories import add, make_permanent, make_staff, password_of


def may_enter(candidate: Candidate, password: str) -> bool:
    """Say whether the candidate's user name and this password log in."""
    candidate.refresh_from_db()
    assert candidate.user is not None
    client = Client()
    return client.login(username=candidate.user.username, password=password)


def logged_in(candidate: Candidate) -> Client:
    """Return a browser in which the candidate has logged in with the password of the slip."""
    password = password_of(candidate)
    assert candidate.user is not None
    client = Client()
    assert client.login(username=candidate.user.username, password=password)
    return client


def is_inside(client: Client) -> bool:
    """Say whether the browser's session still belongs to somebody, asked as a request asks."""
    from django.contrib.auth import get_user
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = client.session
    return get_user(request).is_authenticated


def test_the_old_password_and_its_sessions_die_at_once(candidate: Candidate, planner: User) -> None:
    client, old = logged_in(candidate), password_of(candidate)
    assert is_inside(client)
    renew_password(candidate=candidate, by=planner)
    new = password_of(candidate)
    assert new != old
    assert not is_inside(client)
    assert not may_enter(candidate, old)
    assert may_enter(candidate, new)


def test_the_user_name_stays_and_the_slip_gets_the_next_version(candidate: Candidate, planner: User) -> None:
    name, version = candidate.user.username if candidate.user else "", candidate.slip_version
    renew_password(candidate=candidate, by=planner)
    candidate = Candidate.objects.select_related("user").get(pk=candidate.pk)
    assert candidate.user is not None
    assert (candidate.user.username, candidate.slip_version) == (name, version + 1)


def test_only_this_candidate_gets_a_new_password(candidate: Candidate, open_exam: Test, planner: User) -> None:
    others = User.objects.filter(candidacies__test=open_exam).exclude(candidacies=candidate).order_by("pk")
    before = list(others.values_list("password", "sealed_password__token"))
    renew_password(candidate=candidate, by=planner)
    assert list(others.values_list("password", "sealed_password__token")) == before
    assert len(before) == 2


def test_a_purged_copy_comes_back_with_the_new_password(candidate: Candidate, planner: User) -> None:
    SealedPassword.objects.all().delete()
    renew_password(candidate=candidate, by=planner)
    candidate = Candidate.objects.get(pk=candidate.pk)
    assert may_enter(candidate, password_of(candidate))


def test_before_activation_and_after_deactivation_it_is_refused(
    exam: Test, scheduled_exam: Test, planner: User
) -> None:
    candidate = Candidate.objects.get(test=scheduled_exam, candidate_id="0001")
    before = password_of(candidate)
    deactivate(test=scheduled_exam, by=planner)
    with pytest.raises(Refused):
        renew_password(candidate=candidate, by=planner)
    assert password_of(candidate) == before


def test_a_permanent_users_own_password_is_replaced_by_one_that_is_made_here(
    scheduled_exam: Test, planner: User
) -> None:
    user = make_permanent(username="kari.nordmann", password="correct horse battery").user
    candidate = Candidate.objects.create(
        test=scheduled_exam, kind="permanent", user=user, candidate_id="p", candidate_key="p", sort_key="p"
    )
    before = user.get_session_auth_hash()
    renew_password(candidate=candidate, by=planner)
    user.refresh_from_db()
    candidate.refresh_from_db()
    assert matches(user.password, "kari.nordmann", password_of(candidate))
    assert (candidate.slip_version, user.get_session_auth_hash() == before) == (2, False)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_active": False, "password": "!"}])
def test_who_may_not_log_in_gets_no_password(scheduled_exam: Test, planner: User, change: dict[str, Any]) -> None:
    user = make_permanent(username="kari.nordmann").user
    candidate = Candidate.objects.create(
        test=scheduled_exam, kind="permanent", user=user, candidate_id="p", candidate_key="p", sort_key="p"
    )
    User.objects.filter(pk=user.pk).update(**change)
    with pytest.raises(Refused, match="deactivated"):
        renew_password(candidate=candidate, by=planner)


def test_it_is_recorded_without_the_password(candidate: Candidate, planner: User) -> None:
    renew_password(candidate=candidate, by=planner)
    event = AuditEvent.objects.get(action=AuditEvent.Action.PASSWORD_RENEWED)
    assert (event.actor, event.count, event.detail) == (planner, 1, {"candidates": [candidate.public_id]})


def test_what_cannot_be_recorded_is_not_done(
    candidate: Candidate, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, before = logged_in(candidate), password_of(candidate)

    def failing(**fields: object) -> None:
        raise DatabaseError("the audit store is full")

    monkeypatch.setattr(AuditEvent.objects, "create", failing)
    with pytest.raises(DatabaseError):
        renew_password(candidate=candidate, by=planner)
    assert password_of(candidate) == before
    assert is_inside(client)


def test_a_rotation_of_keys_in_mid_exam_logs_nobody_out(candidate: Candidate, planner: User, settings) -> None:
    client, password = logged_in(candidate), password_of(candidate)
    settings.VERIFIER_KEYS = [new_key(), *settings.VERIFIER_KEYS]
    settings.CREDENTIAL_KEYS = [new_key(), *settings.CREDENTIAL_KEYS]
    assert rotate_keys().changed == 3
    assert is_inside(client)
    assert may_enter(candidate, password)
    assert "login" not in client.get("/").headers.get("Location", "")
    renew_password(candidate=candidate, by=planner)
    assert not is_inside(client)


def test_a_new_secret_key_with_the_old_one_as_fallback_logs_nobody_out(candidate: Candidate, settings) -> None:
    client = logged_in(candidate)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key " * 5
    assert is_inside(client)
    settings.SECRET_KEY_FALLBACKS = []
    assert not is_inside(client)


def test_a_new_chosen_password_ends_the_sessions_of_staff(
    planner: User, client_of: Callable[[User | None], Client]
) -> None:
    client = client_of(planner)
    planner.set_password("correct horse battery")
    planner.save()
    assert not is_inside(client)


def test_sessions_of_two_people_are_bound_to_different_things(open_exam: Test) -> None:
    users = User.objects.filter(candidacies__test=open_exam)
    assert len({user.get_session_auth_hash() for user in users}) == 3


def test_a_session_is_bound_to_no_part_of_the_check_itself(candidate: Candidate) -> None:
    """What a session knows must not help to guess: only the nonce of the verifier goes into it."""
    user = User.objects.get(candidacies=candidate)
    head, _, _digest = user.password.rpartition("$")
    before = user.get_session_auth_hash()
    user.password = f"{head}${'0' * 64}"
    assert user.get_session_auth_hash() == before


def test_removing_a_candidate_ends_the_session(candidate: Candidate, open_exam: Test, planner: User) -> None:
    from candidates.lifecycle.removal import remove_candidates
    from candidates.timing import OFFLINE_AFTER

    client, password = logged_in(candidate), password_of(candidate)
    name = candidate.user.username if candidate.user else ""
    Candidate.objects.filter(pk=candidate.pk).update(last_seen_at=timezone.now() - OFFLINE_AFTER)
    remove_candidates(test=open_exam, public_ids=[candidate.public_id], by=planner)
    assert not is_inside(client)
    assert authenticate(None, username=name, password=password) is None


def test_deactivating_ends_sessions_and_activating_lets_in_with_the_same_password(exam: Test, planner: User) -> None:
    from candidates.lifecycle.activation import activate

    (candidate,) = add(exam, planner, "0001")
    activate(test=exam, by=planner)
    client, password = logged_in(candidate), password_of(candidate)
    deactivate(test=exam, by=planner)
    assert not is_inside(client)
    assert not may_enter(candidate, password)
    activate(test=exam, by=make_staff("another"))
    assert may_enter(candidate, password)
