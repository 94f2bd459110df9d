"""`make demo-sso`: two providers, an environment that names them, and nothing that is left running."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from candidates.management.commands import load_demo
from candidates.models import Candidate, Test
from candidates.timing import Stage, stage_of
from inspera_deliver import environment
from inspera_deliver.sso_types import SsoType, read_sso_types
from tests.support import demo_sso

pytestmark = pytest.mark.slow  # each starts what serves the demonstration

PROJECT = Path(__file__).resolve().parent.parent
# Stands in for `make run`: tells what it was given, and waits; "beside" means that everything is up.
COMMAND = """
import json, os, sys, time
print("beside", json.dumps({name: value for name, value in os.environ.items() if name.startswith("SSO_")}), flush=True)
time.sleep(float(sys.argv[1]))
sys.exit(7)
"""


def free_ports() -> int:
    """Return a port that is free with the two after it."""
    for _time in range(50):
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                two.bind(("127.0.0.1", port + 1))
                three.bind(("127.0.0.1", port + 2))
            except (OSError, OverflowError):
                continue
            return port
    raise RuntimeError("No three ports in a row are free.")


def answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def port() -> int:
    return free_ports()


Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(port: int) -> Iterator[Run]:
    """Return a function that starts the demonstration around the command, with a group of processes of its own."""
    started = []

    def start(seconds: float = 600) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.demo_sso", "--", sys.executable, "-c", COMMAND, str(seconds)],
            cwd=PROJECT,
            env={**os.environ, "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever is left of it
        process.communicate()


def until_beside(process: subprocess.Popen[str]) -> tuple[str, dict[str, str]]:
    """Return what was printed until the command runs, and the settings that it was given."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        word, _space, rest = line.partition(" ")
        if word == "beside":
            return said, json.loads(rest)
        said += line
    raise AssertionError(said)


def test_it_names_the_people_and_settings_with_which_they_can_log_in(
    run: Run, port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said, given = until_beside(run())
    for person in ("Agnes Thorsen", "agnes.thorsen@havnes.example", "Hilde Våge", "Log in with Fjordane College"):
        assert person in said
    assert not any(given[f"SSO_{slug}_CLIENT_SECRET"] in said for slug in ("CAMPUS", "FJORDANE"))
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(environment, "config", environment.open_config(tmp_path / "no-env"))
    setups, left_out = read_sso_types(plain_http=True)
    assert (left_out, [setup["problems"] for setup in setups]) == ([], [[], []])
    assert [setup["issuer"] for setup in setups] == [f"http://127.0.0.1:{port + place}" for place in (1, 2)]
    assert all(answers(port + place) for place in (1, 2))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(run: Run, port: int, number: int) -> None:
    process = run()
    until_beside(process)
    process.send_signal(number)  # to this process alone: it has to end its command itself
    assert process.wait(timeout=20) == 128 + number
    assert not any(answers(port + place) for place in (1, 2))


def test_ctrl_c_reaches_all_of_them_and_ends_everything(run: Run, port: int) -> None:
    process = run()
    until_beside(process)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=20)
    assert not any(answers(port + place) for place in (1, 2))


def test_when_the_command_ends_the_providers_end(run: Run, port: int) -> None:
    process = run(0.1)
    assert process.wait(timeout=30) == 7
    assert not any(answers(port + place) for place in (1, 2))


def test_when_a_provider_ends_everything_ends_and_it_says_which(run: Run, port: int) -> None:
    process = run()
    until_beside(process)
    os.kill(newest_provider_of(process.pid), signal.SIGKILL)
    assert process.wait(timeout=20) == 1
    assert process.stderr is not None
    assert "The OpenID provider Fjordane College has ended" in process.stderr.read()
    assert not any(answers(port + place) for place in (1, 2))


def newest_provider_of(parent: int) -> int:
    """Return the provider that a process started last."""
    found = subprocess.run(
        ["pgrep", "-n", "-f", "-P", str(parent), "provider.mjs"], capture_output=True, text=True, check=True
    )
    return int(found.stdout)


def test_a_port_that_is_taken_is_named_and_nothing_is_started(run: Run, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 2))
        other.listen()
        process = run()
        said, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"“Fjordane College” could not be started. Port {port + 2} is taken." in " ".join(errors.split("\n"))
    assert "beside" not in said
    assert not answers(port + 1)


def setup(slug: str, issuer: str) -> SsoType:
    return {
        "slug": slug,
        "label": slug.title(),
        "comparison": "fold",
        "issuer": issuer,
        "client_id": "deliver",
        "client_secret": "known to two",
        "scopes": "openid profile",
        "claim": "sub",
        "claim_prefix": "",
        "pattern": "",
        "algorithm": "RS256",
        "prompt": "",
        "by_launch": False,
        "problems": [],
        "advice": [],
    }


@pytest.mark.django_db
def test_people_of_both_setups_are_on_a_running_and_on_a_scheduled_test(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMONSTRATION = True
    (tmp_path / ".demo-password").write_text("correct horse battery staple\n")
    monkeypatch.setattr(load_demo, "PASSWORD_FILE", tmp_path / ".demo-password")
    settings.AUTHENTICATION_TYPES = [setup("campus", ""), setup("fjordane", "")]
    call_command("load_demo")  # what `make run` has left
    assert not Candidate.objects.filter(authentication_type="fjordane").exists()
    slugs = [one.slug for one in demo_sso.SETUPS]
    settings.AUTHENTICATION_TYPES = [setup(slug, "https://sso.example.org") for slug in slugs]
    call_command("load_demo")
    for stage in (Stage.ACTIVE, Stage.SCHEDULED):
        tests = [test for test in Test.objects.with_longest_extra() if stage_of(test) == stage]
        found = Candidate.objects.filter(test__in=tests, kind="sso").values_list("authentication_type", flat=True)
        assert set(found) == set(slugs)
    for slug, person in zip(slugs, ("agnes.thorsen@havnes.example", "7f3Qm-0417"), strict=True):
        places = Candidate.objects.filter(authentication_type=slug, sso_user_id=person)
        assert places.count() > 1
        assert places.values("user").distinct().count() == 1
    count = Test.objects.count()
    call_command("load_demo")
    assert Test.objects.count() == count
