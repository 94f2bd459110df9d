"""Reading workbooks (F1, F8, C41)."""

import datetime
import io
import zipfile
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.intake.reading import CANDIDATE_BOUNDS, read_upload
from candidates.tabular import workbook_scan, xlsx
from candidates.tabular.table import Table, UnreadableFile
from candidates.tabular.workbook_scan import scan_workbook
from tests.intake.samples import SHEET, changed, saved, with_shared_strings, with_sheet, workbook

# openpyxl warns of parts that it leaves out; we read only cells
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


def read(data: bytes) -> Table:
    return read_upload(data, "list.csv")


def zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_workbook_is_read_whatever_its_name():
    table = read(workbook([["Candidate ID", "Extra time"], ["Åse", 30], [None, None], ["0002"]]))
    assert [(row.number, row.cells) for row in table.rows] == [
        (1, ("Candidate ID", "Extra time")),
        (2, ("Åse", "30")),
        (4, ("0002",)),
    ]
    assert (table.encoding, table.delimiter, table.sheet, table.total, table.widest) == ("", "", "Sheet", 3, 2)
    assert not table.confirm_letters


@pytest.mark.parametrize(
    ("value", "layout", "text", "kind"),
    [
        (7, "0000", "0007", None),
        (12345, "0000", "12345", None),
        (12.0, "General", "12", None),
        (3.5, "General", "3.5", None),
        (0.25, "0%", "25 %", None),
        (0.125, "0.0%", "12.5 %", None),
        (1, "0%", "100 %", None),
        (0.25, "0 %", "25 %", None),
        (0.125, "0.0\\ %", "12.5 %", None),
        (0.125, "0%", "12.5 %", None),
        (0.25, "[$-414]0%", "25 %", None),
        (0.25, "#,##0.00%;[Red]-#,##0.00%", "25 %", None),
        (0.25, '0" "%_)', "25 %", None),
        (0.1 + 0.2, "0%", "30 %", None),
        (1 / 3, "0%", "33.33 %", None),
        (0.123456, "0.0000%", "12.3456 %", None),
        (0.25, "General", "0.25", None),
        (25, '0" %"', "25 %", "format"),
        (2.5, "0.0\\%", "2.5%", "format"),
        (True, "General", "TRUE", None),
        ("0007", "@", "0007", None),
        (" 0007 ", "@", " 0007 ", None),
        ("0007 ", "General", "0007 ", None),
        ("12", '"K"@', "K12", "format"),
        (123456789012, "General", "123456789012", None),
        (1234567890123456, "0", "1234567890123456", "digits"),
        (7, '"K"0000', "K0007", "format"),
        (2001, "#\\ ##0", "2001", None),
        (2001, '#" "##0', "2001", None),
        (12345, "000\\ 000", "012 345", "format"),
        (2001, '[>2001]"A"0;"B"0', "2001", "layout"),
        (2001, ";;;", "2001", "layout"),
        (datetime.date(2026, 3, 1), "yyyy-mm-dd", "2026-03-01", "date"),
        (datetime.datetime(2026, 3, 1, 9, 30), "yyyy-mm-dd hh:mm", "2026-03-01 09:30:00", "date"),
        (datetime.time(8, 30), "hh:mm", "08:30:00", "date"),
        ("#N/A", "General", "#N/A", "error"),
    ],
)
def test_a_cell_comes_as_the_spreadsheet_shows_it(value, layout, text, kind):
    (row,) = read(workbook([[value]], {"A1": layout})).rows
    assert row.cells == (text,)
    assert row.kinds == (((0, kind),) if kind else ())


def test_a_hidden_character_is_spelt_out_and_marks_its_cell():
    first, second = read(workbook([["0001"], ["00\u200b02", "30"]])).rows
    assert first.kinds == ()
    assert (second.cells, second.kinds) == (("00‹U+200B›02", "30"), ((0, "hidden"),))


def test_a_formula_without_a_stored_result_is_marked_and_not_empty():
    (row,) = read(workbook([["0001", "=15+15"]])).rows
    assert (row.cells, row.kinds) == (("0001", ""), ((1, "formula"),))


