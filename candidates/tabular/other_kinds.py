"""Name by content what is neither a text nor a workbook that we read, and say what to do with it (C41)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection

from django.utils.translation import gettext as _

from candidates.tabular.table import UnreadableFile

_MAIL = re.compile(
    rb"(received|return-path|delivered-to|from|to|subject|date|message-id|mime-version|dkim-signature|x-[a-z-]+"
    rb"|content-type|content-transfer-encoding|reply-to|sender|thread-topic|cc):[ \t]*[^\r\n]",
    re.I,
)
_MAILED = re.compile(rb"^(received|return-path|message-id|mime-version|delivered-to|dkim-signature):", re.I | re.M)
_HEAD = 4096


def is_packed(data: bytes) -> bool:
    """Tell whether a file is a zip archive, as every XLSX workbook is."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def refuse_other_kinds(data: bytes) -> None:
    """Refuse by content, whatever the name, what is neither a text nor a zip archive.

    Raises UnreadableFile that says what the file is and what to do.
    """
    if sentence := _kind_of_binary(data) or _kind_of_text(data):
        raise UnreadableFile(sentence)


def refuse_other_archives(archive: zipfile.ZipFile, names: Collection[str]) -> None:
    """Refuse a zip archive that is no workbook that we read; only a few bytes of it are inflated."""
    if sentence := _kind_of_archive(archive, names):
        raise UnreadableFile(sentence)


def _kind_of_binary(data: bytes) -> str:
    head = data[:1024]
    binary = b"\x00" in data[:_HEAD]
    if b"%PDF-" in head:
        return _("This is a PDF. Save the list as .xlsx or CSV from the program that made it.")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _kind_of_compound_file(data)
    if (binary and data.startswith(b"MZ")) or data.startswith(b"\x7fELF"):
        return _("This is a program, not a list. Choose the .xlsx or CSV file with the list.")
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")) or (
        binary and (data.startswith((b"BM", b"RIFF")) or head[4:8] == b"ftyp")
    ):
        return _("This is a picture or a recording. Choose the .xlsx or CSV file with the list.")
    if data.startswith((b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh9", b"\xfd7zXZ\x00")):
        return _("This is a packed file. Unpack it and choose the .xlsx or CSV file inside.")
    if data.startswith((b"SQLite format 3\x00", b"\x00\x01\x00\x00Standard ")):
        return _("This is a database. Export the list from it as .xlsx or CSV.")
    return ""


def _kind_of_compound_file(data: bytes) -> str:
    """Tell what an old office file is by the names of the streams in it."""

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        return _(
            "This workbook has a password. Open it, save it without the password (File, Info, Protect Workbook), "
            "and upload that."
        )
    if has("__substg1.0_"):
        return _("This is an e-mail (.msg). Save the list that is attached to it, and upload that.")
    if has("WordDocument"):
        return _("This is an old Word document (.doc). Copy the list into a spreadsheet and save that as .xlsx.")
    if has("Workbook") or has("Book"):
        return _("This is an old Excel workbook (.xls). Open it and save it as .xlsx without a password, or as CSV.")
    return _(
        "This is an old Excel workbook (.xls), another old Office file, or one with a password. "
        "Open it and save it as .xlsx without a password, or as CSV."
    )


def _kind_of_text(data: bytes) -> str:
    start = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<?xml") or start.startswith(b"<workbook"):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
            return _("This is an Excel workbook as XML (2003). Open it in Excel and save it as .xlsx.")
        if b"urn:oasis:names:tc:opendocument" in start:
            return _("This is an OpenDocument file (.fods). Open it and save it as .xlsx or CSV.")
        return _("This is a web page (HTML or XML). Save the list as .xlsx or CSV.")
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<table", b"<meta", b"<style", b"<div", b"<!--")):
        return _("This is a web page (HTML), even if it is called .xls. Open it in a spreadsheet and save it as .xlsx.")
    if start.startswith(b"{\\rtf"):
        return _("This is a text document (RTF). Save the list as .xlsx or CSV.")
    if start.startswith((b"{", b"[")):
        return _kind_of_json(start)
    if _is_mail(start):
        if b"multipart/related" in start and start.startswith((b"mime-version", b"from: <saved by")):
            return _("This is a web page in one file (.mht). Open it in a spreadsheet and save it as .xlsx.")
        return _("This is an e-mail (.eml). Save the list that is attached to it, and upload that.")
    if start.startswith((b"id;pwxl", b"id;pcalc")):
        return _("This is a SYLK file (.slk). Open it in a spreadsheet and save it as .xlsx or CSV.")
    if start.startswith((b"begin:vcard", b"begin:vcalendar")):
        return _("This is a file of contacts or a calendar, not a list. Choose the .xlsx or CSV file with the list.")
    return ""


def _kind_of_json(start: bytes) -> str:
    if start.startswith(b"[internetshortcut]"):
        return _link(_("a link"))
    if re.match(rb"\{\s*\"", start):
        if b"doc_id" in start or b"docs.google.com" in start or b"resource_id" in start:
            return _link(_("a link to a Google sheet (.gsheet)"))
        return _("This is JSON, not a table. Save the list as .xlsx or CSV.")
    if re.match(rb"\[\s*[{\[\"]", start):
        return _("This is JSON, not a table. Save the list as .xlsx or CSV.")
    return ""


def _link(what: str) -> str:
    message = _(
        "This is %(what)s, not the list itself. Open it in your browser, choose File, Download, Microsoft Excel "
        "(.xlsx), and upload that."
    )
    return message % {"what": what}


def _is_mail(start: bytes) -> bool:
    """Tell the headers of an e-mail, of which titles above a list may have some: "Subject: INF1000"."""
    if not _MAILED.search(start):
        return False
    lines = start.replace(b"\r\n", b"\n").split(b"\n")[:3]
    return (
        len(lines) == 3
        and bool(_MAIL.match(lines[0]))
        and all(_MAIL.match(line) or line[:1] in (b" ", b"\t") for line in lines[1:])
    )


def _kind_of_archive(archive: zipfile.ZipFile, names: Collection[str]) -> str:
    def has(*starts: str) -> bool:
        return any(name.startswith(starts) for name in names)

    if any(name.endswith(".iwa") for name in names) or has("index.zip", "index.apxl"):
        return _(
            "This is a document of Apple Numbers (or Pages, Keynote). "
            "Open it, choose File, Export To, Excel or CSV, and upload that."
        )
    if "xl/workbook.bin" in names:
        return _("This is a binary workbook (.xlsb). Open it and save it as .xlsx or CSV.")
    if "content.xml" in names and "mimetype" in names:
        return _("This is an OpenDocument file (%(kind)s). Open it and save it as .xlsx or CSV.") % {
            "kind": _opendocument(archive)
        }
    if has("word/"):
        return _("This is a Word document. Copy the list into a spreadsheet and save that as .xlsx.")
    if has("ppt/"):
        return _("This is a presentation. Copy the list into a spreadsheet and save that as .xlsx.")
    return ""


def _opendocument(archive: zipfile.ZipFile) -> str:
    with archive.open("mimetype") as part:
        kind = part.read(100)
    return ".ods" if b"spreadsheet" in kind else ".odt" if b"text" in kind else _(".ods or .odt")
