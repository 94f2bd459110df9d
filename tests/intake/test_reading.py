"""Reading text files and pasted text (F2-F7, C32-C41)."""

import csv
import io
import re
import sys
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from candidates.intake import reading
from candidates.intake.columns import map_columns
from candidates.intake.headings import ONE_TIME
from candidates.intake.problems import check_rows
from candidates.intake.reading import CANDIDATE_BOUNDS, USER_BOUNDS, read_paste, read_upload
from candidates.models.tests import MAX_CANDIDATES
from candidates.tabular import separating
from candidates.tabular.hidden import HIDDEN
from candidates.tabular.table import MIB, SPARE_COLUMNS, SPARE_ROWS, Table, UnreadableFile
from tests.data.csv.make import FILES
from tests.intake.samples import sample, workbook


def read(data: bytes) -> Table:
    return read_upload(data, "list.csv")


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


@pytest.mark.parametrize("name", FILES)
def test_the_small_files_are_those_that_the_script_writes(name):
    assert sample(name) == FILES[name]


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter", "confirm"),
    [
        ("good_utf8_crlf.csv", "UTF-8", ",", False),
        ("good_utf8_bom_semicolon.csv", "UTF-8", ";", False),
        ("good_utf16_tab.txt", "UTF-16", "\t", True),
        ("good_cp1252_semicolon.csv", "Windows-1252", ";", True),
        ("good_mac_roman_semicolon.csv", "Mac Roman", ";", True),
        ("good_mac_newlines.csv", "UTF-8", ",", False),
        ("good_bar.csv", "UTF-8", "|", False),
        ("good_sep_line.csv", "UTF-8", ";", False),
        ("good_blank_lines_at_the_end.csv", "UTF-8", ",", False),
    ],
)
def test_the_same_list_is_read_alike_however_it_was_saved(name, encoding, delimiter, confirm):
    table = read(sample(name))
    assert cells(table)[1:] == [("0001", "30"), ("0002", ""), ("Åse", "15")]
    assert [row.number for row in table.rows] == [1, 2, 3, 4]
    assert (table.encoding, table.delimiter, table.confirm_letters) == (encoding, delimiter, confirm)
    assert table.letters == (("Åse",) if confirm else ())
    assert (table.total, table.truncated, table.widest) == (4, False, 2)


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("two_encodings.csv", 3, "two encodings"),
        ("two_encodings_other_order.csv", 4, "two encodings"),
        ("utf16_without_mark.csv", None, "UTF-16"),
        ("utf32.csv", None, "UTF-32"),
        ("bom_but_cp1252.csv", 3, "broken in UTF-8"),
        ("undefined_in_cp1252.csv", 3, "broken in Windows-1252"),
        ("surrogate.csv", 3, "half of a character"),
        ("surrogate_in_utf16.csv", 2, "broken in UTF-16"),
        ("unclosed_quote.csv", 3, "quotation mark"),
        ("text_after_quote.csv", 3, "quotation mark"),
        ("long_cell.csv", 3, "10000 characters"),
        ("empty.csv", None, "nothing in it"),
        ("only_a_bom.csv", None, "nothing in it"),
        ("spaces_only.csv", None, "nothing in it"),
        ("separators_only.csv", None, "empty"),
        ("web_page.csv", None, "web page"),
        ("portable_document.csv", None, "PDF"),
        ("old_workbook.csv", None, "old Excel workbook"),
        ("program.csv", None, "program"),
        ("picture.csv", None, "picture"),
        ("gzip.csv", None, "packed"),
    ],
)
def test_a_file_with_a_defect_is_refused_with_its_line_and_the_reason(name, line, words):
    with pytest.raises(UnreadableFile) as refused:
        read(sample(name))
    assert words in refused.value.message
    assert refused.value.line == line
    if line is not None:
        assert re.search(rf"\b{line}\b", refused.value.message)


