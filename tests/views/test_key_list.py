"""The pages of the key list: for planners alone, and as hidden as the slips."""

from collections.abc import Callable

import pytest
from django.test import Client

from candidates.credentials.secrets import show_password, show_username
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Test, User
from tests.factories import give_logins, password_of
from tests.views.test_one_time_logins import one, text_of, url

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
