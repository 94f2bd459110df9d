"""Run the storms on the database of DATABASE_URL, on a SQLite file where there is none: python -m tests.storm.

Settings: CANDIDATES, CONNECTIONS, CROWDS, SAMPLE, FULL, FILES, GUESSERS, GUESSING_SECONDS, SERVER_ARGUMENTS, and
API_CLIENT, which lets another system send beside the crowd as fast as it can. Ends with 1 where a bar is passed.
"""

import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psutil

from tests.storm import guessing
from tests.storm.installation import PROJECT, SERVER, Installation
from tests.storm.load import Watch
from tests.storm.report import HASH_SECONDS, Storm, bars, beside_guesses, compare, judge, show, sizing, slower

CANDIDATES = int(os.environ.get("CANDIDATES") or 1500)
CONNECTIONS = int(os.environ.get("CONNECTIONS") or 300)
CROWDS = os.environ.get("CROWDS") or "one-time default-hasher permanent mixed"
FULL = bool(os.environ.get("FULL"))
FILES = bool(os.environ.get("FILES"))
API_CLIENT = bool(os.environ.get("API_CLIENT"))
ARGUMENTS = (os.environ.get("SERVER_ARGUMENTS") or SERVER).split()
SAMPLE = int(
    os.environ.get("SAMPLE") or 150
)  # with Django's default hasher: enough to keep all cores busy for half a minute
SECONDS_TO_END = 300
PHASES = ["log in", "start", "write", "hand in"]
ALONE = ["open elsewhere", "log in alone"]  # a login without pages, for the ratio


def main() -> int:
    """Run each crowd, print, and say which bars are passed."""
    url = os.environ.get("DATABASE_URL") or None
    name = "PostgreSQL" if url else "SQLite"
    print(f"{name}; gunicorn {' '.join(ARGUMENTS)}; {psutil.cpu_count()} cores, shared with the client", flush=True)
    took = hash_seconds()
    times = slower(took)
    print(
        f"One hash of Django's default takes {took:.2f} s here; where the bars were set it took {HASH_SECONDS:.2f} s, "
        f"so bars of seconds are {times:.1f} times as long",
        flush=True,
    )
    storms: dict[str, Storm] = {}
    with tempfile.TemporaryDirectory(prefix="deliver-storm-") as folder:
        for kind in CROWDS.split():
            storms[kind] = one_storm(Path(folder), name, url, kind)
            show(storms[kind], CONNECTIONS)
            beside_guesses(storms[kind])
    beside = storms.get("default-hasher")
    if beside and "one-time" in storms:
        compare(storms["one-time"], beside)
    sizing(list(storms.values()))
    missed = [f"{kind}: {what}" for kind, storm in storms.items() for what in judge(storm, beside, times)]
    for line in missed:
        print(f"OVER  {name}, {line}")
    for kind, storm in storms.items():
        print(f"{name}, {kind}, was held to: {bars(storm, beside, times)}.")
    if not missed:
        print(f"{name}: every bar that it was held to is kept.")
    return 1 if missed else 0


def hash_seconds() -> float:
    """Return how long one hash of Django's default takes on this machine, in seconds; the least of three."""
    durations = []
    for _ in range(3):
        start = time.perf_counter()
        hashlib.pbkdf2_hmac("sha256", b"correct horse", b"battery staple", 1_000_000)
        durations.append(time.perf_counter() - start)
    return min(durations)


def one_storm(folder: Path, name: str, url: str | None, kind: str) -> Storm:
    """Make an installation with a crowd, let it come, and look into the database afterwards."""
    slow = kind == "default-hasher"
    count = min(SAMPLE, CANDIDATES) if slow and not FULL else CANDIDATES
    settings = "tests.storm.default_hasher" if slow else "tests.storm.settings"
    place = Installation(folder, f"storm-{kind}-{secrets.token_hex(4)}", database_url=url, settings=settings)
    people = place.crowd(kind, count)
    storm = Storm(name, kind, count)
    phases = ["log in"] if slow else [*(["files"] if FILES else []), *PHASES]
    if kind == "one-time":
        phases[phases.index("hand in") : phases.index("hand in")] = [guessing.QUIET, guessing.BESIDE]
    phases += ALONE if kind in {"one-time", "default-hasher"} else []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with place.server(ARGUMENTS, port) as server:
        answers = _let_come(storm, place, server, port, people, phases)
    if not slow:
        storm.wrong = place.check(answers)
        if len(answers) < count:
            storm.wrong = [*storm.wrong, f"{count - len(answers)} x no saved answer"]
    return storm


def _let_come(
    storm: Storm,
    place: Installation,
    server: psutil.Process,
    port: int,
    people: Sequence[dict[str, Any]],
    phases: Sequence[str],
) -> dict[str, str]:
    """Run the client beside the server, note what each phase costs, and return what was reported saved."""
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.storm.client", address, str(CONNECTIONS), ",".join(phases)]
    crowd = Path(place.environment["STORM_FOLDER"]) / "crowd.json"
    crowd.write_text(json.dumps(people))
    with (
        beside(place, address) if API_CLIENT else nullcontext(),
        crowd.open() as given,
        subprocess.Popen(command, cwd=PROJECT, stdin=given, stdout=subprocess.PIPE, text=True) as client,
    ):
        groups = {"web processes": server, "client": psutil.Process(client.pid)}
        if database := place.database_process():
            groups["database"] = database
        assert client.stdout is not None
        watch = Watch(groups, port)
        for line in map(json.loads, client.stdout):
            if "people" in line:
                watch = Watch(groups, port).__enter__()
            elif "wall" in line:
                watch.__exit__(None, None, None)
                storm.phases[line["phase"]] = watch.load(line["wall"])
                storm.after[line["phase"]] = line["after"]
            else:
                storm.steps, storm.errors = line["seconds"], line["errors"]
                storm.sent_again, storm.not_yet, storm.files = line["sent_again"], line["not_yet"], line["files"]
                answers: dict[str, str] = line["answers"]
    if client.returncode:
        raise RuntimeError("the client ended; its error stands above")
    return answers


@contextmanager
def beside(place: Installation, address: str) -> Iterator[None]:
    """Let another system send as fast as it can meanwhile, and say what it was answered."""
    key = place.api_key()
    command = [sys.executable, "-m", "tests.storm.api_client", address]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as system:
        assert system.stdin is not None
        system.stdin.write(key)
        system.stdin.close()
        system.stdin = None
        try:
            yield
        finally:
            system.terminate()
            said, _errors = system.communicate(timeout=SECONDS_TO_END)
            print(f"  beside a system that sends as fast as it can: {said.strip()}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
