"""The preview shows first which rows are about somebody else, and then what changes."""

import re

import pytest
from django.urls import reverse

from tests.intake.lists import confirmed, waiting
from tests.intake.test_existing import chosen

pytestmark = pytest.mark.pages
HEAD = "Candidate ID,Name,Reference,Extra time\n"
NUMBERS = range(1, 16)


def shown(client, draft):
    """The page, and the rows of its table of candidates on the test."""
    address = reverse("import-preview", args=[draft.test.public_id, draft.public_id])
    text = client.get(address).content.decode()
    (table,) = re.findall(r'<section aria-labelledby="already">.*?</section>', text, re.DOTALL)
    return text, [int(number) for number in re.findall(r'row-no">(\d+)<', table)]


def test_what_changes_in_the_middle_of_a_list_is_seen(client, exam, planner):
    client.force_login(planner)
    confirmed(waiting(exam, planner, HEAD + "".join(f"{n:04},Name{n} A{n},59{n:03},\n" for n in NUMBERS)), planner)
    rows = {n: f"{n:04},Name{n} A{n},59{n:03},\n" for n in NUMBERS}
    rows |= {9: "0009,Name9 A9,59009,20\n", 11: "0011,Name3 A3,59003,\n"}
    draft = waiting(exam, planner, HEAD + "".join(rows.values()))
    text, table = shown(client, chosen(draft, "update"))
    assert table == [12, 10, 2, 3, 4, 5, 6, 7, 14, 15, 16]
    assert "1 row may be about somebody else than the candidate on the test" in text
    assert "0011 is Name11 A11 (59011) on this test: is the row about somebody else?" in text
    assert "1 private reference stands in several rows" in text
    assert "To check 1 row" in " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert 'name="leave_out" value="12"' in text
    assert shown(client, chosen(draft, "skip"))[1][:2] == [12, 2]
