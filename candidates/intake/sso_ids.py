"""Judge SSO user IDs: what cannot be one, and what is unlike all others of the list."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from django.utils.translation import gettext as _

from candidates.intake.cells import CellProblem, clean_exported, hidden_problem, quoted
from candidates.intake.findings import Fix, Notice
from candidates.intake.headings import SSO_USER_ID
from candidates.intake.odd_cells import nothing_problem
from candidates.models.accounts import MAX_SSO_LENGTH
from candidates.tabular.damage import usual_letters
from candidates.tabular.hidden import character_name, joiner_in, without_joiners

_SCHEME = re.compile(r"(?:mailto|smtp|sips?|acct|e-?mail|e-?post|eppn|upn)\s*:\s*", re.I)
_IN_ANGLES = re.compile(r"[^<>]*<\s*([^<>]+?)\s*>[\s;,.]*")
_AT = re.compile(r"\s*[(\[]\s*(?:at|krøllalfa|alfakrøll|snabel-?a)\s*[)\]]\s*", re.I)
_USUAL = re.compile(r"[\w.+-]+(?:@\w(?:[\w.-]*\w)?)?", re.A)  # nearly every one
_SHAPE = re.compile(r"[^@\s]+@\w(?:[\w.-]*\w)?")
_AROUND_ADDRESS, _AROUND = " ;,.:'\"()[]<>", " ;,<>"
_FOREIGN = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_SHAPES = str.maketrans(string.ascii_letters + string.digits, "a" * 52 + "9" * 10)
_FEW = 3
_MANY = 10
"""Rows that have to be alike before another one is unlike them: by what is behind the @, and by letters and digits."""


def clean_sso_user_id(raw: str, *, prefix: str = "") -> str:
    """Return an SSO user ID as the provider sends it, trimmed and NFC (docs/domain.md §7).

    `prefix` is what the provider puts in front of it, and we take off. Raises CellProblem where it is empty, too long,
    or cannot be one: an address as mail programs copy it, with a space inside, a comma for a dot, another alphabet.
    """
    value = clean_exported(raw, longest=None)
    if not value:
        raise CellProblem(_("Every SSO candidate needs an SSO user ID."))
    if problem := nothing_problem(value):
        raise problem
    if (problem := _impossible(value, prefix)) is not None:
        raise problem
    if len(value) > MAX_SSO_LENGTH:
        message = _("It has %(count)d characters. It can have at most %(longest)d.")
        raise CellProblem(message % {"count": len(value), "longest": MAX_SSO_LENGTH})
    return value


def _impossible(value: str, prefix: str) -> CellProblem | None:
    """Return why this is nobody's SSO user ID, with the one that was probably meant, None where it may be one."""
    if _USUAL.fullmatch(value) and ".." not in value and not (prefix and value.startswith(prefix)):
        return None
    if joiner := joiner_in(value):
        return hidden_problem(character_name(joiner), without_joiners(value))
    if len(re.findall(r"[^\s;,<>@]@[^\s;,<>@]", value)) > 1 and not _IN_ANGLES.fullmatch(value):
        return CellProblem(_("There are several addresses in this cell. Keep the one of this person."))
    meant, message = value, ""
    for step, words in (
        (_inner, _("There is more than the SSO user ID in this cell, as mail programs copy it.")),
        (
            lambda text: text.removeprefix(prefix),
            _("What the provider writes before the ID does not belong to it."),
        ),
        (_bare, _("There is a sign before or after it that does not belong to it.")),
        (lambda text: "".join(text.split()), _("There is a space inside.")),
        (_dotted, _("There is a comma or a second sign where one dot or @ belongs.")),
        (
            lambda text: usual_letters(text) or text,
            _("It holds letters of another alphabet, or wide ones, that look like usual letters."),
        ),
    ):
        after = step(meant)
        if after and after != meant:
            meant, message = after, message or words
    whole = _SHAPE.fullmatch(meant) if "@" in meant else bool(meant)
    if message:
        return CellProblem(message, meant if whole and not _is_mixed(meant) else None)
    if not whole:
        return CellProblem(_("An SSO user ID with an @ has something before it, and a name like havnes.no behind it."))
    if _is_mixed(value):
        return CellProblem(_("It holds letters of two alphabets. Type it from your own list."))
    return None


