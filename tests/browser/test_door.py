"""The door desk on two phones: 300 candidates, ten minutes without network, a wrong room, somebody not on the list."""

import re
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.spares import make_spares
from candidates.models import Attendance, AttendanceMark, Contributor, Location, Test, User
from tests.factories import activated, contribute, make_staff, open_now
from tests.support.browser import PHONE

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 300
SECONDS_OF_A_CHECK_IN = 4
V101 = ("Vesthall", "V101")
# How long the script of a page takes for one check-in: from the search to the second mark on the screen.
CHECK_IN = """async (id) => {
  const began = performance.now();
  const find = document.querySelector("#q");
  find.value = id;
  find.form.requestSubmit();
  for (const part of ["presence", "verified"]) {
    const button = document.querySelector(`.found [data-part="${part}"][aria-pressed="false"]`);
    button?.click(); // pressed already where the other phone did it
  }
  const took = performance.now() - began;
  document.querySelector("[data-next]").click();
  return took;
}"""


@pytest.fixture
def phones(exam: Test, planner: User, invigilator: User, page_of: Callable[..., Page]) -> tuple[Page, Page]:
    """Two invigilators with a phone each at the door of V101, where 300 sit; one more sits in V102."""
    rows = [
        CandidateRow(number, f"{number:04}", 0, V101, name=f"Person{number}, Kari", seat=str(number))
        for number in range(1, COUNT + 1)
    ]
    rows.append(CandidateRow(0, "0999", 0, ("Vesthall", "V102"), name="Al-Hashimi, Noor", seat="14"))
    add_candidates(test=exam, rows=rows, by=planner, source="test")
    room = Location.objects.get(room="V101")
    make_spares(test=exam, count=2, location=room, by=planner)
    exam.refresh_from_db()
    open_now(activated(exam, planner))
    Contributor.objects.filter(test=exam, user=invigilator).update(location=room)
    other = make_staff("second", "Marit Moe", is_invigilator=True)
    contribute(exam, other, Contributor.Role.INVIGILATOR, room)
    pages = []
    for user in (invigilator, other):
        page = page_of(user, viewport=PHONE)
        page.clock.install()
        with page.expect_response(re.compile("/people/")):
            page.goto(f"/monitor/tests/{exam.public_id}/door/")
        pages.append(page)
    return pages[0], pages[1]


def check_in(page: Page, numbers: range) -> list[float]:
    return [page.evaluate(CHECK_IN, f"{number:04}") for number in numbers]


def presences() -> dict[str, Any]:
    rows = Attendance.objects.values_list("candidate__candidate_id", "presence", "id_check")
    return {candidate_id: (presence, checked) for candidate_id, presence, checked in rows}


def test_two_phones_at_one_door_lose_and_double_nothing(
    phones: tuple[Page, Page], forgiven: list[str], axe: Callable[[Page], None]
) -> None:
    one, other = phones
    forgiven.append("ERR_INTERNET_DISCONNECTED")
    took = check_in(one, range(1, 101))
    check_in(other, range(90, 111))  # some at both phones

    # ten minutes without network on the first phone: the page goes on, also after the browser has thrown it away
    one.context.set_offline(True)
    took += check_in(one, range(111, 201))
    expect(one.get_by_role("alert")).to_contain_text("No network since")
    expect(one.get_by_role("alert")).to_contain_text("marks are kept on this phone and sent when the network is back")
    one.clock.fast_forward("10:00")
    took += check_in(one, range(201, 291))
    expect(one.locator('[data-count="present"]')).to_have_text(re.compile(r"^2[89]\d$"))
    axe(one)
    check_in(other, range(281, 301))
    one.context.set_offline(False)
    one.reload()
    expect(one.locator('[data-count="present"]')).to_have_text("300")
    expect(one.get_by_role("alert")).to_have_count(0)

    other.reload()
    expect(other.locator('[data-count="missing"]')).to_have_text("0")
    assert presences() == {f"{number:04}": ("present", "verified") for number in range(1, COUNT + 1)}
    assert AttendanceMark.objects.count() >= 2 * COUNT
    print(f"a check-in took {median(took):.1f} ms of script, the median of {len(took)}")
    assert median(took) < SECONDS_OF_A_CHECK_IN * 1000


def test_somebody_in_another_room_and_somebody_who_is_not_on_the_list(
    phones: tuple[Page, Page], forgiven: list[str]
) -> None:
    page, _other = phones
    search = page.get_by_role("searchbox")
    search.fill("noor")
    search.press("Enter")
    expect(page.get_by_text("0999 sits in Vesthall V102, seat 14")).to_be_visible()
    expect(page.get_by_role("button", name="Present", exact=True)).to_be_hidden()

    page.get_by_role("link", name="Next candidate").click()
    expect(search).to_be_focused()
    search.fill("person77")
    search.press("Enter")
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.get_by_text("Present since")).to_be_visible()
    page.get_by_role("button", name="Undo for 0077").click()
    expect(page.get_by_text("Not here yet.")).to_be_visible()

    search.fill("lunde, tarjei")
    search.press("Enter")
    page.get_by_role("link", name="Give a spare login").first.click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Tarjei Lunde")
    page.get_by_role("button", name="Give the spare login").click()
    expect(page.get_by_text("Hand over the spare slip 9001.")).to_be_visible()
    assert presences() == {"0077": ("not_set", "not_checked"), "9001": ("present", "not_checked")}
