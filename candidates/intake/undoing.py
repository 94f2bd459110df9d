"""Undo an import as one act: take off whom it added, give back what it changed, bring back whom it removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.errors import Refused
from candidates.intake.leaving import bring_back, coming_back
from candidates.intake.updating import Change, write_changes
from candidates.lifecycle.joining import places_freed
from candidates.lifecycle.removal import take_off, why_stays
from candidates.models import Candidate, Import, ImportedChange, ImportedRemoval, Test, User
from candidates.timing import Stage, stage_of

MAX_NAMED = 5
OLD = ("old_extra_minutes", "old_location_id", "old_name", "old_private_reference", "old_seat", "old_candidate_id")


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing an import would do. Names are Candidate IDs.

    `gone` are those it added who were removed since, `kept` those whose extra time or location somebody changed since:
    theirs stay. `back` are those whom the list took off, `again` those of them who are on the test by other ways since.
    `printed` have a slip that will be void. `refusal` says why it cannot be undone, "" where it can.
    """

    removed: tuple[Candidate, ...]
    restored: tuple[ImportedChange, ...]
    gone: int
    kept: tuple[str, ...]
    printed: tuple[str, ...]
    back: tuple[ImportedRemoval, ...]
    again: tuple[str, ...]
    refusal: str = ""

    @property
    def renamed(self) -> tuple[ImportedChange, ...]:
        """Return the changes by which somebody has another Candidate ID again."""
        return tuple(one for one in self.restored if one.old_candidate_id != one.new_candidate_id)


@dataclass(frozen=True, slots=True)
class Undone:
    """How many were taken off, got back what they had, kept what somebody changed since, and came back.

    `renamed` of those who got back what they had have another Candidate ID again.
    """

    removed: int
    restored: int
    kept: tuple[str, ...]
    back: int = 0
    renamed: int = 0


def undoing_of(record: Import, *, lock: bool = False) -> Undoing:
    """Return what undoing would do; with `lock`, inside a transaction, the candidates' rows are held as they are."""
    added = Candidate.objects.of_test(record.required_test).filter(imported_by=record).order_by("sort_key")
    touched = Candidate.objects.of_test(record.required_test).filter(imported_changes__source=record)
    if lock:
        added, touched = (found.select_for_update(of=("self",)) for found in (added, touched))
    removed = tuple(added.select_related("user", "location"))
    now = {candidate.pk: candidate for candidate in touched}
    changes = tuple(record.changes.select_related("candidate", "old_location").order_by("candidate__sort_key"))
    restored = tuple(change for change in changes if _is_as_imported(change, now[change.candidate_id]))
    started = [one for one in (*removed, *now.values()) if one.started_at is not None]
    given_back = {one.candidate_id: (one.old_candidate_id, one.old_private_reference) for one in restored}
    back, again = coming_back(record, [one.pk for one in removed], given_back)
    return Undoing(
        removed=removed,
        restored=restored,
        gone=record.added - len(removed),
        kept=tuple(change.candidate.candidate_id for change in changes if change not in restored),
        printed=tuple(one.candidate_id for one in removed if one.slip_printed_version is not None),
        back=tuple(back),
        again=tuple(one.candidate_id for one in again),
        refusal=(
            _refusal(record, started)
            or _online(record.required_test, removed)
            or _named(record, removed, restored, back)
            or _seated(record, removed, restored, back)
        ),
    )


def undo_import(*, record: Import, by: User) -> Undone:
    """Undo the import: all of it, or nothing. Raises Refused where it is undone already or somebody has started."""
    with transaction.atomic():
        # The import, then the test, as whoever confirms locks. The test's lock keeps away whoever adds, changes or
        # undoes; the rows' lock those who start at this moment.
        record = Import.objects.select_for_update(of=("self",)).get(pk=record.pk)
        test = Test.objects.select_for_update(no_key=True).get(pk=record.required_test.pk)
        record.test = test
        found = undoing_of(record, lock=True)
        if found.refusal:
            raise Refused(found.refusal)
        # first who goes, whose IDs and seats others may have back
        if found.removed:
            take_off(test, found.removed)
        if found.restored:
            before = {change.candidate_id: Change.written(change) for change in found.restored}
            write_changes(test, before, {change.candidate_id: Change.before(change) for change in found.restored})
        _pass_on(record, [change for change in record.changes.all() if change not in found.restored])
        bring_back(test=test, removals=found.back, record=record, by=by)
        places_freed.send(sender=Test, test=test, by=by)
        Import.objects.filter(pk=record.pk).update(undone_at=timezone.now(), undone_by=by)
        audit.record(
            audit.Action.IMPORT_UNDONE,
            by=by,
            test=test,
            count=len(found.removed) + len(found.restored) + len(found.back),
            detail={
                "import": record.public_id,
                "removed": [[one.public_id, one.candidate_id] for one in found.removed],
                "restored": [change.candidate.public_id for change in found.restored],
                **({"back": [one.public_id for one in found.back]} if found.back else {}),
            },
        )
    return Undone(len(found.removed), len(found.restored), found.kept, len(found.back), len(found.renamed))


