"""The Makefile on a machine where something is missing."""

import os
import re
import shutil
import subprocess
import sys
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


def make(folder: Path, target: str = ".venv/bin/pip", **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        [shutil.which("make") or "make", target, f"PYTHON={folder / 'python3'}"],
        cwd=folder,
        env=kept | environment,
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


@pytest.mark.slow
def test_without_node_it_says_what_to_install_before_anything_is_made(folder: Path) -> None:
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/pip").touch()
    # the Python that this one was made from: without the Node.js that tests bring along
    (folder / ".venv/bin/python").symlink_to(Path(sys.base_prefix) / "bin/python3")
    (folder / "requirements.txt").touch()
    (folder / ".venv/.installed").touch()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PROJECT / name, folder)
    shutil.copytree(PROJECT / "tests/support", folder / "tests/support")
    done = make(folder, "demo-sso", PATH=str(folder))
    assert done.returncode != 0
    said = done.stderr.splitlines()[0]
    assert "Node.js 20 or newer with npm; none was found" in said
    assert "apt-get install nodejs npm" in said
    assert "`make run` works without" in said
    assert not (folder / ".env").exists()


def test_everything_that_logs_in_at_the_provider_or_checks_scripts_waits_for_its_packages() -> None:
    rules = re.findall(r"^([a-z-]+): (.*?)(?: ##.*)?$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    waiting = {name for name, needed in rules if "node-packages" in needed.split()}
    assert waiting == {"test", "coverage", "test-sqlite", "test-postgres", "test-slow", "demo-sso", "demo-rosters"} | {
        "lint",
        "format",
    }
