"""Create a test, change its set-up, move its end (docs/domain.md §2 and §3)."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Conflict, Refused
from candidates.models import Candidate, Contributor, Joining, Mark, Test, User
from candidates.models.tests import MAX_INFORMATION_LENGTH, MAX_QUESTIONS_LENGTH, MAX_WINDOW
from candidates.text import when
from candidates.timing import Stage, stage_of

SETUP = (
    *("name", "information", "questions", "opens_at", "ends_at", "duration_minutes", "is_demo"),
    *("invigilators_may_open_logins", "invigilators_may_open_key_list", "invigilators_see_names"),
    "newest_device_writes",
)
MAX_LENGTHS = {"information": MAX_INFORMATION_LENGTH, "questions": MAX_QUESTIONS_LENGTH}
TEXTS = tuple(MAX_LENGTHS)  # too long for an audit row, and the questions too secret
ON_SLIPS = {"name", "opens_at", "ends_at", "duration_minutes"}


def refuse_long_window(opens_at: datetime | None, ends_at: datetime | None) -> None:
    """Raise Refused where a test (times in UTC) would be open longer than MAX_WINDOW; older tests may be."""
    if opens_at is not None and ends_at is not None and ends_at - opens_at > MAX_WINDOW:
        raise Refused(
            _("A test can be open for %(days)d days at most, until %(end)s. Nothing was changed.")
            % {"days": MAX_WINDOW.days, "end": when(opens_at + MAX_WINDOW)}
        )


def fingerprint(value: Any) -> str:
    """Return a short hash of a value, by which a page says what it showed."""
    text = value.timestamp().hex() if isinstance(value, datetime) else repr(value)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fingerprints(test: Test) -> dict[str, str]:
    return {field: fingerprint(getattr(test, field)) for field in SETUP}


def create_test(*, values: Mapping[str, Any], by: User, copied_from: Test | None = None) -> Test:
    """Store a test whose planner is the person who makes it; one of another system has none yet.

    Raises Refused for a window that is too long.
    """
    refuse_long_window(values["opens_at"], values["ends_at"])
    with transaction.atomic():
        test = Test.objects.create(**values)
        if by.kind != User.Kind.SYSTEM:
            Contributor.objects.create(test=test, user=by, role=Contributor.Role.PLANNER, added_by=by)
        detail = {"copied_from": copied_from.name, "copied_id": copied_from.public_id} if copied_from else {}
        audit.record(audit.Action.TEST_CREATED, by=by, test=test, detail=detail)
    return test


def share_key_list(*, test: Test, allowed: bool, by: User) -> None:
    """Allow or forbid invigilators the key list of their room, also while the test is activated.

    On the morning of the test, when the rest of the set-up is locked, SSO may turn out to be down.
    """
    _switch(test, "invigilators_may_open_key_list", allowed, by)


def share_names(*, test: Test, allowed: bool, by: User) -> None:
    """Let invigilators see who the candidates are, or no longer, also while the test is activated.

    Whether they need it may turn out at the door, when the rest of the set-up is locked.
    """
    _switch(test, "invigilators_see_names", allowed, by)


def set_hall_contacts(*, test: Test, contacts: str, by: User) -> None:
    """Store whom to call from the hall, in lines, also while the test is activated; empty: as the installation says."""
    with transaction.atomic():
        # Lock the row, so that a change is recorded once. Of numbers and names the audit keeps that they changed.
        current = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if current.hall_contacts != contacts:
            Test.objects.filter(pk=current.pk).update(hall_contacts=contacts)
            audit.record(audit.Action.TEST_CHANGED, by=by, test=current, detail={"hall_contacts": None})


def _switch(test: Test, field: str, allowed: bool, by: User) -> None:
    with transaction.atomic():
        # Lock the row, so that the audit shows the value before exactly this change.
        current = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if getattr(current, field) != allowed:
            Test.objects.filter(pk=current.pk).update(**{field: allowed})
            audit.record(audit.Action.TEST_CHANGED, by=by, test=current, detail={field: [not allowed, allowed]})


def change_test(*, test: Test, values: Mapping[str, Any], seen: Mapping[str, str], by: User) -> list[str]:
    """Store the fields that differ from what the page showed (`seen`, fingerprints), and return their names.

    Two planners who change different fields both succeed. Raises Conflict where a field that is to change was changed
    meanwhile, Refused where the test is activated or the whole would not fit together.
    """
    mine = [field for field in SETUP if fingerprint(values[field]) != seen[field]]
    with transaction.atomic():
        # Lock the row first: an activation, another save, or an addition of candidates (which a demo test cannot have)
        # has committed and is seen here, or waits.
        current = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if current.is_activated:
            raise Refused(_("The test is activated, so its set-up is locked. Deactivate it, then save again."))
        mine = [field for field in mine if getattr(current, field) != values[field]]
        theirs = {f: getattr(current, f) for f in mine if fingerprint(getattr(current, f)) != seen[f]}
        if theirs:
            raise Conflict(_("Somebody else changed this meanwhile."), theirs)
        _refuse_misfit(current, {field: values[field] for field in mine})
        if mine:
            before = {field: getattr(current, field) for field in mine}
            written = {field: values[field] for field in mine}
            Test.objects.filter(pk=current.pk).update(**written, has_longer_texts=_longer_texts(current, written))
            if ON_SLIPS.intersection(mine):
                _outdate_slips(current)
            current.refresh_from_db(fields=SETUP)
            audit.record(audit.Action.TEST_CHANGED, by=by, test=current, detail=_changes(before, values))
    return mine


def move_end(*, test: Test, ends_at: datetime, seen: datetime | None, by: User) -> bool:
    """Move the end (UTC) of an activated test; `seen` is the end that the page showed. Return False for no change.

    Moving it to now closes the test, moving it on opens it again while no marks are set (docs/domain.md §3). Raises
    Conflict where it was moved meanwhile, Refused where it would lie in the past or before the opening, where the
    test is not activated, and where marks are set after its end.
    """
    with transaction.atomic():
        # Conditional on the end that the planner saw: of two who move it at once the second is refused. This also locks
        # the row, so that adding and (de)activation wait.
        live = Test.objects.filter(pk=test.pk, activated_at__isnull=False, archived_at__isnull=True)
        moved = live.filter(ends_at=seen, opens_at__lt=ends_at).update(ends_at=ends_at)
        current = Test.objects.get(pk=test.pk)
        if not moved:
            return _not_moved(current, ends_at)
        if seen == ends_at:
            return False
        current.ends_at = seen
        _refuse_end(current, ends_at)
        current.ends_at = ends_at
        if current.opens_at is not None and timezone.now() < current.opens_at:
            _outdate_slips(current)
        audit.record(
            audit.Action.TEST_CHANGED, by=by, test=current, detail=_changes({"ends_at": seen}, {"ends_at": ends_at})
        )
    return True


def would_move_end(*, test: Test, ends_at: datetime, seen: datetime | None) -> bool:
    """Say whether `move_end` would change anything, and raise what it would raise; without writing or locking."""
    if not test.is_activated or test.ends_at != seen or test.opens_at is None or ends_at <= test.opens_at:
        return _not_moved(test, ends_at)
    if seen == ends_at:
        return False
    _refuse_end(test, ends_at)
    return True


def archived_sentence() -> str:
    """Return why nothing of an archived test can be changed, and what to do."""
    return _("The test is archived, so nothing in it can be changed. A planner can take it out of the archive first.")


def write_questions(*, test: Test, questions: str, seen: str, by: User) -> bool:
    """Store the questions of a test until its first candidate has started; return False for no change.

    `seen` is the fingerprint of what the page showed. Raises Conflict where somebody else wrote meanwhile, Refused once
    a candidate has started: all candidates must answer the same questions.
    """
    with transaction.atomic():
        # Lock the row first: the first start writes first_opened_at into it, so it has committed and is seen here, or
        # waits and reads the new questions.
        current = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if current.archived_at is not None:
            raise Refused(archived_sentence())
        if current.first_opened_at is not None:
            raise Refused(_("A candidate has started, so the questions stay as they are. Nothing was saved."))
        if current.questions == questions:
            return False
        if fingerprint(current.questions) != seen:
            raise Conflict(_("Somebody else changed this meanwhile."), {"questions": current.questions})
        written = {"questions": questions}
        Test.objects.filter(pk=current.pk).update(**written, has_longer_texts=_longer_texts(current, written))
        action = audit.Action.QUESTIONS_CHANGED if current.is_activated else audit.Action.TEST_CHANGED
        audit.record(action, by=by, test=current, detail={"questions": None, "characters": len(questions)})
    return True


def _refuse_end(test: Test, ends_at: datetime) -> None:
    """Refuse an end in the past or too far off, and any other end for a test that is over and marked."""
    if test.ends_at is None or ends_at > test.ends_at:
        refuse_long_window(test.opens_at, ends_at)
    if ends_at < timezone.now().replace(second=0, microsecond=0):
        raise Refused(_("The end cannot lie in the past. Choose this minute to end the test now."))
    if stage_of(test) == Stage.FINISHED and Mark.objects.filter(candidate__test=test).exists():
        raise Refused(_("The test has ended and marks are set, so its end stays. Nothing was changed."))


def _not_moved(current: Test, ends_at: datetime) -> bool:
    """Return False where the end is already the wanted one, else raise Refused or Conflict with the reason."""
    if not current.is_activated:
        raise Refused(_("The test is not activated any more. Change its end under Edit."))
    if current.archived_at is not None:
        raise Refused(archived_sentence())
    if current.opens_at is None or current.ends_at is None:
        raise Refused(_("This demo test has no end to move."))
    if current.ends_at == ends_at:
        return False
    if ends_at <= current.opens_at:
        raise Refused(_("The end must lie after the opening of the test."))
    raise Conflict(_("Somebody else moved the end meanwhile."), {"ends_at": current.ends_at})


def _refuse_misfit(current: Test, changes: Mapping[str, Any]) -> None:
    """Refuse changes that were valid on their page, but not together with what somebody else has stored meanwhile."""
    opens_at, ends_at = (changes.get(field, getattr(current, field)) for field in ("opens_at", "ends_at"))
    is_demo = changes.get("is_demo", current.is_demo)
    if is_demo and current.candidate_count:
        raise Refused(
            _("Candidates are on the test, and a demo test has none. Remove them first, or untick Demo test.")
        )
    if is_demo and Joining.objects.filter(test=current).exists():
        raise Refused(
            _("Candidates join by a code, and a demo test has none. Let planners add them, or untick Demo test.")
        )
    if (opens_at is None) != (ends_at is None) or (opens_at is None and not is_demo):
        raise Refused(_("Somebody else changed the times meanwhile: now one of them is missing. Set both."))
    if opens_at is not None and ends_at <= opens_at:
        raise Refused(_("Somebody else changed the times meanwhile: now the end lies before the opening. Set both."))
    if {"opens_at", "ends_at"} & changes.keys():
        refuse_long_window(opens_at, ends_at)


def _longer_texts(current: Test, written: Mapping[str, Any]) -> bool:
    """Say whether a text from before the limits is still too long; the database then accepts it."""
    texts = {field: written.get(field, getattr(current, field)) for field in MAX_LENGTHS}
    return current.has_longer_texts and any(len(text) > MAX_LENGTHS[field] for field, text in texts.items())


def _outdate_slips(test: Test) -> None:
    """Give printed slips their next version, because the name or the times on them are wrong now."""
    Candidate.objects.of_test(test).filter(slip_printed_version=F("slip_version")).update(
        slip_version=F("slip_version") + 1
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return old and new value per field for the audit; of long texts only that they changed."""
    return {field: None if field in TEXTS else [_plain(old), _plain(after[field])] for field, old in before.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
