"""What a preview points out to be looked at, by kind, with the button that repairs all of a kind (D2, D21, F8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.cells import looks_personal
from candidates.intake.findings import Notice, NoticeKind
from candidates.intake.rooms import rooms_heading
from candidates.pages.imports.rows import short

_MAY_BE_NOBODY: frozenset[NoticeKind] = frozenset({"somebody_else", "known", "unknown", "nobody", "personal"})
"""Notices of rows that may not belong to the list."""
_OF_ANY_CELL: frozenset[NoticeKind] = frozenset(
    {"unknown", "same_reference", "unlike", "whole", "decimals", "places", "rooms", "nothing", "tidied"}
)
"""Notices of other cells than Candidate IDs."""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One row to look at, with what its repair would write ("" for none)."""

    row: int
    cell: str
    message: str
    repaired: str
    leave_out: bool


@dataclass(frozen=True, slots=True)
class NoticeGroup:
    """Rows of one kind of notice, and the button that repairs them all ("" for none)."""

    key: str
    heading: str
    caption: str
    notices: Sequence[NoticeLine]
    button: str
    name: str
    of_ids: bool
    shape: str = "is-warn"


def notice_groups(notices: Sequence[Notice]) -> list[NoticeGroup]:
    """Return what should be looked at: first who graders would recognise (D21), then what may be damaged (D2, F8)."""
    by_kind: dict[NoticeKind, list[Notice]] = {}
    for notice in notices:
        by_kind.setdefault("personal" if notice.kind == "same_as_sso" else notice.kind, []).append(notice)
    return [_group(kind, found) for kind, found in by_kind.items()]


def _group(kind: NoticeKind, found: Sequence[Notice]) -> NoticeGroup:
    count = len(found)
    repairable = sum(bool(notice.fixes) for notice in found)
    heading, caption, button = _GROUPS[kind](found, count)
    lines = [
        NoticeLine(
            row=one.row,
            cell=short(one.cell),
            message=one.message,
            repaired=short(one.proposal or "") if one.fixes else "",
            leave_out=kind in _MAY_BE_NOBODY,
        )
        for one in found
    ]
    generates = kind in ("personal", "names")
    if kind == "names":  # one sentence says it of all of them
        lines = []
    return NoticeGroup(
        key=kind,
        heading=heading % {"n": count},
        caption=caption,
        notices=lines,
        button=button if generates or repairable else "",
        name="generate" if generates else "repair",
        of_ids=kind not in _OF_ANY_CELL,
        shape="" if kind in ("tidied", "nothing") else "is-warn",
    )


def _somebody_else(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext(
        "%(n)d row may be about somebody else than the candidate on the test",
        "%(n)d rows may be about somebody else than the candidates on the test",
        count,
    )
    caption = _(
        "Extra time, seat and login stay with the Candidate ID, whoever has it: an update would give them to the "
        "person of the row. Leave such rows out, or correct the list."
    )
    return heading, caption, ""


def _same_reference(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext(
        "%(n)d private reference stands in several rows", "%(n)d private references stand in several rows", count
    )
    return heading, _("Is somebody in the list twice, or did a row slip? You may add these as they are."), ""


def _known(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext(
        "%(n)d candidate may be on the test already, under a number",
        "%(n)d candidates may be on the test already, under a number",
        count,
    )
    return heading, _("Add these rows only if they are other people: each would be on the test twice."), ""


def _nobody(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext("%(n)d row may be no candidate", "%(n)d rows may be no candidates", count)
    return heading, _("It may be a line of a report. You may add these as they are."), ""


def _personal(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    if all(notice.kind == "personal" and looks_personal(notice.cell) == "name" for notice in found):
        heading = ngettext("%(n)d Candidate ID looks like a name", "%(n)d Candidate IDs look like names", count)
    else:
        heading = ngettext("%(n)d Candidate ID looks personal", "%(n)d Candidate IDs look personal", count)
    caption = _(
        "Graders see the Candidate ID. You may add these as they are, but graders then see who it is. "
        "Generated numbers are dealt out at random; the ID from your list is kept as private reference, for planners."
    )
    return heading, caption, _("Use generated numbers instead")


def _unknown(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext("%(n)d username is nobody’s", "%(n)d usernames are nobody’s", count)
    caption = _("It is prepared all the same, for who may be imported later. A wrong one reaches nobody.")
    return heading, caption, ""


def _unlike(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext("%(n)d SSO user ID is unlike the others", "%(n)d SSO user IDs are unlike the others", count)
    return heading, _("With a wrong one nobody can log in. You may add these as they are."), _("Use the proposals")


def _whole(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext(
        "%(n)d candidate gets as much extra time as the test has",
        "%(n)d candidates get as much extra time as the test has",
        count,
    )
    caption = _("Extra time comes on top of the usual time. You may add these as they are.")
    return heading, caption, _("Read them as the whole time")


def _nothing(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext("%(n)d word stands for an empty cell", "%(n)d words stand for empty cells", count)
    return heading, _("Programs write these where there is nothing. Nothing to do, unless one is a name."), ""


def _zeros(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    return (
        ngettext("%(n)d Candidate ID may have lost its zeros", "%(n)d Candidate IDs may have lost their zeros", count),
        _("Spreadsheets drop zeros at the beginning of a number. You may add these as they are."),
        _("Put the zeros back"),
    )


def _decimals(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    return (
        ngettext("%(n)d column has numbers with decimals", "%(n)d columns have numbers with decimals", count),
        _("Candidates log in with the ID as it stands here, and rooms are called so. You may add these as they are."),
        _("Take the decimals away"),
    )


def _letters(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    return (
        ngettext("%(n)d Candidate ID has a look-alike letter", "%(n)d Candidate IDs have look-alike letters", count),
        _("They look the same on paper and are not. Anyone who types the ID from a list will not find it."),
        _("Use the usual letters"),
    )


def _places(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    return (
        ngettext("%(n)d location is written like another one", "%(n)d locations are written like others", count),
        _("Invigilators' rooms are compared to the letter: these would be rooms of their own."),
        _("Use the names that exist"),
    )


def _rooms(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    return rooms_heading(count), _("You may add these as they are. Candidates can be spread over rooms afterwards."), ""


def _tidied(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext("%(n)d cell was tidied", "%(n)d cells were tidied", count)
    return heading, _("Nothing to do: this is what is stored, and it looks the same."), ""


def _names(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    caption = _(
        "The Candidate ID of a permanent user is first name and last name, and graders see the Candidate ID. "
        "Generated numbers are dealt out at random; the names are kept as private references, for planners."
    )
    heading = ngettext("Graders will see %(n)d name", "Graders will see %(n)d names", count)
    return heading, caption, _("Use generated numbers instead")


def _namesakes(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext(
        "%(n)d person has the same name as somebody else", "%(n)d people have the same name as somebody else", count
    )
    caption = _(
        "A number behind the name tells them apart. Make sure by the usernames that these are the right people, "
        "and who is who: invigilators and graders see the Candidate ID alone."
    )
    return heading, caption, ""


_GROUPS = {
    "somebody_else": _somebody_else,
    "known": _known,
    "unknown": _unknown,
    "same_reference": _same_reference,
    "nobody": _nobody,
    "personal": _personal,
    "unlike": _unlike,
    "whole": _whole,
    "zeros": _zeros,
    "decimals": _decimals,
    "letters": _letters,
    "places": _places,
    "rooms": _rooms,
    "nothing": _nothing,
    "tidied": _tidied,
    "names": _names,
    "namesakes": _namesakes,
}
