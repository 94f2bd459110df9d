"""Fail where the rooms that guard exams are not run by tests: `python -m tests.support.covered` after a run with --cov.

All lines of a room, and 98 of 100 of its branches. Elsewhere no limit is set: it would invite tests for their own sake.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOMS = ("access.py", "credentials", "intake", "lifecycle", "rosters", "signin", "timing.py")
LEAST_BRANCHES = 0.98


def room_of(file: str) -> str:
    """Return the room of the app that a file lies in."""
    return Path(file).parts[1]


def figures(measured: dict[str, dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the sums of each room that was measured: lines and branches, and how many of them tests run."""
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    found: dict[str, dict[str, int]] = {}
    for file, one in measured.items():
        if (room := room_of(file)) in ROOMS:
            sums = found.setdefault(room, dict.fromkeys(names, 0))
            for name in names:
                sums[name] += one["summary"][name]
    return found


def too_little(found: dict[str, dict[str, int]]) -> list[str]:
    """Return a sentence for each room of which tests run too little."""
    sentences = []
    for room in ROOMS:
        if (sums := found.get(room)) is None:
            sentences.append(f"{room} was not measured at all.")
            continue
        branches, covered = sums["num_branches"], sums["covered_branches"]
        if missing := sums["num_statements"] - sums["covered_lines"]:
            sentences.append(f"{room}: no test runs {missing} of its lines.")
        if covered < LEAST_BRANCHES * branches:
            sentences.append(f"{room}: tests take {covered} of its {branches} branches, not {LEAST_BRANCHES:.0%}.")
    return sentences


def main() -> int:
    """Read what was measured, say what is missing, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "--quiet", "-o", report], check=True)
        measured = json.loads(report.read_text())["files"]
    found = figures({file: one for file, one in measured.items() if file.startswith("candidates/")})
    for room, sums in sorted(found.items()):
        print(
            room,
            "{covered_lines} of {num_statements} lines, {covered_branches} of {num_branches} branches".format(**sums),
        )
    sentences = too_little(found)
    print("\n".join(sentences) or "All lines and enough branches of the rooms that guard exams are run by tests.")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
