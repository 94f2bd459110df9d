"""Point out rows that may be about somebody else than their Candidate ID says: by private reference and name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.intake.columns import MappedRow
from candidates.intake.findings import Already, Notice, Present
from candidates.intake.headings import CANDIDATE_ID, PRIVATE_REFERENCE
from candidates.intake.odd_cells import reads_as_nothing

MAX_NAMED = 10
"""Rows that a sentence names."""


def about_others(
    already: Iterable[Already], rows: Mapping[int, MappedRow], on_test: Collection[Present]
) -> Iterator[Notice]:
    """Yield a notice for each row that says of a candidate on the test what is true of somebody else.

    An ID that was given to another person would bring extra time, seat and login of who had it. `rows` are those of the
    list by number.
    """
    holders = {candidate_key(one.private_reference): one.candidate_id for one in on_test if one.private_reference}
    names = {_words(one.name) for one in on_test if one.name}
    for one in already:
        now, reference = one.present, candidate_key(one.private_reference)
        before = candidate_key(now.private_reference)
        holder = holders.get(reference) if reference != before else None
        gives_reference = bool(_reference_of(rows[one.number]))
        if holder is None and not _is_named_otherwise(one, names, gives_reference=gives_reference):
            continue
        who = f"{now.name} ({now.private_reference})" if now.name and now.private_reference else ""
        who = who or now.name or now.private_reference
        said = []
        if who:
            sentence = _("%(shown)s is %(who)s on this test: is the row about somebody else?")
            said.append(sentence % {"shown": now.candidate_id, "who": who})
        else:
            said.append(_("Is the row about somebody else?"))
        if holder is not None:
            sentence = _("%(holder)s has the private reference %(reference)s.")
            said.append(sentence % {"holder": holder, "reference": one.private_reference})
        yield Notice(one.number, CANDIDATE_ID, one.candidate_id, " ".join(said), kind="somebody_else")


def same_references(rows: Iterable[MappedRow]) -> Iterator[Notice]:
    """Yield a notice for each private reference that stands in several rows of the list."""
    found: dict[str, list[int]] = {}
    shown: dict[str, str] = {}
    for row in rows:
        reference = _reference_of(row)
        if reference:
            found.setdefault(candidate_key(reference), []).append(row.number)
            shown.setdefault(candidate_key(reference), reference)
    for key, numbers in found.items():
        if len(numbers) > 1:
            named = ", ".join(map(str, numbers[:MAX_NAMED])) + (", …" if len(numbers) > MAX_NAMED else "")
            message = _("Rows %(rows)s have the same private reference.") % {"rows": named}
            yield Notice(numbers[1], PRIVATE_REFERENCE, shown[key], message, kind="same_reference")


def _reference_of(row: MappedRow) -> str:
    """Return the private reference in a row, "" for nothing, also in the words of a program (NULL)."""
    cell = row.values.get(PRIVATE_REFERENCE, "").strip()
    return "" if reads_as_nothing(cell) else cell


def _is_named_otherwise(one: Already, names: Collection[frozenset[str]], *, gives_reference: bool) -> bool:
    """Tell whether a row names somebody else than the candidate; who has an account is known by that.

    Where reference and reference can be compared, they decide. Without them a name has to be another one altogether, or
    somebody else's on the test: names are mended, too.
    """
    now = one.present
    words, before = _words(one.name), _words(now.name)
    if now.person or words == before or not before:
        return False
    if gives_reference and now.private_reference:
        return candidate_key(one.private_reference) != candidate_key(now.private_reference)
    return words.isdisjoint(before) or words in names


def _words(name: str) -> frozenset[str]:
    """Return the words of a name: "Aas, Kari" is Kari Aas."""
    return frozenset(re.findall(r"\w+", candidate_key(name)))
