"""Read whole folders of lists: each gives a table or a sentence, never another exception.

The project's own lists lie in tests/data. Files of other projects are not part of it: CSV_CORPUS names a folder of
them, and where it names none, one line of the run says so.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from candidates.intake.columns import map_columns
from candidates.intake.headings import ONE_TIME, SSO
from candidates.intake.problems import check_rows
from candidates.intake.reading import read_upload
from candidates.tabular.table import UnreadableFile

DATA = Path(__file__).resolve().parents[1] / "data"
PLANNERS = DATA / "csv" / "planners"
NOT_LISTS = {".json", ".md", ".py"}
CORPUS = os.environ.get("CSV_CORPUS", "")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


def lists_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in NOT_LISTS]


OWN = [*lists_in(DATA / "csv"), *lists_in(DATA / "lists")]


def check_file(path: Path) -> None:
    try:
        table = read_upload(path.read_bytes(), path.name)
    except UnreadableFile as refused:
        words = str(refused)
        assert words.endswith(".")
        return
    assert 0 < len(table.rows) <= table.total
    for spec in (ONE_TIME, SSO):
        with suppress(UnreadableFile):
            found = map_columns(table, spec)
            outcome = check_rows(found.rows, existing={}, duration=120, limit=600)
            wrong = {problem.row for problem in outcome.problems}
            assert len(outcome.ready) + len(wrong) == len(found.rows)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_every_list_of_our_own_gives_a_table_or_a_sentence(path: Path) -> None:
    check_file(path)


@pytest.mark.skipif(not CORPUS, reason="CSV_CORPUS names no folder: the files of other projects were not read")
def test_files_of_other_projects_give_a_table_or_a_sentence_and_csv_spectrum_its_own_truth(subtests) -> None:
    folder = Path(CORPUS)
    files = lists_in(folder)
    assert files, f"CSV_CORPUS names {folder}, where no list lies"
    for path in files:
        with subtests.test(file=str(path.relative_to(folder))):
            check_file(path)
            # The truth of location_coordinates names a telephone number that its file does not hold.
            if path.parent.name == "csv-spectrum" and path.stem != "location_coordinates":
                truth = json.loads((path.parent / "json" / f"{path.stem}.json").read_text("utf-8"))
                header, *rows = (row.cells for row in read_upload(path.read_bytes(), path.name).rows)
                assert [dict(zip(header, row, strict=True)) for row in rows] == truth


def test_1501_rows_are_counted() -> None:
    path = PLANNERS / "one_time_1501.csv"
    assert map_columns(read_upload(path.read_bytes(), path.name), ONE_TIME).total == 1501


def test_1500_rows_are_ready() -> None:
    path = PLANNERS / "sso_1500_five_columns.csv"
    found = map_columns(read_upload(path.read_bytes(), path.name), SSO)
    outcome = check_rows(found.rows, existing={}, duration=120, limit=600)
    assert (len(outcome.ready), outcome.problems) == (1500, ())


def test_every_fault_that_was_planted_is_found() -> None:
    path = PLANNERS / "sso_with_faults_semicolon_cp1252.csv"
    planted = json.loads(path.with_suffix(".json").read_text("utf-8"))
    first = planted["first data line"]
    faults = {first + int(place): words for place, words in planted["faults by data row (0-based)"].items()}
    found = map_columns(read_upload(path.read_bytes(), path.name), SSO)
    outcome = check_rows(found.rows, existing={}, duration=120, limit=600)
    assert found.rows[0].number == first
    repaired = {number for number, words in faults.items() if "repaired" in words}
    warned = {number for number, words in faults.items() if "warning" in words}
    assert {problem.row for problem in outcome.problems} == set(faults) - repaired - warned
    assert {notice.row for notice in outcome.warnings if notice.kind != "tidied"} == warned
    assert {notice.row for notice in outcome.warnings if notice.kind == "tidied"} == repaired
    assert repaired <= {row.number for row in outcome.ready}