def _inner(text: str) -> str:
    """Return the address in "Name <a@b>" and behind "mailto:"."""
    text = quoted(text)
    if (found := _IN_ANGLES.fullmatch(text)) and ("@" in found[1] or text.startswith("<")):
        text = found[1]
    rest = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
    if rest != text and "@" in unquote(rest):
        text = unquote(rest.partition("?")[0])
    return _AT.sub("@", quoted(text)) if "@" not in text else text


def _bare(text: str) -> str:
    return text.strip(_AROUND_ADDRESS if "@" in text else _AROUND)


def _dotted(text: str) -> str:
    if "@" not in text:
        return text
    return re.sub(r"\.{2,}", ".", re.sub(r"@{2,}", "@", text.replace(",", ".").replace(";", ".")))


def _is_mixed(text: str) -> bool:
    """Tell whether letters of another alphabet stand beside Latin ones: only one of them is typed anywhere."""
    if text.isascii():
        return False
    scripts = {unicodedata.name(one, "").partition(" ")[0] for one in text if one.isalpha()}
    return "LATIN" in scripts and not scripts.isdisjoint(_FOREIGN)


class Realms:
    """What the SSO user IDs of a list have behind the @, and which few of them have something else.

    Every row is taken, those too with a problem whose proposal says what is meant; who is on the test counts as well.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._counts = Counter(_realm(one) for one in known)
        self._shapes: Counter[str] = Counter()
        self._ready: list[tuple[int, str]] = []

    def take(self, value: str, *, row: int = 0) -> None:
        """Take one ID; with a `row`, one that is ready and may be pointed out."""
        self._counts[_realm(value)] += 1
        self._shapes[_shape(value)] += 1
        if row:
            self._ready.append((row, value))

    def unlike(self) -> Iterator[Notice]:
        """Yield who has another realm than all others, none, or one letter off; else who is written in another way."""
        total = self._counts.total()
        usual, count = self._counts.most_common(1)[0] if total else ("", 0)
        dominates = count >= _FEW and count * 5 >= total * 3
        shape = self._usual_shape()
        for row, value in self._ready:
            realm = _realm(value)
            if dominates and realm != usual:
                few = self._counts[realm] == 1 or self._counts[realm] * 50 <= total
                slip = bool(realm and usual) and is_one_letter_off(realm, usual) and self._counts[realm] * 3 <= count
                bare = not realm and self._counts[realm] * 5 <= total
                if few or slip or bare:
                    yield self._notice(row, value, realm, usual, slip=slip)
            elif shape and _shape(value) != shape:
                message = _("Written in another way than nearly all other SSO user IDs. Compare with your own list.")
                yield Notice(row, SSO_USER_ID, value, message, kind="unlike")

    def _usual_shape(self) -> str:
        """Return the shape that nearly all IDs have, like aa99999, "" where they have many."""
        shape, count = self._shapes.most_common(1)[0] if self._shapes else ("", 0)
        total = self._shapes.total()
        # of names nobody knows how long they are
        return shape if shape.count("9") >= _FEW and total >= _MANY and count * 10 >= total * 9 else ""

    def _notice(self, row: int, value: str, realm: str, usual: str, *, slip: bool) -> Notice:
        found = {"realm": realm, "usual": usual}
        if not usual:
            message, meant = _("With @%(realm)s behind it; the others have no @.") % found, None
        elif not realm:
            message, meant = _("Without @%(usual)s, which the others have.") % found, f"{value}@{usual}"
        elif slip:
            message = _("@%(realm)s is nearly @%(usual)s, which the others have.") % found
            meant = f"{value.rpartition('@')[0]}@{usual}"
        else:
            alone = self._counts[realm] == 1
            message = _("The others are @%(usual)s.") if alone else _("The others are @%(usual)s, few are @%(realm)s.")
            message, meant = message % found, None
        fixes = (Fix(row, SSO_USER_ID, meant),) if meant else ()
        return Notice(row, SSO_USER_ID, value, message, meant, kind="unlike", fixes=fixes)


def _realm(value: str) -> str:
    return value.rpartition("@")[2].casefold() if "@" in value else ""


def _shape(value: str) -> str:
    """Return an ID with a for every letter and 9 for every digit before the @: ab12345 is aa99999."""
    before = value.rpartition("@")[0] or value
    return before.translate(_SHAPES)


def is_one_letter_off(one: str, other: str) -> bool:
    """Tell whether one letter was left out, added or mistaken, or two neighbours were swapped."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if len(one) == len(other) == 2:
        return one == other[::-1]
    return max(len(one), len(other)) == 1
