"""An administrator makes the formats of two customers and imports a file of each, with a real worker process."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from candidates.models import PermanentUser, PermanentUserList, User
from candidates.signin.hashers import KeyedArgon2Hasher

pytestmark = pytest.mark.django_db(transaction=True)
PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60_000  # ms: a worker process has to start first

# A registry of Norway: semicolons, Windows-1252, headings of its own, passwords.
NORWAY = (
    "Klasse;Etternavn;Fornavn;Brukernavn;Passord\r\n"
    "3B;Ødegård;Åse;aase;hundre lange vinterdager\r\n"
    "3B;Hansen;Ola;ola.hansen;kort\r\n"
    "3A;Berg;Per;;\r\n"
).encode("cp1252")
# A registry of Sweden: tabs, no headings, no passwords, its own numbers.
SWEDEN = "".join(f"S{n:04}\tSvensson{n}\tSven\tsven{n}@skola.example\n" for n in range(40)).encode()


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A background worker of its own on the database of the test, ended as a service manager ends it."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.support.worker", "--interval", "0.2"],
        cwd=PROJECT,
        env={**os.environ, "SERVED_DATABASE": str(connection.settings_dict["NAME"])},
    )
    yield started
    started.send_signal(signal.SIGTERM)
    assert started.wait(30) == 0


def make_format(page: Page, name: str, *columns: tuple[str, str], header: bool = False) -> None:
    page.goto("/permanent-users/formats/")
    page.get_by_role("link", name="New format").click()
    page.get_by_label("Name", exact=True).fill(name)
    if header:
        page.get_by_label("The first row holds headings").check()
    for number, (holds, heading) in enumerate(columns, start=1):
        if not page.get_by_label(f"What column {number} holds").count():
            page.get_by_role("button", name="Add another column").click()
        page.get_by_label(f"What column {number} holds").select_option(label=holds)
        page.get_by_label(f"Heading of column {number} in the file").fill(heading)
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text(f"The format {name} is saved.")).to_be_visible()


def upload(page: Page, form: str, file: bytes, name: str, new_list: str = "") -> None:
    page.goto("/permanent-users/import/")
    page.get_by_label("Format", exact=True).select_option(label=form)
    page.get_by_role("button", name="Show its columns").click()
    expect(page.get_by_role("heading", name=f"What the file should hold: {form}")).to_be_visible()
    page.get_by_label("File", exact=True).set_input_files({"name": name, "mimeType": "text/csv", "buffer": file})
    page.get_by_label(re.compile("to a new list")).fill(new_list)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check the file before you import it")).to_be_visible()


def test_two_customers_formats_from_the_first_column_to_the_last_user(
    page_of, administrator: User, worker: subprocess.Popen[bytes]
) -> None:
    page = page_of(administrator)
    norway = [
        ("Ignored", "Klasse"),
        ("Last name", "Etternavn"),
        ("First name", "Fornavn"),
        ("Username", "Brukernavn"),
        ("Password", "Passord"),
    ]
    make_format(page, "Norway", *norway, header=True)
    sweden = [("External ID", ""), ("Last name", ""), ("First name", ""), ("E-mail", "")]
    make_format(page, "Sweden", *sweden, ("Nothing yet", ""))
    page.get_by_role("button", name="Use by default Sweden").click()

    upload(page, "Norway", NORWAY, "elever.csv")
    expect(page.get_by_role("heading", name="1 problem to fix in 1 row")).to_be_focused()
    expect(page.get_by_role("definition").filter(has_text="Windows-1252")).to_be_visible()
    expect(page.get_by_text("vinterdager")).to_have_count(0)
    page.get_by_role("button", name="Make one for this person").click()
    page.get_by_label("The letters are right").check()
    page.get_by_role("button", name="Import 3 users").click()
    expect(page.get_by_text("3 users are imported.")).to_be_visible(timeout=PATIENCE)

    upload(page, "Sweden", SWEDEN, "elever.txt", new_list="Sverige 2026")
    expect(page.get_by_role("heading", name="40 people are new")).to_be_visible()
    page.get_by_role("button", name="Import 40 users").click()
    expect(page.get_by_text("40 users are imported.")).to_be_visible(timeout=PATIENCE)

    upload(page, "Sweden", SWEDEN, "elever.txt")
    expect(page.get_by_role("heading", name="40 people are known already")).to_be_visible()
    page.get_by_label("Leave them as they are").check()
    page.get_by_role("button", name="Check again").click()
    page.get_by_role("button", name="Import 40 users").click()
    expect(page.get_by_role("heading", name="The import is done")).to_be_visible(timeout=PATIENCE)

    assert PermanentUser.objects.count() == 43
    assert PermanentUserList.objects.get(name="Sverige 2026").members.count() == 40
    aase = User.objects.get(username="aase")
    assert (aase.name, KeyedArgon2Hasher().verify("hundre lange vinterdager", aase.password)) == ("Åse Ødegård", True)