def test_a_formula_with_a_stored_result_gives_the_result():
    (row,) = read(with_sheet('<row r="1"><c r="A1"><f>15+15</f><v>30</v></c></row>')).rows
    assert (row.cells, row.kinds) == (("30",), ())


def test_texts_of_the_shared_table_are_read_with_their_formatting_left_out():
    texts = "<si><t>0001</t></si><si><r><t>Å</t></r><r><t>se</t></r></si>"
    body = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    assert [row.cells for row in read(with_shared_strings(texts, body)).rows] == [("0001",), ("Åse",)]


def test_the_first_visible_sheet_with_content_is_read_and_the_others_are_named():
    book = openpyxl.Workbook()
    book.create_sheet("Hidden").append(["secret"])
    book["Hidden"].sheet_state = "hidden"
    book.create_sheet("List").append(["0001"])
    book.create_sheet("Notes").append(["hello"])
    table = read(saved(book))
    assert (table.sheet, table.rows[0].cells) == ("List", ("0001",))
    assert table.sheets == ((2, "Hidden", True), (3, "List", False), (4, "Notes", False))


def test_a_workbook_without_content_is_refused():
    with pytest.raises(UnreadableFile, match="No sheet of the workbook has content"):
        read(saved(openpyxl.Workbook()))


def test_rows_past_the_cap_are_counted_and_not_kept():
    table = read(workbook([[number] for number in range(3000)]))
    assert (table.total, table.truncated, len(table.rows)) == (3000, True, 1520)


def test_a_cell_at_the_far_corner_is_refused_before_any_row_is_read(monkeypatch):
    body = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    monkeypatch.setattr(xlsx, "_texts", None)
    with pytest.raises(UnreadableFile, match="XFD1048576") as refused:
        read(with_sheet(body))
    assert refused.value.line == 1048576


def test_a_cell_far_to_the_right_is_counted_with_its_row():
    table = read(with_sheet('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'))
    assert (table.widest, table.widest_row, table.rows[0].cells) == (16384, 1, ("1",))


def bomb() -> bytes:
    return changed(workbook([["x"]]), {"xl/media/image1.png": bytes(17 * 1024 * 1024)})


def doubled() -> bytes:
    stream = io.BytesIO(workbook([["x"]]))
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<x/>")
    return stream.getvalue()


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (bomb, "far more than a list"),
        (lambda: changed(workbook([["x"]]), {f"xl/{n}.xml": b"" for n in range(1001)}), "far more than a list"),
        (lambda: with_sheet('<row r="1">' + "<c/>" * 16_385 + "</row>"), "far more than a list"),
        (lambda: with_sheet("<row/>" * 400_001), "far more than a list"),
        (lambda: changed(workbook([["x"]]), {"xl/sharedStrings.xml": b"<sst>" + b"<si/>" * 150_001}), "far more"),
        (lambda: changed(workbook([["x"]]), {"xl/styles.xml": b"<s>" + b"<xf/>" * 20_001}), "far more than a list"),
        (lambda: changed(workbook([["x"]]), {"xl/theme/theme1.xml": b"<a>" * 100}), "far more than a list"),
        (lambda: changed(workbook([["x"]]), {"xl/a.xml": b"<a>" + b"x" * 100_001}), "far more than a list"),
        (lambda: changed(workbook([["x"]]), {"xl/a.xml": b'<a b="' + b"x" * 100_001 + b'"/>'}), "far more than a list"),
        (lambda: changed(workbook([["x"]]), {"xl/sharedStrings.xml": ENTITIES}), "damaged, or it is not a workbook"),
        (lambda: with_sheet('<row r="2"><c><v>1</v></c></row><row r="1"><c><v>2</v></c></row>'), "damaged"),
        (lambda: with_sheet('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>'), "damaged"),
        (lambda: with_sheet('<row r="1"><c r="A7"><v>1</v></c></row>'), "damaged"),
        (lambda: with_sheet('<row r="0"><c><v>1</v></c></row>'), "damaged"),
        (lambda: with_sheet('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'), "damaged"),
        (lambda: with_sheet('<row r="1"><c r="A1"><v>many</v></c></row>'), "damaged"),
        (lambda: with_sheet('<row r="1"><c r="A1" s="77"><v>1</v></c></row>'), "damaged"),
        (doubled, "damaged"),
        (lambda: workbook([["x"]])[:-40], "damaged"),
        (lambda: b"PK\x05\x06" + bytes(18), "zip"),
        (lambda: zipped({"list.csv": b"0001,30"}), "packed file"),
        (lambda: zipped({"word/document.xml": b"<x/>", "[Content_Types].xml": b"<x/>"}), "Word"),
        (lambda: zipped({"mimetype": b"application/x", "content.xml": b"<x/>"}), "OpenDocument"),
        (lambda: zipped({"xl/workbook.bin": b"x", "[Content_Types].xml": b"<x/>"}), ".xlsb"),
        (lambda: workbook([["7" * 10_001]]), "A1 has more than 10000"),
    ],
)
def test_a_workbook_with_a_defect_is_refused_with_the_reason(make, words):
    with pytest.raises(UnreadableFile, match=words):
        read(make())


