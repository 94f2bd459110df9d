"""PostgreSQL is stopped, or killed, while a hall writes, and comes back: 503 meanwhile, then on as before (C59).

It has the settings of an installation (tests/support/own_postgres.py), because this relies on its log being written
before a save is answered. A killed process loses no more than that; a machine without power is not tried here.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest
import requests

from tests.faults.crowd import JSON, Crowd, Person
from tests.support.own_postgres import OwnPostgres
from tests.support.production_server import PROJECT, ProductionServer

pytestmark = pytest.mark.slow
PEOPLE = 30
WORKERS = ["--workers", "2", "--worker-class", "gthread", "--threads", "8", "--log-level", "critical"]
SENTENCE = "Its database cannot be reached."


@pytest.fixture(scope="module")
def own() -> Iterator[OwnPostgres]:
    """A server that the tests of this module may stop and kill."""
    with OwnPostgres() as started:
        yield started


@pytest.fixture(scope="module")
def hall(own: OwnPostgres) -> list[Person]:
    """An open test with its candidates in that server."""
    environment = {**os.environ, "DATABASE_URL": own.url, "DJANGO_SETTINGS_MODULE": "inspera_deliver.settings"}
    command = [sys.executable, "-m", "tests.faults.hall", str(PEOPLE)]
    made = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    return [Person(*parts) for parts in json.loads(made.stdout)]


def server_on(own: OwnPostgres) -> ProductionServer:
    return ProductionServer(*WORKERS, DATABASE_URL=own.url, SERVED_DATABASE="inspera_deliver")


def stored(own: OwnPostgres) -> dict[str, str]:
    """Return the answer of each candidate, by the public id."""
    query = (
        "SELECT c.public_id, s.answer FROM candidates_submission s JOIN candidates_candidate c ON c.id = s.candidate_id"
    )
    with psycopg.connect(own.url) as asked:
        return dict(asked.execute(query).fetchall())


def test_nothing_that_was_reported_saved_is_lost_though_postgresql_is_killed(
    own: OwnPostgres, hall: list[Person]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with server_on(own) as server, Crowd(hall, server.address, pause=0.05) as crowd:
        for _time in range(6):
            time.sleep(chance.uniform(0.1, 1))
            own.kill()
            own.start()
        assert crowd.goes_on(), f"somebody could not save any more (seed {seed})"
    assert crowd.faults == []
    answers = stored(own)
    for writer in crowd.writers:
        assert writer.number_of(answers[writer.person.candidate]) >= writer.saved > 0
    assert crowd.faults == []  # of texts that were not whole
    assert sum(writer.unavailable for writer in crowd.writers) > 0  # or nothing was tested


def test_while_the_database_is_away_everybody_is_told_and_afterwards_it_goes_on(
    own: OwnPostgres, hall: list[Person], capfd: pytest.CaptureFixture[str]
) -> None:
    with server_on(own) as server:
        with Crowd(hall[:8], server.address, pause=0.05) as crowd:
            assert crowd.goes_on()  # every thread of the server has a connection of its own, and keeps it
        capfd.readouterr()
        own.stop()
        someone = crowd.writers[0]
        page = f"{server.address}/test/{someone.person.test}/"
        for _time in range(20):
            response = someone.session.get(page, timeout=30)
            assert response.status_code == 503
            assert response.headers["Retry-After"] == "30"
            assert SENTENCE in response.text
            assert "Traceback" not in response.text
        fields = {"csrfmiddlewaretoken": someone.session.cookies["csrftoken"], "answer": "kept by the page"}
        response = someone.session.post(f"{page}answer/", data=fields, headers=JSON, timeout=30)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        fields = {"username": someone.person.username, "password": someone.person.password}
        stranger = requests.Session()
        assert stranger.get(f"{server.address}/login/", timeout=30).status_code == 200
        fields["csrfmiddlewaretoken"] = stranger.cookies["csrftoken"]
        response = stranger.post(f"{server.address}/login/", data=fields, allow_redirects=False, timeout=30)
        assert (response.status_code, "sessionid" in stranger.cookies) == (503, False)
        log = capfd.readouterr().err
        own.start()
        for _time in range(20):
            assert someone.session.get(page, timeout=30).status_code == 200
        response = stranger.post(f"{server.address}/login/", data=fields, allow_redirects=False, timeout=30)
        assert response.status_code == 302
    lines = [line for line in log.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if " ERROR " not in line] == [], "a line each, no traceback"
    about = (someone.person.username, someone.person.password, "kept by the page", "127.0.0.1")
    assert not any(word in log for word in about)