def _pass_on(record: Import, kept: Sequence[ImportedChange]) -> None:
    """Let a later import that changed the same candidates give back, when it is undone, what was there before this one.

    Otherwise undoing both, the earlier one first, would leave what the earlier one had written.
    """
    later = ImportedChange.objects.filter(
        candidate__in=[change.candidate_id for change in kept],
        pk__gt=max(
            (change.pk for change in kept), default=0
        ),  # written under the lock of the test, one after the other
        source__undone_at=None,
    )
    next_of = {change.candidate_id: change for change in later.order_by("-pk")}  # the nearest one comes last
    moved = []
    for change in kept:
        following = next_of.get(change.candidate_id)
        if following is not None and Change.before(following) == Change.written(change):
            for name in OLD:
                setattr(following, name, getattr(change, name))
            moved.append(following)
    ImportedChange.objects.bulk_update(moved, OLD)


def _is_as_imported(change: ImportedChange, now: Candidate) -> bool:
    """Tell whether nobody has changed by hand what the import had written: hand edits survive."""
    return Change.now(now) == Change.written(change)


def _refusal(record: Import, started: Sequence[Candidate]) -> str:
    if record.undone_at is not None:
        return _("This import was undone already. Nothing was changed now.")
    if started:
        sentence = ngettext(
            "%(n)d candidate of this import has started (%(names)s), so it stays. Remove single candidates instead.",
            "%(n)d candidates of this import have started (%(names)s), so it stays. Remove single candidates instead.",
            len(started),
        )
        return sentence % {"n": len(started), "names": some_names([one.candidate_id for one in started])}
    if stage_of(record.required_test) == Stage.FINISHED:
        return _("The test has ended, so its candidates stay as they are.")
    return ""


def _online(test: Test, removed: Sequence[Candidate]) -> str:
    """Return why nobody of a list goes while somebody of it is logged in: only who is Inactive is removed (D6)."""
    now, stage = timezone.now(), stage_of(test)
    online = [one.candidate_id for one in removed if why_stays(one, test, stage, now) is not None]
    if not online:
        return ""
    sentence = ngettext(
        "%(n)d candidate of this import is logged in now (%(names)s). Try again three minutes after they log out.",
        "%(n)d candidates of this import are logged in now (%(names)s). Try again three minutes after they log out.",
        len(online),
    )
    return sentence % {"n": len(online), "names": some_names(online)}


def _named(
    record: Import,
    removed: Sequence[Candidate],
    restored: Sequence[ImportedChange],
    back: Sequence[ImportedRemoval],
) -> str:
    """Return whose Candidate ID somebody would have back, "" where all these are free or become so."""
    ids = [one.old_candidate_id for one in restored] + [one.candidate_id for one in back]
    if not ids:
        return ""
    shown = {candidate_key(one): one for one in ids}
    moving = [change.candidate_id for change in restored] + [one.pk for one in removed]
    others = Candidate.objects.of_test(record.required_test).filter(candidate_key__in=shown).exclude(pk__in=moving)
    taken = others.order_by("sort_key").values_list("candidate_key", flat=True).first()
    if taken is not None:
        sentence = _("Candidate ID %(id)s is somebody else’s now, so nobody can have it back. Change that one first.")
        return sentence % {"id": shown[taken]}
    held: set[str] = {candidate_key(one.candidate_id) for one in back}
    for change in restored:
        key = candidate_key(change.old_candidate_id)
        if key in held:
            # by undoing lists in another order; whom somebody renames by hand keeps that ID, and is in nobody's way
            sentence = _(
                "Candidate ID %(id)s is what %(shown)s had before, and somebody else would have it back too. "
                "Give %(shown)s another Candidate ID first."
            )
            return sentence % {"id": change.old_candidate_id, "shown": change.new_candidate_id}
        held.add(key)
    return ""


def _seated(
    record: Import,
    removed: Sequence[Candidate],
    restored: Sequence[ImportedChange],
    back: Sequence[ImportedRemoval],
) -> str:
    """Return who sits where somebody would come back to, "" where all these seats are free."""
    coming = [(one.old_location_id, one.old_seat, one.new_candidate_id) for one in restored]
    coming += [(one.location_id, one.seat, one.candidate_id) for one in back]
    wanted: dict[tuple[int | None, str], str] = {}
    for place, seat, shown in coming:
        if not seat:
            continue
        if (where := (place, candidate_key(seat))) in wanted:
            sentence = _("%(shown)s and %(other)s would both have seat %(seat)s. Change one of them first.")
            return sentence % {"seat": seat, "shown": wanted[where], "other": shown}
        wanted[where] = shown
    if not wanted:
        return ""
    moving = [change.candidate_id for change in restored] + [one.pk for one in removed]
    seated = Candidate.objects.of_test(record.required_test).exclude(Q(seat="") | Q(pk__in=moving))
    for place, seat, shown in seated.order_by("sort_key").values_list("location", "seat", "candidate_id"):
        if (place, candidate_key(seat)) in wanted:
            sentence = _("Seat %(seat)s is %(shown)s’s now, so nobody can go back to it. Change that seat first.")
            return sentence % {"seat": seat, "shown": shown}
    return ""


def some_names(ids: Sequence[str], *, most: int = MAX_NAMED) -> str:
    """Return the first names, as they stand in a sentence."""
    return ", ".join(ids[:most]) + ("…" if len(ids) > most else "")
