"""What is no list is refused within 3 s and 100 MB, and nothing of it is left on disk (F1, F6, F7, C40, C41).

Memory is that of a process of its own, because expat and zlib take theirs past tracemalloc.
"""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.intake.samples import SHEET, changed, saved, with_shared_strings, with_sheet, workbook

ROOT = Path(__file__).resolve().parents[2]
MOST_GROWTH = 100 * 1024
"""KiB"""
MOST_SECONDS = 3
"""Of the processor, so that a machine with other work does not count."""
MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel tells no peak of memory")

# Two small files first, so that what is loaded once does not count.
CHILD = """
import json, re, sys, time
from pathlib import Path

import django

django.setup()

from candidates.intake.columns import map_columns
from candidates.intake.found import read_list
from candidates.intake.headings import ONE_TIME, SSO
from candidates.intake.reading import CANDIDATE_BOUNDS, Reading, read_upload
from candidates.models.tests import MAX_CANDIDATES
from candidates.tabular.decoding import other_readings
from candidates.tabular.table import UnreadableFile

def peak():
    return int(re.search(r"VmHWM:[^0-9]+([0-9]+) kB", Path("/proc/self/status").read_text())[1])

def outcome(read):
    try:
        total = read().total
    except UnreadableFile as refused:
        return refused.message
    return "more rows than a test holds" if total > MAX_CANDIDATES else "taken"

def tell(path):
    data = Path(path).read_bytes()
    ways = {
        "found": lambda: outcome(lambda: map_columns(read_upload(data, "list.csv"), ONE_TIME)),
        "of several sheets": lambda: outcome(lambda: read_list(
            data, "list.csv", bounds=CANDIDATE_BOUNDS, spec=SSO, map_rows=lambda table: map_columns(table, SSO)
        )[1]),
        "chosen": lambda: outcome(
            lambda: map_columns(read_upload(data, "list.csv", reading=Reading("Mac Roman", "")), ONE_TIME)
        ),
        "offered": lambda: len(other_readings(data)),
    }
    told = {}
    for name, way in ways.items():
        start = time.process_time()
        told[name] = [way(), time.process_time() - start]
    return told

for path in sys.argv[1:3]:
    tell(path)
before = peak()
print(json.dumps([(tell(path), peak() - before) for path in sys.argv[3:]]))
"""


def far_corner() -> bytes:
    return with_sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def bomb() -> bytes:
    """Return a workbook of 0.1 MB whose sheet has 100 MB."""
    return changed(workbook([["x"]]), {SHEET: b"<worksheet>" + b" " * (100 * MIB) + b"</worksheet>"})


def bomb_that_lies() -> bytes:
    """Return the bomb with a directory that says its sheet is small."""
    data = bomb()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        true = archive.getinfo(SHEET).file_size
    return data.replace(true.to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def many_rows() -> bytes:
    return with_sheet("<row><c><v>7</v></c></row>" * 10**6)


def long_shared_text() -> bytes:
    return with_shared_strings(f"<si><t>{'7' * (10 * MIB)}</t></si>", '<row r="1"><c r="A1" t="s"><v>0</v></c></row>')


def many_merges() -> bytes:
    """Return a workbook in which thousands of merged cells lie over each other."""
    rows = "".join(f'<row r="{n}" hidden="1"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 1500))
    merges = "".join(f'<mergeCell ref="B{n % 7 + 1}:E{1500 + n}"/>' for n in range(19_000))
    text = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>7</v></c></row>'
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    body = f"<sheetData>{text}{rows[rows.index('</row>') + 6 :]}</sheetData><mergeCells>{merges}</mergeCells>"
    return changed(workbook([["x"]]), {SHEET: f'<worksheet xmlns="{space}">{body}</worksheet>'.encode()})


def many_sheets() -> bytes:
    """Return a workbook of sheets of which none looks like a list, and that together are as large as may be."""
    book = openpyxl.Workbook()
    for number in range(60):
        sheet = book.create_sheet(f"Sheet {number}")
        for _row in range(900):
            sheet.append(["some words of guidance", "and some more"])
    return saved(book)


# What each gives; "" where it may also be taken, as long as that costs no more.
CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "PDF": (lambda: b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3 0 obj\n" * 300_000, "This is a PDF"),
    "10^6 rows": (lambda: b"7\n" * 10**6, "a list can have 1 MB"),
    "as many rows as fit": (lambda: b"7\n" * (MIB // 2), "more rows than a test holds"),
    "cell of 10 MB": (lambda: b"0001\n" + b"7" * (10 * MIB), "a list can have 1 MB"),
    "as long a cell as fits": (lambda: b"0001\n" + b"7" * (MIB - 9), "Line 2 has a cell of more"),
    "long cell and a letter": (lambda: b"7" * (MIB - 9) + b"\n\xe5\n", "Line 1 has a cell of more"),
    "long cells of spaces": (lambda: b"7\n" * 101 + (b"1;" + b" " * 9990 + b"x\n") * 99, ""),
    "headings of brackets": (lambda: (b"(" * 9000 + b",") * 8 + b"\n1,2\n", ""),
    "NUL bytes": (lambda: bytes(MIB), "not a text file"),
    "NUL bytes in cells": (lambda: b"0001\x00\n" * (MIB // 6), "more rows than a test holds"),
    "unclosed quote": (lambda: b'0001\n"0002\n' + b"7,8\n" * (MIB // 4 - 9), "Line 2 has a cell of more"),
    "unclosed quote of a few rows": (lambda: b'0001\n"0002\n' + b"7,8\n" * 99, "quotation mark that is not closed"),
    "10^5 columns": (lambda: b"7," * (MIB // 2), "524288 columns"),
    "XLSX with a cell at the far corner": (far_corner, "XFD1048576"),
    "zip bomb": (bomb, "far more than a list"),
    "zip bomb with a directory that lies": (bomb_that_lies, "damaged"),
    "XLSX with 10^6 rows": (many_rows, "far more than a list"),
    "rows that stand in one cell each": (lambda: b'"0001,30,V1"\n' * (MIB // 13), ""),
    "letters of any encoding": (lambda: bytes(range(128, 256)) * 8000 + b"\n1\n", "Line 1"),
    "words of an unknown encoding": (lambda: b"".join(b"\xa3%d\xf3d\x9f\n" % n for n in range(99_999)), ""),
    "XLSX with merged cells over each other": (many_merges, ""),
    "XLSX with many sheets": (many_sheets, ""),
    "XLSX with a cell of 10 MB": (long_shared_text, "far more than a list"),
}


@pytest.mark.slow
def test_what_is_no_list_is_refused_within_its_bounds(tmp_path: Path, subtests: pytest.Subtests) -> None:
    read, empty = tmp_path / "read", tmp_path / "empty"
    read.mkdir()
    empty.mkdir()
    small = "Kandidatnr.;Ekstratid\n0001;30\nÅse;\n".encode("cp1252"), workbook([["Candidate ID"], ["0001"]])
    paths = [read / str(number) for number in range(len(small) + len(CASES))]
    for path, data in zip(paths, [*small, *(make() for make, _words in CASES.values())], strict=True):
        path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, paths)],
        capture_output=True,
        text=True,
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(empty)},
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for (name, (_make, words)), (told, growth) in zip(CASES.items(), json.loads(done.stdout), strict=True):
        with subtests.test(name):
            assert words in told["found"][0]
            assert max(seconds for _outcome, seconds in told.values()) <= MOST_SECONDS
            assert growth <= MOST_GROWTH
    assert list(empty.iterdir()) == []
