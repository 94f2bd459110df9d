"""The demonstration's .env and password: written once, for their owner only, and never overwritten."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from decouple import RepositoryEnv

from inspera_deliver import make_env


def written(folder: Path, *arguments: str) -> dict[str, str]:
    """Write into the folder and return what stands in the .env, as the settings would read it from the file alone."""
    make_env.main(["--folder", str(folder), *arguments])
    values: dict[str, str] = RepositoryEnv(str(folder / ".env")).data
    return values


def test_the_demonstration_env_has_what_the_settings_need(tmp_path: Path) -> None:
    config = written(tmp_path)
    assert len(config["SECRET_KEY"]) >= 50
    assert config["PLAIN_HTTP"] == "True"
    assert config["DEMONSTRATION"] == "True"
    assert config["ALLOWED_HOSTS"] == "127.0.0.1,localhost"
    assert config["ORGANISATION"] == "Havnes University"


def test_debug_stays_off_in_the_demonstration(tmp_path: Path) -> None:
    config = written(tmp_path)
    assert config["DEMONSTRATION"] == "True"
    assert "DEBUG" not in config


def test_the_keys_are_ones_that_fernet_and_hmac_take(tmp_path: Path) -> None:
    config = written(tmp_path)
    assert Fernet(config["CREDENTIAL_KEYS"]).decrypt(Fernet(config["CREDENTIAL_KEYS"]).encrypt(b"a")) == b"a"
    assert len(base64.urlsafe_b64decode(config["VERIFIER_KEYS"])) == 32


def test_no_two_keys_are_the_same() -> None:
    values = [value for _ in range(50) for value in make_env.fresh_keys().values()]
    assert len(set(values)) == 150


@pytest.mark.parametrize(("arguments", "port"), [([], "8000"), (["--port", "8123"], "8123")])
def test_the_login_address_follows_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], port: str
) -> None:
    monkeypatch.delenv("PORT", raising=False)
    assert written(tmp_path, *arguments)["LOGIN_ADDRESS"] == f"http://127.0.0.1:{port}"


def test_the_port_is_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8199")
    assert written(tmp_path)["LOGIN_ADDRESS"] == "http://127.0.0.1:8199"


@pytest.mark.parametrize("name", [".env", ".demo-password"])
def test_only_the_owner_can_read_the_files(tmp_path: Path, name: str) -> None:
    before = os.umask(0)  # the most generous umask: the mode has to come from the writer
    try:
        make_env.main(["--folder", str(tmp_path)])
    finally:
        os.umask(before)
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", [".env", ".demo-password"])
def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine\n", encoding="utf-8")
    make_env.main(["--folder", str(tmp_path)])
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine\n"


def test_a_second_start_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_env.main(["--folder", str(tmp_path)])
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    capsys.readouterr()
    make_env.main(["--folder", str(tmp_path), "--port", "8999"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert capsys.readouterr().out == ""


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".env").symlink_to(tmp_path / "elsewhere")
    make_env.main(["--folder", str(tmp_path / "home")])
    assert not (tmp_path / "elsewhere").exists()


def test_no_secret_is_printed_when_the_files_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = written(tmp_path)
    printed = capsys.readouterr().out
    password = (tmp_path / ".demo-password").read_text(encoding="utf-8").strip()
    assert all(secret not in printed for secret in (config["SECRET_KEY"], config["CREDENTIAL_KEYS"], password))


def test_the_password_is_long_enough_and_has_no_look_alikes(tmp_path: Path) -> None:
    written(tmp_path)
    password = (tmp_path / ".demo-password").read_text(encoding="utf-8").strip()
    assert len(password.replace("-", "")) == 16
    assert not set(password) & set("0o1li")


def test_keys_can_be_printed_without_django_and_without_writing(tmp_path: Path) -> None:
    # -S leaves the installed packages out: make_env has to work before anything is installed.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "inspera_deliver.make_env", "--print-keys", "--folder", str(tmp_path)],
        cwd=make_env.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [line.partition("=")[0] for line in done.stdout.splitlines()]
    assert names == ["SECRET_KEY", "CREDENTIAL_KEYS", "VERIFIER_KEYS"]
    assert list(tmp_path.iterdir()) == []
