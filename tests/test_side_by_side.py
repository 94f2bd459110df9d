"""The server and the worker of `make run`: one command, the server goes on, and neither stays behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
WAITS = [sys.executable, "-c", "import time; time.sleep(60)"]
# Says its name in a file, and when it was told to end.
TELLS = "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(pathlib.Path(sys.argv[1]).write_text('ended') and 0)); pathlib.Path(sys.argv[1]).write_text('runs'); time.sleep(60)"  # noqa: E501


def start(server: list[str], worker: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "inspera_deliver.side_by_side", *server, "--", *worker],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_when_the_server_ends_the_worker_ends_with_it_and_that_is_said(tmp_path: Path) -> None:
    told = tmp_path / "told"
    waits_for_it = f"import pathlib, time\nwhile not pathlib.Path({str(told)!r}).exists(): time.sleep(0.05)"
    server = [sys.executable, "-c", f"{waits_for_it}\nraise SystemExit(3)"]
    running = start(server, [sys.executable, "-c", TELLS, str(told)])
    _nothing, said = running.communicate(timeout=30)
    assert running.returncode == 3
    assert told.read_text() == "ended"
    assert "The server has ended" in said


@pytest.mark.slow
def test_a_worker_that_ends_is_started_again_and_the_server_goes_on(tmp_path: Path) -> None:
    told = tmp_path / "told"
    once_more = f"import pathlib; open({str(told)!r}, 'a').write('x'); raise SystemExit(1)"
    running = start(WAITS, [sys.executable, "-c", once_more])
    until = time.monotonic() + 30
    while time.monotonic() < until and not (told.exists() and told.read_text().startswith("xx")):
        assert running.poll() is None, "it goes on"
        time.sleep(0.05)
    assert told.read_text().startswith("xx")
    running.send_signal(signal.SIGTERM)
    _nothing, said = running.communicate(timeout=30)
    assert running.returncode == 128 + signal.SIGTERM
    assert "The background worker has ended. It starts again" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both_and_the_worker_gets_one_alone(number: int, tmp_path: Path) -> None:
    told = tmp_path / "told"
    running = start(WAITS, [sys.executable, "-c", TELLS, str(told)])
    while not told.exists() or not told.read_text():
        time.sleep(0.05)
    running.send_signal(number)
    running.communicate(timeout=30)
    assert running.returncode == 128 + number
    assert told.read_text() == "ended"


def test_without_two_commands_it_says_how_it_is_used() -> None:
    command = [sys.executable, "-m", "inspera_deliver.side_by_side", "server"]
    said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "Usage" in said.stderr
