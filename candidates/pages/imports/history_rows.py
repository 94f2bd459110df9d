"""What the pages about earlier imports show: the history of a test, and what undoing one of them would do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.access import lists_of
from candidates.authentication_types import type_label
from candidates.intake.prepared_undoing import UndoingPrepared
from candidates.intake.undoing import Undoing, Undone, some_names
from candidates.models import Candidate, Import, Test, User
from candidates.pages.imports.prepared_words import undo_prepared_button, undo_prepared_lines
from candidates.pages.imports.words import name_of
from candidates.pages.shared.trails import manage_trail
from candidates.text import when

MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One list that was added to the test."""

    at: datetime | None
    name: str
    kind: str
    by: str
    counts: str
    undo_url: str
    undone: str


def history_page(test: Test, user: User) -> dict[str, Any]:
    """Return the context of the history: one query for the imports, one for the person's lists of permanent users."""
    records = list(test.imports.on_tests().select_related("undone_by"))
    lists = set(lists_of(user).values_list("pk", flat=True))
    return {
        "test": test,
        "lines": [_line(test, record, _named(record, user, lists)) for record in records],
        "trail": [*manage_trail(test), (_("Imports"), "")],
        "manage_url": reverse("candidates", args=[test.public_id]),
    }


def _named(record: Import, user: User, lists: Collection[int]) -> str:
    """Return what was added, without the name of a list that the person may not use; one's own additions are known."""
    return name_of(record, hidden=record.owner_id != user.pk and record.from_list_id not in lists)


def _line(test: Test, record: Import, name: str) -> ImportLine:
    undone = ""
    if record.undone_at is not None:
        undone = _("Undone %(at)s by %(who)s") % {"at": when(record.undone_at), "who": record.undone_by or "?"}
    return ImportLine(
        at=record.finished_at,
        name=name,
        kind=_kind_of(record),
        by=record.owner_name,
        counts=counts_in_words(record),
        undo_url="" if undone else reverse("undo-import", args=[test.public_id, record.public_id]),
        undone=undone,
    )


def _kind_of(record: Import) -> str:
    if record.kind == Import.Kind.PREPARED:
        return _("Prepared people")
    if record.authentication_type:
        return type_label(record.authentication_type)
    return _("Permanent users") if record.kind == Candidate.Kind.PERMANENT else _("One-time users")


def counts_in_words(record: Import) -> str:
    """Return how many were added, updated, skipped and left out; what is none is not said."""
    counts = (
        (record.added, ngettext("%(n)d added", "%(n)d added", record.added)),
        (record.removed, ngettext("%(n)d removed", "%(n)d removed", record.removed)),
        (record.updated, ngettext("%(n)d updated", "%(n)d updated", record.updated)),
        (record.skipped, ngettext("%(n)d left as it was", "%(n)d left as they were", record.skipped)),
        (record.left_out_count, ngettext("%(n)d row left out", "%(n)d rows left out", record.left_out_count)),
    )
    return ", ".join(words % {"n": count} for count, words in counts if count)


def same_file(test: Test, draft: Import) -> str:
    """Return that this very file was added to the test before, when and by whom, "" where it was not."""
    like = test.imports.on_tests().filter(file_sha256=draft.file_sha256, undone_at__isnull=True)
    # one list may prepare people here, and put others on the test
    prepares = draft.kind == Import.Kind.PREPARED
    earlier = next((one for one in like if (one.kind == Import.Kind.PREPARED) == prepares), None)
    if earlier is None:
        return ""
    added = {"at": when(earlier.finished_at), "who": earlier.owner_name, "counts": counts_in_words(earlier)}
    if draft.kind == Candidate.Kind.PERMANENT:
        sentence = _("These people were added here %(at)s by %(who)s: %(counts)s.")
        return sentence % {
            "at": when(earlier.finished_at),
            "who": earlier.owner_name,
            "counts": counts_in_words(earlier),
        }
    sentence = (
        _("This file was imported here %(at)s by %(who)s: %(counts)s.")
        if draft.file_name
        else _("These rows were imported here %(at)s by %(who)s: %(counts)s.")
    )
    return sentence % added


def undo_page(test: Test, user: User, record: Import, found: Undoing, refusal: str = "") -> dict[str, Any]:
    """Return the context of the page before an import is undone; `refusal` is why it was not, "" before it is tried."""
    page = undo_page_of(test, user, record, refusal=found.refusal or refusal)
    return page | {
        "lines": _what_happens(test, record, found),
        "button": _undo_words(len(found.removed), len(found.restored), len(found.back)),
    }


def undo_page_of(test: Test, user: User, record: Import, *, refusal: str) -> dict[str, Any]:
    """Return what these pages have in common."""
    name = _named(record, user, lists_of(user).values_list("pk", flat=True))
    return {
        "test": test,
        "question": _("Undo the import of %(name)s?") % {"name": name},
        "lede": _("Imported %(at)s by %(who)s: %(counts)s.")
        % {"at": when(record.finished_at), "who": record.owner_name, "counts": counts_in_words(record)},
        "refusal": refusal,
        "action": reverse("undo-import-confirmed", args=[test.public_id, record.public_id]),
        "cancel_url": reverse("imports", args=[test.public_id]),
        "trail": [*manage_trail(test), (_("Imports"), reverse("imports", args=[test.public_id])), (_("Undo"), "")],
    }


def undo_prepared_page(
    test: Test, user: User, record: Import, found: UndoingPrepared, refusal: str = ""
) -> dict[str, Any]:
    """Return the context of the page before a list of prepared people is undone."""
    page = undo_page_of(test, user, record, refusal=found.refusal or refusal)
    return page | {"lines": undo_prepared_lines(found), "button": undo_prepared_button(found)}


