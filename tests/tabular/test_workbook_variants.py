"""Workbooks as other programs write them: read as they are, or named; never taken for empty or broken."""

import re

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference

from candidates.intake.reading import Reading, read_upload
from candidates.tabular.table import Table, UnreadableFile
from candidates.tabular.workbook import unescaped
from tests.intake.samples import SHEET, changed, saved, with_shared_strings, with_sheet, workbook

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

ROWS = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'


def read(data: bytes, **chosen: object) -> Table:
    return read_upload(data, "list.xlsx", reading=Reading(**chosen))  # type: ignore[arg-type]


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read(data).rows]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2001_x000D_", "2001\r"),
        ("2001_x000d_", "2001\r"),
        ("a_x0009_b_x000A_c", "a\tb\nc"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x005F_", "_"),
        ("_x0041_x", "Ax"),
        ("_xD83D__xDE00_", "\U0001f600"),
        ("_xD83D_", "\ud83d"),
        ("2001_X000D_", "2001_X000D_"),
        ("2001_x00D_", "2001_x00D_"),
        ("group_x", "group_x"),
        ("\ufeff_x0041_", "\ufeffA"),
    ],
)
def test_an_escape_stands_for_its_character(written, text):
    assert unescaped(written) == text


@given(st.text("_x05FfDd0A9a\r\n", max_size=30))
def test_what_a_spreadsheet_escapes_is_read_as_it_was(text):
    written = re.sub("_(?=x[0-9A-Fa-f]{4}[_\r])", "_x005F_", text).replace("\r", "_x000D_")
    assert unescaped(written) == text


def test_escapes_are_read_in_shared_texts_inline_texts_results_of_formulas_and_names_of_sheets():
    shared = with_shared_strings("<si><t>2001_x000D_</t></si>", ROWS)
    inline = with_sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>2001_x000D_\n</t></is></c></row>')
    result = with_sheet('<row r="1"><c r="A1" t="str"><f>B1</f><v>20_x0041_01_x000D_</v></c></row>')
    assert (cells(shared), cells(inline), cells(result)) == ([("2001",)], [("2001",)], [("20A01",)])
    book = openpyxl.load_workbook(open_(workbook([["0001"]])))
    book.active.title = "May_x000D_ list"
    assert read(saved(book)).sheet == "May list"


def open_(data: bytes):
    import io

    return io.BytesIO(data)


def test_a_line_end_inside_a_text_stays_and_a_hidden_character_is_spelt_out():
    (row,) = read(with_shared_strings("<si><t>20_x000D__x0007_01</t></si>", ROWS)).rows
    assert row.cells == ("20\r‹U+0007›01",)
    assert row.kinds == ((0, "hidden"),)


def test_guides_to_pronunciation_are_no_part_of_a_text():
    texts = '<si><t>東</t><rPh sb="0" eb="1"><t>ヒガシ</t></rPh></si>'
    assert cells(with_shared_strings(texts, ROWS)) == [("東",)]


def test_prefixes_of_namespaces_change_nothing():
    space = 'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = f'<x:worksheet {space}><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>0001</x:t></x:is></x:c><x:c><x:v>30</x:v></x:c></x:row></x:sheetData></x:worksheet>'  # noqa: E501
    assert cells(changed(workbook([["x"]]), {SHEET: sheet.encode()})) == [("0001", "30")]


def test_a_chart_sheet_is_passed_over():
    book = openpyxl.Workbook()
    book.active.append(["0001", 30])
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=2, min_row=1))
    book.create_chartsheet("Chart", 0).add_chart(chart)
    table = read(saved(book))
    assert (table.sheet, table.sheets, table.rows[0].cells) == ("Sheet", ((2, "Sheet", False),), ("0001", "30"))


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"worksheets/Sheet1.XML"),
        ("xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"/xl\\worksheets\\sheet1.xml"),
        ("[Content_Types].xml", b"sheet.main+xml", b"template.main+xml"),
        (
            "[Content_Types].xml",
            b"openxmlformats-officedocument.spreadsheetml.sheet.",
            b"ms-excel.sheet.macroEnabled.",
        ),
    ],
)
def test_templates_macros_and_odd_names_of_parts_are_read(part, old, new):
    import zipfile

    data = workbook([["0001", 30]])
    with zipfile.ZipFile(open_(data)) as archive:
        text = archive.read(part)
    assert old in text
    assert cells(changed(data, {part: text.replace(old, new)})) == [("0001", "30")]


def test_a_workbook_without_styles_is_read():
    import io
    import zipfile

    data = with_sheet('<row r="1"><c r="A1"><v>7</v></c></row>')
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            if "styles" not in name and "theme" not in name:
                new.writestr(name, old.read(name))
    assert cells(stream.getvalue()) == [("7",)]


