"""What a load balancer is told, whoever and however it asks."""

import os
import socket
import sys

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from psycopg import pq
from psycopg.conninfo import make_conninfo

from candidates.models import Session
from candidates.site import health
from candidates.site.logs import event_of
from inspera_deliver.environment import POSTGRESQL_OPTIONS, database

LIVE, READY = "/health/", "/health/ready/"


@pytest.fixture(autouse=True)
def _forgotten():
    health._check_migrations.cache_clear()
    yield
    health._check_migrations.cache_clear()


@pytest.mark.django_db
def test_it_is_ready() -> None:
    answer = Client().get(READY)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (
        200,
        b"ready\n",
        "text/plain; charset=utf-8",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("address", [LIVE, READY])
@pytest.mark.parametrize("method", ["get", "head"])
def test_it_answers_who_asks_by_number_over_http_and_keeps_nothing(settings, address: str, method: str) -> None:
    settings.ALLOWED_HOSTS = ["exams.example.org"]
    settings.SECURE_SSL_REDIRECT = True
    answer = getattr(Client(), method)(address, headers={"Host": "10.0.0.7:8000"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert not Session.objects.exists()
    # every other address keeps to the rules
    assert Client().get("/login/", headers={"Host": "10.0.0.7:8000"}).status_code in {301, 400}


@pytest.mark.parametrize("address", [LIVE, READY])
def test_nothing_can_be_sent_to_it(address: str) -> None:
    assert Client().post(address).status_code == 405


def test_the_process_is_alive_when_the_database_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    # no database mark: asking it would fail the test
    assert Client().get(LIVE).content == b"alive\n"


@pytest.mark.django_db
def test_it_is_not_ready_without_a_database(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def away() -> None:
        raise OperationalError("could not connect to 10.0.0.9 as deliver")

    monkeypatch.setattr(connection, "cursor", away)
    answer = Client().get(READY)
    assert (answer.status_code, answer.content) == (503, b"not ready: the database does not answer\n")
    assert [event_of(record) for record in caplog.records] == ["Service Unavailable: health-ready"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no standby")
@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_on_a_standby_that_takes_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            answer = Client().get(READY)
        finally:
            cursor.execute("SET default_transaction_read_only = off")
    assert (answer.status_code, answer.content) == (503, b"not ready: the database is read-only\n")
    assert Client().get(READY).status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_before_the_migrations_and_ready_after_a_newer_one() -> None:
    recorder = MigrationRecorder(connection)
    last = recorder.migration_qs.filter(app="candidates").latest("name")
    recorder.record_unapplied("candidates", last.name)
    answer = Client().get(READY)
    assert answer.status_code == 503
    assert b"run `manage.py migrate`" in answer.content
    recorder.record_applied("candidates", last.name)
    # an upgrade that has begun: this process is the older one
    recorder.record_applied("candidates", "9999_of_tomorrow")
    assert Client().get(READY).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["CREDENTIAL_KEYS", "VERIFIER_KEYS"])
def test_it_is_not_ready_with_a_key_that_cannot_be_used(settings, name: str) -> None:
    setattr(settings, name, ["too-short"])
    answer = Client().get(READY)
    assert (answer.status_code, answer.content) == (503, b"not ready: a key cannot be used\n")


@pytest.mark.django_db
def test_asking_again_costs_one_query(django_assert_num_queries) -> None:
    Client().get(READY)
    with django_assert_num_queries(1):
        Client().get(READY)


def test_a_postgresql_that_swallows_packets_holds_nobody_for_minutes() -> None:
    assert database("postgresql://deliver@db/deliver")["OPTIONS"] == POSTGRESQL_OPTIONS
    assert database("postgresql://deliver@db/deliver?connect_timeout=2")["OPTIONS"] == {
        **POSTGRESQL_OPTIONS,
        "connect_timeout": 2,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other names for it")
def test_libpq_gives_the_socket_what_is_set() -> None:
    """Without it an answer that never comes is waited for as long as the system does, hours."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = {"host": "127.0.0.1", "port": silent.getsockname()[1], **POSTGRESQL_OPTIONS}
        begun = pq.PGconn.connect_start(make_conninfo("", **address).encode())
        with socket.socket(fileno=os.dup(begun.socket)) as used:
            tcp = socket.IPPROTO_TCP
            assert used.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == 10_000
            assert used.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            kept = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT]
            assert [used.getsockopt(tcp, one) for one in kept] == [10, 5, 3]
        begun.finish()
