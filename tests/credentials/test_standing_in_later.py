"""What happens later to a candidate with a one-time login: deactivation, removal, undoing, purging, renewal."""

import json
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from candidates.credentials.key_list import open_key_list
from candidates.credentials.opening import Action, Choice
from candidates.credentials.purging import purge_due, rotate_keys
from candidates.credentials.renewing import renew_password
from candidates.credentials.secrets import show_password
from candidates.intake.undoing import undo_import
from candidates.lifecycle.activation import deactivate
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import save_answer, start
from candidates.models import AuditEvent, Candidate, Import, SealedPassword, Test, User
from tests.credentials.slip_logins import slip_login, take_back
from tests.credentials.test_verifier import new_key
from tests.factories import activated, add_sso, give_logins, password_of
from tests.intake.lists import confirmed, waiting

GIVEN, TAKEN_BACK = AuditEvent.Action.ONE_TIME_LOGINS_GIVEN, AuditEvent.Action.ONE_TIME_LOGINS_TAKEN_BACK


def test_deactivation_blocks_the_slip_and_activation_brings_the_same_back(exam: Test, planner: User) -> None:
    (candidate,) = add_sso(exam, planner, "5001")
    activated(exam, planner)
    give_logins(exam, planner, candidate)
    password = password_of(candidate)
    assert candidate.one_time_login is not None
    login = {"username": candidate.one_time_login.username, "password": password}
    deactivate(test=exam, by=planner)
    assert not Client().login(**login)
    assert candidate.user is not None
    assert User.objects.get(pk=candidate.user.pk).is_active  # the person has other tests
    activated(exam, planner)
    assert Client().login(**login)
    assert password_of(candidate) == password


def test_a_removed_candidate_loses_the_slips_login_and_not_the_person(exam: Test, planner: User) -> None:
    (candidate,) = add_sso(exam, planner, "5001")
    activated(exam, planner)
    give_logins(exam, planner, candidate)
    remove_candidates(test=exam, public_ids=[candidate.public_id], by=planner)
    assert candidate.one_time_login is not None
    assert candidate.user is not None
    assert list(User.objects.filter(pk=candidate.one_time_login.pk).values_list("is_active", "password")) == [
        (False, "!")
    ]
    assert User.objects.get(pk=candidate.user.pk).is_active
    assert not SealedPassword.objects.exists()


def test_undoing_the_import_ends_the_slips_too(exam: Test, planner: User) -> None:
    waiting(exam, planner, "5001;anna@uni.example;;;\n", kind="sso")
    confirmed(Import.objects.get(), planner)
    activated(exam, planner)
    give_logins(exam, planner, Candidate.objects.get())
    undo_import(record=Import.objects.get(), by=planner)
    assert not User.objects.filter(kind=User.Kind.ONE_TIME, is_active=True).exists()
    assert not SealedPassword.objects.exists()


def test_a_new_password_is_for_the_slip(anna: Candidate, planner: User) -> None:
    give_logins(anna.test, planner, anna)
    old = password_of(anna)
    browser = slip_login(anna)
    renew_password(candidate=anna, by=planner)
    assert password_of(anna) != old
    assert browser.get(reverse("dashboard")).status_code == 302
    slip_login(anna)
    assert anna.user is not None
    assert not User.objects.get(pk=anna.user.pk).has_usable_password()


def test_their_copies_are_purged_and_rotated_with_the_others(
    sso_exam: Test, anna: Candidate, planner: User, settings
) -> None:
    give_logins(sso_exam, planner, anna)
    password = password_of(anna)
    settings.CREDENTIAL_KEYS = [new_key(), *settings.CREDENTIAL_KEYS]
    settings.VERIFIER_KEYS = [new_key(), *settings.VERIFIER_KEYS]
    rotated = rotate_keys()
    assert (rotated.changed, rotated.not_opened, rotated.older_verifiers) == (2, 0, 0)
    assert rotate_keys().changed == 0
    assert password_of(anna) == password
    assert purge_due(now=sso_exam.window[1] + timedelta(days=30)) == 2
    slip_due = SealedPassword.objects.count()
    assert slip_due == 0


def test_their_copies_are_purged_where_nobody_else_has_one(exam: Test, planner: User) -> None:
    (candidate,) = add_sso(exam, planner, "5001")
    activated(exam, planner)
    give_logins(exam, planner, candidate)
    assert purge_due(now=exam.window[1] + timedelta(days=30)) == 1


def test_who_handed_in_is_recorded_with_the_login_that_was_used(anna: Candidate, planner: User) -> None:
    give_logins(anna.test, planner, anna)
    browser = slip_login(anna)
    start(candidate=anna)
    save_answer(candidate=anna, answer="Done.", base_revision=0)
    sent = {"base": 1, "candidate": anna.public_id}
    browser.post(reverse("sit-submit", args=[anna.test.public_id]), sent)
    assert AuditEvent.objects.get(action=AuditEvent.Action.SUBMITTED).actor == anna.one_time_login


def test_the_audit_names_nobody_and_holds_no_login(anna: Candidate, planner: User) -> None:
    give_logins(anna.test, planner, anna)
    account, password = anna.one_time_login, password_of(anna)
    assert account is not None
    open_key_list(test=anna.test, choice=Choice(), action=Action.KEY_LIST_SHOWN, by=planner)
    take_back(anna, by=planner)
    events = AuditEvent.objects.filter(
        action__in=[Action.ONE_TIME_LOGINS_GIVEN, TAKEN_BACK, Action.KEY_LIST_SHOWN]
    ).order_by("pk")
    assert [(event.action, event.actor, event.test) for event in events] == [
        (action, planner, anna.test) for action in (GIVEN, Action.KEY_LIST_SHOWN, TAKEN_BACK)
    ]
    assert [event.detail["candidates"] for event in (events[0], events[2])] == [[anna.public_id]] * 2
    said = json.dumps([event.detail for event in events])
    for planted in (anna.sso_user_id, anna.private_reference, account.username, password, show_password(password)):
        assert planted not in said