def test_a_date_of_a_strict_workbook_is_marked():
    (row,) = read(with_sheet('<row r="1"><c r="A1" t="d"><v>2026-03-01T00:00:00</v></c></row>')).rows
    assert (row.cells, row.kinds) == (("2026-03-01",), ((0, "date"),))


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_workbook_of_which_only_hidden_sheets_have_content_says_so(state):
    book = openpyxl.Workbook()
    book.create_sheet("List").append(["0001"])
    book["List"].sheet_state = state
    with pytest.raises(UnreadableFile, match="Only hidden sheets of the workbook have content: “List”"):
        read(saved(book))
    assert read(saved(book), sheet=2).rows[0].cells == ("0001",)


def hidden_book() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["0001", "", "30", "V1"], ["0002", "", "15", "V2"], ["0003", "", "", "V3"]):
        sheet.append(row)
    sheet.row_dimensions[2].hidden = True
    sheet.row_dimensions[9].hidden = True  # without content
    for letter in "BD":
        sheet.column_dimensions[letter].hidden = True
    return saved(book)


def test_hidden_rows_and_columns_with_content_are_told():
    table = read(hidden_book())
    assert (table.hidden_rows, table.hidden_columns) == ((2,), (1, 3))
    seen = read(hidden_book(), hidden_columns=False)
    assert [row.cells for row in seen.rows] == [("0001", "30"), ("0002", "15"), ("0003", "")]
    assert (seen.hidden_columns, seen.left_out_columns) == ((), ("B", "D"))


def test_a_row_or_column_of_the_size_zero_is_hidden_however_it_is_written():
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
    flat = '<row r="2" ht="0.0" customHeight="1"><c r="A2"><v>3</v></c></row>'
    data = with_sheet(rows + flat)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    columns = '<cols><col min="2" max="2" width="0.0" customWidth="1"/></cols>'
    xml = f'<worksheet xmlns="{space}">{columns}<sheetData>{rows}{flat}</sheetData></worksheet>'
    assert read(data).hidden_rows == (2,)
    assert read(changed(data, {SHEET: xml.encode()})).hidden_columns == (1,)


def test_a_cell_over_columns_with_headings_of_their_own_names_the_rows_below():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Kandidatnr", "Navn", None], ["V101"], ["0001", "Bø", "Kari"], ["0002"], ["V102"], ["0003"]):
        sheet.append(row)
    for place in ("A2:B2", "A5:C5", "B1:C1"):
        sheet.merge_cells(place)
    table = read(saved(book)).filled_down(1)
    assert table.rows[0].cells == ("Kandidatnr", "Navn", "Navn")
    assert [row.number for row in table.rows if (0, "across") in row.kinds] == [2, 5]


def test_ids_that_are_merged_over_two_columns_like_their_heading_are_ids():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Kandidatnr"], ["0001"], ["0002"]):
        sheet.append(row)
    for place in ("A1:B1", "A2:B2", "A3:B3"):
        sheet.merge_cells(place)
    table = read(saved(book)).filled_down(1)
    assert [(row.cells, row.kinds) for row in table.rows] == [(("Kandidatnr",), ()), (("0001",), ()), (("0002",), ())]


def merged_book() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Spring list"], ["Candidate ID", "Room", "Seat"], ["0001", "V1"], ["0002"], ["0003", "V2"], ["0004"]):
        sheet.append(row)
    for place in ("A1:C1", "B3:B4", "B5:C6"):
        sheet.merge_cells(place)
    return saved(book)


def test_merged_cells_are_filled_down_below_the_header_and_titles_make_no_noise():
    table = read(merged_book()).filled_down(2)
    assert [row.cells for row in table.rows[2:]] == [("0001", "V1"), ("0002", "V1"), ("0003", "V2"), ("0004", "V2")]
    assert (table.filled, table.across) == (("B3:B4", "B5:C6"), ("B5:C6",))


def test_a_merge_fills_no_cell_that_has_a_text_and_no_row_that_is_blank():
    sheet = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>7</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><v>8</v></c></row>'
        '<row r="3"/><row r="4"><c r="A4"><v>3</v></c></row>'
    )
    merges = "".join(f'<mergeCell ref="{place}"/>' for place in ("B1:B4", "B2:B4", "C1:C9", "nonsense"))
    xml = f'<worksheet xmlns="x"><sheetData>{sheet}</sheetData><mergeCells>{merges}</mergeCells></worksheet>'
    table = read(changed(workbook([["x"]]), {SHEET: xml.encode()})).filled_down(None)
    assert [row.cells for row in table.rows] == [("1", "7"), ("2", "8"), ("3", "7")]
    assert table.filled == ("B1:B4",)


def test_a_merge_over_columns_is_no_news_where_its_row_has_nothing_else():
    book = openpyxl.load_workbook(open_(merged_book()))
    book.active.append(["Printed 1 May"])
    book.active.merge_cells("A7:C7")
    assert read(saved(book)).filled_down(2).across == ("B5:C6",)
