"""How long the papers of a full test take: 1500 in 40 rooms with every paper, and the page that offers them."""

from dataclasses import replace
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from candidates.credentials.hall_papers import Wanted, open_papers, render_papers
from candidates.credentials.paper.kinds import PaperKind
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.spares import make_spares
from candidates.models import Location, Test, User
from tests.benchmarks.support import Report, measure, peak_since
from tests.factories import activated, make_test

ROOMS, SPARES = 40, 8
NAMES = ("Aas, Reidun", "Zachariassen-Koskinen, Camila", "王, 小明", "الهاشمي, نور", "Bakke, Lucía")


@pytest.fixture
def full(planner: User) -> Test:
    """Return an activated test of 1500: 40 rooms with eight spare logins each, and names of three scripts."""
    test = make_test(planner=planner)
    people = 1500 - ROOMS * SPARES
    rows = [
        CandidateRow(
            number,
            "",
            30 if number % 20 == 0 else 0,
            ("Vesthall", f"V{number % ROOMS:02}"),
            private_reference=f"5{number:05}",
            name=f"{NAMES[number % 5]} {number}",
            seat=str(number // ROOMS + 1),
        )
        for number in range(people)
    ]
    add_candidates(test=test, rows=rows, by=planner, source="test")
    for room in Location.objects.all():
        make_spares(test=test, count=SPARES, location=room, by=planner)
    return activated(test, planner)


@pytest.mark.django_db
def test_bench_papers_of_1500_in_40_rooms(full: Test, planner: User) -> None:
    report = Report(f"Papers of 1500 candidates in {ROOMS} rooms on {connection.vendor}")
    every = Wanted(frozenset(PaperKind))

    def whole_pack(wanted: Wanted = every) -> bytes:
        return render_papers(open_papers(test=full, wanted=wanted, by=planner))

    pdf, most = peak_since(whole_pack)
    assert pdf.startswith(b"%PDF")
    report.at_most_mib("memory of the process with the whole pack", most, 200)
    report.at_most_ms("the whole pack, every paper", measure(whole_pack, runs=3), 10_000)
    one_each = partial(whole_pack, replace(every, layout="page"))
    report.at_most_ms("the whole pack, slips one to a page", measure(one_each, runs=1), 10_000)
    browser = Client()
    browser.force_login(planner)
    page = reverse("hall-papers", args=[full.public_id])
    assert browser.get(page).status_code == 200
    report.at_most_ms("the page that offers them", measure(partial(browser.get, page)), 500)
    report.show()
