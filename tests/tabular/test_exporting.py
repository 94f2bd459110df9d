"""Cells that look like formulas leave the product harmless and come back unchanged, whatever reads them."""

import ast
import csv
import io
import sys
import unicodedata
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import candidates
from candidates.credentials.secrets import new_password, show_password
from candidates.intake.reading import read_upload
from candidates.tabular.exporting import (
    csv_bytes,
    guard_formula,
    unguard_formula,
    workbook_bytes,
    xlsx_bytes,
)

DANGEROUS = [
    *("=1+1", "+47 12345678", "-1", "@x", "\t=x", "\rx", "\nx", "\0x"),
    *("＝1", "＋1", "－1", "＠x", "⁺1", "﹦1", "  =1", "'=1", "''@x"),
    *('"=1', "“=1", "«+1", " \u00a0=1", "\u200b=1", "\ufeff@x", "\u202e-1", "\ufe0f=1"),
]
HARMLESS = ["", "1004", "0001", "a=b", "'x", "'", "x-1", "O'Hara", "–5", "😀", "a, b", "Hus - 1", "a;b", "x;'y"]
# A text, and what stands in the file: an apostrophe wherever a reader with another separator would begin a cell.
INSIDE = {
    "x;=cmd|'/C calc'!A1": "x;'=cmd|'/C calc'!A1",
    "x,@sum": "x,'@sum",
    "x\t+1": "x\t'+1",
    "x|-1": "x|'-1",
    "a\nb\r=1": "a\nb\r'=1",
    "x; =1": "x;' =1",
    'x;"=1"': 'x;\'"=1"',
    "x;\u200b=1": "x;'\u200b=1",
    "x;'=1": "x;''=1",
    "x；＝1": "x；'＝1",
    "x؛=1،+1": "x؛'=1،'+1",
    "=a;=b": "'=a;'=b",
    ";;=1": ";;'=1",
    "x\u2028=1": "x\u2028'=1",
}


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_could_run_gets_an_apostrophe(text: str) -> None:
    assert guard_formula(text)[0] == "'"
    assert guard_formula(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(("text", "guarded"), INSIDE.items())
def test_a_formula_behind_a_separator_gets_its_own_apostrophe(text: str, guarded: str) -> None:
    assert guard_formula(text) == guarded


@pytest.mark.parametrize("text", HARMLESS)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert guard_formula(text) == text
    assert unguard_formula(text) == text


# What stands in front of, or for, the sign of a formula, and what a reader may split at.
ODD = st.sampled_from("'\"“=+-@＝ \u00a0\u200b\ufeff;,\t|\r\n；،\u2028\0x")
TEXTS = st.text(alphabet=st.one_of(ODD, st.characters(exclude_categories=["Cs"])), max_size=10)


@pytest.mark.parametrize("text", [*DANGEROUS, *HARMLESS, *INSIDE, *INSIDE.values()])
def test_an_exported_cell_comes_back_unchanged(text: str) -> None:
    assert unguard_formula(guard_formula(text)) == text


@given(TEXTS)
def test_any_text_comes_back_unchanged_and_the_guard_comes_off_only_where_it_was_put(text: str) -> None:
    guarded = guard_formula(text)
    assert unguard_formula(guarded) == text
    assert guard_formula(unguard_formula(guarded)) == guarded
    if guarded == text:
        assert unguard_formula(text) == text


@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from(",;\t|\n\r；،\u2028"), st.sampled_from(",;\t"))
def test_no_reader_finds_a_formula_whatever_it_splits_at(cells: list[str], splits_at: str, delimiter: str) -> None:
    text = csv_bytes([cells], delimiter=delimiter).decode("utf-8-sig")
    for found in text.split(splits_at):
        cell = found.strip("\"' \r\n\t\0\u00a0\u200b\ufeff“")
        assert cell[:1] not in set("=+-@＝") or found.strip('" \r\n\t\0\u00a0\u200b\ufeff“')[0] == "'"


