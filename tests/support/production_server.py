"""Start the production server on the database of the test that runs."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import requests
from django.db import connection

PROJECT = Path(__file__).resolve().parent.parent.parent
SECONDS = 30


class ProductionServer:
    """gunicorn with these arguments and settings; use it as a context."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.arguments = arguments
        self.environment: Mapping[str, str] = environment

    def __enter__(self) -> "ProductionServer":
        self.start()
        return self

    def start(self) -> None:
        """Start it, also again after it was killed; return once it answers."""
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "inspera_deliver.settings",
            "SERVED_DATABASE": str(connection.settings_dict["NAME"]),
            # each worker says it when it begins, which may be late: in the middle of a log that a test reads
            "PYTHONWARNINGS": "ignore:No directory at:UserWarning",
            **self.environment,
        }
        bind = self.address.removeprefix("http://")
        command = [sys.executable, "-m", "gunicorn", "tests.support.served", "--bind", bind, "--no-control-socket"]
        self.process = subprocess.Popen([*command, *self.arguments], cwd=PROJECT, env=environment)
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise

    def _wait(self) -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                requests.get(f"{self.address}/login/", timeout=SECONDS).raise_for_status()
            except requests.ConnectionError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("gunicorn did not start; what it said stands above")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=SECONDS)


def children_of(process: int) -> list[int]:
    """Return the processes that a process has started, for a server its workers."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [[int(part) for part in line.split()] for line in listed.splitlines()]
    return [child for child, parent in pairs if parent == process]