def test_a_bomb_is_refused_by_the_directory_alone(monkeypatch):
    monkeypatch.setattr(workbook_scan, "_scan_part", None)
    with pytest.raises(UnreadableFile, match="far more"):
        read(bomb())


@pytest.mark.slow
def test_the_scan_stops_as_soon_as_there_is_too_much():
    counter = workbook_scan._Counter(CANDIDATE_BOUNDS)

    def feed():
        for _number in range(10**6):
            counter.start("row", {})
            counter.end("row")

    with pytest.raises(UnreadableFile):
        feed()
    assert counter._cells == CANDIDATE_BOUNDS.cells + 1


def test_the_scan_says_where_content_lies():
    body = '<row r="3"><c r="B3"><v>1</v></c><c r="D3"/></row><row><c><is><t>x</t></is></c></row><row r="9"/>'
    scan = scan_workbook(with_sheet(body), CANDIDATE_BOUNDS)[SHEET]
    assert (scan.rows, scan.last_row, scan.widest, scan.widest_row) == (2, 4, 2, 3)


def test_no_formula_of_a_file_is_evaluated_and_no_link_is_followed():
    (row,) = read(with_sheet('<row r="1"><c r="A1" t="str"><f>HYPERLINK("http://x")</f><v>x</v></c></row>')).rows
    assert row.cells == ("x",)


@pytest.mark.slow
@given(
    st.lists(
        st.lists(
            st.text("abc0123Åø =+-@'<&", min_size=1, max_size=8).filter(lambda t: t[0] != "="), min_size=1, max_size=5
        ),
        min_size=1,
        max_size=6,
    ).filter(lambda rows: all(any(cell.strip() for cell in row) for row in rows))
)
def test_what_was_written_is_read(rows):
    assert [list(row.cells) for row in read(workbook(rows)).rows] == rows


HONEST = workbook([["Candidate ID", "Extra time"], ["0001", 30], ["0002", "=1+1"], [7, datetime.date(2026, 3, 1)]])
with zipfile.ZipFile(io.BytesIO(HONEST)) as _honest:
    PARTS = {name: _honest.read(name) for name in _honest.namelist()}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(PARTS)), place=st.integers(0, 5000), put=st.binary(max_size=6), cut=st.integers(0, 6)
)
def test_a_workbook_with_any_part_damaged_gives_a_table_or_a_sentence(name, place, put, cut):
    part = PARTS[name]
    place %= len(part)
    with suppress(UnreadableFile):
        assert read(changed(HONEST, {name: part[:place] + put + part[place + cut :]})).rows


@given(place=st.integers(0, len(HONEST) - 1), put=st.binary(min_size=1, max_size=4))
def test_a_damaged_zip_gives_a_table_or_a_sentence(place, put):
    with suppress(UnreadableFile):
        assert read(b"PK\x03\x04" + (HONEST[:place] + put + HONEST[place + len(put) :])[4:]).rows
