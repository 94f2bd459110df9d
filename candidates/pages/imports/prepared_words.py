"""How previews and the history speak of lists of prepared people, where it differs from lists of candidates."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import type_label
from candidates.intake.importing import Outcome, Report
from candidates.intake.prepared_lists import prepared_count
from candidates.intake.prepared_undoing import UndoingPrepared
from candidates.models import Import, Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.imports.words import Words
from candidates.pages.shared.trails import trail_of


def prepared_part(draft: Import, test: Test, report: Report, words: Words, rows: int, wrong: int) -> dict[str, Any]:
    """Return what the preview of such a list says instead."""
    here = reverse("prepared", args=[test.public_id])
    already = len(report.already)
    return {
        "is_prepared": True,
        "heading": _("Check the list before you prepare it"),
        "facts": _facts(test, report, words, rows, wrong),
        "already_heading": ngettext(
            "For %(n)d person something is prepared already", "For %(n)d people something is prepared already", already
        )
        % {"n": already},
        "submit": _button(report, wrong),
        "gets_logins": False,
        "known_by": type_label(draft.authentication_type) if draft.authentication_type else _("usernames"),
        "trail": [*trail_of(test), (_("Prepared people"), here), (_("Import from file"), "")],
    }


def _facts(test: Test, report: Report, words: Words, rows: int, wrong: int) -> list[dict[str, Any]]:
    look = len({notice.row for notice in report.warnings if notice.kind not in ("tidied", "nothing")})
    counted = [
        (_("Ready"), len(report.ready), "", True),
        (_("To fix"), wrong, "is-fail", True),
        (_("Prepared already"), len(report.already), "", bool(report.already)),
        (_("Left out"), report.left_out, "", bool(report.left_out)),
        (_("To check"), look, "is-warn", True),
    ]
    there = prepared_count(test)
    return [
        {"term": words.rows, "value": rows},
        *(
            {"term": term, "value": count, "note": ngettext("row", "rows", count), "shape": shape if count else ""}
            for term, count, shape, shown in counted
            if shown
        ),
        {
            "term": _("Prepared afterwards"),
            "value": there + len(report.ready) + wrong,
            "note": _("of %(most)d") % {"most": MAX_CANDIDATES},
        },
    ]


def _button(report: Report, wrong: int) -> str:
    add, update = len(report.ready) + wrong, len(report.updates)
    if add and update:
        return _("Prepare %(add)d and update %(update)d people") % {"add": add, "update": update}
    if update:
        return ngettext("Update %(n)d person", "Update %(n)d people", update) % {"n": update}
    return ngettext("Prepare %(n)d person", "Prepare %(n)d people", add) % {"n": add} if add else _("Prepare people")


def prepared_outcome(outcome: Outcome) -> str:
    """Return the message after such a list is stored."""
    said = []
    if outcome.added:
        words = ngettext("%(n)d person is prepared.", "%(n)d people are prepared.", outcome.added)
        said.append(words % {"n": outcome.added})
    if outcome.updated:
        words = ngettext("%(n)d person is updated.", "%(n)d people are updated.", outcome.updated)
        said.append(words % {"n": outcome.updated})
    return " ".join([*said, _("Nobody is on the test by it: they join by the code.")])


def undo_prepared_lines(found: UndoingPrepared) -> list[str]:
    """Return in sentences what undoing such a list does."""
    lines = []
    if n := len(found.removed):
        words = ngettext("What is prepared for %(n)d person goes.", "What is prepared for %(n)d people goes.", n)
        lines.append(words % {"n": n})
    if n := len(found.restored):
        words = ngettext(
            "For %(n)d person it is as before the list again.", "For %(n)d people it is as before the list again.", n
        )
        lines.append(words % {"n": n})
    if n := len(found.joined):
        words = ngettext(
            "%(n)d person has joined already, and keeps what the list gave.",
            "%(n)d people have joined already, and keep what the list gave.",
            n,
        )
        lines.append(words % {"n": n})
    if n := found.kept:
        words = ngettext("%(n)d person keeps what was changed since.", "%(n)d people keep what was changed since.", n)
        lines.append(words % {"n": n})
    return lines


def undo_prepared_button(found: UndoingPrepared) -> str:
    """Return what the button says: for how many."""
    n = len(found.removed) + len(found.restored)
    return ngettext("Undo it for %(n)d person", "Undo it for %(n)d people", n) % {"n": n} if n else _("Mark as undone")


def prepared_undone_words(found: UndoingPrepared) -> str:
    """Return the message after undoing such a list."""
    n = len(found.removed) + len(found.restored)
    return ngettext("The list is undone for %(n)d person.", "The list is undone for %(n)d people.", n) % {"n": n}