@pytest.mark.parametrize(
    "text", ["PKW123\n", "MZ-7\n", "BM12\n", "RIFF\n", "GIF\n", "<script>alert(1)</script>\n", "{{7*7}}\n", "=1+1\n"]
)
def test_an_id_that_begins_like_another_kind_of_file_is_text(text):
    assert cells(read(text.encode() * 2)) == [(text.strip(),)] * 2


def test_emoji_and_letters_of_four_bytes_are_kept_exactly():
    ids = ["👩‍🎓", "🏳️‍🌈", "𝒜𠀀", "👍🏽"]
    assert cells(read("\n".join(ids).encode())) == [(one,) for one in ids]


@pytest.mark.parametrize("text", ["a\u200db", "👩\u200d", "\u200d👩", "👩\u200c👩"])
def test_a_joiner_outside_an_emoji_is_hidden(text):
    first, second = read(f"0001\n{text}\n".encode()).rows
    assert first.kinds == ()
    assert re.search(r"‹U\+200[CD]›", second.cells[0])
    assert second.kinds == ((0, "hidden"),)


@pytest.mark.parametrize(
    ("name", "cell", "named"),
    [
        ("nul.csv", "00‹U+0000›02", "U+0000"),
        ("control_character.csv", "00‹U+0007›02", "U+0007"),
        ("zero_width.csv", "00‹U+200B›02", "U+200B ZERO WIDTH SPACE"),
        ("bidi_override.csv", "00‹U+202E›02", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("inner_bom.csv", "‹U+FEFF›0002", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("line_separator.csv", "00‹U+2028›02", "U+2028 LINE SEPARATOR"),
    ],
)
def test_a_hidden_character_is_spelt_out_and_a_problem_of_its_cell_alone(name, cell, named):
    table = read(sample(name) + b"0003,half an hour\n")
    assert not HIDDEN.search(repr(table.rows))
    outcome = check_rows(map_columns(table, ONE_TIME).rows, existing={}, duration=120, limit=600)
    assert [(problem.row, problem.column, problem.cell) for problem in outcome.problems] == [
        (3, "candidate_id", cell),
        (4, "extra_time", "half an hour"),
    ]
    assert f"nobody can see: {named}." in outcome.problems[0].message
    assert outcome.problems[0].proposal == "0002"
    assert [row.candidate_id for row in outcome.ready] == ["0001"]


def test_a_character_that_somebody_copied_spelt_out_is_still_a_problem():
    (row,) = read_paste("00‹U+202E›02\n").rows
    assert row.kinds == ((0, "hidden"),)


def test_hidden_characters_in_a_heading_and_in_the_words_to_confirm_are_spelt_out():
    found = map_columns(read("\u200bCandidate ID,Extra time\n0001,30\n".encode()), ONE_TIME)
    assert found.left_out == ("‹U+200B›Candidate ID",)
    assert read("Å\x00se\n0002\n".encode("cp1252")).letters == ("Å‹U+0000›se",)


@pytest.mark.parametrize("data", [b"0001\n" + b"\x01\x02" * 50, b"0" * 3000 + b"\x00" * 1100])
def test_what_is_mostly_control_characters_is_no_text(data):
    with pytest.raises(UnreadableFile, match="not a text"):
        read(data)


def test_a_control_character_in_a_list_of_one_column_separates_nothing():
    (row,) = read("00\x1f01\U000f0000\n".encode()).rows
    assert row.cells == ("00‹U+001F›01\U000f0000",)


def test_every_control_and_format_character_of_this_python_is_known_as_hidden():
    every = (chr(number) for number in range(sys.maxunicode + 1))
    wanted = {one for one in every if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - set("\t\r\n")
    assert not {one for one in wanted if not HIDDEN.search(one)}


@pytest.mark.parametrize("text", ["\u00a0;\u00a0\n", "\u2003\n,\u2003\n", "sep=|\n|---|---|\n"])
def test_cells_of_spaces_or_lines_between_rows_alone_are_no_list(text):
    with pytest.raises(UnreadableFile, match="All cells are empty"):
        read(text.encode())


@pytest.mark.parametrize("cell", [";", " , ", "\u00a0;\u00a0"])
def test_a_cell_of_a_separator_alone_is_not_taken_apart_until_nothing_is_left(cell):
    (row,) = read_upload(workbook([[cell]]), "list.xlsx").rows
    assert row.cells == (cell,)


@pytest.mark.parametrize(
    ("size", "data", "words"),
    [
        ("workbook", b"PK\x03\x04", "so it can have 5 MB. Save it as CSV, which can have 50 MB"),
        ("text", b"", "a file can have 50 MB. Divide it into several"),
    ],
)
def test_a_file_of_users_that_is_too_large_is_refused_with_what_to_do(size, data, words):
    with pytest.raises(UnreadableFile, match=rf"users has [0-9]+\.0 MB; {words}"):
        read_upload(data + bytes(getattr(USER_BOUNDS, size) + MIB), "users", bounds=USER_BOUNDS)


def test_row_numbers_are_those_of_a_spreadsheet():
    table = read(b'0001,30\n\n"two\nlines",15\n,\n0003,\n')
    assert [(row.number, row.cells[0]) for row in table.rows] == [(1, "0001"), (3, "two\nlines"), (5, "0003")]


@pytest.mark.parametrize(
    ("text", "delimiter", "first"),
    [
        ("0001;3,5\n0002;4,5\n", ";", ("0001", "3,5")),
        ("0001\n0002\n0003,30\n", ",", ("0001",)),
        ("0001\n0002\n0003;25 %\n", ";", ("0001",)),
        ("1,23E+11\n0002\n0003\n", "", ("1,23E+11",)),
        ("Hansen, Kari\nOlsen Per\nVik Siv\n", "", ("Hansen, Kari",)),
        ('"a;b",1\n"c;d",2\n', ",", ("a;b", "1")),
        ("Exam autumn\nID;SSO user ID;Extra time\n1;a;\n2;b;\n", ";", ("Exam autumn",)),
    ],
)
def test_the_delimiter_is_the_one_that_gives_most_rows_the_same_width(text, delimiter, first):
    table = read(text.encode())
    assert table.delimiter == delimiter
    assert table.rows[0].cells == first


def test_letters_that_were_misread_before_are_shown_for_confirmation():
    table = read("BjÃ¸rn,30\nÃ…se,\n".encode())
    assert (table.encoding, table.confirm_letters, table.letters) == ("UTF-8", True, ("BjÃ¸rn", "Ã…se"))


def test_sample_words_show_every_letter_in_doubt_and_are_at_most_five():
    names = ["Åse", "Åge", "Bjørn", "Ærlig", "Jörgen", "Zoë", "Úna", "0001"]
    table = read("\n".join(names).encode("cp1252"))
    assert table.letters == ("Åse", "Bjørn", "Ærlig", "Jörgen", "Zoë")


def test_a_mac_or_dos_encoding_shows_its_wrong_letters_for_confirmation():
    assert read("Bråten\nHåland\n".encode("cp865")).letters == ("Br†ten",)


@pytest.mark.parametrize(("count", "truncated"), [(1501, False), (1520, False), (1521, True), (90000, True)])
def test_rows_past_the_cap_are_counted_and_not_kept(count, truncated):
    table = read(b"7\n" * count)
    assert (table.total, table.truncated) == (count, truncated)
    assert len(table.rows) == min(count, MAX_CANDIDATES + SPARE_ROWS)


def test_columns_past_the_cap_are_counted_and_not_kept():
    table = read(b"1,2\n1,2\n" + b"x," * 100_000 + b"x\n")
    assert (table.widest, table.widest_row) == (100_001, 3)
    assert max(len(row.cells) for row in table.rows) == CANDIDATE_BOUNDS.columns + SPARE_COLUMNS


def test_empty_columns_at_the_end_do_not_make_a_table_wide():
    assert read(b"0001,30,,,,,,,,,\n0002,,,,,,,,,,\n").widest == 2


@pytest.mark.parametrize("data", [b"7" * (1024 * 1024 + 1), b"PK\x03\x04" + bytes(5 * 1024 * 1024)])
def test_a_file_past_the_limit_is_refused_before_it_is_looked_at(data, monkeypatch):
    monkeypatch.setattr(reading, "decode", None)
    monkeypatch.setattr(reading, "read_workbook", None)
    with pytest.raises(UnreadableFile, match=r"list\.csv has \d\.\d MB"):
        read(data)


@pytest.mark.parametrize("size", [10_001, 131_073, 1_000_000])
def test_a_cell_that_never_ends_is_refused_with_its_line(size):
    with pytest.raises(UnreadableFile, match="Line 2 has a cell of more than 10000 characters"):
        read(b"0001\n" + b"7" * size)


def test_the_delimiter_is_found_from_a_bounded_number_of_rows():
    taken = list(separating._sample("1,2\n" * 100_000, ","))
    assert len(taken) == separating.SAMPLE_ROWS


@pytest.mark.parametrize(
    ("text", "delimiter", "rows"),
    [
        ("0001\t30\r\n0002\t\r\n", "\t", [("0001", "30"), ("0002", "")]),
        ("0001\n0002", "", [("0001",), ("0002",)]),
        ("\ufeff0001,30", ",", [("0001", "30")]),
    ],
)
def test_pasted_rows_are_read_like_a_file(text, delimiter, rows):
    table = read_paste(text)
    assert (table.delimiter, table.encoding, cells(table)) == (delimiter, "", rows)


@pytest.mark.parametrize("text", ["", " \n\t\n", '"0001'])
def test_pasted_rows_that_cannot_be_right_is_refused(text):
    with pytest.raises(UnreadableFile):
        read_paste(text)


def test_too_long_a_paste_is_refused():
    with pytest.raises(UnreadableFile, match=r"The text has 1\.0 MB"):
        read_paste("7" * (1024 * 1024 + 1))


letters = st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Co", "Zl", "Zp"), include_characters="\n ,;|\t\"'")
visible = st.text(letters, max_size=8).filter(lambda text: not HIDDEN.search(text))
codecs = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16"}


@given(
    rows=st.lists(st.tuples(visible, visible, visible), min_size=1, max_size=12).filter(
        # a file of nothing but separators and quotation marks is empty for people
        lambda rows: all("".join(row).strip() for row in rows) and "".join(map("".join, rows)).strip(" \t\n,;|\"'")
    ),
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    codec=st.sampled_from(sorted(codecs)),
)
def test_what_was_written_is_read(rows, delimiter, newline, codec):
    # bars at both ends of every row are the frame of a drawn table
    assume(delimiter != "|" or any(row[0].strip() or row[-1].strip() for row in rows))
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(rows)
    table = read(f"sep={delimiter}{newline}{stream.getvalue()}".encode(codec))
    assume(not table.split)  # where most rows stand in their first cell, they are taken apart
    assert cells(table) == rows
    assert table.encoding == codecs[codec]


plain = st.text("abc0123456789æøåÆØÅ-._@ ", min_size=1, max_size=12).filter(lambda text: text.strip())


@given(
    rows=st.lists(st.tuples(plain, st.sampled_from(["", "0", "30", "25 %"])), min_size=2, max_size=30),
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_the_delimiter_and_the_encoding_are_found(rows, delimiter, newline, codec):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=newline).writerows(rows)
    table = read(stream.getvalue().encode(codec))
    assert cells(table) == rows
    assert table.delimiter == delimiter


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_a_table_or_a_sentence(data):
    with suppress(UnreadableFile):
        table = read(data)
        assert 0 < len(table.rows) <= table.total


@given(st.text(max_size=200))
def test_any_paste_gives_a_table_or_a_sentence(text):
    with suppress(UnreadableFile):
        assert read_paste(text).rows
