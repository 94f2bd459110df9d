"""Turn the bytes of an upload into text (F2, C33, C34)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from candidates.tabular.guessing import DOS, FURTHER, doubtful_words, look_right
from candidates.tabular.hidden import spell_out
from candidates.tabular.other_kinds import is_packed, refuse_other_kinds
from candidates.tabular.table import UnreadableFile

UTF_8 = "UTF-8"
UTF_16 = "UTF-16"
WINDOWS = "Windows-1252"
MAC = "Mac Roman"
READ_WRONGLY = "UTF-8, read wrongly before"
"""Text that was UTF-8, was opened as Windows-1252 and saved so: "BjÃ¸rn"."""
CODECS = {
    UTF_8: "utf-8",
    UTF_16: "utf-16",
    WINDOWS: "cp1252",
    MAC: "mac_roman",
    READ_WRONGLY: "utf-8",
    **FURTHER,
}

ONE_BYTE = frozenset({WINDOWS, MAC, *FURTHER})
"""Encodings of one byte for each letter: which of them a file has can only be guessed."""

_NEWLINE = re.compile(rb"\r\n|\r|\n")
_TEXT_NEWLINE = re.compile("\r\n|\r|\n")
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Letters of Western Europe as UTF-8. As Windows-1252 the same bytes are a capital and a symbol: nobody writes that.
_UTF8_LETTER = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")
_MISREAD = re.compile("[\u00c3\u00c4\u00c5][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u2013-\u2122]")
# Programs that read UTF-8 as Windows-1252 show the five bytes that it leaves undefined as Latin-1 has them.
_AS_WINDOWS = codecs.charmap_build("".join(bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256)))
_MAC_LETTERS = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûüßÆØæøÀÃÕŒœÿŸÂÊÁËÈÍÎÏÌÓÔÒÚÛÙ"
_MAC_MARKS = "–—‘’“”…•\u00a0"
_ASCII_OR_MAC_LETTER = bytes(range(128)) + _MAC_LETTERS.encode("mac_roman")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # in Windows-1252
# As Windows-1252 these are signs that nobody writes there: "Bj¿rn". Quotation marks, dashes and dots are left out,
# because people do write O’Brien and Moe–Lie.
_ODD_SIGN = re.compile(
    rb"[\x80\x86\x87\x89\x98\x99\xae\xaf\xbe\xbf](?=[A-Za-z\x80-\xff])"
    rb"|(?<=[A-Za-z])(?:[\xaf\xbe\xbf]|\xa7(?=[A-Za-z]))"
)
_MAX_WORDS = 5


@dataclass(frozen=True, slots=True)
class Decoded:
    """Hold a decoded text; `confirm` is set where a person has to look at the letters first (D14)."""

    text: str
    encoding: str
    confirm: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """Hold one encoding under which a file can be read, with up to five words that show its letters.

    What is not likely may be chosen, and is not proposed.
    """

    encoding: str
    words: tuple[str, ...]
    likely: bool = True


def decode(data: bytes, encoding: str = "") -> Decoded:
    """Decode with the chosen encoding, else with the one that is found; never with replaced letters (D14).

    What is not certain, a chosen encoding too, is to be confirmed. Raises UnreadableFile naming the encoding and the
    line that it does not fit.
    """
    if encoding and encoding not in CODECS:
        message = _("Files in %(encoding)s cannot be read. The encodings are: %(encodings)s.")
        raise UnreadableFile(message % {"encoding": encoding[:40], "encodings": "; ".join(CODECS)})
    encoding = encoding or _find_encoding(data)
    text = _strictly(data, encoding)
    if encoding == READ_WRONGLY:
        return _to_confirm(_undo_misreading(text), encoding)
    if encoding == UTF_8 and not _looks_misread(text):
        return Decoded(text, encoding)
    return _to_confirm(text, encoding)


def decode_pasted(text: str, encoding: str = "") -> Decoded:
    """Return pasted text, whose letters a browser has decoded: only that they were read wrongly before is a choice.

    Raises UnreadableFile naming the line that it does not fit.
    """
    text = text.removeprefix("\ufeff")
    if encoding == READ_WRONGLY:
        return _to_confirm(_undo_misreading(text), encoding)
    return _to_confirm(text, "") if _looks_misread(text) else Decoded(text, "")


def other_readings(data: bytes) -> tuple[Alternative, ...]:
    """Return the encodings under which a text file can be read, the present one among them; none for other files."""
    if is_packed(data):
        return ()
    try:
        refuse_other_kinds(data)
        found = _find_encoding(data)
    except UnreadableFile:
        return ()
    readings = []
    words = doubtful_words(data) if found in ONE_BYTE else ()
    proposes = found != WINDOWS or not look_right(words, CODECS[WINDOWS])
    for encoding in (WINDOWS, MAC, *_fitting(words)) if found in ONE_BYTE else (found,):
        try:
            text = _strictly(data, encoding)
        except UnreadableFile:
            continue
        readings.append(_alternative(text, encoding, likely=proposes or encoding not in FURTHER))
        if found == UTF_8 and (repaired := _repaired(text)) is not None:
            readings.append(_alternative(repaired, READ_WRONGLY))
    return tuple(readings)


def _alternative(text: str, encoding: str, *, likely: bool = True) -> Alternative:
    return Alternative(encoding, tuple(spell_out(word) for word in _to_confirm(text, encoding).words), likely)


def _find_encoding(data: bytes) -> str:
    """Find the encoding: byte order mark, strict UTF-8, Mac Roman where it is certain, else Windows-1252.

    Raises UnreadableFile for what is none of these, or two of them.
    """
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise UnreadableFile(_("The file is written in UTF-32, which we do not read. Save it as CSV UTF-8."))
    if data.startswith(_UTF16_MARKS):
        return UTF_16
    if data.startswith(_UTF8_MARK):
        return UTF_8
    if data[:2000].count(0) * 4 > len(data[:2000]):
        message = _("The file is not a text file, or it is UTF-16 without its mark. Save it as CSV UTF-8 or .xlsx.")
        raise UnreadableFile(message)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse_broken_utf8(data)
        if _is_certainly_mac(data):
            return MAC
        # what Windows-1252 leaves undefined is a letter elsewhere: Ź in Central Europe
        fitting = _fitting(doubtful_words(data)) if _UNDEFINED.search(data) else []
        return next((one for one in fitting if one != DOS), WINDOWS)
    return UTF_8


def _fitting(words: Collection[bytes]) -> list[str]:
    """Return further encodings in which the words look like words."""
    return [encoding for encoding, codec in FURTHER.items() if look_right(words, codec)]


def _strictly(data: bytes, encoding: str) -> str:
    """Decode without the byte order mark, or refuse, naming the encoding and the line."""
    codec = CODECS[encoding]
    if encoding != UTF_16:
        data = data.removeprefix(_UTF8_MARK)
    try:
        return data.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = error.start
        if encoding == UTF_16:
            line = len(_TEXT_NEWLINE.findall(data[:before].decode(codec, "ignore"))) + 1
        else:
            line = len(_NEWLINE.findall(data[:before])) + 1
        message = _("Line %(line)d has a character that is broken in %(encoding)s. Save the file again as CSV UTF-8.")
        raise UnreadableFile(message % {"line": line, "encoding": encoding}, line) from error


def _is_certainly_mac(data: bytes) -> bool:
    """Tell whether the letters make sense as Mac Roman and not as Windows-1252.

    Every byte has to be a letter of names, and one at least no part of a word, or nothing, as Windows-1252; with
    nothing there, other marks than letters are no sign of it either. Words have to be small, in capitals, or begin
    with a capital: what other encodings write gives "BrÜten" here.
    """
    others = data.translate(None, _ASCII_OR_MAC_LETTER)
    if _UNDEFINED.search(data):
        others = others.translate(None, _MAC_MARKS.encode("mac_roman"))
    elif not _ODD_SIGN.search(data):
        return False
    if others:
        return False
    # one after the other: a file of 50 MiB has millions
    words = (found.group() for found in re.finditer(r"[^\W\d_]+", data.decode("mac_roman")))
    return all(
        word.islower() or word.isupper() or (word[0].isupper() and word[1:].islower())
        for word in words
        if not word.isascii()
    )


def _undo_misreading(text: str) -> str:
    """Return the text as it was before its UTF-8 was read as Windows-1252; refuse, naming the line that was not."""
    try:
        # one character gives one byte, so both errors tell a place in the text
        return codecs.charmap_encode(text, "strict", _AS_WINDOWS)[0].decode("utf-8").removeprefix("\ufeff")
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        line = len(_TEXT_NEWLINE.findall(text[: error.start])) + 1
        message = _("Line %(line)d cannot be read as “%(encoding)s”. Choose another encoding.")
        raise UnreadableFile(message % {"line": line, "encoding": READ_WRONGLY}, line) from error


def _repaired(text: str) -> str | None:
    """Return the text as it was before it was read wrongly, or None where it was not or not everywhere."""
    if text.isascii():
        return None
    try:
        return _undo_misreading(text)
    except UnreadableFile:
        return None


def _looks_misread(text: str) -> bool:
    """Tell whether a person must see the letters, because valid UTF-8 may hold what was read wrongly: "BjÃ¸rn"."""
    return bool(_MISREAD.search(text)) or _repaired(text) is not None


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
    words = words_to_confirm(text)
    return Decoded(text, encoding, bool(words), words)


def words_to_confirm(text: str) -> tuple[str, ...]:
    """Pick the words that show every letter in doubt, the one with most new letters first come first served."""
    words: list[str] = []
    seen: set[str] = set()
    # every word is looked at: a pattern that asks for a letter in doubt takes hours for a long word without one
    for found in re.finditer(r"[^\s,;|\"]+", text):
        word = found.group()
        letters = set() if word.isascii() else {letter for letter in word if letter > "\xa0"}
        if not letters <= seen:
            seen |= letters
            words.append(word[:40])
            if len(words) == _MAX_WORDS:
                break
    return tuple(words)
