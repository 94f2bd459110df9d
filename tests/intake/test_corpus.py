"""Read a folder of real files: each gives a table or a sentence, never another exception.

The folder is not part of the project. CSV_CORPUS names it; without that, ../shared/data/csv beside the project is
taken.
"""

import json
import os
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

from candidates.intake.columns import ONE_TIME, SSO, map_columns
from candidates.intake.problems import check_rows
from candidates.intake.reading import read_upload
from candidates.intake.table import UnreadableFile

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("CSV_CORPUS") or ROOT.parent / "shared" / "data" / "csv")
NOT_LISTS = {".json", ".md"}
FILES = [path for path in sorted(CORPUS.rglob("*")) if path.is_file() and path.suffix not in NOT_LISTS]
# The truth of location_coordinates names a telephone number that its file does not hold.
SPECTRUM = [p for p in FILES if p.parent.name == "csv-spectrum" and p.stem != "location_coordinates"]


pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:openpyxl"),
    pytest.mark.filterwarnings("default:CSV_CORPUS"),
]


def named(part: str) -> list[Path]:
    return [path for path in FILES if part in path.name]


def test_the_corpus_is_there_or_its_absence_is_said():
    if FILES:
        return
    assert os.environ.get("CI", "").lower() not in {"1", "true"}, f"CSV_CORPUS: no files in {CORPUS}"
    warnings.warn("CSV_CORPUS names no folder: the real files were not read", stacklevel=1)


def test_every_real_file_gives_a_table_or_a_sentence(subtests):
    for path in FILES:
        with subtests.test(file=str(path.relative_to(CORPUS))):
            check_file(path)


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


def test_csv_spectrum_gives_its_own_truth(subtests):
    for path in SPECTRUM:
        with subtests.test(file=path.stem):
            truth = json.loads((path.parent / "json" / f"{path.stem}.json").read_text("utf-8"))
            header, *rows = (row.cells for row in read_upload(path.read_bytes(), path.name).rows)
            assert [dict(zip(header, row, strict=True)) for row in rows] == truth


def test_1501_rows_are_counted(subtests):
    for path in named("one_time_1501.csv"):
        with subtests.test(file=path.name):
            assert map_columns(read_upload(path.read_bytes(), path.name), ONE_TIME).total == 1501


def test_every_fault_that_was_planted_is_found(subtests):
    for path in named("with_faults"):
        with subtests.test(file=path.name):
            check_planted(path)


def check_planted(path: Path) -> None:
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
