"""One candidate's login details at the door, and a new password."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.credentials.purging import purge_due
from candidates.credentials.secrets import show_password
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Candidate, Contributor, Location, SealedPassword, Test, User
from candidates.models.accounts import show_username
from tests.conftest import Clock
from tests.factories import add, make_test, password_of
from tests.pages.login_details.test_login_details import with_own_login

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
REVEALED, RENEWED = AuditEvent.Action.DETAILS_REVEALED, AuditEvent.Action.PASSWORD_RENEWED


def url(name: str, candidate: Candidate) -> str:
    return reverse(name, args=[candidate.test.public_id, candidate.public_id])


def page(response: Any) -> str:
    return response.content.decode()


def outcomes(action: AuditEvent.Action) -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(action=action).order_by("pk")
    return [(event.outcome, event.detail.get("reason", "")) for event in events]


@pytest.fixture
def first(scheduled_exam: Test) -> Candidate:
    """Candidate 0001 of the exam in three days."""
    found: Candidate = Candidate.objects.select_related("user", "test").get(candidate_id="0001")
    return found


# One candidate --------------------------------------------------------------------------------------------------------


def test_the_question_shows_nothing_and_the_answer_shows_it_large(
    first: Candidate, client_of: ClientOf, planner: User
) -> None:
    client = client_of(planner)
    password = show_password(password_of(first))
    question = page(client.get(url("reveal-login", first)))
    assert "Show the login details of 0001?" in question
    assert password not in question
    assert outcomes(REVEALED) == []
    response = client.post(url("reveal-login", first))
    shown = page(response)
    assert first.user is not None
    assert password in shown
    assert show_username(first.user.username) in shown
    assert "no-store" in response["Cache-Control"]
    assert outcomes(REVEALED) == [("done", "")]
    event = AuditEvent.objects.get(action=AuditEvent.Action.DETAILS_REVEALED)
    assert (event.actor, event.count, event.detail) == (planner, 1, {"candidates": [first.public_id]})


@pytest.mark.parametrize(
    ("minutes_from_opening", "status"), [(-61, 403), (-59, 200), (0, 200), (239, 200), (269, 200), (271, 403)]
)
def test_invigilators_look_from_an_hour_before_until_the_last_end(
    first: Candidate, client_of: ClientOf, invigilator: User, clock: Clock, minutes_from_opening: int, status: int
) -> None:
    # four hours, and 30 minutes extra time of 0002
    clock.set(first.test.window[0] + timedelta(minutes=minutes_from_opening))
    client = client_of(invigilator)
    assert client.get(url("reveal-login", first)).status_code == status
    response = client.post(url("reveal-login", first))
    assert response.status_code == status
    assert (show_password(password_of(first)) in page(response)) == (status == 200)
    assert outcomes(REVEALED) == [("done", "") if status == 200 else ("refused", "outside_window")]
    if status == 403:
        assert "from 60 minutes before the test opens" in page(response)


def test_where_planners_keep_login_details_to_themselves_no_invigilator_opens_one(
    candidate: Candidate, client_of: ClientOf, invigilator: User, planner: User
) -> None:
    Test.objects.filter(pk=candidate.test_id).update(invigilators_may_open_logins=False)
    client = client_of(invigilator)
    for response in (client.get(url("reveal-login", candidate)), client.post(url("reveal-login", candidate))):
        assert response.status_code == 403
        assert "On this test invigilators do not see login details." in page(response)
        assert "60 minutes" not in page(response)
        assert "For this test that is" not in page(response)
        assert show_password(password_of(candidate)) not in page(response)
    assert outcomes(REVEALED) == [("refused", "not_for_invigilators")]
    assert url("reveal-login", candidate) not in page(client.get(url("monitor-candidate", candidate)))
    assert client_of(planner).post(url("reveal-login", candidate)).status_code == 200


def test_planners_may_look_at_any_hour(first: Candidate, client_of: ClientOf, colleague: User) -> None:
    assert client_of(colleague).post(url("reveal-login", first)).status_code == 200


def test_an_invigilator_of_a_room_sees_that_room_alone(
    candidate: Candidate, client_of: ClientOf, invigilator: User, planner: User, room: Location
) -> None:
    Contributor.objects.filter(user=invigilator).update(location=room)
    client = client_of(invigilator)
    (outside,) = add(candidate.test, planner, "0008", location=("Vesthall", "V102"))
    assert client.post(url("reveal-login", outside)).status_code == 404
    assert outcomes(REVEALED) == [("refused", "no_access")]
    (inside,) = add(candidate.test, planner, "0009", location=("Vesthall", "V101"))
    assert client.post(url("reveal-login", inside)).status_code == 200


def test_an_invigilator_of_any_room_helps_who_has_none(
    candidate: Candidate, client_of: ClientOf, invigilator: User, room: Location
) -> None:
    Contributor.objects.filter(user=invigilator).update(location=room)
    client = client_of(invigilator)
    assert show_password(password_of(candidate)) in page(client.post(url("reveal-login", candidate)))
    assert outcomes(REVEALED) == [("done", "")]


def test_who_has_a_login_of_their_own_has_none_here(
    open_exam: Test, client_of: ClientOf, planner: User, invigilator: User
) -> None:
    other = with_own_login(open_exam)
    for user in (planner, invigilator):
        client = client_of(user)
        for response in (client.get(url("reveal-login", other)), client.post(url("reveal-login", other))):
            assert response.status_code == 404
            assert "anna logs in through feide." in page(response)
    assert client_of(planner).post(url("renew-password", other)).status_code == 404


def test_while_the_test_is_not_activated_nothing_is_shown(first: Candidate, client_of: ClientOf, planner: User) -> None:
    deactivate(test=first.test, by=planner)
    client = client_of(planner)
    for name, action in (("reveal-login", REVEALED), ("renew-password", RENEWED)):
        for response in (client.get(url(name, first)), client.post(url(name, first))):
            assert response.status_code == 409
            assert "when the test is activated" in page(response) or "once the test is activated" in page(response)
        assert outcomes(action) == [("refused", "not_activated")]


def test_a_copy_under_a_lost_key_leads_to_a_new_password(first: Candidate, client_of: ClientOf, planner: User) -> None:
    SealedPassword.objects.update(token=Fernet(Fernet.generate_key()).encrypt(b"{}").decode())
    client = client_of(planner)
    response = client.post(url("reveal-login", first))
    assert response.status_code == 409
    assert "Logging in still works." in page(response)
    assert url("renew-password", first) in page(response)
    client.post(url("renew-password", first))
    assert show_password(password_of(first)) in page(client.post(url("reveal-login", first)))


# A new password -------------------------------------------------------------------------------------------------------


def log_in(candidate: Candidate, password: str) -> Client:
    client = Client()
    assert candidate.user is not None
    client.post(reverse("login"), {"username": candidate.user.username, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("home")).status_code == 302 and "login" not in client.get(reverse("home"))["Location"]


def test_a_new_password_ends_the_old_one_and_its_sessions_at_once(
    candidate: Candidate, client_of: ClientOf, planner: User
) -> None:
    old = password_of(candidate)
    inside = log_in(candidate, old)
    assert is_in(inside)
    client = client_of(planner)
    assert "Give 0001 a new password?" in page(client.get(url("renew-password", candidate)))
    assert password_of(candidate) == old
    response = client.post(url("renew-password", candidate))
    assert (response.status_code, response["Location"]) == (302, url("reveal-login", candidate))
    new = password_of(candidate)
    assert new != old
    assert not is_in(inside)
    assert not is_in(log_in(candidate, old))
    assert is_in(log_in(candidate, new))
    after = page(client.get(response["Location"]))
    assert "0001 has a new password." in after
    assert show_password(new) not in after


def test_the_slip_gets_the_next_version_and_counts_as_not_printed(
    candidate: Candidate, client_of: ClientOf, planner: User
) -> None:
    client = client_of(planner)
    client.post(reverse("login-details-print", args=[candidate.test.public_id]), {"whose": "all"})
    client.post(url("renew-password", candidate))
    candidate.refresh_from_db()
    assert (candidate.slip_version, candidate.slip_printed_version) == (2, 1)
    assert "Print the 1 that changed" in page(client.get(reverse("login-details", args=[candidate.test.public_id])))
    sheet = page(client.post(reverse("login-details-print", args=[candidate.test.public_id]), {"whose": "not_printed"}))
    assert "Slip version 2." in sheet


def test_the_page_warns_while_the_candidate_is_writing(
    candidate: Candidate, client_of: ClientOf, planner: User
) -> None:
    client = client_of(planner)
    assert "is writing now" not in page(client.get(url("renew-password", candidate)))
    Candidate.objects.filter(pk=candidate.pk).update(started_at=timezone.now())
    assert "0001 is writing now." in page(client.get(url("renew-password", candidate)))


def test_after_the_purge_a_new_password_can_still_be_handed_over(
    first: Candidate, client_of: ClientOf, planner: User, clock: Clock
) -> None:
    clock.set(first.test.window[1] + timedelta(hours=30))
    purge_due()
    client = client_of(planner)
    assert client.post(url("reveal-login", first)).status_code == 409
    assert client.get(url("renew-password", first)).status_code == 200
    client.post(url("renew-password", first))
    purge_due()
    assert show_password(password_of(first)) in page(client.post(url("reveal-login", first)))
    clock.move(hours=25)
    client = client_of(planner)
    assert client.post(url("reveal-login", first)).status_code == 409
    purge_due()
    assert not SealedPassword.objects.filter(user=first.user).exists()


# Who may --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "who", "status"),
    [
        ("reveal-login", "stranger", 404),
        ("reveal-login", "grader", 403),
        ("reveal-login", "administrator", 403),
        ("renew-password", "stranger", 404),
        ("renew-password", "invigilator", 403),
        ("renew-password", "grader", 403),
    ],
)
def test_others_get_neither(
    candidate: Candidate, client_of: ClientOf, request: pytest.FixtureRequest, name: str, who: str, status: int
) -> None:
    before = password_of(candidate)
    client = client_of(request.getfixturevalue(who))
    assert client.get(url(name, candidate)).status_code == status
    assert client.post(url(name, candidate)).status_code == status
    action = REVEALED if name == "reveal-login" else RENEWED
    assert outcomes(action) == [("refused", "no_access")]
    assert password_of(candidate) == before


def test_candidates_get_neither(candidate: Candidate) -> None:
    client = log_in(candidate, password_of(candidate))
    assert client.post(url("reveal-login", candidate)).status_code == 403
    assert client.post(url("renew-password", candidate)).status_code == 403


@pytest.mark.parametrize("name", ["reveal-login", "renew-password"])
def test_a_candidate_under_another_test_is_not_found(
    candidate: Candidate, client_of: ClientOf, planner: User, exam: Test, name: str
) -> None:
    other = make_test(planner=planner, name="CHE1100")
    address = reverse(name, args=[other.public_id, candidate.public_id])
    client = client_of(planner)
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404


@pytest.mark.parametrize("name", ["reveal-login", "renew-password"])
def test_other_methods_and_signed_out_people(
    candidate: Candidate, client_of: ClientOf, planner: User, client: Client, name: str
) -> None:
    assert client_of(planner).put(url(name, candidate)).status_code == 405
    assert client_of(planner).delete(url(name, candidate)).status_code == 405
    response = client.get(url(name, candidate))
    assert (response.status_code, response["Location"].split("?")[0]) == (302, reverse("login"))
