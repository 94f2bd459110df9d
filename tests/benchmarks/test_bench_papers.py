"""How long the papers of a full test take: 1500 in 40 rooms with every paper, and the page that offers them."""

import resource
import time

import pytest
from django.test import Client
from django.urls import reverse

from candidates.credentials.hall_papers import Wanted, open_papers, render_papers
from candidates.credentials.paper.kinds import PaperKind
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.spares import make_spares
from candidates.models import Location, Test, User
from tests.factories import activated, make_test

ROOMS, SPARES = 40, 8
NAMES = ("Aas, Reidun", "Zachariassen-Koskinen, Camila", "王, 小明", "الهاشمي, نور", "Bakke, Lucía")
MEBI = 1024


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
    started = time.perf_counter(), time.process_time()
    papers = open_papers(test=full, wanted=Wanted(frozenset(PaperKind)), by=planner)
    opened = time.perf_counter(), time.process_time()
    pdf = render_papers(papers)
    drawn = time.perf_counter(), time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBI
    pages = pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ")
    print(f"\nWhole pack, 40 rooms: {pages} pages, {len(pdf) / MEBI / MEBI:.1f} MiB, at most 10 s and 200 MB")
    print(f"  read and recorded {opened[0] - started[0]:6.2f} s ({opened[1] - started[1]:.2f} s of processor)")
    print(f"  drawn             {drawn[0] - opened[0]:6.2f} s ({drawn[1] - opened[1]:.2f} s of processor)")
    print(f"  memory of the process at most {peak:.0f} MiB")
    browser = Client()
    browser.force_login(planner)
    started = time.perf_counter(), time.process_time()
    assert browser.get(reverse("hall-papers", args=[full.public_id])).status_code == 200
    print(f"  the page          {time.perf_counter() - started[0]:6.2f} s ({time.process_time() - started[1]:.2f} s)")
