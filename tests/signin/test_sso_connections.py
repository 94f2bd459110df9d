"""Connections to a provider: over TLS that is checked, and cut when they take too long (C60)."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from candidates.models import User
from tests.signin.conftest import ANNA, EPPN, Witness, coming_back, logged_in_as
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_server import Answer
from tests.support.scripted_tokens import loopback_tls
from tests.support.sso_visits import ask_to_start, log_in

STALL = 15  # seconds that a busy machine may add; what is not given up at all takes longer
MANNERS = ["silent", "drip_headers", "drip_body"]


def hanging() -> list[str]:
    """Return the calls that are still on their way after a moment."""
    until = time.monotonic() + STALL
    while (left := [one.name for one in threading.enumerate() if one.name.startswith("sso")]) and (
        time.monotonic() < until
    ):
        time.sleep(0.02)
    return left


@pytest.fixture
def safe(tmp_path: Path, settings: Any, campus: ScriptedProvider) -> Iterator[ScriptedProvider]:
    """The campus over TLS, with a certificate of its own making."""
    with ScriptedProvider("campus", loopback_tls(tmp_path)) as running:
        settings.AUTHENTICATION_TYPES = [running.setup(claim=EPPN), settings.AUTHENTICATION_TYPES[1]]
        yield running


@pytest.fixture
def trusted(safe: ScriptedProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedProvider:
    """The same, known to this machine as a certificate authority of the institution is."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
    return safe


@pytest.mark.parametrize("manner", MANNERS)
def test_calls_that_were_given_up_leave_no_thread_behind(
    manner: Any, campus: ScriptedProvider, witness: Witness, short: float
) -> None:
    opened = coming_back(witness, campus, ANNA)
    campus.script.answers["token"] = Answer(manner=manner)
    witness.check(opened(), 503)
    assert hanging() == []


@pytest.mark.parametrize("manner", MANNERS)
def test_over_tls_they_leave_none_either(
    manner: Any, trusted: ScriptedProvider, witness: Witness, short: float
) -> None:
    opened = coming_back(witness, trusted, ANNA)
    trusted.script.answers["token"] = Answer(manner=manner)
    witness.check(opened(), 503)
    assert hanging() == []


def test_over_tls_a_person_gets_in(trusted: ScriptedProvider, anna: User, client: Client) -> None:
    assert log_in(client, trusted, **ANNA).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


def test_a_certificate_that_nobody_vouches_for_is_no_provider(safe: ScriptedProvider, witness: Witness) -> None:
    assert "does not answer" in witness.check(ask_to_start(witness.client, "campus"), 503)
    assert safe.seen == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_who_takes_calls_and_says_nothing_at_all_is_given_up(
    scheme: str, witness: Witness, settings: Any, campus: ScriptedProvider, short: float
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # TLS does not get as far as its first message
        issuer = f"{scheme}://127.0.0.1:{deaf.getsockname()[1]}"
        settings.AUTHENTICATION_TYPES = [campus.setup(issuer=issuer)]
        began = time.monotonic()
        witness.check(ask_to_start(witness.client, "campus"), 503)
        assert time.monotonic() - began < short + STALL
        assert hanging() == []
