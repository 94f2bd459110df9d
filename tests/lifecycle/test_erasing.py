"""Erasing and deleting people: what is refused because somebody else was faster, or something is in the way."""

import base64

import pytest
from django.http import Http404
from django.utils import timezone
from django_otp.oath import TOTP

from candidates.errors import Refused
from candidates.lifecycle import erasing
from candidates.lifecycle.erasing import delete_sso_person, erase_one_time_user, erase_staff
from candidates.lifecycle.user_lists import make_list
from candidates.models import (
    AttendanceMark,
    AuditEvent,
    Candidate,
    RecoveryCode,
    SecondStep,
    SsoIdentity,
    Test,
    User,
)
from candidates.signin.second_step import key_to_type, new_sealed_key, set_up
from tests.conftest import Clock
from tests.factories import add_sso, make_staff, make_test


@pytest.fixture
def left(colleague: User) -> User:
    """Marte has left, and plans nothing."""
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    colleague.refresh_from_db()
    return colleague


def test_who_was_erased_meanwhile_is_not_erased_again(scheduled_exam: Test, administrator: User, clock: Clock) -> None:
    place = Candidate.objects.select_related("user").get(candidate_id="kari")
    assert place.user is not None
    clock.move(days=30)
    erase_one_time_user(account=place.user, by=administrator)
    reserved = User.objects.get(username=place.user.username)
    with pytest.raises(Http404):
        erase_one_time_user(account=reserved, by=administrator)
    assert AuditEvent.objects.filter(action="one_time_user_erased").count() == 1


def test_an_account_that_is_not_of_staff_is_not_erased_as_one(candidate: Candidate, administrator: User) -> None:
    assert candidate.user is not None
    candidate.user.is_active = False
    with pytest.raises(Http404):
        erase_staff(account=candidate.user, by=administrator)
    assert User.objects.get(pk=candidate.user.pk).is_active


def test_who_was_let_in_again_after_the_page_was_shown_is_not_erased(left: User, administrator: User) -> None:
    User.objects.filter(pk=left.pk).update(is_active=True)
    with pytest.raises(Refused, match="may still log in"):
        erase_staff(account=left, by=administrator)
    assert User.objects.get(pk=left.pk).username == "colleague"


def test_nobody_erases_their_own_account(administrator: User) -> None:
    make_staff("second", is_administrator=True)
    with pytest.raises(Refused, match="This is your own account"):
        erase_staff(account=administrator, by=administrator)
    assert User.objects.get(pk=administrator.pk).username == "administrator"


def test_lists_that_nobody_can_take_over_keep_their_owner_from_being_erased(left: User) -> None:
    make_list(name="BIO2150", by=left)
    with pytest.raises(Refused, match="keeps lists of permanent users"):
        erase_staff(account=left, by=make_staff("root", is_superuser=True))  # no list of its own, and no administrator
    assert User.objects.get(pk=left.pk).username == "colleague"


def test_the_second_step_of_erased_staff_goes_too(left: User, administrator: User) -> None:
    key = new_sealed_key(left)
    code = TOTP(base64.b32decode(key_to_type(left, key))).token()
    set_up(left, key, f"{code:06}")
    erase_staff(account=left, by=administrator)
    assert not SecondStep.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_a_person_of_an_institution_is_deleted_once(exam: Test, planner: User, administrator: User) -> None:
    add_sso(exam, planner, "anna")
    Candidate.objects.all().delete()
    identity = SsoIdentity.objects.get()
    delete_sso_person(identity=identity, by=administrator)
    with pytest.raises(Http404):
        delete_sso_person(identity=identity, by=administrator)
    assert AuditEvent.objects.filter(action="sso_person_deleted").count() == 1


def test_a_person_who_is_put_on_a_test_at_that_moment_is_not_deleted(
    exam: Test, planner: User, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_sso(exam, planner, "anna")
    Candidate.objects.all().delete()
    lock_account = erasing.lock_account

    def added_first(key: int) -> User | None:
        found = lock_account(key)
        add_sso(make_test(planner=planner), planner, "anna")
        return found

    monkeypatch.setattr(erasing, "lock_account", added_first)
    with pytest.raises(Refused, match="This user is on 1 test that is not over"):
        delete_sso_person(identity=SsoIdentity.objects.get(), by=administrator)
    assert SsoIdentity.objects.exists()


def test_what_was_noted_about_a_person_in_the_hall_goes_with_the_person(
    exam: Test, planner: User, administrator: User, clock: Clock
) -> None:
    add_sso(exam, planner, "anna")
    place = Candidate.objects.get(candidate_id="anna")
    now = {"candidate": place, "at": timezone.now()}
    AttendanceMark.objects.create(**now, nonce="note", about="note", text="Anna came without a card")
    corrected = {"about": "presence", "value": "present", "is_correction": True, "text": "Anna signed on paper"}
    AttendanceMark.objects.create(**now, nonce="corrected", **corrected)
    clock.move(days=500)
    delete_sso_person(identity=SsoIdentity.objects.get(), by=administrator)
    assert list(AttendanceMark.objects.values_list("nonce", "text")) == [("corrected", "–")]
