"""The pages of the key list: for planners alone, and as hidden as the slips."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from candidates.credentials.secrets import show_password
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Contributor, Location, Test, User
from candidates.models.accounts import show_username
from tests.conftest import Clock
from tests.factories import give_logins, password_of
from tests.pages.login_details.test_one_time_logins import one, text_of, url

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def test_the_key_list_goes_by_room_with_reference_and_user_name_and_no_password(
    sso_exam: Test, ingrid: Client, planner: User
) -> None:
    everybody = [one(text) for text in ("5001", "5002", "5003", "5004")]
    give_logins(sso_exam, planner, *everybody)
    words = text_of(ingrid.post(url("key-list", sso_exam), {"whose": "all"}))
    places = [words.index(text) for text in ("Nordbygg 2.02", "Vesthall V101", "Without a room")]
    assert places == sorted(places)
    for candidate in everybody:
        assert candidate.one_time_login is not None
        login = show_username(candidate.one_time_login.username)
        assert f"{candidate.candidate_id} {candidate.private_reference} {candidate.sso_user_id} {login}" in words
        assert show_password(password_of(candidate)) not in words
    event = AuditEvent.objects.get(action=AuditEvent.Action.KEY_LIST_SHOWN)
    assert (event.actor, event.count) == (planner, 5)
    assert "Key list shown" in text_of(ingrid.get(url("login-details", sso_exam)))


@pytest.mark.parametrize("name", ["key-list", "key-list-csv"])
def test_the_key_list_answers_like_the_slips_where_it_is_not_opened(
    sso_exam: Test, ingrid: Client, planner: User, client_of: ClientOf, invigilator: User, grader: User, name: str
) -> None:
    assert ingrid.post(url(name, sso_exam), {"whose": "nonsense"}).status_code == 422
    for who in (invigilator, grader):
        assert client_of(who).post(url(name, sso_exam), {"whose": "all"}).status_code == 403
    deactivate(test=sso_exam, by=planner)
    assert ingrid.post(url(name, sso_exam), {"whose": "all"}).status_code == 409
    reasons = [event.detail["reason"] for event in AuditEvent.objects.filter(outcome="refused").order_by("pk")]
    assert reasons == ["no_access", "no_access", "not_activated"]


# In the hall ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shared(sso_exam: Test, planner: User, invigilator: User) -> Test:
    """All have one-time logins, and Jonas of V101 may have the key list."""
    give_logins(sso_exam, planner, *(one(text) for text in ("5001", "5002", "5003", "5004")))
    Contributor.objects.filter(user=invigilator).update(location=Location.objects.get(room="V101"))
    Test.objects.filter(pk=sso_exam.pk).update(invigilators_may_open_key_list=True)
    return sso_exam


def test_an_invigilator_has_the_key_list_of_the_own_room_and_of_no_room(
    shared: Test, client_of: ClientOf, invigilator: User
) -> None:
    jonas = client_of(invigilator)
    assert url("monitor-key-list", shared) in jonas.get(url("monitor-test", shared)).content.decode()
    answer = jonas.post(url("monitor-key-list", shared))
    words = text_of(answer)
    for text in ("5001", "5002", "5004"):
        assert f"{text} Name of {text} {text}@uni.example" in words
        assert show_password(password_of(one(text))) not in words
    assert "5003" not in words
    assert "no-store" in answer["Cache-Control"]
    event = AuditEvent.objects.get(action=AuditEvent.Action.KEY_LIST_SHOWN)
    assert (event.actor, event.count, event.outcome) == (invigilator, 4, "done")
    assert one("5003").public_id not in event.detail["candidates"]


@pytest.mark.parametrize(
    ("minutes", "allowed", "reason"),
    [(-61, True, "outside_window"), (-59, True, ""), (239, True, ""), (241, True, "outside_window"), (10, False, "")],
)
def test_the_hall_has_it_around_the_test_alone_and_where_a_planner_allows_it(
    shared: Test, client_of: ClientOf, invigilator: User, clock: Clock, minutes: int, allowed: bool, reason: str
) -> None:
    Test.objects.filter(pk=shared.pk).update(invigilators_may_open_key_list=allowed)
    reason = reason if allowed else "not_for_invigilators"
    clock.set(shared.window[0] + timedelta(minutes=minutes))
    jonas = client_of(invigilator)
    assert (url("monitor-key-list", shared) in jonas.get(url("monitor-test", shared)).content.decode()) is (
        reason == ""
    )
    answer = jonas.post(url("monitor-key-list", shared), follow=True)
    assert ("Name of 5001" in text_of(answer)) is (reason == "")
    (event,) = AuditEvent.objects.filter(action=AuditEvent.Action.KEY_LIST_SHOWN)
    assert event.detail.get("reason", "") == reason
    if reason:
        assert answer.redirect_chain == [(url("monitor-test", shared), 302)]
        assert "Ask a planner of the test." in text_of(answer) or "ask a planner of the test." in text_of(answer)


def test_without_a_room_of_their_own_invigilators_have_every_room_and_strangers_none(
    shared: Test, client_of: ClientOf, invigilator: User, stranger: User, grader: User
) -> None:
    Contributor.objects.filter(user=invigilator).update(location=None)
    assert "Name of 5003" in text_of(client_of(invigilator).post(url("monitor-key-list", shared)))
    assert client_of(stranger).post(url("monitor-key-list", shared)).status_code == 404
    assert client_of(grader).post(url("monitor-key-list", shared)).status_code == 403
    refused = AuditEvent.objects.filter(action=AuditEvent.Action.KEY_LIST_SHOWN, outcome="refused")
    assert refused.count() == 2


def test_a_planner_lets_the_hall_have_it_on_the_morning_itself_and_takes_that_back(
    sso_exam: Test, ingrid: Client, planner: User
) -> None:
    give_logins(sso_exam, planner, one("5001"))
    for allowed, words in (("1", "Invigilators find the key list"), ("", "Invigilators no longer see the key list.")):
        assert words in text_of(ingrid.post(url("key-list-share", sso_exam), {"allowed": allowed}, follow=True))
        assert Test.objects.get(pk=sso_exam.pk).invigilators_may_open_key_list is bool(allowed)
    changes = AuditEvent.objects.filter(action=AuditEvent.Action.TEST_CHANGED).order_by("pk")
    field = "invigilators_may_open_key_list"
    assert [event.detail for event in changes] == [{field: [False, True]}, {field: [True, False]}]
    ingrid.post(url("key-list-share", sso_exam), {"allowed": ""})
    assert changes.count() == 2  # nothing was changed, so nothing is said to be


def test_each_room_of_the_key_list_has_its_own_head(sso_exam: Test, ingrid: Client, planner: User) -> None:
    give_logins(sso_exam, planner, *(one(text) for text in ("5001", "5003", "5004")))
    html = ingrid.post(url("key-list", sso_exam), {"whose": "all"}).content.decode()
    heads = re.findall(r'<thead><tr><td colspan="4">\s*<h2>([^<]+)</h2>', html)
    assert heads == ["Nordbygg 2.02", "Vesthall V101", "Without a room"]
    assert html.count(sso_exam.name) == 3


def test_a_slip_that_stands_in_says_by_what_it_is_handed_out(sso_exam: Test, ingrid: Client, planner: User) -> None:
    give_logins(sso_exam, planner, one("5001"))
    for name in ("login-details-print", "login-details-print-six"):
        slips = text_of(ingrid.post(url(name, sso_exam), {"whose": "all"}))
        assert slips.count("Handed out by the key list") == 1  # one-time user 0001 has one as well


def test_where_the_test_hides_names_the_hall_finds_no_key_list_and_planners_are_told(
    shared: Test, client_of: ClientOf, invigilator: User, ingrid: Client
) -> None:
    Test.objects.filter(pk=shared.pk).update(invigilators_see_names=False)
    jonas = client_of(invigilator)
    assert url("monitor-key-list", shared) not in jonas.get(url("monitor-test", shared)).content.decode()
    words = text_of(jonas.post(url("monitor-key-list", shared), follow=True))
    assert "On this test invigilators do not see who the candidates are, so they have no key list." in words
    assert "Name of 5001" not in words
    told = text_of(ingrid.post(url("key-list-share", shared), {"allowed": "1"}, follow=True))
    assert "Invigilators find no key list yet: on this test they do not see names." in told
    assert "They may not open it: it says names" in text_of(ingrid.get(url("deliver-test", shared)))
