"""One-time logins that stand in for SSO: the same place, nothing else of the person, given once and taken back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from candidates.credentials.opening import Action, Choice, open_details
from candidates.credentials.standing_in import (
    GivenLogins,
    WritingNow,
    give_one_time_logins,
    take_back_one_time_logins,
    writing_with_one_time_login,
)
from candidates.errors import Refused
from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.lifecycle.activation import deactivate
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
from candidates.models.accounts import is_generated_name
from tests.conftest import Clock
from tests.credentials.slip_logins import give, sit_url, slip_login, take_back, write
from tests.factories import activated, add_sso, give_logins, make_test, open_now, password_of

ClientOf = Callable[[User | None], Client]
GIVEN, TAKEN_BACK = AuditEvent.Action.ONE_TIME_LOGINS_GIVEN, AuditEvent.Action.ONE_TIME_LOGINS_TAKEN_BACK
KEPT = ("candidate_id", "kind", "user", "sso_user_id", "private_reference", "location", "extra_minutes")


# Giving ---------------------------------------------------------------------------------------------------------------


def test_everything_about_the_candidate_stays_and_a_login_of_the_reserved_shape_comes(
    anna: Candidate, planner: User
) -> None:
    before = Candidate.objects.filter(pk=anna.pk).values(*KEPT).get()
    assert give(anna, by=planner) == GivenLogins((anna.public_id,), ())
    assert Candidate.objects.filter(pk=anna.pk).values(*KEPT).get() == before
    anna.refresh_from_db()
    account = anna.one_time_login
    assert account is not None
    assert account != anna.user
    assert is_generated_name(account.username)
    assert (account.kind, account.is_active, account.name, account.email) == ("one_time", True, "", "")


def test_both_logins_open_the_same_answer_in_both_directions(
    anna: Candidate, planner: User, client_of: ClientOf
) -> None:
    through_sso = client_of(anna.user)
    through_sso.post(reverse("sit-start", args=[anna.test.public_id]))
    write(through_sso, anna, "Before SSO broke.", 0)
    give_logins(anna.test, planner, anna)
    with_slip = slip_login(anna)
    assert "Before SSO broke." in with_slip.get(sit_url(anna.test)).content.decode()
    write(with_slip, anna, "After it broke.", 1)
    assert "After it broke." in through_sso.get(sit_url(anna.test)).content.decode()


def test_the_slip_opens_this_place_and_nothing_else_of_the_person(anna: Candidate, planner: User) -> None:
    other = make_test(planner=planner, name="CHE1100")
    assert add_sso(other, planner, "5001")[0].user == anna.user
    open_now(activated(other, planner))
    give_logins(anna.test, planner, anna)
    browser = slip_login(anna)
    page = browser.get(reverse("dashboard")).content.decode()
    assert anna.test.name in page
    assert other.name not in page
    assert browser.get(sit_url(anna.test)).status_code == 200
    assert browser.get(sit_url(other)).status_code == 404
    assert anna.one_time_login is not None
    assert anna.user is not None
    assert [place.test for place in Candidate.objects.of_person(anna.one_time_login)] == [anna.test]
    assert {place.test for place in Candidate.objects.of_person(anna.user)} == {anna.test, other}


def test_a_person_who_was_deactivated_does_not_come_in_by_the_slip_either(anna: Candidate, planner: User) -> None:
    give(anna, by=planner)
    inside = slip_login(anna)
    assert inside.get(sit_url(anna.test)).status_code == 200
    User.objects.filter(candidacies=anna).update(is_active=False)
    assert inside.get(sit_url(anna.test)).status_code == 404
    assert slip_login(anna).get(sit_url(anna.test)).status_code == 404


def test_the_extra_and_incident_time_that_was_given_counts_with_the_slip_too(sso_exam: Test, planner: User) -> None:
    candidate = Candidate.objects.get(candidate_id="5002")
    ids = [candidate.public_id]
    change_incident_time(test=sso_exam, public_ids=ids, how=Change.ADD, minutes=15, reason="SSO", by=planner)
    give_logins(sso_exam, planner, candidate)
    assert "45 minutes extra time" in slip_login(candidate).get(reverse("dashboard")).content.decode()


def test_a_login_with_the_slip_shows_on_monitor_as_the_candidates(anna: Candidate, planner: User) -> None:
    give_logins(anna.test, planner, anna)
    slip_login(anna)
    anna.refresh_from_db()
    assert anna.logged_in_at is not None
    assert anna.last_seen_at is not None


def test_giving_twice_makes_one_set_and_says_who_had_one(sso_exam: Test, anna: Candidate, planner: User) -> None:
    other = Candidate.objects.get(candidate_id="5002")
    give_logins(sso_exam, planner, anna)
    first = anna.one_time_login
    assert give(anna, other, by=planner) == GivenLogins((other.public_id,), (anna.public_id,))
    assert give(anna, other, by=planner) == GivenLogins((), (anna.public_id, other.public_id))
    anna.refresh_from_db()
    assert anna.one_time_login == first
    assert [event.count for event in AuditEvent.objects.filter(action=GIVEN).order_by("pk")] == [1, 1]


def test_one_time_users_and_people_of_other_tests_are_left_out(sso_exam: Test, anna: Candidate, planner: User) -> None:
    other = make_test(planner=planner, name="CHE1100")
    (foreign,) = add_sso(other, planner, "9001")
    one_time = Candidate.objects.get(candidate_id="0001")
    ids = [anna.public_id, foreign.public_id, one_time.public_id]
    assert give_one_time_logins(test=sso_exam, public_ids=ids, by=planner).new == (anna.public_id,)
    assert Candidate.objects.filter(one_time_login__isnull=False).get() == anna


@pytest.mark.parametrize("chosen", [[], ["0001"], ["unknown"]])
def test_who_chooses_no_sso_candidate_is_refused(sso_exam: Test, planner: User, chosen: list[str]) -> None:
    ids = [Candidate.objects.get(candidate_id=one).public_id if one == "0001" else one for one in chosen]
    with pytest.raises(Refused, match="No SSO candidate is chosen"):
        give_one_time_logins(test=sso_exam, public_ids=ids, by=planner)


def test_before_activation_and_after_the_end_nobody_gets_one(exam: Test, planner: User, clock: Clock) -> None:
    (candidate,) = add_sso(exam, planner, "5001")
    with pytest.raises(Refused, match="Activate it, then give them"):
        give(candidate, by=planner)
    activated(exam, planner)
    clock.set(exam.window[1] + timedelta(seconds=1))
    with pytest.raises(Refused, match="The test is Finished"):
        give(candidate, by=planner)
    assert not User.objects.filter(kind=User.Kind.ONE_TIME).exists()


# Taking back ----------------------------------------------------------------------------------------------------------


def test_taken_back_the_login_and_its_session_end_and_the_answer_stays(
    anna: Candidate, planner: User, client_of: ClientOf
) -> None:
    give_logins(anna.test, planner, anna)
    account, password = anna.one_time_login, password_of(anna)
    assert account is not None
    browser = slip_login(anna)
    browser.post(reverse("sit-start", args=[anna.test.public_id]))
    write(browser, anna, "Written with the slip.", 0)
    assert take_back(anna, by=planner) == 1
    assert browser.get(sit_url(anna.test)).status_code == 302  # to the login page
    assert not Client().login(username=account.username, password=password)
    assert User.objects.filter(pk=account.pk, is_active=False, password="!").exists()  # the name is never given again
    assert not SealedPassword.objects.filter(user=account).exists()
    anna.refresh_from_db()
    assert (anna.one_time_login, anna.started_at is not None) == (None, True)
    assert "Written with the slip." in client_of(anna.user).get(sit_url(anna.test)).content.decode()


def test_given_again_it_is_another_login_and_the_paper_in_the_bin_has_another_version(
    anna: Candidate, planner: User
) -> None:
    give_logins(anna.test, planner, anna)
    first = anna.one_time_login
    open_details(test=anna.test, choice=Choice(), action=Action.DETAILS_PRINTED, by=planner)
    take_back(anna, by=planner)
    give_logins(anna.test, planner, anna)
    assert anna.one_time_login != first
    assert (anna.slip_version, anna.slip_printed_version) == (2, 1)


def test_activation_never_wakes_a_login_that_was_taken_back(exam: Test, planner: User) -> None:
    (candidate,) = add_sso(exam, planner, "5001")
    activated(exam, planner)
    give_logins(exam, planner, candidate)
    account = candidate.one_time_login
    take_back(candidate, by=planner)
    deactivate(test=exam, by=planner)
    activated(exam, planner)
    assert account is not None
    account.refresh_from_db()
    assert not account.is_active


def test_where_nobody_has_one_there_is_nothing_to_take_back(anna: Candidate, planner: User) -> None:
    with pytest.raises(Refused, match="None of them has a one-time login any more"):
        take_back(anna, by=planner)


def test_only_who_is_writing_with_the_slip_is_named(sso_exam: Test, planner: User) -> None:
    anna, berit = Candidate.objects.filter(kind="sso").select_related("test").order_by("candidate_id")
    give_logins(sso_exam, planner, anna, berit)
    ids = [anna.public_id, berit.public_id]
    start(candidate=berit)  # through SSO
    slip_login(anna)
    assert writing_with_one_time_login(sso_exam, ids) == []
    start(candidate=anna)
    assert [one.candidate_id for one in writing_with_one_time_login(sso_exam, ids)] == ["5001"]


def test_somebody_who_began_to_write_meanwhile_is_not_thrown_out(anna: Candidate, planner: User) -> None:
    give_logins(anna.test, planner, anna)
    slip_login(anna)
    start(candidate=anna)
    ids = [anna.public_id]
    with pytest.raises(WritingNow, match="has begun to write meanwhile"):
        take_back_one_time_logins(test=anna.test, public_ids=ids, by=planner, seen_writing=[])
    assert take_back_one_time_logins(test=anna.test, public_ids=ids, by=planner, seen_writing=ids) == 1
