"""Run acts at the same moment, each in a real process with a connection of its own to the test's database.

A runner process sets Django up once, before there is a connection, and forks one process for each act. All wait at a
barrier with their connection open; then they start together. The runner hands back what each returned or raised, and
which were killed. It never connects itself, so that nothing is shared but the database.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

SECONDS = 120  # far beyond any race: only what hangs reaches it
PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Act:
    """What one process does: a function of a test module and its keywords, both as JSON can carry them.

    `kill_after` kills it that many seconds (a float) after the start, `kill_at` before its n-th SQL statement.
    """

    function: str  # "tests.races.test_cap:writer"
    keywords: Mapping[str, Any] = field(default_factory=dict)
    kill_after: float | None = None
    kill_at: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an act ended: what it returned, the class and text of what it raised, or that it was killed."""

    value: Any = None
    error: str = ""
    text: str = ""
    killed: bool = False

    @property
    def done(self) -> bool:
        """Say whether the act came to its end."""
        return not self.error and not self.killed


class Runner:
    """The process that forks the racers; use it as a context."""

    def __init__(self, database: str) -> None:
        self.database = database

    def __enter__(self) -> "Runner":
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "inspera_deliver.settings",
            "RACE_DATABASE": self.database,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.races.support"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=PROJECT,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=SECONDS)
        self.process.stdout.close()

    def race(self, *acts: Act) -> list[Outcome]:
        """Start all acts at the same moment and return their outcomes in the same order."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = [[act.function, dict(act.keywords), act.kill_after, act.kill_at] for act in acts]
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the runner ended; its error stands above"
        return [Outcome(**outcome) for outcome in json.loads(answer)]


def serve() -> None:
    """Be the runner: answer each line of acts with a line of outcomes, until standard input ends."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.handlers.base import BaseHandler
    from django.urls import reverse

    settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
    # Pages and middleware are loaded before the fork: each racer would do so after the start, which takes a second.
    reverse("home")
    BaseHandler().load_middleware()
    for line in sys.stdin.buffer:
        outcomes = run_all([Act(*parts) for parts in json.loads(line)])
        sys.stdout.write(json.dumps(outcomes) + "\n")
        sys.stdout.flush()


def run_all(acts: Sequence[Act]) -> list[dict[str, Any]]:
    """Fork one process for each act, let them go together, and collect how each ended."""
    for act in acts:
        import_module(act.function.partition(":")[0])
    go_read, go_write = os.pipe()
    racers = []
    for act in acts:
        answer_read, answer_write = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(go_write)
            os.close(answer_read)
            be_racer(act, go_read, answer_write)
        os.close(answer_write)
        racers.append((process, answer_read))
    os.close(go_read)
    for _process, answer in racers:
        wait_for_ready(answer)
    started = time.monotonic()
    os.close(go_write)  # all of them wait for this end of file
    for seconds, process in sorted(
        (act.kill_after, process)
        for act, (process, _answer) in zip(acts, racers, strict=True)
        if act.kill_after is not None
    ):
        time.sleep(max(0.0, started + seconds - time.monotonic()))
        os.kill(process, signal.SIGKILL)
    return [outcome_of(process, answer) for process, answer in racers]


def wait_for_ready(answer: int) -> None:
    """Wait for the one byte by which a racer says that it stands at the barrier."""
    readable, _writable, _broken = select.select([answer], [], [], SECONDS)
    if not readable or os.read(answer, 1) != b"r":
        raise RuntimeError("a racer did not reach the barrier")


def outcome_of(process: int, answer: int) -> dict[str, Any]:
    """Read what a racer wrote before it ended, and how it ended."""
    with os.fdopen(answer, "rb") as pipe:
        written = pipe.read()
    _process, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return {"killed": True}
    return dict(json.loads(written))


def be_racer(act: Act, go: int, answer: int) -> None:
    """Be one racer, from the fork to the end of the process."""
    from django.db import connection

    from tests.support import lock_order

    lock_order.watch(connection)
    module, _, name = act.function.partition(":")
    function = getattr(import_module(module), name)
    connection.ensure_connection()
    if act.kill_at is not None:
        connection.execute_wrappers.append(Suicide(act.kill_at))
    os.write(answer, b"r")
    os.read(go, 1)
    try:
        outcome = {"value": function(**act.keywords)}
    except Exception as error:  # noqa: BLE001, RUF100  whatever it is, the test judges it
        outcome = {"error": type(error).__name__, "text": str(error)}
    connection.close()
    os.write(answer, json.dumps(outcome).encode())
    os._exit(0)


class Suicide:
    """Kill the own process before the n-th statement, as a power cut would."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Count the statement; die at the last one."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


if __name__ == "__main__":
    serve()
