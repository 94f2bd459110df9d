"""An installation of its own for each storm: keys, a database, static files, and the production server."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psutil
import psycopg

from inspera_deliver.make_env import fresh_keys

PROJECT = Path(__file__).resolve().parent.parent.parent
# As `make run` starts it; tests/storm/test_storm.py compares.
SERVER = (
    "--workers 4 --worker-class inspera_deliver.serving.Worker --logger-class inspera_deliver.serving.Logger "
    "--threads 8 --keep-alive 75 --limit-request-line 8190 --no-control-socket"
)
SECONDS_TO_START = 60
WARM_REQUESTS = 40  # a server that has been up for a while has read its templates


class Installation:
    """Where one storm takes place: a folder, a database that is empty at first, settings and keys."""

    def __init__(self, folder: Path, name: str, *, database_url: str | None, settings: str) -> None:
        self.folder = folder
        self.server_url = database_url
        # The first of a run migrates an empty database, the others take a copy of that.
        empty = f"storm-empty-{folder.name}"
        first = not (folder / "static").exists()
        self.database_url = self._new_database(empty) if first else self._new_database(name, copy_of=empty)
        self.environment = {
            **os.environ,
            **fresh_keys(),
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": settings,
            "STORM_FOLDER": str(folder),
            "DATABASE_URL": self.database_url,
            "DEBUG": "False",
            "DEMONSTRATION": "False",
            "PLAIN_STATIC": "False",
            "PLAIN_HTTP": "True",
            "BEHIND_PROXY": "False",
            "ALLOWED_HOSTS": "127.0.0.1",
            "LOGIN_ADDRESS": "http://127.0.0.1",
            "SSO_TYPES": "",
        }
        if first:
            self._run("manage.py", "migrate", "--verbosity", "0")
            self._run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
            self.database_url = self.environment["DATABASE_URL"] = self._new_database(name, copy_of=empty)

    def crowd(self, kind: str, count: int) -> list[dict[str, Any]]:
        """Make a crowd, and return what each of them knows."""
        people: list[dict[str, Any]] = json.loads(self._run("-m", "tests.storm.crowd", kind, str(count)))
        return people

    def api_key(self) -> str:
        """Make an access key for another system."""
        return self._run("-m", "tests.storm.api_client").strip()

    def check(self, answers: Mapping[str, str]) -> list[str]:
        """Return what is wrong with what the database holds after the storm."""
        wrong: list[str] = json.loads(self._run("-m", "tests.storm.checking", given=json.dumps(answers)))
        return wrong

    def _new_database(self, name: str, *, copy_of: str = "") -> str:
        """Make a database, empty or as a copy, and return its address."""
        if not self.server_url:
            path = self.folder / f"{name}.sqlite3"
            if copy_of:
                shutil.copyfile(self.folder / f"{copy_of}.sqlite3", path)
            return f"sqlite:///{path}"
        template = f' TEMPLATE "{copy_of}"' if copy_of else ""
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"{template}')
        return urlsplit(self.server_url)._replace(path=f"/{name}").geturl()

    def _run(self, *command: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, *command],
            env=self.environment,
            cwd=PROJECT,
            input=given,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    @contextmanager
    def server(self, arguments: Sequence[str], port: int) -> Iterator[psutil.Process]:
        """Start the production server; it answers when the context begins."""
        command = [sys.executable, "-m", "gunicorn", "inspera_deliver.wsgi", "--bind", f"127.0.0.1:{port}"]
        process = psutil.Popen([*command, *arguments, "--log-level", "warning"], env=self.environment, cwd=PROJECT)
        try:
            _wait_for(f"http://127.0.0.1:{port}/login/", process)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=SECONDS_TO_START)

    def database_process(self) -> psutil.Process | None:
        """Return the server of PostgreSQL where it runs on this machine; None for SQLite, which is in the workers."""
        folder = _socket_folder(self.server_url)
        for process in psutil.process_iter(["cmdline"]):
            if folder and folder in (process.info["cmdline"] or []) and "-k" in process.info["cmdline"]:
                return process
        return None


def _socket_folder(url: str | None) -> str:
    return unquote(urlsplit(url).netloc.rpartition("@")[2]) if url else ""


def _wait_for(address: str, process: psutil.Popen) -> None:
    """Return when the server has answered often enough to be warm. Raises RuntimeError where it does not start."""
    until = time.monotonic() + SECONDS_TO_START
    answered = 0
    while answered < WARM_REQUESTS:
        try:
            with urllib.request.urlopen(address, timeout=SECONDS_TO_START):  # noqa: S310  our own address
                answered += 1
        except urllib.error.URLError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("gunicorn did not start; what it said stands above") from None
            time.sleep(0.1)