def undone_words(undone: Undone) -> str:
    """Return the message after undoing: what went, what came back, and what was kept."""
    said = []
    if undone.removed:
        words = ngettext("%(n)d candidate taken off the test.", "%(n)d candidates taken off the test.", undone.removed)
        said.append(words % {"n": undone.removed})
    if undone.back:
        words = ngettext("%(n)d candidate is back.", "%(n)d candidates are back.", undone.back)
        said.append(words % {"n": undone.back})
    if undone.restored:
        words = ngettext(
            "%(n)d candidate is as before the import again.",
            "%(n)d candidates are as before the import again.",
            undone.restored,
        )
        said.append(words % {"n": undone.restored})
    if undone.renamed:
        words = ngettext(
            "%(n)d candidate has the earlier Candidate ID again.",
            "%(n)d candidates have their earlier Candidate ID again.",
            undone.renamed,
        )
        said.append(words % {"n": undone.renamed})
    if undone.kept:
        said.append(_kept_words(undone.kept))
    return " ".join(said) or _("The import is undone. All of its candidates had been removed before.")


def _undo_words(count: int, back: int, again: int) -> str:
    if again:
        parts = ((count, _("remove %(n)d")), (back, _("reset %(n)d")), (again, _("bring back %(n)d")))
        return capfirst(", ".join(words % {"n": number} for number, words in parts if number))
    if count and back:
        return _("Remove %(n)d and reset %(back)d candidates") % {"n": count, "back": back}
    if count:
        return ngettext("Remove %(n)d candidate", "Remove %(n)d candidates", count) % {"n": count}
    if back:
        return ngettext("Reset %(n)d candidate", "Reset %(n)d candidates", back) % {"n": back}
    return _("Mark as undone")


def _what_happens(test: Test, record: Import, found: Undoing) -> list[str]:
    """Return in sentences what goes, what comes back and what is kept, and why."""
    count, back, lines = len(found.removed), len(found.restored), list[str]()
    if count:
        words = ngettext(
            "%(n)d candidate of this list is taken off the test, with extra time and location.",
            "%(n)d candidates of this list are taken off the test, with extra time and location.",
            count,
        )
        lines.append(words % {"n": count})
    if test.is_activated and count and record.kind == Candidate.Kind.ONE_TIME:
        lines.append(_("Their login details stop working at once."))
    if found.printed:
        n = len(found.printed)
        words = ngettext(
            "%(n)d slip was printed and is worth nothing then: %(ids)s.",
            "%(n)d slips were printed and are worth nothing then: %(ids)s.",
            n,
        )
        lines.append(words % {"n": n, "ids": some_names(found.printed, most=MAX_NAMED)})
    if back:
        words = ngettext(
            "%(n)d candidate who was on the test before gets back what the import has changed.",
            "%(n)d candidates who were on the test before get back what the import has changed.",
            back,
        )
        lines.append(words % {"n": back})
    lines += _who_is_renamed(test, found)
    lines += _who_comes_back(test, record, found)
    if found.kept:
        lines.append(_kept_words(found.kept))
    if found.gone:
        n = found.gone
        lines.append(ngettext("%(n)d was removed before.", "%(n)d were removed before.", n) % {"n": n})
    lines.append(_("Locations that the list brought stay known. Numbers that were given are not given again."))
    return lines


def _who_is_renamed(test: Test, found: Undoing) -> list[str]:
    """Return in sentences whose Candidate IDs go back."""
    if not found.renamed:
        return []
    words = ngettext(
        "%(n)d Candidate ID goes back: %(ids)s.", "%(n)d Candidate IDs go back: %(ids)s.", len(found.renamed)
    )
    again = _("%(now)s is %(before)s again")
    ids = [again % {"now": one.new_candidate_id, "before": one.old_candidate_id} for one in found.renamed]
    lines = [words % {"n": len(ids), "ids": some_names(ids, most=MAX_NAMED)}]
    if test.is_activated:
        lines.append(_("Slips that were printed with the other ID are out of date then."))
    return lines


def _who_comes_back(test: Test, record: Import, found: Undoing) -> list[str]:
    """Return in sentences what happens to those whom the list took off the test."""
    lines = []
    if found.back:
        words = ngettext(
            "%(n)d candidate whom the list removed comes back, with extra time, location and seat: %(ids)s.",
            "%(n)d candidates whom the list removed come back, with extra time, location and seat: %(ids)s.",
            len(found.back),
        )
        ids = some_names([one.candidate_id for one in found.back], most=MAX_NAMED)
        lines.append(words % {"n": len(found.back), "ids": ids})
        if test.is_activated and record.kind == Candidate.Kind.ONE_TIME:
            lines.append(_("They get a new username and password: slips that were printed for them before stay void."))
        elif record.kind == Candidate.Kind.SSO:
            lines.append(_("They log in as before. One-time logins that they had do not come back."))
    if found.again:
        words = ngettext(
            "%(n)d whom the list removed is on the test again by other ways, and stays so: %(ids)s.",
            "%(n)d whom the list removed are on the test again by other ways, and stay so: %(ids)s.",
            len(found.again),
        )
        lines.append(words % {"n": len(found.again), "ids": some_names(found.again, most=MAX_NAMED)})
    return lines


def _kept_words(kept: Sequence[str]) -> str:
    words = ngettext(
        "%(n)d candidate keeps what was changed since: %(ids)s.",
        "%(n)d candidates keep what was changed since: %(ids)s.",
        len(kept),
    )
    return words % {"n": len(kept), "ids": some_names(kept, most=MAX_NAMED)}
