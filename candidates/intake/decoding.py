"""Turn the bytes of an upload into text, or say what the file is instead (traps.md F1, F2, C33, C34, C41)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from candidates.intake.table import UnreadableFile

_NEWLINE = re.compile(rb"\r\n|\r|\n")
# Letters of Western Europe as UTF-8. As Windows-1252 the same bytes are a capital and a symbol: nobody writes that.
_UTF8_LETTER = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")
_MISREAD = re.compile("[\u00c3\u00c4\u00c5][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u2013-\u2122]")
_MAX_WORDS = 5


@dataclass(frozen=True, slots=True)
class Decoded:
    """Hold a decoded text; `confirm` is set where a person has to look at the letters first (domain.md D14)."""

    text: str
    encoding: str
    confirm: bool = False
    words: tuple[str, ...] = ()


def decode(data: bytes) -> Decoded:
    """Decode by byte order mark, strict UTF-8, then Windows-1252 with confirmation; never with replaced letters.

    Raises UnreadableFile naming the encoding, or the line where a second one begins.
    """
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise UnreadableFile(_("The file is written in UTF-32, which we do not read. Save it as CSV UTF-8."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _strictly(data, "utf-16", _("UTF-16")).removeprefix("\ufeff")
        return _to_confirm(text, "UTF-16")
    if data.startswith(b"\xef\xbb\xbf"):
        return Decoded(_strictly(data[3:], "utf-8", _("UTF-8")), "UTF-8")
    if data[:2000].count(0) * 4 > len(data[:2000]):
        message = _("The file is not a text file, or it is UTF-16 without its mark. Save it as CSV UTF-8 or .xlsx.")
        raise UnreadableFile(message)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse_broken_utf8(data)
        return _to_confirm(_strictly(data, "cp1252", _("Windows-1252")), "Windows-1252")
    # Valid UTF-8 may hold letters that were read wrongly before: "BjÃ¸rn". A person must see them.
    return _to_confirm(text, "UTF-8") if _MISREAD.search(text) else Decoded(text, "UTF-8")


def _strictly(data: bytes, codec: str, name: str) -> str:
    """Decode or refuse, naming the encoding and the line."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        before = error.start
        if codec == "utf-16":
            line = len(re.findall("\r\n|\r|\n", data[:before].decode(codec, "ignore"))) + 1
        else:
            line = len(_NEWLINE.findall(data[:before])) + 1
        message = _("Line %(line)d has a character that is broken in %(encoding)s. Save the file again as CSV UTF-8.")
        raise UnreadableFile(message % {"line": line, "encoding": name}, line) from error


def _refuse_broken_utf8(data: bytes) -> None:
    """Refuse bytes that are UTF-8 in one place and not in another (C34), and UTF-8 with lone surrogates (C39)."""
    utf8_line = other_line = 0
    for line, content in enumerate(_NEWLINE.split(data), start=1):
        if content.isascii():
            continue
        try:
            letters = content.decode("utf-8")
        except UnicodeDecodeError:
            if re.search(rb"\xed[\xa0-\xbf][\x80-\xbf]", content) and _only_surrogates(content):
                message = _("Line %(line)d holds half of a character. Type the cell again and save as CSV UTF-8.")
                raise UnreadableFile(message % {"line": line}, line) from None
            other_line = other_line or line
            if _UTF8_LETTER.search(content):
                utf8_line = utf8_line or line
        else:
            if all(letter.isalpha() for letter in letters if not letter.isascii()):
                utf8_line = utf8_line or line
        if utf8_line and other_line:
            message = _(
                "The file is written in two encodings: the letters of line %(line)d differ from those before it. "
                "Open the list in a spreadsheet, check the names, and save it as CSV UTF-8."
            )
            line = max(utf8_line, other_line)
            raise UnreadableFile(message % {"line": line}, line)


def _only_surrogates(content: bytes) -> bool:
    """Tell whether lone surrogates are all that keeps a line from being UTF-8."""
    try:
        content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _to_confirm(text: str, encoding: str) -> Decoded:
    """Pick the words that show every letter in doubt, the one with most new letters first come first served."""
    words: list[str] = []
    seen: set[str] = set()
    for word in re.findall(r"[^\s,;|\"]*[^\x00-\xa0][^\s,;|\"]*", text):
        letters = {letter for letter in word if letter > "\xa0"}
        if not letters <= seen:
            seen |= letters
            words.append(word[:40])
            if len(words) == _MAX_WORDS:
                break
    return Decoded(text, encoding, bool(words), tuple(words))


def refuse_other_kinds(data: bytes) -> None:
    """Refuse by content, whatever the name, what is neither a text nor a workbook (C41).

    Raises UnreadableFile that says what the file is and what to do.
    """
    head = data[:1024]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    binary = b"\x00" in data[:4096]
    if b"%PDF-" in head:
        raise UnreadableFile(_("This is a PDF. Save the list as .xlsx or CSV from the program that made it."))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        message = _(
            "This is an old Excel workbook (.xls) or one with a password. "
            "Open it and save it as .xlsx without a password, or as CSV."
        )
        raise UnreadableFile(message)
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<table", b"<meta", b"<?xml")):
        raise UnreadableFile(_("This is a web page (HTML or XML). Save the list as .xlsx or CSV."))
    if start.startswith(b"{\\rtf"):
        raise UnreadableFile(_("This is a text document (RTF). Save the list as .xlsx or CSV."))
    if (binary and data.startswith(b"MZ")) or data.startswith(b"\x7fELF"):
        raise UnreadableFile(_("This is a program, not a list. Choose the .xlsx or CSV file with the candidates."))
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")) or (
        binary and (data.startswith((b"BM", b"RIFF")) or head[4:8] == b"ftyp")
    ):
        raise UnreadableFile(_("This is a picture or a recording. Choose the .xlsx or CSV file with the candidates."))
    if data.startswith((b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh9", b"\xfd7zXZ\x00")):
        raise UnreadableFile(_("This is a packed file. Unpack it and choose the .xlsx or CSV file inside."))
