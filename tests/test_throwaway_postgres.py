"""The throw-away PostgreSQL of the tests: it passes exit codes on and leaves nothing behind, even when killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
CONNECT = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).execute('{}').fetchone()[0])"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder that a server run by another account can reach (pytest's own are closed to others)."""
    path = Path("/tmp") / f"deliver-test-{os.getpid()}-{time.monotonic_ns()}"
    path.mkdir(mode=0o755)
    yield path
    assert list(path.iterdir()) == []
    path.rmdir()


def runner(folder: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.postgres", "--", *command],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def servers(folder: Path) -> list[str]:
    """Return the command lines of the processes that name the folder (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:  # it ended while we were looking
            continue
        if str(folder).encode() in line:
            found.append(line.decode(errors="replace"))
    return found


def gone(folder: Path) -> bool:
    """Return whether server and files are gone, waiting as long as a slow machine needs."""
    for _ in range(600):
        if not servers(folder) and not list(folder.iterdir()):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_a_command_reaches_a_real_server_and_its_exit_code_comes_back(folder: Path) -> None:
    process = runner(folder, sys.executable, "-c", CONNECT.format("show max_connections") + "; raise SystemExit(7)")
    output, _ = process.communicate()
    assert output.strip() == "400"
    assert process.returncode == 7
    assert gone(folder)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_ending_the_runner_leaves_no_server_behind(folder: Path, number: signal.Signals) -> None:
    with runner(folder, "sh", "-c", "echo up; exec sleep 20") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        assert servers(folder)
        process.send_signal(number)
    assert gone(folder)


def test_no_command_is_an_error() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.support.postgres", "--"], cwd=PROJECT, capture_output=True)
    assert done.returncode == 2
