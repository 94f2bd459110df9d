"""The settings that an installation gets: safe unless it says otherwise."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from candidates.pages.tests.times import MAX_DURATION
from inspera_deliver.make_env import fresh_keys

PROJECT = Path(__file__).resolve().parent.parent
TELL = """
import json, sys
from inspera_deliver import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""
TRANSPORT = [
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_PROXY_SSL_HEADER",
]

YES = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_INCLUDE_SUBDOMAINS"]


def settings_of(*names: str, **environment: str) -> dict[str, Any]:
    """Return settings as a new process reads them that knows nothing but its keys and these variables."""
    variables = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **fresh_keys(), **environment}
    done = subprocess.run(
        [sys.executable, "-c", TELL, *names], cwd=PROJECT, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return dict(json.loads(done.stdout))


def test_by_default_everything_goes_over_https_only() -> None:
    found = settings_of(*TRANSPORT, "DEBUG", "DEMONSTRATION", "ALLOWED_HOSTS", "SESSION_COOKIE_HTTPONLY", "STORAGES")
    assert [found[name] for name in YES] == [True, True, True, True]
    assert (found["SESSION_COOKIE_NAME"], found["CSRF_COOKIE_NAME"]) == ("__Host-sessionid", "__Host-csrftoken")
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert found["SESSION_COOKIE_HTTPONLY"] is True
    assert (found["DEBUG"], found["DEMONSTRATION"], found["ALLOWED_HOSTS"]) == (False, False, [])
    assert found["STORAGES"]["staticfiles"]["BACKEND"] == "inspera_deliver.static_files.StaticFiles"


def test_plain_http_has_to_be_asked_for() -> None:
    found = settings_of(*TRANSPORT, PLAIN_HTTP="True")
    assert not any(found[name] for name in TRANSPORT if not name.endswith("_NAME"))
    assert (found["SESSION_COOKIE_NAME"], found["CSRF_COOKIE_NAME"]) == ("sessionid", "csrftoken")


@pytest.mark.parametrize("other", ["DEBUG", "DEMONSTRATION"])
def test_nothing_else_takes_https_away(other: str) -> None:
    found = settings_of(*TRANSPORT, **{other: "True"})
    assert [found[name] for name in YES] == [True, True, True, True]


@pytest.mark.parametrize("name", ["DEBUG", "PLAIN_HTTP", "BEHIND_PROXY", "DEMONSTRATION"])
def test_a_mistyped_yes_or_no_stops_the_start(name: str) -> None:
    with pytest.raises(RuntimeError, match="Invalid truth value"):
        settings_of("DEBUG", **{name: "Treu"})


def test_the_scheme_of_a_proxy_is_believed_behind_one_only() -> None:
    found = settings_of("SECURE_PROXY_SSL_HEADER", BEHIND_PROXY="True")
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_a_stray_file_above_the_project_changes_nothing(tmp_path: Path) -> None:
    """The package is run from a folder below one that holds a stray .env (docs/fault-cases.md E1)."""
    (tmp_path / ".env").write_text("DEBUG=True\nPLAIN_HTTP=True\nORGANISATION=Stray\n")
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "inspera_deliver", project / "inspera_deliver")
    names = ["DEBUG", "PLAIN_HTTP", "ORGANISATION"]
    variables = {"PATH": os.environ["PATH"], **fresh_keys()}
    done = subprocess.run(
        [sys.executable, "-c", TELL, *names], cwd=project, env=variables, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {"DEBUG": False, "PLAIN_HTTP": False, "ORGANISATION": ""}


def test_the_named_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "deliver.env"
    file.write_text("ORGANISATION=Havnes University\n")
    assert settings_of("ORGANISATION", ENV_FILE=str(file)) == {"ORGANISATION": "Havnes University"}


def test_sessions_outlive_the_longest_test(settings) -> None:
    """Who logs in at the start has the duration, and planned and incident time up to the limit each (D11)."""
    longest_minutes = MAX_DURATION + 2 * settings.EXTRA_TIME_LIMIT_MINUTES
    assert longest_minutes * 60 < settings.SESSION_COOKIE_AGE
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Lax"


def test_requests_hold_no_transaction(settings) -> None:
    """With IMMEDIATE one page would keep all others from writing (S4)."""
    assert not settings.DATABASES["default"].get("ATOMIC_REQUESTS")
