"""What the system check says about keys, and that nothing starts without them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from candidates.checks import check_credential_keys
from inspera_deliver.make_env import fresh_keys

PROJECT = Path(__file__).resolve().parent.parent
KEYS = ["SECRET_KEY", "CREDENTIAL_KEYS", "VERIFIER_KEYS"]


def manage(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run manage.py with production settings of its own, changed as said; None takes a setting away."""
    settings: dict[str, str | None] = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **fresh_keys(),
        "ENV_FILE": os.devnull,
        "ALLOWED_HOSTS": "exam.havnes.example",
        **changes,
    }
    environment = {name: value for name, value in settings.items() if value is not None}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("value", [None, "", "  "], ids=["absent", "empty", "blank"])
@pytest.mark.parametrize("name", KEYS)
def test_nothing_starts_without_a_key_and_the_setting_is_named(name: str, value: str | None) -> None:
    done = manage("check", **{name: value})
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


@pytest.mark.parametrize("name", KEYS[1:])
def test_a_list_of_commas_is_no_key(name: str) -> None:
    done = manage("check", **{name: " , ,"})
    assert done.returncode != 0
    assert name in done.stderr


@pytest.mark.parametrize("name", KEYS[1:])
def test_a_malformed_key_is_a_check_error_that_does_not_repeat_it(name: str) -> None:
    done = manage("check", **{name: "not-a-key-but-secret"})
    assert done.returncode != 0
    assert "candidates.E001" in done.stderr
    assert name in done.stderr
    assert "not-a-key-but-secret" not in done.stderr + done.stdout


def test_a_production_like_environment_passes_the_deployment_check() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


@pytest.mark.parametrize("name", KEYS[1:])
@pytest.mark.parametrize("keys", [["x"], ["x", "{good}"], ["{good}", "x"], ["{good}", "{good}x"]])
def test_one_malformed_key_anywhere_in_the_list_is_found(settings, name: str, keys: list[str]) -> None:
    good = Fernet.generate_key().decode()
    setattr(settings, name, [key.format(good=good) for key in keys])
    if keys == ["{good}", "{good}x"]:
        setattr(settings, name, [good, good[:-4]])
    (found,) = check_credential_keys()
    assert found.id == "candidates.E001"
    assert name in found.msg
    assert good not in found.msg


def test_good_keys_pass(settings) -> None:
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode() for _ in range(3)]
    assert check_credential_keys() == []


@pytest.mark.parametrize(("one", "other"), [(KEYS[0], KEYS[1]), (KEYS[0], KEYS[2]), (KEYS[1], KEYS[2])])
def test_one_key_for_two_purposes_is_an_error(settings, one: str, other: str) -> None:
    key = Fernet.generate_key().decode()
    for name in (one, other):
        setattr(settings, name, key if name == "SECRET_KEY" else [key])
    assert [found.id for found in check_credential_keys()] == ["candidates.E002"]
