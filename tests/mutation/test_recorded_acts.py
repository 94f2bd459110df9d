"""Each act of the audit has a test that fails where its row is missing (C72): `make mutation` runs this."""

import os
import re
import subprocess
import sys
from pathlib import Path

from candidates.models import AuditEvent
from tests.recorded_acts import RECORDED_BY

PROJECT = Path(__file__).parent.parent.parent


def test_without_its_row_the_test_of_each_act_fails() -> None:
    names = sorted({f"tests/{name}" for name in RECORDED_BY.values()})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-rA", "--tb=no"]
    command += ["-p", "tests.support.lost_rows", *names]
    # A run of its own, with a database of its own.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_DATABASE", "PYTEST"))}
    done = subprocess.run(command, cwd=PROJECT, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr  # 1: they ran, and some failed
    assert re.findall(r"^PASSED (\S+)", done.stdout, re.M) == []
    failed = {name.partition("[")[0] for name in re.findall(r"^FAILED (\S+)", done.stdout, re.M)}
    assert failed == set(names)
    assert len(RECORDED_BY) == len(AuditEvent.Action)
