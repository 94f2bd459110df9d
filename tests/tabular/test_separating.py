"""A whole row in one cell is taken apart, and a text with a comma inside is not (F3, D13)."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.intake.reading import Reading, read_paste, read_upload
from candidates.tabular.table import Table
from tests.intake.samples import workbook


def quoted(*rows: str) -> bytes:
    return "".join('"' + row.replace('"', '""') + '"\r\n' for row in rows).encode()


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


LISTS = [
    (("0311,30", "0312,"), ",", ("0311", "30")),
    (("0311;30", "0312;"), ";", ("0311", "30")),
    (("0311\t30", "0312\t"), "\t", ("0311", "30")),
    (("0311|30", "0312|15"), "|", ("0311", "30")),
    (("Candidate ID,Extra time", "0311,30", "0312,"), ",", ("Candidate ID", "Extra time")),
    (("Candidate ID,Room", "0311,Vesthall", "0312,Østhall"), ",", ("Candidate ID", "Room")),
    (("0311,a@havnes.example,30", "0312,b@havnes.example,"), ",", ("0311", "a@havnes.example", "30")),
    (("0311,a@havnes.example",), ",", ("0311", "a@havnes.example")),
    (("Kari,Nordmann,kari", "Ola,Hansen,ola"), ",", ("Kari", "Nordmann", "kari")),
    (("0311,30 min", "0312"), ",", ("0311", "30 min")),
    (("0311,25 %", "0312,", "0313"), ",", ("0311", "25 %")),
    (('0311,"Room 1, left",30', "0312,V2,15"), ",", ("0311", "Room 1, left", "30")),
    (("Spring list", "Candidate ID;Extra time", "0311;30", "0312;"), ";", ("Spring list",)),
]


@pytest.mark.parametrize(("rows", "separator", "first"), LISTS)
def test_a_whole_row_in_one_cell_is_taken_apart_in_a_text_a_workbook_and_pasted_rows(rows, separator, first):
    tables = [
        read_upload(quoted(*rows), "list.csv"),
        read_upload(workbook([[row] for row in rows]), "list.xlsx"),
        read_paste(quoted(*rows).decode()),
    ]
    for table in tables:
        assert cells(table)[0] == first
        assert (table.split, table.delimiter, table.total) == (separator, separator, len(rows))
        assert [row.number for row in table.rows] == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    "rows",
    [
        ("Moe, Anna", "Lie, Berit"),
        ("Group A; north", "Group B; south"),
        ("0311", "0312"),
        ("K|a", "0312", "0313"),
        ("Candidate ID", "0311", "0312"),
        ("Mathematics, autumn", "0311", "0312", "0313"),
        ('say "hello, you', "0312"),
    ],
)
def test_texts_with_a_separator_inside_stay_whole(rows):
    assert cells(read_upload(quoted(*rows), "list.csv")) == [(row,) for row in rows]
    assert cells(read_upload(workbook([[row] for row in rows]), "list.xlsx")) == [(row,) for row in rows]


def test_rows_are_taken_apart_where_some_have_their_own_columns():
    data = b'Candidate ID,Extra time\r\n"0311,30"\r\n"0312,15"\r\n0313,20\r\n'
    assert cells(read_upload(data, "list.csv")) == [
        ("Candidate ID", "Extra time"),
        ("0311", "30"),
        ("0312", "15"),
        ("0313", "20"),
    ]
    mixed = workbook([["Candidate ID", "Extra time"], ["0311;30"], ["0312;15"]])
    assert cells(read_upload(mixed, "list.xlsx"))[1:] == [("0311", "30"), ("0312", "15")]


def test_a_row_that_ends_in_separators_is_taken_apart_and_read_so_again():
    data = b'"0311,30";;\r\n"0312,";;\r\n'
    table = read_upload(data, "list.csv")
    assert (table.split, table.delimiter, cells(table)) == (",", ";", [("0311", "30"), ("0312", "")])
    again = read_upload(data, "list.csv", reading=Reading(delimiter=";", split=","))
    assert cells(again) == cells(table)


def test_nothing_is_taken_apart_where_a_person_says_so():
    data = quoted("0311,30", "0312,")
    assert cells(read_upload(data, "list.csv", reading=Reading(delimiter="", split=""))) == [("0311,30",), ("0312,",)]


ID = st.text("0123456789ABCÅ-", min_size=1, max_size=8).filter(lambda text: any(map(str.isdigit, text)))


@pytest.mark.slow
@given(
    st.lists(st.tuples(ID, st.integers(0, 999).map(str) | st.just("")), min_size=1, max_size=8),
    st.sampled_from(",;\t|"),
)
def test_what_was_joined_is_taken_apart(rows, separator):
    joined = io.StringIO()
    csv.writer(joined, delimiter=separator, lineterminator="\n").writerows(rows)
    lines = joined.getvalue().splitlines()
    assert cells(read_upload(quoted(*lines), "list.csv")) == rows
    assert cells(read_upload(workbook([[line] for line in lines]), "list.xlsx")) == rows


@pytest.mark.slow
@given(
    st.lists(st.text("aB1,;|\t\"'@ \n", max_size=12), min_size=1, max_size=6).filter(
        lambda rows: any(map(str.strip, rows))
    )
)
def test_taking_apart_loses_no_row_and_no_letter(rows):
    table = read_upload(workbook([[row] for row in rows]), "list.xlsx")
    kept = "".join("".join(row.cells) for row in table.rows)
    signs = ',;|\t"\n\r '
    assert kept.translate(dict.fromkeys(map(ord, signs))) == "".join(rows).translate(dict.fromkeys(map(ord, signs)))


def test_the_hint_of_the_separator_is_no_row_of_the_list():
    table = read_upload(workbook([["sep=;"], ["0311;30"], ["0312;"]]), "list.xlsx")
    assert [(row.number, row.cells) for row in table.rows] == [(2, ("0311", "30")), (3, ("0312", ""))]
    assert table.total == 2
