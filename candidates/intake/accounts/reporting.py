"""What the check of a file of users found, as it is kept beside it: looking at 150,000 rows costs no second check."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from candidates.intake.accounts.checking import PERSON, Findings, KnownUser, Namesake, check_users
from candidates.intake.accounts.cleaning import Person
from candidates.intake.accounts.formats import format_of
from candidates.intake.columns import MappedRow
from candidates.intake.drafts import rows_now, rows_read
from candidates.intake.findings import Problem
from candidates.models import Import, PermanentUserList
from candidates.models.accounts import is_reserved_shape
from candidates.tabular.decoding import Alternative

MAX_PROBLEMS = 200
"""Problems that the preview shows; more are mended in the file."""
MAX_NOTICES = 50
FIRST_ROWS, LAST_ROWS = 8, 3
MAX_SHOWN_LISTS = 20


def check(waiting: Import, read: Sequence[MappedRow], *, most: int = MAX_PROBLEMS) -> dict[str, Any]:
    """Return what is kept of a check of these rows, as they were read, with what was changed in them.

    `most` is how many problems are kept, of which a page shows the first.
    """
    form = format_of(waiting)
    found = check_users(rows_now(waiting, read), required=form.required, field_of=form.spec.words.field_of)
    names = {person.list_name for person in found.everybody() if person.list_name}
    there = PermanentUserList.objects.filter(owner=waiting.owner_id, name__in=names).count() if names else 0
    report = _report_of(found, len(read), rows_state(waiting), most) | {"lists_made": len(names) - there}
    wrong = {problem.row for problem in found.problems[:most]}
    report["whose"] = [
        [row.number, {name: row.values[name] for name in PERSON if row.values.get(name)}]
        for row in (rows_now(waiting, read) if wrong else ())
        if row.number in wrong
    ]
    return report


def check_again(waiting: Import) -> None:
    """Check the rows as they are now, and keep the report; nothing where the import has gone or was changed meanwhile.

    What others change at the same time they check themselves: the report says by `state` of which rows it is.
    """
    readings = waiting.report.get("readings", [])
    waiting.report = check(waiting, list(rows_read(waiting))) | {"readings": readings}
    Import.objects.waiting().filter(pk=waiting.pk).update(report=waiting.report)


def is_fresh(waiting: Import) -> bool:
    """Say whether the report is of the rows as they are now."""
    return bool(waiting.report.get("state") == rows_state(waiting))


def readings_of(waiting: Import) -> list[Alternative]:
    """Return the encodings under which the file can be read; none where it is not kept."""
    return [Alternative(encoding, tuple(words), *more) for encoding, words, *more in waiting.report.get("readings", [])]


def _report_of(found: Findings, total: int, state: str, most: int) -> dict[str, Any]:
    lists = Counter(person.list_name for person in found.everybody() if person.list_name)
    return {
        "state": state,
        "total": total,
        "new": len(found.new),
        "known": len(found.known),
        "changed": sum(known.after(person) != known for person, known in found.known),
        "with_digest": sum(bool(person.digest) for person in found.new),
        "known_with_digest": sum(
            bool(person.digest) and not is_reserved_shape(known.username) for person, known in found.known
        ),
        # whose user names the system has made: it makes their passwords, too
        "known_not_given": sum(
            bool(person.digest) and is_reserved_shape(known.username) for person, known in found.known
        ),
        "with_username": sum(bool(person.username) for person in found.new),
        "problem_count": len(found.problems),
        "problem_rows": len({problem.row for problem in found.problems}),
        "problems": [
            [one.row, one.column, one.cell, one.message, one.proposal, one.doubt] for one in found.problems[:most]
        ],
        "twin_count": len(found.twins),
        "twins": _namesakes(found.twins),
        "stored_count": len(found.stored),
        "stored": _namesakes(found.stored),
        "letter_count": len(found.letters),
        "letters": [[one.number, one.username, usual] for one, usual in found.letters[:MAX_NOTICES]],
        "known_rows": [
            [one.number, known.username, _shown(known), _shown(known.after(one)), bool(one.digest)]
            for one, known in found.known[:FIRST_ROWS]
        ],
        # what is wrong with a list often stands under it
        "first": [_first(one) for one in [*found.new[:FIRST_ROWS], *found.new[FIRST_ROWS:][-LAST_ROWS:]]],
        "lists": lists.most_common(MAX_SHOWN_LISTS),
        "list_count": len(lists),
    }


def problems_in(report: dict[str, Any]) -> list[Problem]:
    """Return the problems that a report keeps."""
    return [Problem(*stored) for stored in report.get("problems", [])]


def rows_with_problems(report: dict[str, Any]) -> dict[int, MappedRow]:
    """Return the rows of these problems by number, as far as they say whose they are."""
    rows = {number: MappedRow(number, dict(values)) for number, values in report.get("whose", [])}
    for one in problems_in(report):
        rows.setdefault(one.row, MappedRow(one.row, {})).values[one.column] = one.cell
    return rows


def _shown(known: KnownUser) -> list[str]:
    return [f"{known.first_name} {known.last_name}".strip(), known.email, known.external_id]


def _namesakes(found: Sequence[Namesake]) -> list[list[Any]]:
    return [[one.person.number, one.person.name, one.first] for one in found[:MAX_NOTICES]]


def _first(one: Person) -> list[Any]:
    # whether there is a password, and nothing of it
    return [
        *(one.number, one.first_name, one.last_name, one.username, one.email, one.external_id, one.list_name),
        bool(one.digest),
    ]


def rows_state(waiting: Import) -> str:
    """Return a short digest of what a check depends on: how the file was read, and what was changed in its rows."""
    stated = [waiting.encoding, waiting.delimiter, waiting.header_row, waiting.columns]
    return _digest([*stated, sorted(waiting.mends.items()), waiting.left_out])


def seen_of(waiting: Import) -> str:
    """Return a short digest of what a person confirms: the rows, and what was chosen for them."""
    chosen = [waiting.existing, waiting.change_passwords, waiting.add_to_id, waiting.add_to_name]
    chosen += [waiting.hidden_rows_are] if waiting.hidden_rows_are else []
    return _digest([rows_state(waiting), waiting.report, *chosen])


def _digest(stated: list[Any]) -> str:
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()[:16]
