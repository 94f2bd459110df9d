"""Imports of permanent users by their limits: 1500 with passwords, and 150,000 without, everything after the press."""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from django.db import connection
from django.test import Client

from candidates.intake.accounts.reporting import seen_of
from candidates.intake.accounts.running import start_import
from candidates.models import Import, PermanentUser, User
from tests.benchmarks.support import Report, measure
from tests.factories import make_staff
from tests.intake.accounts.files import form, waiting_users

PROJECT = Path(__file__).resolve().parent.parent.parent
MANY = 150_000
FEW = 1500
LIMIT_MS = 60_000
MOST_MB = 500
# What a worker process does, and the most memory that it took, in KiB; getrusage would tell its parent's as well.
WORK = """
import pathlib, re
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {database!r}
from candidates.intake.accounts.running import work_on
while work_on({public_id!r}):
    pass
print(re.search(r"VmHWM:\\s+([0-9]+)", pathlib.Path("/proc/self/status").read_text())[1])
"""


def importer() -> User:
    return User.objects.filter(username="importer").first() or make_staff("importer", is_administrator=True)


def many_rows(size: int, *, passwords: bool) -> str:
    lines = (f"Kari{n % 997};Nordmann{n % 7919};{size}user{n}" for n in range(size))
    return "".join(f"{line};lang setning nummer {n}\n" if passwords else f"{line}\n" for n, line in enumerate(lines))


def run_by_worker(waiting: Import) -> int:
    """Press the button and let a process of its own work to the end; return the memory that it took, in MB."""
    start_import(waiting, seen=seen_of(waiting))
    code = WORK.format(database=str(connection.settings_dict["NAME"]), public_id=waiting.public_id)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.problems) == ("done", [])
    return int(done.stdout) // 1024


@pytest.mark.django_db(transaction=True)
def test_imports_of_permanent_users() -> None:
    report = Report(f"Import of permanent users, {connection.vendor}")
    columns = form("first_name", "last_name", "username")

    def timed(act: Callable[[], object]) -> float:
        return measure(act, runs=1)

    found: list[Import] = []
    text = many_rows(FEW, passwords=True)
    with_password = form("first_name", "last_name", "username", "password")
    seconds = timed(lambda: found.append(waiting_users(importer(), text, form=with_password)))
    report.at_most_ms("upload and check of 1500 with passwords", seconds, 5_000)
    report.at_most_ms("1500 with passwords, press to done", timed(lambda: run_by_worker(found[0])), LIMIT_MS)

    text = many_rows(MANY, passwords=False)
    seconds = timed(lambda: found.append(waiting_users(importer(), text, form=columns)))
    report.at_most_ms("upload and check of 150,000", seconds, LIMIT_MS)
    client = Client()
    client.force_login(importer(), backend="candidates.signin.backends.PasswordBackend")
    address = f"/permanent-users/import/{found[1].public_id}/"
    report.at_most_ms("a look at the preview of 150,000", measure(lambda: client.get(address)), 500)
    seconds = timed(lambda: client.post(f"{address}mend/", {"leave_out": "7"}))
    report.at_most_ms("one row of 150,000 left out", seconds, LIMIT_MS / 2)
    waiting = Import.objects.get(pk=found[1].pk)
    began = perf_counter()
    taken = run_by_worker(waiting)
    report.at_most_ms("150,000, press to done", perf_counter() - began, LIMIT_MS)
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"\nMemory at most: the worker {taken} MB, the process that read and checked {here} MB")
    assert taken <= MOST_MB
    assert PermanentUser.objects.count() == FEW + MANY - 1
    report.show()
