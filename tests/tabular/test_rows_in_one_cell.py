"""Rows are taken apart only where they can be nothing else, and a row that is not is never an ID without a word."""

import pytest

from candidates.intake.reading import read_upload
from candidates.tabular.table import Table
from tests.intake.samples import workbook


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


@pytest.mark.parametrize(
    "text",
    [
        "Kandidatnr;Ekstratid\n101,15;\n102,20;\n103,25;\n",
        "Kandidatnr;Ekstratid\n101,1;\n102,2;\n103,3;30\n",
        "Kandidatnr;Ekstratid;Rom\n101,1;;\n102,2;;\n",
        "101,15;30\n102,20;\n103,25;\n",
    ],
)
def test_cells_of_a_text_that_has_another_separator_stay_whole(text):
    table = read_upload(text.encode(), "list.csv")
    assert (table.delimiter, table.split, table.split_rows) == (";", "", ())
    assert [row[0] for row in cells(table)] == [line.partition(";")[0] for line in text.splitlines()]


@pytest.mark.parametrize(
    "rows",
    [
        [["Kandidatnr", "Rom"], ["A|1"], ["B|2"], ["C|3"]],
        [["Kandidatnr"], ["101,15"], ["102,20"], ["103,25"]],
        [["Kandidatnr"], ["0101"], ["0102,20"], ["0103,25"]],
        [["Kandidatnr", "Navn"], ["101,15"], ["102,20"]],
        [["0311;V1"], ["Moe, Anna"]],
    ],
)
def test_cells_under_a_header_that_nothing_takes_apart_stay_whole(rows):
    assert cells(read_upload(workbook(rows), "list.xlsx")) == [tuple(row) for row in rows]


def test_a_row_that_is_quoted_whole_among_others_is_taken_apart():
    text = 'Kandidatnr,Navn,Rom\n0001,Kari Bø,V1\n"0002,""Aas, Ola"",V1"\n0003,Per Vik,V2\n"0004,Siv",,\n"Moe, Anna"\n'
    table = read_upload(text.encode(), "list.csv")
    assert cells(table)[2] == ("0002", "Aas, Ola", "V1")
    assert cells(table)[4:] == [("0004,Siv", "", ""), ("Moe, Anna",)]
    assert (table.split, table.split_rows) == ("", (3,))


def test_a_row_that_lacks_its_last_cells_is_taken_apart_too():
    table = read_upload(b'Kandidatnr,Navn,Rom\n0001,Kari,V1\n"0002,""Aas, Ola"""\n0003,Per,V2\n', "list.csv")
    assert cells(table)[2] == ("0002", "Aas, Ola")


def test_a_list_of_a_single_row_in_one_cell_is_taken_apart():
    for table in (
        read_upload('"0311;Kari Bø;V1"\n'.encode(), "list.csv"),
        read_upload(workbook([["0311;Kari Bø;V1"]]), "list.xlsx"),
    ):
        assert (cells(table), table.split) == ([("0311", "Kari Bø", "V1")], ";")


FRAMED = {
    "mysql": (
        "+------+-------+\n| id   | extra |\n+------+-------+\n| 0001 |    30 |\n| 0002 |  NULL |\n+------+-------+\n",
        [(2, ["id", "extra"]), (4, ["0001", "30"]), (5, ["0002", "NULL"])],
    ),
    "markdown": (
        "| Kandidatnr | Ekstratid |\n|:-----------|----------:|\n| 0001 | 30 |\n| 0002 | |\n",
        [(1, ["Kandidatnr", "Ekstratid"]), (3, ["0001", "30"]), (4, ["0002", ""])],
    ),
    "psql": (
        " kandidatnr | ekstratid \n------------+-----------\n 0001       |        30\n 0002       |          \n",
        [(1, ["kandidatnr", "ekstratid"]), (3, ["0001", "30"]), (4, ["0002", ""])],
    ),
}


@pytest.mark.parametrize("program", FRAMED)
def test_the_frame_that_a_database_draws_is_no_row_and_no_column(program):
    text, rows = FRAMED[program]
    table = read_upload(text.encode(), "list.txt")
    assert [(row.number, [cell.strip() for cell in row.cells]) for row in table.rows] == rows
    assert table.delimiter == "|"
