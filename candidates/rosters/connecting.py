"""Connect a test with one exam of a student system, or make the test from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.lifecycle.external_tests import DEFAULTS
from candidates.lifecycle.tests import create_test
from candidates.models import RosterConnection, Test, User
from candidates.models.rosters import MAX_TITLE_LENGTH
from candidates.models.tests import MAX_TEST_NAME_LENGTH
from candidates.rosters.asking import ask
from candidates.rosters.source import Exam, ExamSearch, Snapshot
from candidates.rosters.sources import setups
from candidates.rosters.stored import checked, exam_as_json, store
from candidates.timing import last_end, longest_extra_seconds


def connection_of(test: Test) -> RosterConnection | None:
    """Return the exam that a test takes its candidates from, with the last look at it; None where it takes none."""
    return RosterConnection.objects.filter(test=test).select_related("snapshot", "connected_by").first()


def find_exams(source: str, search: ExamSearch) -> Sequence[Exam]:
    """Return the exams of a source that a planner may choose from. Raises SourceError."""
    return ask(source, lambda reader: reader.exams(search))


def is_over(test: Test) -> bool:
    """Say whether nothing of a test is synchronised any more: its last candidate's time has passed."""
    end = last_end(test, longest_extra_seconds(test))
    return test.archived_at is not None or (end is not None and timezone.now() >= end)


def connect(*, test: Test, source: str, exam_key: str, by: User) -> RosterConnection:
    """Let the test take its candidates from an exam, in place of another one; nobody joins or leaves by that.

    The exam is looked at first. Raises SourceError, and Refused where the test takes no candidates any more.
    """
    _refuse_unfit(test)
    snapshot = checked(ask(source, lambda reader: reader.snapshot(exam_key)))
    return _connect(test, source, exam_key, snapshot, by)


def read_exam(*, source: str, exam_key: str) -> Snapshot:
    """Return everybody of an exam that a test is to be made of. Raises SourceError."""
    return checked(ask(source, lambda reader: reader.snapshot(exam_key)))


def make_test(*, source: str, exam_key: str, snapshot: Snapshot, by: User) -> Test:
    """Make a test of an exam that was read, with its name and times, connected with it; asks nobody.

    Raises Refused where the exam does not say when it is.
    """
    values = proposed(snapshot.exam)
    if values["opens_at"] is None or values["ends_at"] is None:
        raise Refused(_("The exam has no times there yet. Make the test first, then connect it."))
    if values["ends_at"] <= timezone.now():
        raise Refused(_("The exam is over there, so no test is made from it."))
    with transaction.atomic():
        test = create_test(values={**DEFAULTS, **values}, by=by)
        _connect(test, source, exam_key, snapshot, by)
    return test


def proposed(exam: Exam) -> dict[str, Any]:
    """Return name, opening, end and duration of a test, as the exam says them; None is what it does not say."""
    name = " ".join(filter(None, (exam.code, exam.title))) if exam.code not in exam.title else exam.title
    name = name.replace("[", "(").replace("]", ")").strip()[:MAX_TEST_NAME_LENGTH]
    opens, ends, minutes = exam.opens, exam.ends, exam.minutes
    if opens and minutes and not ends:
        ends = opens + timedelta(minutes=minutes)
    if opens and ends and ends <= opens:
        ends = None
    fits = minutes is not None and 1 <= minutes <= 2880
    return {
        "name": name or exam.key[:MAX_TEST_NAME_LENGTH],
        "opens_at": opens,
        "ends_at": ends,
        "duration_minutes": minutes if fits else None,
    }


def disconnect(*, test: Test, by: User) -> None:
    """End it: everybody stays on the test, and the last look is deleted. Raises Refused where it is not connected."""
    with transaction.atomic():
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        found = RosterConnection.objects.select_for_update(of=("self",)).filter(test=test).first()
        if found is None:
            raise Refused(_("The test is not connected with a student system any more. Nothing was changed."))
        found.delete()
        audit.record(audit.Action.ROSTER_DISCONNECTED, by=by, test=test, detail=_detail(found))


def choose_applying(*, test: Test, applies: bool, removes: bool, by: User) -> None:
    """Say what the worker applies by itself: what joins and changes, and who leaves too.

    Raises Refused where the test is not connected.
    """
    with transaction.atomic():
        found = RosterConnection.objects.select_for_update(of=("self",)).filter(test=test).first()
        if found is None:
            raise Refused(_("The test is not connected with a student system any more. Nothing was changed."))
        before = [found.applies_itself, found.removes_itself]
        after = [applies, applies and removes]
        if before != after:
            found.applies_itself, found.removes_itself = after
            found.held_up = ""
            found.save(update_fields=["applies_itself", "removes_itself", "held_up"])
            detail = {
                **_detail(found),
                "applies_itself": [before[0], after[0]],
                "removes_itself": [before[1], after[1]],
            }
            audit.record(audit.Action.ROSTER_CHANGED, by=by, test=test, detail=detail)


def _connect(test: Test, source: str, exam_key: str, snapshot: Snapshot, by: User) -> RosterConnection:
    now = timezone.now()
    with transaction.atomic():
        # The test's lock closes the race of two planners who connect it at the same moment: the second replaces.
        live = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        _refuse_unfit(live)
        before = RosterConnection.objects.select_for_update(of=("self",)).filter(test=live).first()
        is_same = before is not None and (before.source, before.exam_key) == (source, exam_key)
        values = {
            "source": source,
            "exam_key": exam_key,
            "exam": exam_as_json(snapshot.exam),
            "title": (snapshot.exam.title or exam_key)[:MAX_TITLE_LENGTH],
            "connected_at": now,
            "connected_by": by,
            "looked_at": now,
            "last_error": "",
            "held_up": "",
            "next_look_at": now + timedelta(minutes=setups()[source]["every_minutes"]),
            "lease": "",
            "leased_until": None,
            # another exam is another list: somebody has to say again that it may be applied by itself
            **({} if is_same else {"applies_itself": False, "removes_itself": False}),
        }
        made, _is_new = RosterConnection.objects.update_or_create(test=live, defaults=values)
        store(snapshot, test=live.pk)
        hide_codes(live, snapshot.exam)
        detail = {**_detail(made), **({"before": _detail(before)} if before is not None and not is_same else {})}
        audit.record(audit.Action.ROSTER_CONNECTED, by=by, test=live, count=len(snapshot.enrolments), detail=detail)
    return made


def hide_codes(test: Test, exam: Exam) -> None:
    """Hide Candidate IDs from candidates where the exam says so; the caller holds the lock of the test's row."""
    if test.hides_candidate_ids != exam.hides_codes:
        Test.objects.filter(pk=test.pk).update(hides_candidate_ids=exam.hides_codes)


def _refuse_unfit(test: Test) -> None:
    if test.is_demo:
        raise Refused(_("A demo test has no candidates: everybody may try it. It cannot be connected."))
    if is_over(test):
        raise Refused(_("The test has ended, so it takes no candidates any more."))


def _detail(one: RosterConnection) -> dict[str, Any]:
    return {"source": one.source, "exam": one.exam_key, "title": one.title}
