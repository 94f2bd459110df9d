"""A complete list of 1500 against a test of 1500: the plan by itself, and what a preview of it costs."""

from functools import partial

import pytest

from candidates.intake.findings import Present
from candidates.intake.importing import preview
from candidates.models import Import
from candidates.rosters.complete import look
from candidates.rosters.plan import Listed, Standing, make_plan
from tests.benchmarks.support import Report, measure
from tests.factories import add_many, make_staff, make_test
from tests.intake.lists import complete, waiting

N = 1500


@pytest.mark.django_db(transaction=True)
def test_bench_plan() -> None:
    report = Report(f"{N} on the list, {N} on the test, a third of them others")
    there = [
        Standing(
            f"p{n}",
            Present(n, f"{n:04}", f"p{n}@uni.example", 0, ("House", f"V{n % 40}"), False, f"Name {n}", "", f"{n}"),
        )
        for n in range(N)
    ]
    listed = [
        Listed(f"{n}", f"{n:04}", f"p{n}@uni.example", 30 if n % 3 == 0 else 0, ("House", f"V{n % 40}"), f"Name {n}")
        for n in range(N // 3, N + N // 3)
    ]
    report.at_most_ms("plan", measure(partial(make_plan, listed, there)), 200)
    planner = make_staff("planner", is_planner=True)
    test = make_test(planner=planner)
    add_many(test, planner, N)
    rows = "".join(f"{n:04},{30 if n % 3 == 0 else ''}\n" for n in range(N // 3, N + N // 3))
    draft = complete(waiting(test, planner, f"Candidate ID,Extra time\n{rows}"))
    draft = Import.objects.select_related("test").get(pk=draft.pk)
    usual = measure(partial(preview, draft))
    report.at_most_times("check and plan, from the database", measure(partial(look, draft)), "check alone", usual, 2.5)
    report.show()
