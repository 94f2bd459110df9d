"""The Makefile on a machine where something is missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# A Python that fails after half a virtual environment, as Debian's does without python3-venv, until it is mended.
PYTHON = """#!/bin/sh
test "$2" = venv || exit 0
rm -rf .venv && mkdir -p .venv/bin && touch .venv/bin/python
test -e mended || exit 1
touch .venv/bin/pip
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(PROJECT / "Makefile", tmp_path)
    python = tmp_path / "python3"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def make(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", ".venv/bin/pip", f"PYTHON={folder / 'python3'}"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_virtual_environment_that_failed_half_way_is_made_again(folder: Path) -> None:
    failed = make(folder)
    assert failed.returncode != 0
    assert "python3-venv" in failed.stderr
    assert (folder / ".venv/bin/python").exists()
    (folder / "mended").touch()
    assert make(folder).returncode == 0
    assert (folder / ".venv/bin/pip").exists()


def test_one_that_is_whole_is_left_alone(folder: Path) -> None:
    (folder / "mended").touch()
    make(folder)
    assert "up to date" in make(folder).stdout


def test_installing_waits_for_a_whole_one() -> None:
    rules = [line for line in (PROJECT / "Makefile").read_text().splitlines() if line.startswith(".venv/.installed")]
    assert [line.rpartition("| ")[2] for line in rules] == [".venv/bin/pip", ".venv/bin/pip"]
