"""1500 people of a student system: from the answer to the preview, and applying it against confirming the same list."""

from functools import partial
from typing import Any

import pytest

from candidates.intake.importing import confirm, preview
from candidates.models import Candidate, Import, RosterEnrolment, Test, User
from candidates.rosters.applying import apply
from candidates.rosters.connecting import connect
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.roster_plan import RosterPlan
from tests.benchmarks.support import Report, measure, measure_in_turn
from tests.factories import make_staff, make_test
from tests.intake.lists import waiting
from tests.support.roster_source import SLUG, percent, scripted

N = 1500


def looked(test: Test, planner: User) -> RosterPlan:
    """One look, from the answer of the source to the plan that a page shows."""
    look_now(test=test, by=planner)
    plan = latest_plan(test)
    assert plan is not None
    return plan


@pytest.mark.django_db(transaction=True)
def test_bench_rosters() -> None:
    report = Report(f"{N} people of a student system")
    planner = make_staff("planner", is_planner=True)
    with scripted() as source:
        for n in range(N):
            extra = percent(25) if n % 10 == 0 else ()
            source.put(
                f"k{n}", f"{n:05}", name=f"Name {n}", student_number=f"s{n}", room=f"V{n % 40}", accommodations=extra
            )

        def connected() -> Test:
            test = make_test(planner=planner)
            connect(test=test, source=SLUG, exam_key="exam-1", by=planner)
            return test

        test = connected()
        report.at_most_ms("answer to preview, an empty test", measure(partial(looked, test, planner)), 2000)
        rows = "".join(
            f"{n:05};k{n}@uni.example;Name {n};s{n};V{n % 40};{'25%' if n % 10 == 0 else ''}\n" for n in range(N)
        )
        head = "Candidate ID;SSO user ID;Name;Private reference;Room;Extra time\n"

        def a_list() -> tuple[Import, str]:
            draft = waiting(make_test(planner=planner), planner, head + rows, kind="sso", authentication_type="campus")
            draft = Import.objects.select_related("test").get(pk=draft.pk)
            return draft, preview(draft).seen(draft.required_test)

        def a_plan() -> tuple[Test, RosterPlan]:
            test = connected()
            plan = latest_plan(test)
            assert plan is not None
            return test, plan

        def take(ready: Any) -> None:
            test, plan = ready
            apply(test=test, ticked=[line.key for line in plan.join], seen=plan.seen, by=planner)

        def add_list(ready: Any) -> None:
            draft, seen = ready
            confirm(draft, by=planner, seen=seen)

        confirmed, taken = measure_in_turn((a_list, add_list), (a_plan, take), runs=5)
        report.at_most_times("apply", taken, "confirm the same list", confirmed, 1.5)
        last = Test.objects.filter(roster__isnull=False, candidate_count=N).order_by("-pk")[0]
        assert RosterEnrolment.objects.filter(test=last).count() == Candidate.objects.of_test(last).count() == N
        report.at_most_ms("answer to preview, everybody there", measure(partial(looked, last, planner)), 2000)
    report.show()
