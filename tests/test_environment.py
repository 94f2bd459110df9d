"""Where settings come from, and from where they do not."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from inspera_deliver import environment
from inspera_deliver.environment import BASE_DIR, database, env_file, listed, open_config, required, required_list

SQLITE = "inspera_deliver.sqlite"


def test_the_file_is_the_one_beside_manage_py_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENV_FILE")
    assert env_file() == BASE_DIR / ".env"
    named = tmp_path / "settings"
    named.touch()
    monkeypatch.setenv("ENV_FILE", str(named))
    assert env_file() == named


def test_a_mistyped_file_name_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "mistyped"))
    with pytest.raises(ImproperlyConfigured, match="mistyped"):
        env_file()


@pytest.mark.parametrize("name", [".env", "settings.ini"])
def test_a_stray_file_in_a_parent_folder_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).write_text("[settings]\nORGANISATION=Somebody else\n")
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.delenv("ORGANISATION")
    assert open_config(project / ".env")("ORGANISATION", default="ours") == "ours"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("ORGANISATION=from the file\nFROM_FILE=yes\n")
    monkeypatch.setenv("ORGANISATION", "from the environment")
    config = open_config(file)
    assert (config("ORGANISATION"), config("FROM_FILE")) == ("from the environment", "yes")


@pytest.mark.parametrize("value", ["", "   "])
def test_a_required_setting_that_is_empty_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SOME_KEY", value)
    with pytest.raises(ImproperlyConfigured, match="SOME_KEY is not set"):
        required("SOME_KEY")


@pytest.mark.parametrize(
    ("value", "entries"), [("a", ["a"]), ("a,b", ["a", "b"]), (" a , b ,", ["a", "b"]), (",a", ["a"])]
)
def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch, value: str, entries: list[str]) -> None:
    monkeypatch.setenv("SOME_KEYS", value)
    assert required_list("SOME_KEYS") == entries


def test_a_required_list_without_an_entry_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEYS", ", ,")
    with pytest.raises(ImproperlyConfigured, match="SOME_KEYS"):
        required_list("SOME_KEYS")


def test_an_absent_list_is_empty() -> None:
    assert listed("NO_SUCH_SETTING") == []


def test_sqlite_takes_the_write_lock_at_once_waits_and_keeps_foreign_keys() -> None:
    parsed = database("sqlite:////srv/deliver/db.sqlite3")
    options = parsed["OPTIONS"]
    assert isinstance(options, dict)
    assert (parsed["ENGINE"], parsed["NAME"]) == (SQLITE, "/srv/deliver/db.sqlite3")
    assert (options["transaction_mode"], options["timeout"]) == ("IMMEDIATE", 50)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        assert pragma in options["init_command"]


def test_postgresql_keeps_its_connections_and_asks_whether_they_live() -> None:
    parsed = database("postgresql://deliver:p%40ss@127.0.0.1:5432/deliver")
    assert (parsed["ENGINE"], parsed["NAME"], parsed["PASSWORD"]) == (
        "inspera_deliver.postgresql",
        "deliver",
        "p@ss",
    )
    assert (parsed["CONN_MAX_AGE"], parsed["CONN_HEALTH_CHECKS"]) == (60, True)


def test_sqlite_keeps_its_connections_too() -> None:
    # opening one reads the schema, and closing the last one copies the log into the file: more than a login costs
    assert database("sqlite:////srv/deliver/db.sqlite3")["CONN_MAX_AGE"] == 60


def test_without_database_url_it_is_the_file_in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert database()["NAME"] == str(environment.BASE_DIR / "db.sqlite3")


@pytest.mark.django_db
def test_the_database_of_this_run_was_opened_that_way() -> None:
    from django.db import connection

    if connection.vendor != "sqlite":
        assert connection.settings_dict["CONN_MAX_AGE"] == 60
        return
    with connection.cursor() as cursor:
        found = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys")]
    assert found == ["wal", 1]
