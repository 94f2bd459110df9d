"""Purging sealed copies after the test, rotating keys, and what a lost key means."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from candidates.credentials import purging
from candidates.credentials.opening import Choice, open_details
from candidates.credentials.purging import purge_due, rotate_keys, rotation_is_due
from candidates.credentials.sealing import unseal
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Candidate, SealedPassword, SecondStep, Test, User
from candidates.signin.second_step import key_to_type, new_sealed_key
from tests.conftest import Clock
from tests.credentials.test_renewing import may_enter
from tests.credentials.test_verifier import new_key
from tests.factories import activated, add, make_test, password_of

Action = AuditEvent.Action


def copies(test: Test) -> int:
    return SealedPassword.objects.filter(user__candidacies__test=test).count()


def test_copies_go_at_the_last_effective_end_and_the_set_hours(scheduled_exam: Test, settings) -> None:
    settings.LOGIN_DETAILS_HOURS = 24
    # candidate 0002 has 30 minutes of extra time
    due = scheduled_exam.window[1] + timedelta(minutes=30, hours=24)
    assert purge_due(now=due - timedelta(seconds=1)) == 0
    assert copies(scheduled_exam) == 3
    assert purge_due(now=due) == 3
    assert copies(scheduled_exam) == 0


def test_incident_time_keeps_the_copies_longer(scheduled_exam: Test) -> None:
    Candidate.objects.filter(candidate_id="kari").update(incident_minutes=45)
    end = scheduled_exam.window[1] + timedelta(hours=24)
    assert purge_due(now=end + timedelta(minutes=44)) == 0
    assert purge_due(now=end + timedelta(minutes=45)) == 3


@pytest.mark.parametrize("hours", [0, 1, 72])
def test_the_hours_are_a_setting(scheduled_exam: Test, settings, hours: int) -> None:
    settings.LOGIN_DETAILS_HOURS = hours
    due = scheduled_exam.window[1] + timedelta(minutes=30, hours=hours)
    assert purge_due(now=due - timedelta(seconds=1)) == 0
    assert purge_due(now=due) == 3


def test_purging_twice_purges_and_records_once(scheduled_exam: Test) -> None:
    late = scheduled_exam.window[1] + timedelta(days=30)
    assert (purge_due(now=late), purge_due(now=late)) == (3, 0)
    event = AuditEvent.objects.get(action=Action.DETAILS_PURGED)
    assert (event.test, event.count, event.actor) == (scheduled_exam, 3, None)


def test_a_deactivated_test_that_may_be_postponed_keeps_its_copies(scheduled_exam: Test, planner: User) -> None:
    deactivate(test=scheduled_exam, by=planner)
    much_later = scheduled_exam.window[1] + timedelta(days=30)
    assert purge_due(now=much_later) == 0
    activated(scheduled_exam, planner)
    assert (copies(scheduled_exam), purge_due(now=much_later)) == (3, 3)


def test_a_deactivated_test_is_given_up_a_year_after_its_standard_end(scheduled_exam: Test, planner: User) -> None:
    deactivate(test=scheduled_exam, by=planner)
    year = scheduled_exam.window[1] + timedelta(days=365)
    assert purge_due(now=year - timedelta(microseconds=1)) == 0
    assert copies(scheduled_exam) == 3
    assert purge_due(now=year) == 3
    assert copies(scheduled_exam) == 0
    event = AuditEvent.objects.get(action=Action.DETAILS_PURGED)
    assert (event.test, event.count) == (scheduled_exam, 3)


def test_a_deactivated_test_that_was_postponed_is_not_given_up(scheduled_exam: Test, planner: User) -> None:
    deactivate(test=scheduled_exam, by=planner)
    year = scheduled_exam.window[1] + timedelta(days=365)
    Test.objects.filter(pk=scheduled_exam.pk).update(ends_at=year + timedelta(days=1))
    assert purge_due(now=year) == 0
    assert copies(scheduled_exam) == 3


def test_a_test_that_is_activated_again_while_the_purge_runs_keeps_its_copies(
    scheduled_exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    deactivate(test=scheduled_exam, by=planner)
    year = scheduled_exam.window[1] + timedelta(days=365)
    purge = purging._purge

    def activated_first(key: int, *moments: datetime) -> int:
        Test.objects.filter(pk=key).update(ends_at=year + timedelta(days=1))
        activated(scheduled_exam, planner)
        return purge(key, *moments)

    monkeypatch.setattr(purging, "_purge", activated_first)
    assert purge_due(now=year) == 0
    assert copies(scheduled_exam) == 3


def test_other_tests_keep_theirs(scheduled_exam: Test, planner: User) -> None:
    later = make_test(planner=planner, name="CHE1100", opens_in=timedelta(days=20))
    add(later, planner, "0001")
    activated(later, planner)
    assert purge_due(now=scheduled_exam.window[1] + timedelta(days=3)) == 3
    assert copies(later) == 1


def test_a_test_whose_end_was_moved_while_the_purge_ran_keeps_its_copies(
    scheduled_exam: Test, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = scheduled_exam.window[1] + timedelta(days=3)
    purge = purging._purge

    def moved_first(key: int, *moments: datetime) -> int:
        Test.objects.filter(pk=key).update(ends_at=late + timedelta(hours=1))
        return purge(key, *moments)

    monkeypatch.setattr(purging, "_purge", moved_first)
    assert purge_due(now=late) == 0
    assert copies(scheduled_exam) == 3


def deleted(test: Test) -> None:
    Test.objects.filter(pk=test.pk).delete()


def made_a_demo_test(test: Test) -> None:
    Candidate.objects.of_test(test).delete()
    Test.objects.filter(pk=test.pk).update(
        is_demo=True, activated_at=None, opens_at=None, ends_at=None, candidate_count=0
    )


@pytest.mark.parametrize("change", [deleted, made_a_demo_test])
def test_a_test_that_is_gone_when_its_turn_comes_does_not_end_the_purge_of_the_others(
    scheduled_exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch, change: Callable[[Test], None]
) -> None:
    other = make_test(planner=planner, name="CHE1100")
    add(other, planner, "0001")
    activated(other, planner)
    purge = purging._purge

    def gone_first(key: int, *moments: datetime) -> int:
        if key == scheduled_exam.pk:
            change(scheduled_exam)
        return purge(key, *moments)

    monkeypatch.setattr(purging, "_purge", gone_first)
    assert purge_due(now=scheduled_exam.window[1] + timedelta(days=3)) == 1
    assert copies(other) == 0


def test_after_the_purge_the_same_password_still_logs_in(candidate: Candidate, open_exam: Test, clock: Clock) -> None:
    password = password_of(candidate)
    clock.set(open_exam.window[1] + timedelta(days=2))
    assert purge_due() == 3
    assert may_enter(Candidate.objects.get(pk=candidate.pk), password)


def test_a_purge_that_cannot_be_recorded_purges_nothing(scheduled_exam: Test, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_to_record(monkeypatch)
    with pytest.raises(DatabaseError):
        purge_due(now=scheduled_exam.window[1] + timedelta(days=3))
    assert copies(scheduled_exam) == 3


def fail_to_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**fields: object) -> None:
        raise DatabaseError("the audit store is full")

    monkeypatch.setattr(AuditEvent.objects, "create", failing)


@pytest.mark.parametrize("action", [Action.DETAILS_LISTED, Action.DETAILS_PRINTED, Action.DETAILS_CSV])
def test_login_details_whose_opening_cannot_be_recorded_stay_closed(
    scheduled_exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch, action: AuditEvent.Action
) -> None:
    opened: list[str] = []

    def noted(token: str, username: str) -> str:
        opened.append(username)
        return unseal(token, username)

    monkeypatch.setattr("candidates.credentials.opening.unseal", noted)
    fail_to_record(monkeypatch)
    with pytest.raises(DatabaseError):
        open_details(test=scheduled_exam, choice=Choice(), action=action, by=planner)
    assert opened == []


def test_a_lost_seal_key_is_named_and_keeps_nobody_out(candidate: Candidate, planner: User, settings) -> None:
    password = password_of(candidate)
    settings.CREDENTIAL_KEYS = [new_key()]
    test = Test.objects.get(pk=candidate.test_id)
    add(test, planner, "late")  # sealed under the key that is there
    opened = open_details(test=test, choice=Choice(), action=Action.DETAILS_LISTED, by=planner)
    assert {missing.candidate_id for missing in opened.broken} == {"0001", "0002", "kari"}
    assert [slip.candidate_id for slip in opened.sheet.slips] == ["late"]
    assert may_enter(candidate, password)


def test_copies_swapped_between_two_people_open_for_neither(scheduled_exam: Test, planner: User) -> None:
    one, two = SealedPassword.objects.all()[:2]
    SealedPassword.objects.filter(pk=one.pk).update(token=two.token)
    SealedPassword.objects.filter(pk=two.pk).update(token=one.token)
    opened = open_details(test=scheduled_exam, choice=Choice(), action=Action.DETAILS_LISTED, by=planner)
    assert (len(opened.broken), len(opened.sheet.slips)) == (2, 1)


@pytest.fixture
def new_keys(scheduled_exam: Test, settings) -> None:
    """A new key first in both lists, the old ones behind."""
    settings.CREDENTIAL_KEYS = [new_key(), *settings.CREDENTIAL_KEYS]
    settings.VERIFIER_KEYS = [new_key(), *settings.VERIFIER_KEYS]


@pytest.mark.usefixtures("new_keys")
def test_after_a_rotation_the_old_keys_can_go_and_the_slips_stay_right(scheduled_exam: Test, settings) -> None:
    candidates = list(Candidate.objects.of_test(scheduled_exam))
    passwords = [password_of(candidate) for candidate in candidates]
    done = rotate_keys()
    assert (done.changed, done.not_opened, done.older_verifiers) == (3, 0, 0)
    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    settings.VERIFIER_KEYS = settings.VERIFIER_KEYS[:1]
    for candidate, password in zip(candidates, passwords, strict=True):
        again = Candidate.objects.get(pk=candidate.pk)
        assert password_of(again) == password
        assert may_enter(again, password)


@pytest.mark.parametrize("kind", ["CREDENTIAL_KEYS", "VERIFIER_KEYS"])
def test_a_rotation_is_due_while_anything_that_opens_is_under_an_older_key(
    scheduled_exam: Test, settings, kind: str
) -> None:
    assert not rotation_is_due()
    setattr(settings, kind, [new_key(), *getattr(settings, kind)])
    assert rotation_is_due()
    rotate_keys()
    assert not rotation_is_due()


@pytest.mark.usefixtures("new_keys")
def test_a_second_rotation_changes_and_records_nothing() -> None:
    rotate_keys()
    before = list(User.objects.order_by("pk").values_list("password", "sealed_password__token"))
    assert rotate_keys().changed == 0
    assert list(User.objects.order_by("pk").values_list("password", "sealed_password__token")) == before
    assert AuditEvent.objects.filter(action=Action.KEYS_ROTATED).count() == 1


def test_a_rotation_that_stops_in_the_middle_is_finished_by_the_next(
    scheduled_exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    other = make_test(planner=planner, name="CHE1100")
    add(other, planner, "0001", "0002")
    activated(other, planner)
    request.getfixturevalue("new_keys")
    last = SealedPassword.objects.filter(user__candidacies__test=other).latest("pk").token

    def stopped(token: str, username: str) -> str:
        if token == last:
            raise KeyboardInterrupt
        return unseal(token, username)

    with monkeypatch.context() as patch:
        patch.setattr(purging, "unseal", stopped)
        with pytest.raises(KeyboardInterrupt):
            rotate_keys()
    assert AuditEvent.objects.filter(action=Action.KEYS_ROTATED).count() == 1
    done = rotate_keys()
    assert (done.changed, done.older_verifiers) == (2, 0)


@pytest.mark.usefixtures("new_keys")
def test_after_a_purge_the_older_verifier_key_is_still_named(scheduled_exam: Test) -> None:
    purge_due(now=scheduled_exam.window[1] + timedelta(days=3))
    done = rotate_keys()
    assert (done.changed, done.older_verifiers) == (0, 3)


@pytest.mark.usefixtures("new_keys")
def test_the_command_says_which_keys_can_go(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("rotate_credential_keys")
    said = capsys.readouterr().out
    assert "3 login details are now under the newest keys." in said
    assert "Older VERIFIER_KEYS can go." in said
    assert "Older CREDENTIAL_KEYS can go." in said


@pytest.mark.usefixtures("new_keys")
def test_the_command_says_that_older_verifier_keys_have_to_stay(
    scheduled_exam: Test, capsys: pytest.CaptureFixture[str]
) -> None:
    purge_due(now=scheduled_exam.window[1] + timedelta(days=3))
    call_command("rotate_credential_keys")
    said = capsys.readouterr().out
    assert "3 passwords are checked under an older key" in said
    assert "VERIFIER_KEYS can go" not in said


def test_the_command_fails_where_a_key_is_missing(
    scheduled_exam: Test, settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.CREDENTIAL_KEYS = [new_key()]
    with pytest.raises(CommandError, match="3 copies cannot be opened"):
        call_command("rotate_credential_keys")
    assert "CREDENTIAL_KEYS can go" not in capsys.readouterr().out
    event = AuditEvent.objects.get(action=Action.KEYS_ROTATED)
    assert (event.count, event.detail) == (0, {"not_opened": 3})


@pytest.mark.usefixtures("new_keys")
def test_a_test_that_is_deleted_when_its_turn_comes_does_not_end_the_rotation(
    scheduled_exam: Test, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate = purging._rotate_test

    def deleted_first(key: int) -> tuple[int, int]:
        deleted(scheduled_exam)
        return rotate(key)

    monkeypatch.setattr(purging, "_rotate_test", deleted_first)
    assert rotate_keys().changed == 3  # as copies of people on no test


def test_keys_of_two_step_logins_are_rotated_and_those_that_no_key_opens_are_counted(
    planner: User, colleague: User, settings
) -> None:
    lost = new_sealed_key(colleague)
    settings.CREDENTIAL_KEYS = [new_key()]  # the old one is not there any more
    SecondStep.objects.create(user=colleague, sealed_key=lost)
    SecondStep.objects.create(user=planner, sealed_key=new_sealed_key(planner))
    typed = key_to_type(planner, SecondStep.objects.get(user=planner).sealed_key)
    settings.CREDENTIAL_KEYS = [new_key(), *settings.CREDENTIAL_KEYS]
    done = rotate_keys()
    assert (done.changed, done.not_opened) == (1, 1)
    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    assert key_to_type(planner, SecondStep.objects.get(user=planner).sealed_key) == typed
    event = AuditEvent.objects.get(action=Action.KEYS_ROTATED)
    assert (event.count, event.detail) == (1, {"not_opened": 1, "what": "two-step logins"})
    assert rotate_keys().changed == 0


def test_copies_of_people_on_no_test_are_rotated_too(new_keys: None, scheduled_exam: Test) -> None:
    Candidate.objects.filter(candidate_id="kari").delete()
    assert rotate_keys().changed == 3


def test_the_purge_command_says_how_many(
    scheduled_exam: Test, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("purge_login_details")
    clock.set(scheduled_exam.window[1] + timedelta(days=3))
    assert timezone.now() > scheduled_exam.window[1]
    call_command("purge_login_details")
    assert capsys.readouterr().out == "0 passwords deleted.\n3 passwords deleted.\n"