@given(st.lists(TEXTS.filter(lambda text: "\0" not in text), min_size=2, max_size=4))
def test_a_reader_of_csv_finds_the_same_cells(cells: list[str]) -> None:
    text = csv_bytes([cells]).decode("utf-8-sig")
    assert [unguard_formula(cell) for cell in next(csv.reader(io.StringIO(text, newline="")))] == cells


def test_what_a_reader_could_split_or_run_stands_in_quotation_marks_and_the_rest_does_not() -> None:
    cells: list[str | int | None] = [
        "0001",
        "Anna Li",
        "a;b",
        "a\tb",
        "a|b",
        "a；b",
        "=1",
        "x;=1",
        " a",
        "a ",
        'a"b',
        "",
        "a\nb",
        30,
    ]
    found = csv_bytes([cells]).decode("utf-8-sig")
    assert found == '0001,Anna Li,"a;b","a\tb","a|b","a；b","\'=1","x;\'=1"," a","a ","a""b",,"a\nb",30\r\n'


def test_every_sign_and_separator_is_known_that_a_reader_could_normalise_to_one() -> None:
    for number in range(sys.maxunicode + 1):
        meant = unicodedata.normalize("NFKC", chr(number))[:1] if not 0xD800 <= number < 0xE000 else ""
        if meant in set("=+-@"):
            assert guard_formula(f"x;{chr(number)}1") == f"x;'{chr(number)}1", hex(number)
        if meant in set(",;|"):
            assert guard_formula(f"x{chr(number)}=1") == f"x{chr(number)}'=1", hex(number)


def test_a_letter_that_the_encoding_lacks_makes_the_file_utf8() -> None:
    assert csv_bytes([["Å"]], encoding="cp1252") == "Å\r\n".encode("cp1252")
    assert csv_bytes([["Å", "😀"]], encoding="cp1252") == "Å,😀\r\n".encode("utf-8-sig")


def test_a_workbook_holds_text_that_is_guarded_and_numbers_that_are_numbers() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([["ID", "=Head"], ["0001", 30], ["x;=1", None]]))).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet] == [["ID", "'=Head"], ["0001", 30], ["x;'=1", None]]
    assert [cell.data_type for cell in sheet[2]] == ["s", "n"]


def test_no_password_that_is_made_here_is_changed() -> None:
    for _number in range(500):
        password = show_password(new_password())
        assert guard_formula(password) == password


def test_our_own_reader_takes_our_file_for_what_it_is() -> None:
    table = read_upload(csv_bytes([["Candidate ID", "Extra time"], ["x;=1", "30"], ["y|+1", "0"]]), "list.csv")
    assert table.delimiter == ","
    assert [row.cells for row in table.rows][1:] == [("x;'=1", "30"), ("y|'+1", "0")]


@pytest.mark.slow
def test_one_module_writes_every_file_of_cells() -> None:
    """A writer of its own anywhere else would be without the guard."""
    root = Path(candidates.__file__).parent
    for path in root.rglob("*.py"):
        if path.name == "exporting.py":
            continue
        source = path.read_text(encoding="utf-8")
        assert "Content-Disposition" not in source, f"{path}: what is sent as a file has the headers of exporting.py"
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.func.attr
                receiver = ast.unparse(node.func.value)
                assert (receiver, name) not in {("csv", "writer"), ("csv", "DictWriter"), ("openpyxl", "Workbook")}, (
                    path
                )
                with_format = name == "export" and any(isinstance(one, ast.Constant) for one in node.args)
                assert not with_format, f"{path}: tablib writes without our guard"


def test_names_of_sheets_are_such_as_excel_takes() -> None:
    names = ["V101/A: north", "v101 a north", "", "x" * 40, "x" * 45]
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes((name, [["ID"]]) for name in names)))
    assert book.sheetnames == ["V101 A north", "v101 a north (2)", "Sheet", "x" * 31, "x" * 26 + " (2)"]
