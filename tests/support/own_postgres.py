"""A PostgreSQL of one test alone, that the test may stop, kill and start again.

Its settings are those of an installation: what was committed is in its log before anybody is told, and on the disk.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from tests.support.postgres import DATABASE, SECONDS_TO_START, programs, run, server_account

# One socket, no port. Everything else is PostgreSQL's own default: fsync, synchronous_commit and full_page_writes on.
SETTINGS = {"listen_addresses": "", "log_min_messages": "fatal"}


class OwnPostgres:
    """The server; use it as a context. It is away until `start`, and after `stop` and `kill`."""

    def __enter__(self) -> "OwnPostgres":
        self.folder = Path(tempfile.mkdtemp(prefix="deliver-own-", dir="/tmp"))  # a socket's path has to be short
        self.server: subprocess.Popen[bytes] | None = None
        try:
            self.account = server_account()
            if self.account is not None:
                owner = pwd.getpwnam(self.account)
                os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.programs = programs(self.folder, self.account)
            locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            initdb: list[str | Path] = [
                self.programs / "initdb",
                "-D",
                self.folder / "data",
                "-U",
                "postgres",
                "--auth=trust",
            ]
            run([*initdb, "--no-sync", *locale], account=self.account, folder=self.folder)
            self.start()
            self._run("createdb", DATABASE)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @property
    def url(self) -> str:
        """Return the DATABASE_URL."""
        return f"postgresql://postgres@{quote(str(self.folder), safe='')}/{DATABASE}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError where it does not in time."""
        until = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < until:
            # After a kill the server's own processes take a moment to notice; until then a new one does not start.
            if self.server is None or self.server.poll() is not None:
                self.server = self._process()
            try:
                self._run("pg_isready")
            except RuntimeError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text(errors='replace')}")

    def stop(self) -> None:
        """Stop it as an operator does who does not wait for clients ("fast")."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill it, without a chance to write anything any more."""
        self._end(signal.SIGKILL)

    def _process(self) -> subprocess.Popen[bytes]:
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                user=self.account,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _run(self, program: str, *arguments: str) -> None:
        command: list[str | Path] = [self.programs / program, "-h", self.folder, "-U", "postgres", *arguments]
        run(command, account=self.account, folder=self.folder)

    def _end(self, number: signal.Signals) -> None:
        assert self.server is not None
        self.server.send_signal(number)
        self.server.wait(timeout=SECONDS_TO_START)

    def _remove(self) -> None:
        if self.server is not None and self.server.poll() is None:
            self._end(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)
