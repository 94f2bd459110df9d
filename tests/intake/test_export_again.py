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
from candidates.tabular.table import UnreadableFile
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
    assert {tuple(row.values.values()) for row in found.rows} == {("0001", "30"), ("'=1+1", "0")}
    assert {row.surplus for row in found.rows} == {""}
    assert found.left_out == ("Kind", "Logs in with", "Building", "Room", "Ends", "Private reference")


def test_all_columns_of_an_export_fit_with_the_column_of_problems() -> None:
    for found in (
        mapped(written(NINE, FILLED), ONE_TIME),
        map_columns(read_upload(workbook([NINE, FILLED]), "x"), ONE_TIME),
    ):
        assert found.left_out == ("Kind", "Logs in with", "Building", "Room", "Ends", "Private reference")
        assert found.rows == (MappedRow(2, {"candidate_id": "0001", "extra_time": "30"}, mends=3),)


def test_for_sso_who_logs_in_is_taken_and_so_is_the_place() -> None:
    found = mapped(written(NINE, FILLED), SSO)
    assert found.left_out == ("Kind", "Ends", "Private reference")
    assert found.rows[0].values == {
        "candidate_id": "0001",
        "sso_user_id": "anna@uni.example",
        "extra_time": "30",
        "building": "Hus 1",
        "room": "R1",
    }
    assert found.rows[0].mends == 3


def test_a_place_is_taken_whatever_language_its_heading_is_in() -> None:
    found = mapped("Candidate ID,Kind,Logs in with,Bygning,Rom\n1,SSO,a@x,Hus,R1\n", SSO)
    assert (found.rows[0].values["building"], found.rows[0].values["room"]) == ("Hus", "R1")


def test_headings_are_named_as_the_file_has_them_and_found_under_a_title() -> None:
    found = mapped("My list\nends; KIND;logs-in-with;Kandidatnr.;Ekstratid\nx;y;z;0001;5\n", ONE_TIME)
    assert (found.left_out, found.header_row) == (("ends", "KIND", "logs-in-with"), 2)
    assert found.rows == (MappedRow(3, {"candidate_id": "0001", "extra_time": "5"}),)


@pytest.mark.parametrize(
    ("heads", "spec", "words"),
    [
        ("Candidate ID,Kind", ONE_TIME, "“Kind” in row 1 is not a column"),
        ("Candidate ID,Logs in with", ONE_TIME, "“Logs in with” in row 1 is not known"),
        ("Candidate ID,Logs in with", SSO, "“Logs in with” in row 1 is not known"),
        ("Candidate ID,Ends", ONE_TIME, "“Ends” in row 1 is not known"),
        ("Candidate ID,Private reference", ONE_TIME, "“Private reference” in row 1 is not known"),
        ("Candidate ID,Building", ONE_TIME, "“Building” in row 1 belongs to CSV import"),
        ("Candidate ID,Kind,Logs in with,Shoe size", ONE_TIME, "“Shoe size” in row 1 is not known"),
        ("Candidate ID,Kind,Logs in with,is_superuser", ONE_TIME, "“is_superuser” in row 1 is not a column"),
        ("Candidate ID,Kind,Logs in with,password", SSO, "“password” in row 1 is not a column"),
        ("Candidate ID,Kind,Logs in with,SSO user ID", ONE_TIME, "“SSO user ID” in row 1 belongs to CSV import"),
        ("Candidate ID,Kind,Logs in with,SSO user ID", SSO, "Two columns are headed SSO user ID"),
        ("Candidate ID,Kind,Logs in with,kind", ONE_TIME, "Two columns are headed kind"),
        ("Private reference,Candidate ID,Kind,Logs in with,Private reference", SSO, "are headed Private reference in"),
        ("Candidate ID,Kind,Logs in with,=Ends", ONE_TIME, "“=Ends” in row 1 is a formula"),
        ("Kind,Logs in with,Extra time", ONE_TIME, "no column Candidate ID"),
    ],
)
def test_what_is_no_export_of_ours_is_refused_as_before(heads: str, spec, words: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        mapped(f"{heads}\n1,2,3,4\n", spec)
    assert words in refused.value.message


def test_really_wide_tables_are_refused_as_before() -> None:
    with pytest.raises(UnreadableFile, match="Row 1 has 10 columns"):
        mapped(written([*FILLED, "x"], FILLED), ONE_TIME)
    with pytest.raises(UnreadableFile, match="Row 2 has cells in a column without a heading"):
        mapped(written(HEADS, [*FILLED[:7], "x", "y"]), ONE_TIME)
    with pytest.raises(UnreadableFile, match="Row 2 has 12 columns"):
        mapped(written(NINE, [*FILLED, "x", "y", "z"], FILLED, FILLED), ONE_TIME)
