"""Run a command beside a Ladok and an FS whose exams change: python -m tests.support.demo_rosters -- COMMAND...

`make demo-rosters` runs `make demo-sso` in this way. It lives here, beside the student systems of the tests: they take
a key that is no secret. What changes in them is printed, so that one can look for it on the page of a connected test.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from candidates.management.demo_people import SSO_PEOPLE
from tests.support import fs_server, ladok_server
from tests.support.demo_sso import SETUPS, lin_of
from tests.support.ladok_answers import Student
from tests.support.openid import end

SECONDS_BETWEEN_CHANGES = 20.0
# After the port of the demonstration and those of its two OpenID providers.
LADOK, FS = 3, 4
CAMPUS, FJORDANE = SETUPS
SAID = f"""  Ladok, Fjordane and FS, Havnes have two exams each, in the coming days. Something changes in one of them
  every {SECONDS_BETWEEN_CHANGES:.0f} seconds, and is printed here. Log in as planner and make a test from one of
  the exams, or connect one that you have. The worker looks once a minute; “Look now” does so at once."""


def certificates(folder: Path, authorities: ladok_server.Authorities) -> dict[str, str]:
    """Write what we show to Ladok and what its own certificate is checked by; return the settings that name them."""
    ours = authorities.clients.issue_cert("deliver")
    ours.cert_chain_pems[0].write_to_path(folder / "deliver.pem")
    ours.private_key_pem.write_to_path(folder / "deliver.key")
    authorities.server.cert_pem.write_to_path(folder / "ca.pem")
    named = {"CERTIFICATE": "deliver.pem", "KEY": "deliver.key", "CA": "ca.pem"}
    return {f"ROSTER_LADOK_{part}": str(folder / name) for part, name in named.items()}


def environment(ladok: ladok_server.Ladok, fs: fs_server.Fs, named: dict[str, str]) -> dict[str, str]:
    """Return the settings of both student systems; the environment goes before a .env."""
    of_ladok = {
        "KIND": "ladok",
        "LABEL": "Ladok, Fjordane",
        "URL": ladok.address,
        "AUTHENTICATION_TYPE": FJORDANE.slug,
        "CLAIM": "norEduPersonLIN",
        "SUPPORT_URL": f"{ladok.address}{ladok_server.APPLICATIONS}?aktivitetstillfalleUID={{exam}}",
        # nothing about a room of one's own: what the table does not have is shown to the planner as open
        "SUPPORT": "Förlängd skrivtid:25%",
    }
    of_fs = {
        "KIND": "fs",
        "LABEL": "FS, Havnes",
        "URL": fs.address,
        "API_KEY": fs_server.API_KEY,
        "ORGANISATION": fs_server.ORGANISATION,
        "AUTHENTICATION_TYPE": CAMPUS.slug,
        "CLAIM": CAMPUS.claim,
    }
    every = {"EVERY_MINUTES": "1"}
    return {
        "ROSTER_SOURCES": "ladok,fs",
        **{f"ROSTER_LADOK_{part}": value for part, value in (of_ladok | every).items()},
        **{f"ROSTER_FS_{part}": value for part, value in (of_fs | every).items()},
        **named,
    }


def run_beside(command: Sequence[str], ladok: ladok_server.Ladok, fs: fs_server.Fs, more: dict[str, str]) -> int:
    """Run the command and let exams change until it or a signal ends it; return its exit code (128 + signal)."""
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: told.append(number))
    chance = random.Random(1)
    child = subprocess.Popen(command, env={**os.environ, **more})
    turn = 0
    while not told:
        try:
            child.wait(SECONDS_BETWEEN_CHANGES)
            break
        except subprocess.TimeoutExpired:
            if turn % 2:
                said = f"FS: {fs_server.change_something(fs, chance, turn // 2)}"
            else:
                said = f"Ladok: {ladok_server.change_something(ladok, chance, turn // 2)}"
            turn += 1
            print(f"  {said}", flush=True)
    if told:
        end(child)
        return 128 + told[0]
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(arguments: Sequence[str]) -> int:
    """Start both on the ports after those of `make demo-sso`, run the command, and stop them; return its exit code."""
    command = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    if not command:
        print("Usage: python -m tests.support.demo_rosters -- COMMAND...", file=sys.stderr)
        return 2
    port = int(os.environ.get("PORT") or 8000)
    known = [
        Student(first=first, last=last, uid=lin_of(f"{first} {last}")) for first, last in map(str.split, SSO_PEOPLE[1])
    ]
    feide = {sso_user_id: name for name, sso_user_id in SSO_PEOPLE[0].items()}
    authorities = ladok_server.Authorities()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        chance = random.Random(1)
        try:
            ladok = stack.enter_context(
                ladok_server.served(
                    ladok_server.seeded(chance, known=known), port=port + LADOK, context=authorities.context()
                )
            )
            fs = stack.enter_context(fs_server.served(fs_server.seeded(chance, known=feide), port=port + FS))
        except OSError as problem:
            print(
                f"The student systems cannot listen on the ports {port + LADOK} and {port + FS}: {problem}",
                file=sys.stderr,
            )
            return 1
        print(f"\n{SAID}\n", flush=True)
        return run_beside(command, ladok, fs, environment(ladok, fs, certificates(folder, authorities)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
