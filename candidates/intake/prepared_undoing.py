"""Undo a list of prepared people as one act: what it brought goes, what it changed is as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.intake.prepared_lists import write_prepared
from candidates.models import Candidate, Import, PreparedPerson, Test, User


@dataclass(frozen=True, slots=True)
class UndoingPrepared:
    """What undoing a list would do: rows that go, and rows that get back what was there before.

    `joined` are those it brought who have joined since: they stay on the test as they are, and so does their row.
    `kept` are rows that somebody, or a later list, has changed since. `refusal` is "" where it can be undone.
    """

    removed: tuple[PreparedPerson, ...]
    restored: tuple[PreparedPerson, ...]
    joined: tuple[PreparedPerson, ...]
    kept: int
    refusal: str = ""


def undoing_prepared(record: Import) -> UndoingPrepared:
    """Return what undoing would do."""
    brought = list(PreparedPerson.objects.filter(imported_by=record))
    changed = list(PreparedPerson.objects.filter(changed_by=record).exclude(imported_by=record))
    restored = tuple(one for one in changed if one.joined_at is None)
    refusal = ""
    if record.undone_at is not None:
        refusal = _("This import was undone already. Nothing was changed now.")
    return UndoingPrepared(
        removed=tuple(one for one in brought if one.joined_at is None),
        restored=restored,
        joined=tuple(one for one in brought if one.joined_at is not None),
        kept=max(record.updated - len(restored), 0),
        refusal=refusal or _taken(record.required_test, restored),
    )


def undo_prepared(*, record: Import, by: User) -> UndoingPrepared:
    """Undo the list: all of it, or nothing. Raises Refused where it is undone, or an ID or a seat is somebody's now."""
    with transaction.atomic():
        # the import, then the test, as whoever confirms locks; who joins waits, or is seen here
        record = Import.objects.select_for_update(of=("self",)).get(pk=record.pk)
        test = Test.objects.select_for_update(no_key=True).get(pk=record.required_test.pk)
        record.test = test
        found = undoing_prepared(record)
        if found.refusal:
            raise Refused(found.refusal)
        PreparedPerson.objects.filter(pk__in=[one.pk for one in found.removed]).delete()
        _restore(found.restored)
        Import.objects.filter(pk=record.pk).update(undone_at=timezone.now(), undone_by=by)
        detail = {"import": record.public_id, "removed": [], "prepared": [len(found.removed), len(found.restored)]}
        count = len(found.removed) + len(found.restored)
        audit.record(audit.Action.IMPORT_UNDONE, by=by, test=test, count=count, detail=detail)
    return found


def _restore(rows: Sequence[PreparedPerson]) -> None:
    PreparedPerson.objects.filter(pk__in=[one.pk for one in rows]).update(candidate_id="", candidate_key="", seat="")
    for one in rows:
        for name, value in one.before.items():
            setattr(one, name, value)
        one.before, one.changed_by = {}, None
    try:
        with transaction.atomic():
            write_prepared(rows)
    except IntegrityError as error:
        sentence = _("A Candidate ID or a seat that somebody would have back is prepared for somebody else now.")
        raise Refused(sentence + " " + _("Change that one first.")) from error


def _taken(test: Test, restored: Sequence[PreparedPerson]) -> str:
    """Return who on the test has a Candidate ID that would be prepared again, "" for nobody."""
    keys = [one.before.get("candidate_key") for one in restored if one.before.get("candidate_key")]
    taken = Candidate.objects.of_test(test).filter(candidate_key__in=keys).order_by("sort_key").first()
    if taken is None:
        return ""
    sentence = _("Candidate ID %(id)s is somebody’s on the test now, so it cannot be prepared again.")
    return sentence % {"id": taken.candidate_id}
