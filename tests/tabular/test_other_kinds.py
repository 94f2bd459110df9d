"""What is no list is named by its content, with what to do, whatever its name (C41)."""

import io
import zipfile
from pathlib import Path

import pytest

from candidates.intake.reading import read_upload
from candidates.tabular.table import UnreadableFile

LISTS = Path(__file__).parent.parent / "data" / "lists"


def zipped(*names: str, **parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, parts.get(name, b"x"))
    return stream.getvalue()


def with_password() -> bytes:
    """Return a zip archive whose only file is marked as encrypted."""
    data = bytearray(zipped("[Content_Types].xml", "xl/workbook.xml"))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(sign)
        while start >= 0:
            data[start + place] |= 1
            start = data.find(sign, start + 4)
    return bytes(data)


def compound(*names: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + b"".join(name.encode("utf-16-le") for name in names)


ODS = b"application/vnd.oasis.opendocument.spreadsheet"
MAIL = b"Received: from a by b\r\n\tfor c\r\nSubject: The list\r\nFrom: a@b.example\r\n\r\nHello\r\n"
MHT = b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((LISTS / "extra-a-apple.numbers").read_bytes(), "Apple Numbers .* Export To, Excel or CSV"),
        (zipped("Index.zip", "preview.jpg"), "Apple Numbers"),
        ((LISTS / "extra-b.gsheet").read_bytes(), r"link to a Google sheet .* Download, Microsoft Excel \(\.xlsx\)"),
        (b'{"url": "https://docs.google.com/open?id=1", "doc_id": "1"}', "link to a Google sheet"),
        (b"[InternetShortcut]\r\nURL=https://docs.google.com/x\r\n", "This is a link"),
        (b'[{"candidate": "0001"}]', "This is JSON"),
        (b'{ "candidates": []}', "This is JSON"),
        (zipped("mimetype", "content.xml", mimetype=ODS), r"OpenDocument file \(\.ods\)"),
        (zipped("mimetype", "content.xml", mimetype=ODS.replace(b"spreadsheet", b"text")), r"\(\.odt\)"),
        (b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:x">', r"\.fods"),
        (zipped("[Content_Types].xml", "xl/workbook.bin"), r"binary workbook \(\.xlsb\)"),
        (zipped("[Content_Types].xml", "word/document.xml"), "Word document"),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), "presentation"),
        (zipped("list.csv"), r"packed file \(zip\)"),
        (with_password(), "packed file with a password"),
        (compound("Workbook"), r"old Excel workbook \(\.xls\)"),
        (compound("EncryptionInfo", "EncryptedPackage"), "This workbook has a password"),
        (compound("WordDocument"), r"Word document \(\.doc\)"),
        (compound("__substg1.0_0037001F"), r"e-mail \(\.msg\)"),
        (compound("Something"), "another old Office file"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "XML .2003"),
        (b"<html><body><table><tr><td>0001</td></tr></table></body></html>", "web page .* called .xls"),
        (b"\xef\xbb\xbf<table><tr><td>0001</td></tr></table>", "web page"),
        (MAIL, r"e-mail \(\.eml\)"),
        (MHT, r"web page in one file \(\.mht\)"),
        (b"ID;PWXL;N;E\r\nC;Y1;X1;K1\r\n", "SYLK"),
        (b"BEGIN:VCARD\r\nFN:Kari\r\n", "contacts"),
        (b"SQLite format 3\x00" + bytes(99), "database"),
        (b"{\\rtf1\\ansi 0001}", "RTF"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
def test_another_kind_of_file_is_named_with_what_to_do(data, words):
    with pytest.raises(UnreadableFile, match=words) as refused:
        read_upload(data, "list.xlsx")
    assert refused.value.message.count(". ") >= 1


@pytest.mark.parametrize(
    ("data", "first"),
    [
        (b"Subject: INF1000;\nDate: 1 December;\nFrom: 9 a.m.;\n0001;30\n", "Subject: INF1000"),
        (b"[Group A];30\n[Group B];\n", "[Group A]"),
        (b"{12};30\n{13};\n", "{12}"),
        (b"ID;Extra time\n0001;30\n", "ID"),
        (b"From;30\n0002;\n", "From"),
        (b"<0001>;30\n<0002>;\n", "<0001>"),
    ],
)
def test_a_list_that_only_looks_a_little_like_another_kind_is_read(data, first):
    assert read_upload(data, "list.csv").rows[0].cells[0] == first
