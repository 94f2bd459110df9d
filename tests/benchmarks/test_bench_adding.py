"""Importing 1500 one-time users beside the bare database work, and pages of 1500 rows that are not stored yet."""

import json
from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from candidates.intake.columns import Mapped, map_columns
from candidates.intake.drafts import keep_draft
from candidates.intake.headings import ONE_TIME
from candidates.intake.importing import confirm, preview
from candidates.intake.reading import read_upload
from candidates.models import Import, Test, User
from tests.benchmarks.support import Report, measure, measure_each
from tests.benchmarks.test_bench_candidates import N, bare_add
from tests.factories import add, make_staff, make_test

number = count(1)
DATA = b"Candidate ID;Extra time\n" + b"".join(
    b"%04d;%s\n" % (n, b"30" if n % 20 == 0 else b"") for n in range(1, N + 1)
)


def read() -> Mapped:
    return map_columns(read_upload(DATA, "list.csv"), ONE_TIME)


def draft_on(test: Test, planner: User) -> Import:
    table = read_upload(DATA, "list.csv")
    return keep_draft(
        test=test,
        by=planner,
        kind="one_time",
        table=table,
        mapped=map_columns(table, ONE_TIME),
        data=DATA,
        file_name="x",
    )


@pytest.mark.django_db(transaction=True)
def test_bench_adding() -> None:
    planner = make_staff("planner", is_planner=True)
    report = Report(f"Adding 1500 one-time users on {connection.vendor}")

    def empty() -> Test:
        return make_test(planner=planner, name=f"Test {next(number)}")

    def waiting() -> tuple[Test, Import, str]:
        test = empty()
        draft = draft_on(test, planner)
        return test, draft, preview(draft).seen(test)

    def bring_in(prepared: tuple[Test, Import, str]) -> None:
        _test, draft, shown = prepared
        assert confirm(draft, by=planner, seen=shown).added == N

    report.at_most_times(
        "confirm 1500 (check, map, store)",
        measure_each(waiting, bring_in),
        "bare bulk insert",
        measure_each(empty, bare_add),
        3,
    )
    report.at_most_ms("read a file of 1500", measure(read), 2000)
    browser = Client()
    browser.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    test = empty()
    generate = reverse("add-generated", args=[test.public_id])
    report.at_most_ms("generate 1500 rows", measure(lambda: browser.get(generate, {"n": N})), 150)
    shown = reverse("import-preview", args=[test.public_id, draft_on(test, planner).public_id])
    report.at_most_ms("preview, first rows of 1500", measure(lambda: browser.get(shown)), 1000)
    report.at_most_ms("preview, all 1500 rows", measure(lambda: browser.get(shown, {"all": "1"})), 1000)
    add(test, planner, "0007")
    wrong = {"rows": json.dumps([[f"{n:04}", ""] for n in range(1, N)])}
    assert browser.post(generate, wrong).status_code == 422
    # generating, and checking every row besides
    report.at_most_ms("refuse and show 1499 rows again", measure(lambda: browser.post(generate, wrong)), 250)
    report.show()
