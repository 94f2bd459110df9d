"""`make demo-rosters`: two student systems, an environment that names them, and nothing that is left running."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspera_deliver import environment
from inspera_deliver.roster_sources import read_roster_sources
from tests.test_demo_sso import answers, free_ports

PROJECT = Path(__file__).resolve().parent.parent
# Stands in for `make demo-sso`, and asks FS for nothing but whether it is there.
COMMAND = """
import json, os, urllib.error, urllib.request
print("beside", json.dumps({name: value for name, value in os.environ.items() if name.startswith("ROSTER_")}))
try:
    urllib.request.urlopen(os.environ["ROSTER_FS_URL"])
except urllib.error.HTTPError as error:
    print("answered", error.code, os.path.exists(os.environ["ROSTER_LADOK_CERTIFICATE"]))
raise SystemExit(7)
"""


@pytest.mark.slow  # starts what serves the demonstration
def test_both_are_whole_sources_while_the_command_runs_and_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_ports()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.demo_rosters", "--", sys.executable, "-c", COMMAND],
        cwd=PROJECT,
        env={**os.environ, "PORT": str(port - 2)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 7, done.stdout + done.stderr
    told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("beside")).partition(" ")[2])
    monkeypatch.setattr("os.access", lambda *_path: True)  # the certificates went with it
    monkeypatch.setattr(environment, "config", lambda name, default="", cast=str: cast(told.get(name, default)))
    found, left_out = read_roster_sources(["campus", "fjordane"])
    assert ([(one["slug"], one["problems"]) for one in found], left_out) == ([("ladok", []), ("fs", [])], [])
    assert " True" in next(line for line in done.stdout.splitlines() if line.startswith("answered"))
    assert not Path(told["ROSTER_LADOK_CERTIFICATE"]).exists()
    assert not answers(port + 1)
    assert not answers(port + 2)
