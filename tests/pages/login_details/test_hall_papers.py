"""Papers for the hall: what the page says of each room, what it sends, void slips, and whom to call."""

import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from candidates.credentials.renewing import renew_password
from candidates.credentials.void_slips import void_slips
from candidates.lifecycle.accommodations import Change, change_planned_time
from candidates.models import AuditEvent, Candidate, SealedPassword, SlipPrint, Test, User
from tests.factories import activated, add, make_test

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
ALL_PAPERS = ["cover", "attendance", "door", "slips", "spare", "void", "keys"]


@pytest.fixture
def hall(planner: User) -> Test:
    """Return an activated test with seven candidates in one room and one in another."""
    test = make_test(planner=planner)
    add(test, planner, *(f"000{number}" for number in range(1, 8)), location=("Vesthall", "V101"))
    add(test, planner, "0008", location=("Sørbygg", "Aula"), extra=30)
    return activated(test, planner)


@pytest.fixture
def browser(planner: User, client_of: ClientOf) -> Client:
    return client_of(planner)


def at(name: str, test: Test) -> str:
    return reverse(name, args=[test.public_id])


def shown(response: Any) -> str:
    """Return the words of a page on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def values(browser: Client, test: Test) -> list[str]:
    """Return the values of the rooms, in the order of the page."""
    return re.findall(r'name="room" value="(\w+)"', browser.get(at("hall-papers", test)).content.decode())


def pages(response: Any) -> list[str]:
    assert response["Content-Type"] == "application/pdf", response.content[:3000].decode()
    assert "no-store" in response["Cache-Control"]
    return [page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages]


def test_the_page_counts_rooms_and_pages_as_the_pdf_has_them(hall: Test, browser: Client) -> None:
    words = shown(browser.get(at("hall-papers", hall)))
    assert "8 candidates in 2 rooms , 8 without a seat." in words.replace("rooms,", "rooms ,")
    promised = re.search(r"2 rooms , (\d+) pages", words)
    assert promised is not None
    sent = {"paper": ["cover", "attendance", "door", "slips", "spare", "void"], "room": values(browser, hall)}
    assert len(pages(browser.post(at("hall-papers-pdf", hall), sent))) == int(promised[1])
    assert "Not yet" not in shown(browser.get(at("hall-papers", hall)))


def test_one_room_and_one_paper_are_sent_alone(hall: Test, browser: Client) -> None:
    aula, v101 = values(browser, hall)
    one_room = pages(browser.post(at("hall-papers-pdf", hall), {"paper": ["cover"], "room": [v101], "one_room": aula}))
    assert [("Sørbygg Aula" in page, "Vesthall" in page) for page in one_room] == [(True, False)]
    lists = pages(browser.post(at("hall-papers-pdf", hall), {"one_paper": "attendance", "room": [aula]}))
    assert len(lists) == 2


def test_attendance_is_a_workbook_too_with_a_room_on_each_sheet(hall: Test, browser: Client) -> None:
    Candidate.objects.filter(candidate_id="0008").update(name="=1+1", seat="14")
    file = browser.post(at("hall-papers-xlsx", hall))
    book = openpyxl.load_workbook(io.BytesIO(file.content))
    assert book.sheetnames == ["Sørbygg Aula", "Vesthall V101"]
    rows = list(book["Sørbygg Aula"].values)
    assert rows[0][:4] == ("Seat", "Candidate ID", "Name", "Private reference")
    assert rows[1][:3] == ("14", "0008", "'=1+1")
    assert rows[1][5] == 30
    assert len(list(book["Vesthall V101"].values)) == 8
    lists = browser.post(reverse("candidates-download", args=[hall.public_id, "xlsx"]), {"by_room": "1"})
    assert openpyxl.load_workbook(io.BytesIO(lists.content)).sheetnames == ["Sørbygg Aula", "Vesthall V101"]


def test_what_changed_since_is_said_and_downloaded_on_request(hall: Test, planner: User, browser: Client) -> None:
    sent = {"paper": ALL_PAPERS, "room": values(browser, hall)}
    assert "changed since it was made" not in shown(browser.get(at("hall-papers", hall)))
    browser.post(at("hall-papers-pdf", hall), sent)
    assert "changed since it was made" not in shown(browser.get(at("hall-papers", hall)))
    someone = Candidate.objects.get(candidate_id="0003")
    change_planned_time(test=hall, public_ids=[someone.public_id], how=Change.SET, minutes=15, by=planner)
    words = shown(browser.get(at("hall-papers", hall)))
    assert "1 candidate changed since it was made." in words
    assert "Download the 1 room that changed" in words
    reprinted = pages(browser.post(at("hall-papers-pdf", hall), {**sent, "changed": "1"}))
    assert any("1 candidate changed since the papers of" in page for page in reprinted)
    assert not any("Sørbygg Aula" in page and "Cover sheet" in page for page in reprinted)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"room": ["none"]}, "No paper is ticked. Tick those that you want."),
        ({"paper": ["cover"]}, "No room is ticked. Tick those whose papers you want."),
        ({"paper": ["cover"], "room": ["999"]}, "Nothing was made"),
        ({"paper": ["banner"], "room": ["none"]}, "Nothing was made"),
        ({"one_paper": "changes"}, "Nothing was made"),
        ({}, "No paper is ticked."),
    ],
)
def test_a_choice_of_nothing_is_refused_and_never_means_everything(
    sent: dict[str, Any], words: str, hall: Test, browser: Client
) -> None:
    Candidate.objects.filter(candidate_id="0008").update(location=None)
    response = browser.post(at("hall-papers-pdf", hall), sent)
    assert response.status_code == 422
    assert words in shown(response)
    assert not AuditEvent.objects.filter(action="papers_made").exists()


def test_before_activation_the_lists_are_made_without_slips(planner: User, browser: Client) -> None:
    test = make_test(planner=planner)
    add(test, planner, "0001")
    assert "Made when the test is activated" in shown(browser.get(at("hall-papers", test)))
    text = "\n".join(pages(browser.post(at("hall-papers-pdf", test), {"paper": ALL_PAPERS, "room": ["none"]})))
    assert "Attendance list" in text
    assert "Password" not in text


def test_a_test_without_candidates_says_where_to_begin(planner: User, browser: Client) -> None:
    test = make_test(planner=planner)
    assert "Nobody is on the test yet" in shown(browser.get(at("hall-papers", test)))
    assert browser.post(at("hall-papers-pdf", test), {"one_paper": "door"}).status_code == 409


def test_missing_slips_are_named_and_the_same_choice_goes_on_without_them(hall: Test, browser: Client) -> None:
    SealedPassword.objects.filter(user__candidacies__candidate_id="0003").delete()
    sent = {"paper": ["cover", "slips"], "room": values(browser, hall)}
    asked = browser.post(at("hall-papers-pdf", hall), sent)
    assert asked.status_code == 409
    assert "0003" in shown(asked)
    carried = re.findall(r'type="hidden" name="(paper|room)" value="(\w+)"', asked.content.decode())
    again: dict[str, list[str]] = {"anyway": ["1"]}
    for name, value in carried:
        again.setdefault(name, []).append(value)
    assert again == {**again, "paper": ["cover", "slips"], "room": sent["room"]}
    sent_on = pages(browser.post(at("hall-papers-pdf", hall), again))
    assert sum(page.count("Password") for page in sent_on) == 7
    assert any("6 of 7" in page for page in sent_on if "Cover sheet" in page)


def test_void_slips_that_are_out_are_named_no_more_and_it_is_recorded(
    hall: Test, planner: User, browser: Client
) -> None:
    browser.post(at("login-details-pdf", hall), {"whose": "all"})
    for candidate in Candidate.objects.of_test(hall).filter(candidate_id__in=["0001", "0002"]):
        renew_password(candidate=candidate, by=planner)
    page = browser.get(at("hall-papers", hall)).content.decode()
    assert "Void slips: 2 to take out" in page
    keys = re.findall(r'name="slip" value="(\d+)"', page)
    assert len(keys) == 2
    response = browser.post(at("void-slips-taken-out", hall), {"slip": [keys[0], "x", "9" * 30]}, follow=True)
    assert "1 void slip is out of its pile." in shown(response)
    assert len(void_slips(hall)) == 1
    event = AuditEvent.objects.get(action="void_taken_out")
    assert (event.actor, event.test, event.count) == (planner, hall, 1)
    again = browser.post(at("void-slips-taken-out", hall), {"slip": [keys[0]]}, follow=True)
    assert "None of them was void any more." in shown(again)


def test_whom_to_call_is_typed_line_by_line_and_stands_on_covers(hall: Test, browser: Client, settings: Any) -> None:
    settings.HALL_CONTACTS = "4499 IT in the halls"
    assert "4499" in shown(browser.get(at("hall-papers", hall)))
    stored = browser.post(
        at("hall-contacts", hall), {"contacts": "  4410 Ingrid Solheim\r\n\r\n4400 Fire "}, follow=True
    )
    assert "4410" in shown(stored)
    assert "4499" not in shown(stored)
    hall.refresh_from_db()
    assert hall.hall_contacts == "4410 Ingrid Solheim\n4400 Fire"
    assert AuditEvent.objects.filter(action="test_changed", detail={"hall_contacts": None}).count() == 1
    covers = "\n".join(pages(browser.post(at("hall-papers-pdf", hall), {"one_paper": "cover"})))
    assert "4410" in covers
    assert "Ingrid Solheim" in covers
    refused = browser.post(at("hall-contacts", hall), {"contacts": "1\n2\n3\n4\n5\n6"})
    assert refused.status_code == 422
    assert "These are 6 lines, and the cover sheet has room for 5." in shown(refused)
    assert "1\n2\n3\n4\n5\n6" in refused.content.decode().replace("\r", "")


def test_the_pack_takes_the_layout_of_slips_that_is_chosen(hall: Test, browser: Client) -> None:
    sent = {"paper": ["cover", "slips"], "room": values(browser, hall)}
    six, one = (
        pages(browser.post(at("hall-papers-pdf", hall), {**sent, "layout": name})) for name in ("compact", "page")
    )
    assert (len(six), len(one)) == (2 + 2 + 1, 2 + 7 + 1)
    refused = browser.post(at("hall-papers-pdf", hall), {"paper": ["slips"], "layout": "page"})
    assert refused.status_code == 422
    assert re.search(r'value="page" form="pack" checked', refused.content.decode())
    assert SlipPrint.objects.order_by("-pk").values_list("layout", flat=True).first() == "page"
