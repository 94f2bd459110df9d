"""Other systems come in with keys, and with tokens that these are exchanged for."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from candidates.models import AccessKey, AccessToken, AuditEvent, Scope, Test, User
from candidates.signin.access_keys import forget_old, revoke
from tests.api.conftest import SystemOf

pytestmark = pytest.mark.django_db
EXCHANGE = "/api/authenticate/token/"


def test_a_key_opens_what_its_scope_says_and_nothing_else(system_of: SystemOf, exam: Test) -> None:
    assert system_of(Scope.TESTS_READ).get(f"/api/v1/test/{exam.public_id}").json()["result"]["title"] == exam.name
    refused = system_of(Scope.RESULTS_READ).get(f"/api/v1/test/{exam.public_id}")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "insufficient_scope"
    assert refused.json()["scope"] == "tests:read"
    assert 'scope="tests:read"' in refused["WWW-Authenticate"]


def test_only_a_digest_of_the_key_is_kept(system_of: SystemOf) -> None:
    made = system_of()
    row = str(AccessKey.objects.filter(pk=made.key.pk).values().get())
    assert made.secret not in row
    assert made.secret.removeprefix("dlv_") not in row


def test_who_makes_and_revokes_a_key_is_recorded_without_the_key(
    system_of: SystemOf, administrator_of_keys: User
) -> None:
    made = system_of(Scope.TESTS_READ)
    revoke(made.key, by=administrator_of_keys)
    acts = {event.action: event for event in AuditEvent.objects.all()}
    assert set(acts) == {"access_key_made", "access_key_revoked"}
    assert acts["access_key_made"].detail["scopes"] == ["tests:read"]
    assert {event.actor for event in acts.values()} == {administrator_of_keys}
    assert {event.detail["key"] for event in acts.values()} == {made.key.public_id}
    assert made.secret not in str([event.detail for event in acts.values()])


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer dlv_wrong", "Bearer dlt_wrong", "Bearer \ud800"])
def test_without_a_key_that_works_nothing_opens(header: str, exam: Test) -> None:
    headers = {"Authorization": header.encode("utf-8", "surrogatepass").decode("latin-1")}
    response = Client().get(f"/api/v1/test/{exam.public_id}", headers=headers)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"


def test_a_revoked_or_expired_key_and_its_tokens_open_nothing(system_of: SystemOf, administrator_of_keys: User) -> None:
    for end in ("revoked", "expired"):
        made = system_of(name=end)
        token = _exchange(made.key.public_id, made.secret).json()["access_token"]
        if end == "revoked":
            assert revoke(made.key, by=administrator_of_keys)
            assert not revoke(made.key, by=administrator_of_keys)
        else:
            past = timezone.now() - timedelta(seconds=1)
            AccessKey.objects.filter(pk=made.key.pk).update(expires_at=past, made_at=past - timedelta(days=1))
        for secret in (made.secret, token):
            response = Client().get("/api/v1/test", headers={"Authorization": f"Bearer {secret}"})
            assert response.json()["code"] == "invalid_token"
        assert _exchange(made.key.public_id, made.secret).json()["error"] == "invalid_grant"


def _exchange(client_id: str, code: str, where: str = "header", **query: str):
    sent = {"grant_type": "authorization_code", "client_id": client_id, **query}
    if where == "header":
        return Client().post(EXCHANGE, query_params=sent, headers={"code": code})
    if where == "form":
        return Client().post(EXCHANGE, {"code": code}, query_params=sent)
    return Client().post(EXCHANGE, query_params={**sent, "code": code})


@pytest.mark.parametrize("where", ["header", "form", "query"])
def test_a_key_is_exchanged_for_a_token_of_an_hour(where: str, system_of: SystemOf, exam: Test) -> None:
    made = system_of(Scope.TESTS_READ)
    given = _exchange(made.key.public_id, made.secret, where).json()
    assert given == {"access_token": given["access_token"], "expires_in": 3600, "token_type": "Bearer"}
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert Client().get(f"/api/v1/test/{exam.public_id}", headers=headers).status_code == 200
    AccessToken.objects.update(expires_at=timezone.now(), made_at=timezone.now() - timedelta(hours=1))
    assert Client().get(f"/api/v1/test/{exam.public_id}", headers=headers).status_code == 401
    assert forget_old() == 1


def test_exchanges_are_counted_as_requests_of_the_key(system_of: SystemOf, settings) -> None:
    settings.API_REQUESTS_A_MINUTE = 2
    made = system_of()
    given = [_exchange(made.key.public_id, made.secret).status_code for _time in range(3)]
    assert (given, AccessToken.objects.count()) == ([200, 200, 429], 2)
    form = {"grant_type": "authorization_code", "client_id": made.key.public_id, "code": made.secret}
    assert Client().post(EXCHANGE, form, headers={"code": " "}).status_code == 429  # an empty header is no other value


def test_an_exchange_says_what_is_wrong_as_the_original_does(system_of: SystemOf) -> None:
    made, other = system_of(), system_of(name="Other")
    client_id = made.key.public_id
    assert _exchange(client_id, made.secret, grant_type="password").json()["error"] == "unsupported_grant_type"
    assert Client().post(EXCHANGE, query_params={"grant_type": "authorization_code"}).status_code == 400
    wrong = [_exchange(client_id, "dlv_wrong"), _exchange(other.key.public_id, made.secret), _exchange("x", "y")]
    assert [(one.status_code, one.json()["error"]) for one in wrong] == [(401, "invalid_grant")] * 3
    twice = Client().post(
        EXCHANGE,
        {"code": "another"},
        query_params={"grant_type": "authorization_code", "client_id": client_id},
        headers={"code": made.secret},
    )
    assert twice.status_code == 409


def test_a_key_of_own_tests_finds_nothing_of_others(system_of: SystemOf, exam: Test) -> None:
    own = system_of(all_tests=False)
    assert own.get(f"/api/v1/test/{exam.public_id}").status_code == 404
    assert own.get("/api/v1/test").json() == {"items": [], "next": None}


def test_when_a_key_was_used_last_is_written_once_a_minute(system_of: SystemOf, django_assert_num_queries) -> None:
    made = system_of()
    made.get("/api/v1/test")
    used = AccessKey.objects.get(pk=made.key.pk).last_used_at
    assert used is not None
    with django_assert_num_queries(3):  # key, scopes, tests
        made.get("/api/v1/test")
    assert AccessKey.objects.get(pk=made.key.pk).last_used_at == used


def test_nobody_logs_in_as_a_key(system_of: SystemOf, client: Client) -> None:
    account = system_of().key.account
    assert not account.can_log_in
    assert not account.is_candidate
    client.post("/login/", {"username": account.username, "password": account.password})
    assert "_auth_user_id" not in client.session
