"""Ordinary lists on paper: tables on A4; every sheet says from which test it is, and which one of how many."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pypdf import PdfReader

from candidates.models import Test, User
from tests.factories import activated, add_many, make_permanent

pytestmark = pytest.mark.django_db(transaction=True)

A4 = (595, 842)  # points


def sheets(page: Page) -> list[str]:
    """Return the text of each sheet of A4 that the page is printed on."""
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    for sheet in printed.pages:
        assert sorted(round(float(side)) for side in (sheet.mediabox.width, sheet.mediabox.height)) == list(A4)
    return [sheet.extract_text() for sheet in printed.pages]


@pytest.mark.parametrize(
    ("who", "address", "heads"),
    [
        ("planner", "/deliver/tests/{}/candidates/", ("Candidate ID", "Location", "Logs in with")),
        ("planner", "/monitor/tests/{}/", ("Candidate ID", "Status", "Progress")),
        ("grader", "/grade/tests/{}/", ("Candidate ID", "Submission", "Mark")),
        ("planner", "list", ("Candidate ID", "Username", "Password")),
    ],
)
def test_a_list_of_candidates_is_a_table_with_its_head_on_every_sheet(
    exam: Test,
    planner: User,
    grader: User,
    page_of: Callable[..., Page],
    who: str,
    address: str,
    heads: tuple[str, ...],
) -> None:
    add_many(exam, planner, 130)
    activated(exam, planner)
    page = page_of({"planner": planner, "grader": grader}[who])
    if address == "list":
        page.goto(f"/deliver/tests/{exam.public_id}/login-details/")
        page.get_by_role("button", name="Show as list").click()
        page.wait_for_load_state()
    else:
        page.goto(address.format(exam.public_id))
    printed = sheets(page)
    assert len(printed) > 1
    assert "0001" in printed[0]  # not a heading alone
    assert "0130" in printed[-1]
    for number, text in enumerate(printed, 1):
        assert exam.name in text
        assert "Spare logins" not in text
        assert "Door desk" not in text
        assert f"Page {number} of {len(printed)}" in text
        for head in heads:
            assert head in text, (number, head)


def test_permanent_users_are_printed_as_a_table(planner: User, page_of: Callable[..., Page]) -> None:
    for number in range(50):
        make_permanent("Kari", f"Number {number:02}")
    page = page_of(planner)
    page.goto("/permanent-users/")
    printed = sheets(page)
    assert "Number 00" in printed[0]
    for number, text in enumerate(printed, 1):
        assert "As of" in text
        assert "Username" in text
        assert f"Page {number} of {len(printed)}" in text


def test_every_cell_stands_under_its_own_heading_however_wide_the_sheet_or_window(
    exam: Test, planner: User, page_of: Callable[..., Page]
) -> None:
    add_many(exam, planner, 2)
    activated(exam, planner)
    over = timezone.now() - timedelta(hours=5)
    Test.objects.filter(pk=exam.pk).update(opens_at=over - timedelta(hours=4), ends_at=over)
    page = page_of(planner)
    for address in ("/deliver/tests/{}/candidates/", "/monitor/tests/{}/", "/deliver/tests/{}/results/?who=1"):
        page.goto(address.format(exam.public_id))
        for media, width in SIZES:
            page.emulate_media(media=media)
            page.set_viewport_size({"width": width, "height": 800})
            heads, cells = page.evaluate(CELLS)
            assert heads == cells, (address, media, width)


SIZES: tuple[tuple[Literal["screen", "print"], int], ...]
SIZES = (("screen", 900), ("screen", 1020), ("screen", 1280), ("print", 700), ("print", 1020))
CELLS = """() => {
  const shown = (row) => [...row.cells].filter((cell) => getComputedStyle(cell).display !== "none").length;
  const table = [...document.querySelectorAll("main .ds-table")].at(-1);
  return [shown(table.tHead.rows[table.tHead.rows.length - 1]), shown(table.tBodies[0].rows[0])];
}"""
