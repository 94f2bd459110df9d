"""`make audit` fails on a weakness and on nothing else, and is never content with having looked up nothing."""

import os
import subprocess
import sys

import pytest

from tests.support import audit

DJANGO = '{"name": "django", "version": "5.2.1", "vulns": [%s]}'
WEAK = '{"id": "CVE-2025-64459", "fix_versions": ["5.2.8"], "aliases": [], "description": ""}'
SKIPPED = '{"name": "idna", "skip_reason": "Dependency not found on PyPI"}'
NO_NET = "Traceback (most recent call last):\n  File ...\nrequests.exceptions.ConnectionError: [Errno 111]"


def fake(said: str = "", error: str = "", code: int = 0) -> list[str]:
    """Return a command that says what pip-audit would."""
    return [sys.executable, "-c", f"import sys; print({said!r}); print({error!r}, file=sys.stderr); sys.exit({code})"]


def report(*packages: str) -> str:
    return f'{{"dependencies": [{", ".join(packages)}], "fixes": []}}'


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (fake(report(DJANGO % "")), 0, "No known weakness in 1 pinned packages."),
        (fake(report(DJANGO % WEAK), code=1), 1, "django 5.2.1: CVE-2025-64459, mended in 5.2.8"),
        (fake(report(DJANGO % WEAK, SKIPPED), code=1), 1, "Not looked up: idna."),
        (fake(report(DJANGO % "", SKIPPED)), 0, "Not looked up: idna."),
        (fake(report(SKIPPED), "No known vulnerabilities found"), 0, "Known weaknesses were not looked up"),
        (fake(error=NO_NET, code=1), 0, "Known weaknesses were not looked up"),
        (fake(error="No module named pip_audit", code=1), 1, "pip-audit did not work: No module named pip_audit"),
        (fake("<html>", code=1), 1, "pip-audit did not work"),
    ],
)
def test_it_fails_on_weaknesses_alone(command: list[str], code: int, words: str, capsys) -> None:
    assert audit.main(command) == code
    assert words in capsys.readouterr().out


@pytest.mark.slow
def test_where_nothing_answers_it_says_so_and_goes_on() -> None:
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.audit"],
        cwd=audit.PROJECT,
        env={**os.environ, **nowhere, "XDG_CACHE_HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, audit.NOT_REACHED), done.stderr


def test_it_looks_up_every_pin() -> None:
    assert str(audit.PROJECT / "requirements-dev.txt") in audit.pip_audit()
    assert "-r requirements.txt" in (audit.PROJECT / "requirements-dev.txt").read_text()
