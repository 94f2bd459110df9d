"""Look up known weaknesses of the pinned packages: python -m tests.support.audit.

Fails on a weakness that is found, and says in one line what could not be looked up. pip-audit itself does neither:
without `--strict` it reports "No known vulnerabilities" where it could look up nothing, and with it a package index
that has no such data looks like a weakness.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent
SECONDS = 300
FILES = ("requirements.txt", "requirements-dev.txt")
# How the last line of pip-audit's trace begins where nothing answers, or not what was asked.
NO_ANSWER = ("requests.exceptions.", "urllib3.exceptions.", "pip_audit._service.interface.")
NOT_REACHED = "Known weaknesses were not looked up: their data cannot be reached from here."


def pip_audit() -> list[str]:
    """Return the command that looks up every pin: requirements-dev.txt includes requirements.txt."""
    options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    return [sys.executable, "-m", "pip_audit", "--requirement", str(PROJECT / FILES[-1]), *options]


def main(command: Sequence[str]) -> int:
    """Run pip-audit, say what came of it in lines, and return 1 where a weakness was found or it did not work."""
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        print(NOT_REACHED)
        return 0
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return _no_report(done)
    found = [line for package in packages for line in weaknesses(package)]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    looked_up = len(packages) - len(skipped)
    for line in found:
        print(line)
    if not looked_up:
        print(NOT_REACHED)
    elif skipped:
        print(f"Not looked up: {', '.join(skipped)}.")
    if not found and looked_up:
        print(f"No known weakness in {looked_up} pinned packages.")
    return 1 if found else 0


def weaknesses(package: dict[str, Any]) -> list[str]:
    """Return a line for each weakness of a package."""
    name = f"{package['name']} {package.get('version', '')}"
    return [
        f"{name}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version'}"
        for one in package.get("vulns", ())
    ]


def _no_report(done: subprocess.CompletedProcess[str]) -> int:
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    if last.startswith(NO_ANSWER):
        print(NOT_REACHED)
        return 0
    print(f"pip-audit did not work: {last}")
    return 1


if __name__ == "__main__":
    sys.exit(main(pip_audit()))
