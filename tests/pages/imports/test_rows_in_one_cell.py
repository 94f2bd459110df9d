"""What the preview says of a Candidate ID that looks like a whole row."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from candidates.models import Import
from candidates.rosters.complete import look
from tests.intake.samples import workbook
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


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"Kandidatnr;Ekstratid\n101,15;\n102,20;\n103;25\n", [2, 3]),
        (b'Kandidatnr,Navn,Rom\n0001,Kari,V1\n"0002,""Aas, Ola"",V1,x",,\n0003,Per,V1\n', [3]),
        (workbook([["Kandidatnr", "Rom"], ["A|1"], ["B|2"], ["C", "V3"]]), [2, 3]),
        (workbook([["Kandidatnr"], ["101,15"], ["102"]]), [2]),
    ],
)
def test_an_id_that_may_be_a_whole_row_is_asked_about(uploaded, data, wrong):
    draft = uploaded(data)
    found = look(draft).problems
    assert [(one.row, one.doubt) for one in found] == [(row, "damage") for row in wrong]
    assert all("whole row that stands in one cell" in one.message for one in found)


def test_what_is_meant_as_it_stands_is_ready(browser, uploaded):
    draft = uploaded(workbook([["Kandidatnr", "Rom"], ["A|1"], ["B|2"]]))
    page = browser.get(at("import-preview", draft)).content.decode()
    assert "Keep these 2 IDs as they are" in page
    browser.post(at("mend-import", draft), {"for_all": "keep-damage"})
    draft.refresh_from_db()
    assert [one.candidate_id for one in look(draft).ready] == ["A|1", "B|2"]


def test_the_page_names_the_rows_that_were_taken_apart(browser, uploaded):
    draft = uploaded('Kandidatnr,Navn,Rom\n0001,Kari Bø,V1\n"0002,""Aas, Ola"",V1"\n0003,Per Vik,V2\n'.encode())
    page = browser.get(at("import-preview", draft)).content.decode()
    assert "Row 3 stood in a single cell, and was split like the others." in page
    assert [one.name for one in look(draft).ready] == ["Kari Bø", "Aas, Ola", "Per Vik"]
