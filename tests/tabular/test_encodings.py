"""Finding the encoding of a text, and the other encodings that it may have (F2, C33; D14)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.intake.reading import Reading, read_paste, read_upload
from candidates.tabular.decoding import Alternative, decode, other_readings
from candidates.tabular.table import UnreadableFile
from tests.data.csv.make import FILES
from tests.intake.samples import sample, workbook

NORDIC = "Bjørn\nÅse\nØdegård\nSjöström\nHåkon\n"
MISREAD = "BjÃ¸rn\nÃ…se\nHÃ¥kon\n"
REPAIRED = "UTF-8, read wrongly before"


def ids(data: bytes, encoding: str = "") -> list[str]:
    return [row.cells[0] for row in read_upload(data, "x.csv", reading=Reading(encoding)).rows]


def offered(data: bytes) -> dict[str, tuple[str, ...]]:
    return {one.encoding: one.words for one in other_readings(data) if one.likely}


def chosen_from(data: bytes) -> dict[str, tuple[str, ...]]:
    return {one.encoding: one.words for one in other_readings(data)}


@pytest.mark.parametrize(
    "text",
    [
        NORDIC,
        "Bjørn\n0002\n",
        "Åse\n",
        "ÅSE\n",
        "Ærlig\n",
        "Ødegård\n",
        "Hansen Bø;30\nOlsen;15\n",
        "Weißmann\n",
        "Jérôme\n",
        "Ärlig Örjansson\n",
        "Lærum Ås\nMcDonald\n",
        "Eksamen – høst…\n“Åse” • O’Brien\u00a0Lie\n",
        "Vitória Brandão\n0002\nÇelik\nRenè\n",
    ],
)
def test_mac_roman_is_found_where_nothing_else_makes_sense(text):
    found = decode(text.encode("mac_roman"))
    assert (found.encoding, found.confirm, found.text) == ("Mac Roman", True, text)


@pytest.mark.parametrize(
    "text",
    [
        NORDIC,
        "Šimek Ž\n",
        "Žižka\nŠimek\n",
        "O’Brien\n",
        "Moe–Lie\n",
        "Kari—Anne\n",
        "“Kari”\n",
        "og så videre…\nvent…nå\n",
        "100€\n5‰\n",
        "Excel®\nWord™\n",
        "§5\nse §å\n",
        "kapitel§5\n",
        "¿Qué\n",
        "¿qué\n",
        "Hansen†\nHansen‡\n†Hansen\n",
        "¼ ½ ¾ ª º\n",
        "Kari\u00a0Hansen\n",
        "Müller Straße\n",
        "®ødt\n",
    ],
)
def test_windows_1252_stays_what_it_is_and_mac_roman_is_offered(text):
    data = text.encode("cp1252")
    found = decode(data)
    assert (found.encoding, found.text) == ("Windows-1252", text)
    assert list(offered(data)) == ["Windows-1252", "Mac Roman"]


@pytest.mark.parametrize("text", ["Sjöström\nHåkon\n", "Bjørn O’Brien\n", "Bjørn – Lie\n", "Bjørn •\n"])
def test_mac_roman_that_is_not_certain_is_offered_and_can_be_chosen(text):
    data = text.encode("mac_roman")
    found = decode(data)
    assert (found.encoding, found.confirm) == ("Windows-1252", True)
    assert "Mac Roman" in offered(data)
    assert decode(data, "Mac Roman").text == text


@pytest.mark.parametrize("text", ["Åse ©\n", "Åse ∞\n"])
def test_a_sign_that_no_list_has_is_a_doubt_in_mac_roman(text):
    with pytest.raises(UnreadableFile, match="Line 1 has a character that is broken in Windows-1252"):
        decode(text.encode("mac_roman"))


@pytest.mark.parametrize("codec", ["cp850", "cp865"])
def test_a_dos_encoding_is_not_taken_for_mac_roman(codec):
    assert decode("Bråten\nHåland\n".encode(codec)).encoding == "Windows-1252"
    with pytest.raises(UnreadableFile, match="Line 2 has a character that is broken in Windows-1252"):
        decode("Hansen\nMüller\n".encode(codec))


def test_both_readings_of_mac_letters_show_the_same_words():
    assert other_readings("Sjöström\n0002\nHåkon\n".encode("mac_roman")) == (
        Alternative("Windows-1252", ("Sjšstršm", "HŒkon")),
        Alternative("Mac Roman", ("Sjöström", "Håkon")),
    )


def test_an_encoding_is_not_offered_where_the_file_has_bytes_that_it_leaves_undefined():
    for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D):
        assert "Windows-1252" not in chosen_from(b"K" + bytes([byte]) + b"re\n")
    assert ids(NORDIC.encode("mac_roman")) == NORDIC.split()
    assert offered(NORDIC.encode("mac_roman")) == {"Mac Roman": ("Bjørn", "Åse", "Ødegård", "Sjöström")}


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        (b"0001\n0002\n", "UTF-8", ()),
        (NORDIC.encode(), "UTF-8", ("Bjørn", "Åse", "Ødegård", "Sjöström")),
        (NORDIC.encode("utf-8-sig"), "UTF-8", ("Bjørn", "Åse", "Ødegård", "Sjöström")),
        (NORDIC.encode("utf-16"), "UTF-16", ("Bjørn", "Åse", "Ødegård", "Sjöström")),
        ("Å\u200bse".encode(), "UTF-8", ("Å‹U+200B›se",)),
    ],
)
def test_only_one_reading_is_offered_where_there_is_no_doubt(data, encoding, words):
    assert other_readings(data) == (Alternative(encoding, words),)


@pytest.mark.parametrize(
    "name",
    ["two_encodings.csv", "utf32.csv", "utf16_without_mark.csv", "portable_document.csv", "surrogate.csv"],
)
def test_nothing_is_offered_for_a_file_that_is_refused_whole(name):
    assert other_readings(FILES[name]) == ()


def test_nothing_is_offered_for_a_workbook_and_a_choice_changes_nothing():
    data = workbook([["Åse", "a;b"]])
    assert other_readings(data) == other_readings(b"PK\x03\x040001\n") == ()
    assert read_upload(data, "x", reading=Reading("Mac Roman", ";")) == read_upload(data, "x")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_letters_that_were_read_wrongly_before_are_offered_repaired(mark):
    data = (mark + MISREAD).encode()
    table = read_upload(data, "x.csv")
    assert (table.encoding, table.confirm_letters) == ("UTF-8", True)
    assert offered(data) == {"UTF-8": ("BjÃ¸rn", "Ã…se", "HÃ¥kon"), REPAIRED: ("Bjørn", "Åse", "Håkon")}
    assert ids(data, REPAIRED) == ["Bjørn", "Åse", "Håkon"]
    assert ids(data, "UTF-8") == ["BjÃ¸rn", "Ã…se", "HÃ¥kon"]


@pytest.mark.parametrize("text", ["Á", "Í", "Ï", "Ð", "Ý", "“Kari”", "–", "Łódź", "Ёж", "😀"])
def test_the_undefined_bytes_of_windows_1252_are_repaired_too(text):
    misread = "".join(
        chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([byte]).decode("cp1252")
        for byte in text.encode()
    )
    assert ids(misread.encode(), REPAIRED) == [text]
    assert decode(misread.encode()).confirm
    assert REPAIRED in offered(misread.encode())


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_told_by_its_mark_in_either_order_and_its_letters_are_to_be_confirmed(codec):
    table = read_upload(("\ufeff" + NORDIC).encode(codec), "x.csv")
    assert [row.cells[0] for row in table.rows] == NORDIC.split()
    assert (table.encoding, table.confirm_letters, table.letters) == ("UTF-16", True, tuple(NORDIC.split()[:4]))


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_second_byte_order_mark_is_no_part_of_the_first_cell(codec):
    assert ids("\ufeff0001\n".encode(codec)) == ["0001"]


def test_a_mark_that_was_read_wrongly_is_repaired_away():
    assert ids("ï»¿Åse\n".replace("Å", "Ã…").encode(), REPAIRED) == ["Åse"]


def test_a_text_that_was_read_wrongly_in_places_is_shown_but_cannot_be_repaired():
    data = "0001\nBjÃ¸rn\nÅse\n".encode()
    assert decode(data).confirm
    assert list(offered(data)) == ["UTF-8"]
    with pytest.raises(UnreadableFile, match=f"Line 3 cannot be read as “{REPAIRED}”") as refused:
        decode(data, REPAIRED)
    assert refused.value.line == 3


def test_a_letter_that_windows_1252_does_not_have_was_not_read_wrongly():
    with pytest.raises(UnreadableFile, match=f"Line 2 cannot be read as “{REPAIRED}”"):
        decode("BjÃ¸rn\rЖ\n".encode(), REPAIRED)


@pytest.mark.parametrize(
    ("data", "encoding", "line"),
    [
        ("0001\r\nÅse\r\n".encode("cp1252"), "UTF-8", 2),
        (b"0001\n0002\nK\x81re\n", "Windows-1252", 3),
        ("0001\r\n0002\r\n".encode("utf-16") + b"x", "UTF-16", 3),
        ("0001\rÅse\n".encode("mac_roman"), REPAIRED, 2),
    ],
)
def test_a_chosen_encoding_that_does_not_fit_is_refused_with_the_line_and_its_name(data, encoding, line):
    with pytest.raises(UnreadableFile) as refused:
        read_upload(data, "x.csv", reading=Reading(encoding))
    assert refused.value.line == line
    assert f"Line {line} " in refused.value.message
    assert encoding.partition(",")[0] in refused.value.message


def test_a_name_that_is_no_encoding_of_ours_is_refused():
    with pytest.raises(UnreadableFile, match=r"Files in rot13 cannot be read\. The encodings are: UTF-8; UTF-16;"):
        decode(b"0001\n", "rot13")


def test_a_chosen_encoding_is_shown_for_confirmation_as_a_found_one_is():
    table = read_upload("Håkon\n".encode("mac_roman"), "x.csv", reading=Reading("Mac Roman"))
    assert (table.encoding, table.confirm_letters, table.letters) == ("Mac Roman", True, ("Håkon",))
    assert not read_upload("Håkon\n".encode(), "x.csv", reading=Reading("UTF-8")).confirm_letters


def test_a_chosen_encoding_reads_what_would_be_refused():
    assert ids("0001\nÅse\n".encode("utf-16-le"), "UTF-16") == ["0001", "Åse"]
    assert ids(sample("bom_but_cp1252.csv"), "Windows-1252") == ["Candidate ID", "0001", "Åse"]
    assert ids(sample("undefined_in_cp1252.csv"), "Mac Roman") == ["Candidate ID", "0001", "KÅre"]


def test_pasted_letters_that_were_read_wrongly_before_are_shown_and_can_be_repaired():
    table = read_paste(MISREAD)
    assert (table.encoding, table.confirm_letters, table.letters) == ("", True, ("BjÃ¸rn", "Ã…se", "HÃ¥kon"))
    repaired = read_paste(MISREAD, reading=Reading(REPAIRED))
    assert [row.cells for row in repaired.rows] == [("Bjørn",), ("Åse",), ("Håkon",)]
    assert (repaired.encoding, repaired.confirm_letters) == (REPAIRED, True)


def test_pasted_letters_are_the_same_whatever_other_encoding_is_chosen():
    assert read_paste(NORDIC, reading=Reading("Mac Roman")) == read_paste(NORDIC)


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        ("Łódź\nSala ćwiczeń\n", "cp1250", "Windows-1250 (Central Europe)"),
        ("Łódź\nSala ćwiczeń\n", "iso8859_2", "ISO 8859-2 (Central Europe)"),
        ("ŹRÓDŁO\n", "cp1250", "Windows-1250 (Central Europe)"),
        ("Иванов\nСидорова\n", "cp1251", "Windows-1251 (Cyrillic)"),
        ("Παπαδοπούλου\n", "cp1253", "Windows-1253 (Greek)"),
        ("Bråten\nGrønås\n", "cp850", "DOS 850 (Western Europe)"),
    ],
)
def test_a_further_encoding_is_offered_where_its_words_look_right_and_those_of_western_europe_do_not(text, codec, name):
    words = tuple(word for word in text.split() if not word.isascii())
    assert offered(text.encode(codec))[name] == words
    assert ids(text.encode(codec), name) == text.splitlines()


@pytest.mark.parametrize(
    "text", ["Åse\nBjørn\nZoë\n", "GRÜSSE\nStraße\n", "O’Brien\nMoe–Lie\n", "François\nPeña\n", "jäääär\n", "Ærø\n"]
)
def test_no_further_encoding_is_offered_for_names_of_western_europe(text):
    assert set(offered(text.encode("cp1252"))) <= {"Windows-1252", "Mac Roman"}


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        ("Žemaitė\nĄžuolas\n", "cp1257", "Windows-1257 (Baltic)"),
        ("Yılmaz\nErdoğan\n", "cp1254", "Windows-1254 (Turkish)"),
        ("Dvořák\n", "cp1250", "Windows-1250 (Central Europe)"),
    ],
)
def test_an_encoding_whose_letters_are_others_in_western_europe_can_be_chosen_and_is_not_proposed(text, codec, name):
    data = text.encode(codec)
    assert name not in offered(data)
    assert chosen_from(data)[name] == tuple(text.split())


def test_what_windows_1252_leaves_undefined_is_read_as_another_encoding_whose_letters_are_confirmed():
    found = decode("ŹRÓDŁO\n".encode("cp1250"))
    assert (found.text, found.encoding, found.confirm) == ("ŹRÓDŁO\n", "Windows-1250 (Central Europe)", True)


@given(st.binary(max_size=60))
def test_any_bytes_have_readings_that_can_be_chosen(data):
    for encoding in chosen_from(data):
        with suppress(UnreadableFile):  # all cells may be blank
            ids(data, encoding)
