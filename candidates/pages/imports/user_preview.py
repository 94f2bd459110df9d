"""What the preview of a file of permanent users shows, from the report of its check alone: no row is read for it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.accounts.formats import Format, format_of
from candidates.intake.accounts.headings import PASSWORD
from candidates.intake.accounts.reporting import MAX_PROBLEMS, problems_in, rows_with_problems, seen_of
from candidates.intake.findings import Problem
from candidates.intake.found import asks_about_hidden_rows
from candidates.intake.kinds import (
    EMPTY_NOTHING,
    LEAVE_OUT_NOBODY,
    LEAVE_OUT_STORED,
    LEAVE_OUT_WRONG,
    MAKE_PASSWORDS,
    USUAL_LETTERS,
)
from candidates.models import Import
from candidates.pages.imports.preview import address_of
from candidates.pages.imports.reading_words import hidden_rows, reading_facts, reading_notes
from candidates.pages.imports.rows import problem_lines
from candidates.pages.imports.words import existing_choices, problems_heading, words_for
from candidates.pages.shared.trails import import_trail

MAX_LEFT_OUT = 100


def user_preview_page(waiting: Import) -> dict[str, Any]:
    """Return the context of the preview."""
    report, form = waiting.report, format_of(waiting)
    label, words = form.spec.words.label, words_for(waiting)
    problems = problems_in(report)
    read = rows_with_problems(report)
    return {
        "draft": waiting,
        "report": report,
        "heading": _("Check the file before you import it"),
        "name": waiting.file_name or _("Pasted rows"),
        "words": words,
        "facts": _totals(waiting, words.rows),
        "reading": _reading(waiting, form),
        "reading_notes": reading_notes(waiting),
        "problems": problem_lines(problems, read, label=label, secret=_secret(waiting)),
        "has_problems": bool(report["problem_count"]),
        "problems_heading": problems_heading(report["problem_count"], report["problem_rows"]),
        "many_problems": report["problem_count"] > MAX_PROBLEMS,
        "most_fields": MAX_PROBLEMS,
        "for_all": _for_all(report, problems),
        "why_no_file": _why_no_file(waiting),
        "why_not_again": _(
            "The file is not kept, because it holds passwords, or columns or sheets that are not read. "
            "To read it in another way, upload it again."
        ),
        "known": _known(waiting),
        "groups": _groups(waiting),
        "first": _first_rows(waiting, form),
        "left_out": waiting.left_out[:MAX_LEFT_OUT],
        "left_out_more": max(0, len(waiting.left_out) - MAX_LEFT_OUT),
        "has_changes": bool(waiting.mends or waiting.left_out),
        "submit": _button(waiting),
        "check_first": bool(report["problem_count"]) or _must_choose(waiting) or asks_about_hidden_rows(waiting),
        "hidden_rows": hidden_rows(waiting),
        "blocked": why_users_not_yet(waiting),
        "notes": waiting.notes,
        "list_words": _list_words(waiting),
        "seen": seen_of(waiting),
        **_addresses(waiting),
    }


def _secret(waiting: Import) -> tuple[str, ...]:
    # whole rows too: what has too many cells may hold a password in the wrong place
    return (PASSWORD, "") if waiting.has_passwords else (PASSWORD,)


def _totals(waiting: Import, rows: str) -> list[dict[str, Any]]:
    report = waiting.report
    given = report["with_digest"]
    counted = [
        (_("New"), report["new"], "", True),
        (_("Known already"), report["known"], "", bool(report["known"])),
        (_("To fix"), report["problem_rows"], "is-fail", True),
        (_("Left out"), len(waiting.left_out), "", bool(waiting.left_out)),
        (_("Passwords given"), given, "", bool(given)),
        (_("Passwords made by the system"), report["new"] - given, "", True),
    ]
    return [
        {"term": rows, "value": report["total"]},
        *(
            {"term": term, "value": count, "shape": shape if count else ""}
            for term, count, shape, shown in counted
            if shown
        ),
    ]


def _reading(waiting: Import, form: Format) -> list[dict[str, Any]]:
    facts = reading_facts(waiting, form.spec.fields, form.spec.words.label)
    return [*facts[:-1], {"term": _("Format"), "value": waiting.format_name}, facts[-1]]


def _for_all(report: dict[str, Any], problems: list[Problem]) -> list[tuple[str, str]]:
    """Return what can be done to all rows with a problem at once."""
    if report["problem_rows"] < 2:
        return []
    offered = []
    if any(problem.column == PASSWORD for problem in problems):
        offered.append((MAKE_PASSWORDS, _("Make passwords in their place")))
    doubts = Counter(problem.doubt for problem in problems)
    if doubts["nothing"] > 1:
        offered.append((EMPTY_NOTHING, _("Leave the cells without a name empty")))
    if doubts["nobody"] > 1:
        offered.append((LEAVE_OUT_NOBODY, _("Leave out the rows that are nobody")))
    words = _("Leave out all %(n)d rows") % {"n": report["problem_rows"]}
    return [*offered, (LEAVE_OUT_WRONG, words)]


def _why_no_file(waiting: Import) -> str:
    if not waiting.has_passwords:
        return ""
    return _(
        "These rows cannot be downloaded: the file holds passwords, or columns or sheets that are not read, so it is "
        "not kept. "
        "Fix them here, or fix your own file and upload it again."
    )


def _known(waiting: Import) -> dict[str, Any]:
    """Return what is shown of people who are known already."""
    count = waiting.report["known"]
    update = waiting.existing == Import.Existing.UPDATE
    lines = [
        {
            "row": row,
            "username": username,
            "cells": [
                (before, after if update and after != before else "") for before, after in zip(now, then, strict=True)
            ],
        }
        for row, username, now, then, _digest in waiting.report["known_rows"]
    ]
    heading = ngettext("%(n)d person is known already", "%(n)d people are known already", count) % {"n": count}
    return {
        "count": count,
        "heading": heading,
        "lines": lines,
        "choices": existing_choices(waiting),
        "must_choose": _must_choose(waiting),
        "changed": waiting.report["changed"],
        "passwords": waiting.report["known_with_digest"],
        "not_given": waiting.report["known_not_given"],
        "change_passwords": waiting.change_passwords,
        "more": count > len(lines),
    }


def _must_choose(waiting: Import) -> bool:
    return bool(waiting.report["known"]) and not waiting.existing


def _groups(waiting: Import) -> list[dict[str, Any]]:
    """Return what should be looked at; it blocks nothing."""
    report = waiting.report
    stored, twins, letters = report["stored_count"], report["twin_count"], report["letter_count"]
    groups = []
    if stored:
        groups.append(
            {
                "key": LEAVE_OUT_STORED,
                "heading": ngettext(
                    "%(n)d person has the same name as somebody who is stored already",
                    "%(n)d people have the same names as people who are stored already",
                    stored,
                )
                % {"n": stored},
                "caption": _(
                    "These rows have no username and no external ID, so nobody can tell whether they are the same "
                    "people. If this file was imported before, leave them out: they would be stored twice."
                ),
                "button": _("Leave out all %(n)d rows") % {"n": stored},
                "lines": [(row, name, "") for row, name, _first in report["stored"]],
            }
        )
    if twins:
        groups.append(
            {
                "key": "twins",
                "heading": ngettext(
                    "%(n)d person has the same name as another one", "%(n)d people have the same name as others", twins
                )
                % {"n": twins},
                "caption": _(
                    "They get accounts of their own. On a test they are told apart by a number after the name."
                ),
                "button": "",
                "lines": [(row, name, _("as row %(row)d") % {"row": first}) for row, name, first in report["twins"]],
            }
        )
    if letters:
        groups.append(
            {
                "key": USUAL_LETTERS,
                "heading": ngettext(
                    "%(n)d username has a look-alike letter", "%(n)d usernames have look-alike letters", letters
                )
                % {"n": letters},
                "caption": _("They look the same on paper and are not. Anyone who types the name does not get in."),
                "button": _("Use the usual letters"),
                "lines": [(row, name, usual) for row, name, usual in report["letters"]],
            }
        )
    return groups


def _first_rows(waiting: Import, form: Format) -> dict[str, Any]:
    """Return the first rows that are new; of a password only who gives it."""
    given, made = _("given"), _("made by the system")
    names = ("first_name", "last_name", "username", "email", "external_id", "list_name")
    fields = form.spec.fields
    lines = []
    for number, *texts, has_password in waiting.report["first"]:
        values = dict(zip(names, texts, strict=True))
        cells = [
            (name, (given if has_password else made) if name == PASSWORD else values[name] or _when_empty(name, made))
            for name in fields
        ]
        lines.append({"row": number, "cells": cells})
    labels = [form.spec.words.label(name) for name in fields]
    return {"lines": lines, "labels": labels, "count": waiting.report["new"]}


def _when_empty(name: str, made: str) -> str:
    return made if name == "username" else ""


def _button(waiting: Import) -> str:
    count = waiting.report["new"] + waiting.report["known"] + waiting.report["problem_rows"]
    if not count:
        return _("Import users")
    return ngettext("Import %(n)d user", "Import %(n)d users", count) % {"n": count}


def why_users_not_yet(waiting: Import) -> str:
    """Return why the import cannot start, "" where it can."""
    report, todo = waiting.report, []
    if wrong := report["problem_rows"]:
        todo.append(ngettext("fix or leave out %(n)d row", "fix or leave out %(n)d rows", wrong) % {"n": wrong})
    if asks_about_hidden_rows(waiting):
        todo.append(_("say whether the hidden rows belong to the list"))
    if _must_choose(waiting):
        todo.append(_("say what happens to those who are known already"))
    if todo:
        return _("%(todo)s, then check again.") % {"todo": _(" and ").join(todo)}
    if not report["new"] and not report["known"]:
        return _("no row is left.")
    return ""


def _list_words(waiting: Import) -> str:
    """Return on which lists people are put."""
    named = waiting.add_to_name or (waiting.add_to.name if waiting.add_to else "")
    said = [_("Everybody is put on the list %(name)s.") % {"name": named}] if named else []
    if count := waiting.report["list_count"]:
        names = ", ".join(f"{name} ({rows})" for name, rows in waiting.report["lists"])
        more = ", …" if count > len(waiting.report["lists"]) else ""
        said.append(_("Lists that the file names: %(names)s.") % {"names": names + more})
        made = waiting.report["lists_made"]
        said.append(ngettext("%(n)d list is made for it.", "%(n)d lists are made for it.", made) % {"n": made})
    return " ".join(said)


def _addresses(waiting: Import) -> dict[str, Any]:
    back = "" if waiting.file_name or waiting.has_passwords else f"?rows={waiting.public_id}"
    return {
        "start_url": address_of(waiting, "start"),
        "mend_url": address_of(waiting, "mend"),
        "read_url": address_of(waiting, "read"),
        "wrong_rows_url": "" if waiting.has_passwords else address_of(waiting, "wrong-rows"),
        "bring_back_url": "" if waiting.has_passwords else address_of(waiting, "mended-rows"),
        "discard_url": address_of(waiting, "cancel"),
        "again_url": reverse("user-import") + back,
        "trail": import_trail(_("Check")),
    }
