"""The jobs of an exam office, each in as many steps as the guide for planners says: pages, fields, clicks, files."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, Locator, Page, expect

from candidates.models import Candidate, Location, Test, User
from tests.factories import add, add_many

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = Path(__file__).parents[2] / "docs/user/planner.md"


class Steps:
    """A planner at work, whose steps are counted: opening an address, filling a field, pressing, giving a file."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taken = 0

    def open(self, address: str) -> None:
        self.taken += 1
        self.page.goto(address)

    def follow(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name, exact=True).first)

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name, exact=True).first)

    def press(self, what: Locator) -> None:
        self.taken += 1
        what.click()

    def fill(self, label: str, text: str) -> None:
        self.type(self.page.get_by_label(label, exact=True), text)

    def type(self, where: Locator, text: str) -> None:
        self.taken += 1
        where.fill(text)

    def choose(self, label: str, option: str) -> None:
        self.taken += 1
        self.page.get_by_label(label).select_option(option)

    def give(self, label: str, file: FilePayload) -> None:
        self.taken += 1
        self.page.get_by_label(label).set_input_files(file)


def steps_in_guide(job: str) -> int:
    """Return how many steps the guide says that a job takes."""
    (line,) = [line for line in GUIDE.read_text().splitlines() if line.startswith(f"| {job} |")]
    return int(line.split("|")[2])


@pytest.fixture
def steps(page_of: Any, planner: User, request: pytest.FixtureRequest) -> Steps:
    """A planner who is logged in, in front of an empty page."""
    return Steps(page_of(planner))


def test_thirty_one_time_users_to_their_slips(steps: Steps, exam: Test) -> None:
    steps.open(f"/deliver/tests/{exam.public_id}/candidates/")
    steps.follow("One-time users")
    steps.follow("Auto-generate candidates")
    steps.fill("Number of candidates", "30")
    steps.button("Generate candidates")
    steps.button("Save")
    steps.follow(exam.name)
    steps.follow("Activate test")
    steps.button("Activate test")
    steps.follow("Candidate login details")
    with steps.page.expect_download() as pdf:
        steps.button("Download PDF")
    assert len(re.findall(rb"/Type /Page\b(?!s)", Path(pdf.value.path()).read_bytes())) == 30
    assert steps.taken == steps_in_guide("30 one-time users, from nothing to the PDF of their slips")


def test_a_list_of_four_hundred_as_it_is_exported(steps: Steps, exam: Test) -> None:
    rows = "".join(f"{n:04};{30 if n % 20 == 0 else ''};Vesthall;V{n % 12}\r\n" for n in range(1, 401))
    content = ("Kandidatnr;Ekstra tid;Bygg;Rom\r\n" + rows).encode("utf-8-sig")
    steps.open(f"/deliver/tests/{exam.public_id}/candidates/")
    steps.follow("One-time users")
    steps.follow("Import from file")
    steps.give("File", {"name": "kandidater.csv", "mimeType": "text/csv", "buffer": content})
    steps.button("Continue")
    steps.button("Add 400 candidates")
    expect(steps.page.get_by_text("400 candidates added")).to_be_visible()
    assert steps.taken == steps_in_guide("400 candidates as they are exported")


def test_extra_time_for_seventeen_pasted_ids(steps: Steps, exam: Test, planner: User) -> None:
    add(exam, planner, *[f"{n:04}" for n in range(1, 61)])
    pasted = "\n".join(f"{n:04}" for n in range(2, 36, 2))
    steps.open(f"/deliver/tests/{exam.public_id}/candidates/extra-time/")
    steps.fill("Candidate IDs, private references, SSO user IDs or usernames", f"{pasted}\n0815, 0999")
    steps.fill("Minutes or percentage", "25 %")
    steps.button("Continue")
    expect(steps.page.get_by_text("2 not found: 0815, 0999.")).to_be_visible()
    steps.button("Add 60 minutes to 17 candidates")
    expect(steps.page.get_by_text("The extra time of 17 candidates is changed.")).to_be_visible()
    assert Candidate.objects.filter(extra_minutes=60).count() == 17
    assert steps.taken == steps_in_guide("25 % for 17 pasted IDs")


def test_forty_who_withdrew(steps: Steps, exam: Test, planner: User) -> None:
    add(exam, planner, *[f"{n:04}" for n in range(1, 61)])
    steps.open(f"/deliver/tests/{exam.public_id}/candidates/remove/")
    pasted = ", ".join(f"{n:04}" for n in range(1, 41))
    steps.fill("Candidate IDs, private references, SSO user IDs or usernames", pasted)
    steps.button("Continue")
    steps.button("Remove 40 candidates")
    expect(steps.page.get_by_text("40 candidates removed from the test.")).to_be_visible()
    assert Candidate.objects.count() == 20
    assert steps.taken == steps_in_guide("40 who withdrew, pasted")


def test_next_terms_test_from_last_terms(steps: Steps, exam: Test, planner: User) -> None:
    add(exam, planner, "0001", "0002", extra=30)
    steps.open(f"/deliver/tests/{exam.public_id}/copy/")
    opens = timezone.localtime(exam.opens_at) + timedelta(weeks=26)
    steps.type(steps.page.get_by_role("group", name="Test opens").locator("input[type=date]"), f"{opens:%Y-%m-%d}")
    steps.button("Copy the test")
    expect(steps.page.get_by_role("heading", level=1)).to_contain_text(exam.name[:10])
    copy = Test.objects.exclude(pk=exam.pk).get()
    assert copy.contributors.count() == exam.contributors.count()
    assert timezone.localtime(copy.opens_at).date() == opens.date()
    assert steps.taken == steps_in_guide("Next term's test, copied from last term's")


def test_three_rooms_renamed(steps: Steps, planner: User) -> None:
    rooms = [Location.objects.create(building="Vesthall", room=f"V10{n}") for n in range(1, 4)]
    for n, room in enumerate(rooms, 1):
        steps.open(f"/rooms/{room.public_id}/") if n == 1 else steps.follow(f"Change Vesthall V10{n}")
        steps.fill("Room", f"V20{n}")
        steps.button("Save")
        expect(steps.page.get_by_role("rowheader", name=f"Vesthall V20{n}")).to_be_visible()
    assert steps.taken == steps_in_guide("Three rooms renamed")


def test_fifteen_hundred_over_forty_rooms(steps: Steps, exam: Test, planner: User) -> None:
    add_many(exam, planner, 1500)
    for n in range(40):
        Location.objects.create(building="Hall", room=str(n), capacity=40)
    steps.open(f"/deliver/tests/{exam.public_id}/candidates/spread/")
    steps.button("Spread 1500 candidates")
    expect(steps.page.get_by_text("1500", exact=False).first).to_be_visible()
    steps.page.wait_for_url("**/candidates/**")
    assert not Candidate.objects.filter(location=None).exists()
    assert steps.taken == steps_in_guide("1500 candidates over 40 rooms")
