"""Take the pictures in docs from a running demonstration: python -m tests.browser.screenshots [ADDRESS].

It changes the demonstration (a candidate logs in and starts), so it is for a fresh one.
"""

import re
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support import browser as chromium
from tests.support.browser import DESK, SWITCHES

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PASSWORD = Path(__file__).parents[2] / ".demo-password"
WITH_FAULTS = "Kandidatnummer;Ekstra tid\n2488;\n2489;30 min\n0001;\nKari Ødegård;\n2490;25 %\n2491;-15\n2492;30\n"
OF_A_SYSTEM = (
    "Kandnr.;Studentnr.;Etternavn;Fornavn;Bygg;Rom;Plass;Tilrettelagt tid;Studieprogram;E-post;Merknad\n"
    "2448;499943;Kaya;Oda Áile;Vesthall;V101;100;;BIO-BACH;n.n@post.example;\n"
    "2449;421338;Aasen;Mei;Vesthall;V102;45;;BIO-BACH;;egen PC\n"
    "2478;458796;Pham;Runa;Nordbygg;2.06;18;30;MOL-MAST;m.m@post.example;\n"
)


def log_in(page: Page, username: str, password: str) -> None:
    """Log in with what is on a slip, or as one of the staff."""
    page.goto("/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: not url.endswith("/login/"))  # a slow hash: the page asked for next would stop it


def take(page: Page, name: str) -> None:
    """Store what the window shows."""
    page.screenshot(path=FOLDER / f"{name}.png")


def planner(page: Page) -> tuple[str, str]:
    """Take the planner's pictures, and return a user name and password of the test that is running."""
    page.get_by_role("link", name="BIO2150").first.click()
    take(page, "test-page")
    test = page.url
    page.goto(f"{test}candidates/add/one-time/import/")
    page.get_by_label("File").set_input_files(
        {"name": "kandidater-bio2150.csv", "mimeType": "text/csv", "buffer": WITH_FAULTS.encode()}
    )
    page.get_by_role("button", name="Continue").click()
    page.wait_for_load_state()
    take(page, "import-preview")
    page.goto(f"{test}candidates/add/one-time/import/")
    page.get_by_label("File").set_input_files(
        {"name": "eksamensliste-bio2150.csv", "mimeType": "text/csv", "buffer": OF_A_SYSTEM.encode()}
    )
    page.get_by_role("button", name="Continue").click()
    page.wait_for_load_state()
    page.locator("#columns").scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, document.querySelector('#columns').getBoundingClientRect().top - 24)")
    take(page, "import-columns")
    page.goto(f"{test}candidates/")
    for row in (4, 9, 12):
        page.locator("tbody input[type=checkbox]").nth(row).check()
    page.evaluate("scrollTo(0, 0)")
    take(page, "manage-candidates")
    page.goto("/monitor/")
    page.get_by_role("link", name="CHE1100").first.click()
    page.wait_for_load_state()
    take(page, "monitor")
    page.goto("/deliver/tests/")
    page.get_by_role("link", name="CHE1100").first.click()
    page.get_by_role("link", name="Candidate login details").click()
    page.get_by_role("button", name="Print", exact=True).click()
    slip = page.locator(".slip").nth(10)
    slip.screenshot(path=FOLDER / "slip.png")
    username, password = (slip.locator(".keys dd").nth(place).inner_text() for place in (1, 2))
    return username, password


def grader(page: Page) -> None:
    """Take the grader's picture: one answer, known by its Candidate ID."""
    page.goto("/grade/")
    page.get_by_role("link", name="MAT1001").first.click()
    page.wait_for_load_state()
    take(page, "grade")


def administrator(page: Page) -> None:
    """Take the administrator's picture: the permanent users."""
    page.goto("/permanent-users/")
    take(page, "permanent-users")


def candidate(page: Page) -> None:
    """Take the candidate's pictures: the Dashboard, an answer that is saved, and the Archive after it is submitted."""
    take(page, "dashboard")
    page.get_by_role("button", name=re.compile("Start test")).or_(
        page.get_by_role("link", name=re.compile("Continue"))
    ).first.click()
    page.get_by_label("Your answer").fill("1. Galactose cannot enter glycolysis directly. It must first be turned")
    page.wait_for_timeout(4000)  # until it is saved: "Saved" stands there from before as well
    take(page, "sitting")
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("heading", name="Submit your answer?").wait_for()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name="To the Archive").click()
    page.wait_for_load_state()
    take(page, "archive")


def main(address: str) -> None:
    """Take all pictures of one demonstration."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.find(), args=list(SWITCHES))
        desk = started.new_context(viewport=DESK, base_url=address).new_page()  # type: ignore[arg-type]
        log_in(desk, "planner", PASSWORD.read_text().strip())
        username, password = planner(desk)
        hall = started.new_context(viewport=DESK, base_url=address).new_page()  # type: ignore[arg-type]
        log_in(hall, username, password)
        candidate(hall)
        reader = started.new_context(viewport=DESK, base_url=address).new_page()  # type: ignore[arg-type]
        log_in(reader, "grader", PASSWORD.read_text().strip())
        grader(reader)
        office = started.new_context(viewport=DESK, base_url=address).new_page()  # type: ignore[arg-type]
        log_in(office, "administrator", PASSWORD.read_text().strip())
        administrator(office)
        started.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
