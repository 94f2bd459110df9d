"""Our own list of candidates, downloaded and read again (C51)."""

import csv
import io

import pytest

from candidates.intake.columns import Mapped, MappedRow, map_columns
from candidates.intake.headings import ONE_TIME, SSO
from candidates.intake.reading import read_paste, read_upload
from candidates.models import Test, User
from candidates.pages.candidates.export import download_list
from candidates.pages.shared.candidate_list import ListFilter, candidate_list
from candidates.tabular.exporting import ExportFormat
from tests.factories import add
from tests.intake.samples import workbook

HEADS = ["Candidate ID", "Kind", "Logs in with", "Building", "Room", "Extra time (minutes)", "Ends"]
NINE = [*HEADS, "Private reference", "Problem"]
FILLED = ["0001", "SSO", "anna@uni.example", "Hus 1", "R1", "30", "2026-06-01 13:00 Oslo time", "Anna", "Row 3: x"]


def written(*rows: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


def mapped(text: str, spec) -> Mapped:
    return map_columns(read_paste(text), spec)


@pytest.mark.parametrize("wanted", ExportFormat)
def test_a_downloaded_list_is_a_list_of_one_time_users(exam: Test, planner: User, wanted: ExportFormat) -> None:
    add(exam, planner, "0001", extra=30)
    add(exam, planner, "=1+1")
    shown = candidate_list(exam, ListFilter())
    content = download_list(test=exam, candidates=shown, wanted=wanted, by=planner).content
    found = map_columns(read_upload(content, "x"), ONE_TIME)
    assert {tuple(row.values.values()) for row in found.rows} == {
        ("0001", "30", "", "", "", "", ""),
        ("'=1+1", "0", "", "", "", "", ""),
    }
    assert {row.surplus for row in found.rows} == {""}
    assert found.left_out == ("Kind", "Logs in with", "Ends")


def test_all_columns_of_an_export_fit_with_the_column_of_problems() -> None:
    for found in (
        mapped(written(NINE, FILLED), ONE_TIME),
        map_columns(read_upload(workbook([NINE, FILLED]), "x"), ONE_TIME),
    ):
        assert found.left_out == ("Kind", "Logs in with", "Ends")
        more = {"private_reference": "Anna", "building": "Hus 1", "room": "R1"}
        assert found.rows == (MappedRow(2, {"candidate_id": "0001", "extra_time": "30", **more}, mends=3),)


def test_for_sso_who_logs_in_is_taken_and_so_is_the_place() -> None:
    found = mapped(written(NINE, FILLED), SSO)
    assert found.left_out == ("Kind", "Ends")
    assert found.rows[0].values == {
        "candidate_id": "0001",
        "sso_user_id": "anna@uni.example",
        "extra_time": "30",
        "building": "Hus 1",
        "room": "R1",
        "private_reference": "Anna",
    }
    assert found.rows[0].mends == 3


def test_a_place_is_taken_whatever_language_its_heading_is_in() -> None:
    found = mapped("Candidate ID,Kind,Logs in with,Bygning,Rom\n1,SSO,a@x,Hus,R1\n", SSO)
    assert (found.rows[0].values["building"], found.rows[0].values["room"]) == ("Hus", "R1")


def test_headings_are_named_as_the_file_has_them_and_found_under_a_title() -> None:
    found = mapped("My list\nends; KIND;logs-in-with;Kandidatnr.;Ekstratid\nx;y;z;0001;5\n", ONE_TIME)
    assert (found.left_out, found.header_row) == (("ends", "KIND", "logs-in-with"), 2)
    assert found.rows == (MappedRow(3, {"candidate_id": "0001", "extra_time": "5"}),)


@pytest.mark.parametrize("spec", [ONE_TIME, SSO])
def test_what_is_no_export_of_ours_gives_nobody_a_login_from_its_column_of_logins(spec) -> None:
    for heads in ("Candidate ID,Logs in with", "Candidate ID,Logs in with,Ends"):
        assert "sso_user_id" not in mapped(f"{heads}\n1,kari,4\n", spec).fields


def test_an_export_with_more_columns_than_ours_is_read_and_they_are_ignored() -> None:
    found = mapped(written([*HEADS, "x", ""], [*FILLED, "x", "y"]), ONE_TIME)
    assert [one.field for one in found.columns[-2:]] == ["", ""]
    assert found.rows[0].surplus == ""
