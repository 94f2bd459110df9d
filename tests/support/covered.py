"""Fail where the rooms that guard exams are not run by tests: `python -m tests.support.covered` after a run with --cov.

All lines of a room, and 98 of 100 of its branches. Elsewhere no limit is set: it would invite tests for their own sake.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOMS = ("access.py", "credentials", "intake", "lifecycle", "signin", "timing.py")
LEAST_BRANCHES = 0.98


def room_of(file: str) -> str:
    """Return the room of the app that a file lies in."""
    return Path(file).parts[1]


def too_little(measured: dict[str, dict[str, Any]]) -> list[str]:
    """Return a sentence for each room of which tests run too little."""
    sentences = []
    for room in ROOMS:
        sums = [one["summary"] for file, one in measured.items() if room_of(file) == room]
        if not sums:
            sentences.append(f"{room} was not measured at all.")
            continue
        missing = sum(one["missing_lines"] for one in sums)
        branches, covered = (sum(one[name] for one in sums) for name in ("num_branches", "covered_branches"))
        if missing:
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
    sentences = too_little({file: one for file, one in measured.items() if file.startswith("candidates/")})
    print("\n".join(sentences) or "All lines and enough branches of the rooms that guard exams are run by tests.")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
