"""Two rows of headings, headings over several columns, and rows that name the rows below them."""

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from candidates.models import Import
from candidates.rosters.complete import look
from tests.intake.samples import saved
from tests.pages.imports.test_imports import at


@pytest.fixture
def browser(planner, client_of):
    return client_of(planner)


@pytest.fixture
def uploaded(browser, exam):
    def upload(data: bytes) -> Import:
        name = "list.xlsx" if data[:2] == b"PK" else "list.csv"
        form = {"file": SimpleUploadedFile(name, data), "paste": ""}
        assert browser.post(reverse("add-from-file", args=[exam.public_id]), form).status_code == 302
        return Import.objects.latest("pk")

    return upload


def book(rows, *merged: str) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for place in merged:
        made.active.merge_cells(place)
    return saved(made)


def ready(draft: Import) -> list[tuple[str, str, int, object]]:
    report = look(draft)
    assert report.problems == ()
    return [(one.candidate_id, one.name, one.extra_minutes, one.location) for one in report.ready]


ROWS = [["Kandidat", None, "Tid"], ["Nr", "Navn", "Ekstratid", "Rom"], ["0001", "Kari", "30", "V1"]]


@pytest.mark.parametrize(
    "data",
    [
        b"Kandidat;;Tid;\nNr;Navn;Ekstratid;Rom\n0001;Kari;30;V1\n",
        b"Deltaker;;Tid;\nKandidatnr;Navn;Ekstratid;Rom\n0001;Kari;30;V1\n",
        b"Kandidat;;Sted;\nNummer;Navn;Ekstratid;Rom\n0001;Kari;30;V1\n",
        b"Eksamen 2026\n\nKandidat;;Tid;\nNr;Navn;Ekstratid;Rom\n0001;Kari;30;V1\n",
        book(ROWS),
        book(ROWS, "A1:B1", "C1:D1"),
    ],
)
def test_the_lower_of_two_rows_of_headings_is_the_header(browser, uploaded, data):
    draft = uploaded(data)
    assert ready(draft) == [("0001", "Kari", 30, ("", "V1"))]
    browser.post(at("read-import-again", draft), {"header": draft.header_row})
    draft.refresh_from_db()
    assert ready(draft) == [("0001", "Kari", 30, ("", "V1"))]


def test_a_single_heading_of_the_lower_row_is_read_with_those_that_reach_down_to_it(uploaded):
    draft = uploaded(book([["Kandidatnr", "Sted"], [None, "Rom"], ["0001", "V1"]], "A1:A2"))
    assert (draft.header_row, ready(draft)) == (2, [("0001", "", 0, ("", "V1"))])


def test_a_first_candidate_without_digits_is_no_second_header(uploaded):
    draft = uploaded(b"Kandidatnr;Navn;Rom\nKARI;Rom;\nPER;Ola;V1\n")
    assert [one[0] for one in ready(draft)] == ["KARI", "PER"]


def test_a_name_under_a_heading_over_two_columns_is_both(uploaded):
    rows = [["Kandidat", "Navn", None, "Rom"], ["0001", "Bø", "Kari", "V1"], ["0002", "Vik", "Per", "V1"]]
    assert [one[1] for one in ready(uploaded(book(rows, "B1:C1")))] == ["Bø, Kari", "Vik, Per"]


@pytest.mark.parametrize("names", [("Rom V101", "Rom V102"), ("Nordre fløy", "Søndre fløy")])
def test_rows_that_name_the_rows_below_are_asked_about_and_may_be_meant(browser, uploaded, names):
    rows = [["Kandidatnr", "Navn"], [names[0]], ["0001", "Kari"], [names[1]], ["0002", "Per"]]
    draft = uploaded(book(rows, "A2:B2", "A4:B4"))
    assert [(one.row, one.doubt) for one in look(draft).problems] == [(2, "nobody"), (4, "nobody")]
    browser.post(at("mend-import", draft), {"for_all": "nobody"})
    draft.refresh_from_db()
    assert [one[0] for one in ready(draft)] == ["0001", "0002"]


def test_rows_that_begin_with_the_word_for_a_room_are_asked_about(uploaded):
    draft = uploaded(b"Kandidatnr;Navn\nRom V101;\n0001;Kari\nSal 2;\n0002;Per\n")
    assert [(one.row, one.doubt) for one in look(draft).problems] == [(2, "nobody"), (4, "nobody")]


def test_the_line_that_a_database_draws_under_each_heading_is_nobody(uploaded):
    draft = uploaded(b"kandidatnr,navn,rom,bygning\n----------,----,---,---\n0001,Kari,V1,V\n")
    assert [(one.row, one.doubt) for one in look(draft).problems] == [(2, "nobody")]
