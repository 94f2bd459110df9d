"""Why login details are not shown, and the record of who was refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.access import grades, plans, sees_names
from candidates.authentication_types import type_label
from candidates.credentials.rights import withheld_from, withheld_one_words
from candidates.errors import Refused
from candidates.models import AuditEvent, Candidate, Contributor, Test, User
from candidates.timing import last_end, longest_extra_seconds, writing_now

INVIGILATORS_BEFORE = timedelta(minutes=60)  # D25


class NotShown(Refused):
    """Login details were not opened; `reason` is a short code for the audit row."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def why_not_shown(test: Test, candidate: Candidate, *, by: User, invigilating: bool) -> NotShown | None:
    """Return why somebody may not see this candidate's login details now, else None; nothing is opened for it.

    With `invigilating` the person does not plan the test.
    """
    if candidate.kind == Candidate.Kind.SSO and candidate.slip_account_id is None:
        words = {"id": candidate.candidate_id, "label": type_label(candidate.authentication_type)}
        return NotShown("own_login", _("%(id)s logs in through %(label)s. Nothing is kept here.") % words)
    if candidate.kind == Candidate.Kind.PERMANENT and (refusal := _why_not_of_permanent(candidate, by, invigilating)):
        return refusal
    if invigilating and not test.invigilators_may_open_logins:
        return NotShown(
            "not_for_invigilators",
            _("On this test invigilators do not see login details. Ask a planner of the test."),
        )
    if invigilating and not _is_within(invigilators_window(test)):
        return NotShown(
            "outside_window",
            _(
                "Invigilators see login details from 60 minutes before the test opens until the last candidate’s end. "
                "Outside that time, ask a planner of the test."
            ),
        )
    if not test.is_activated or candidate.slip_account_id is None:
        return not_activated()
    return None


def _why_not_of_permanent(candidate: Candidate, by: User, invigilating: bool) -> NotShown | None:
    if invigilating:
        return NotShown(
            "not_of_permanent",
            _(
                "%(id)s is a permanent user, whose password works on other tests as well. Invigilators see login "
                "details of one-time users only. Ask a planner of the test."
            )
            % {"id": candidate.candidate_id},
        )
    if not candidate.has_slip:
        words = _(
            "%(id)s logs in with a password of their own, which nobody can see. Give a new one to somebody who has "
            "lost it."
        )
        return NotShown("own_password", words % {"id": candidate.candidate_id})
    return _why_withheld(candidate, by)


def _why_withheld(candidate: Candidate, by: User) -> NotShown | None:
    """Return the refusal for a permanent user whose password this person may not open; else None."""
    if candidate.user_id is None or not withheld_from(by, [candidate.user_id]):
        return None
    return NotShown("withheld", withheld_one_words(candidate.candidate_id))


def why_no_key_list(test: Test, *, by: User) -> NotShown | None:
    """Return why somebody does not see the key list now, else None.

    It says who everybody is, so it is for those who may know. For invigilators the hours of login details apply.
    """
    invigilating = not plans(by, test)
    if invigilating and not test.invigilators_may_open_key_list:
        return NotShown(
            "not_for_invigilators",
            _("On this test invigilators do not see the key list. Ask a planner of the test."),
        )
    if invigilating and grades(by, test):
        words = _("Who grades a test does not see who its candidates are. Ask a planner of the test.")
        return NotShown("grades", words)
    if not sees_names(by, test):
        return NotShown(
            "names_hidden",
            _(
                "On this test invigilators do not see who the candidates are, so they have no key list. Ask a planner "
                "of the test."
            ),
        )
    if invigilating and not _is_within(_hours_of_invigilators(test)):
        return NotShown(
            "outside_window",
            _(
                "Invigilators see the key list from 60 minutes before the test opens until the last candidate’s end. "
                "Outside that time, ask a planner of the test."
            ),
        )
    return None if test.is_activated else not_activated()


def why_not_renewed(test: Test, candidate: Candidate, *, by: User) -> NotShown | None:
    """Return why this planner cannot give this candidate a new password now; else None.

    A permanent user's own password can be replaced too, but not while the person writes a test of other planners, from
    which it would log them out. A deactivated or deleted person needs no password.
    """
    refusal = why_not_shown(test, candidate, by=by, invigilating=False)
    if refusal is not None and refusal.reason != "own_password":
        return refusal
    if not test.is_activated:
        return not_activated()
    if candidate.kind == Candidate.Kind.PERMANENT and candidate.user is not None and not candidate.user.is_active:
        words = _("%(id)s is deactivated and cannot log in. Ask an administrator.")
        return NotShown("deactivated", words % {"id": candidate.candidate_id})
    if refusal is not None and (withheld := _why_withheld(candidate, by)):
        return withheld  # not yet checked for somebody with a password of their own
    if candidate.kind == Candidate.Kind.PERMANENT and candidate.user is not None and _writes_for_others(candidate, by):
        words = _(
            "%(id)s is writing another test now, which you do not plan: a new password would log the candidate out of "
            "it. A planner of that test can give one, or an administrator."
        )
        return NotShown("writing_elsewhere", words % {"id": candidate.candidate_id})
    return None


def _writes_for_others(candidate: Candidate, by: User) -> bool:
    """Say whether a permanent user is writing a test that `by` does not plan."""
    places = writing_now(candidate.user) if candidate.user else []
    writing = {place.test_id for place in places if place.pk != candidate.pk}
    planned = Test.objects.with_role(by, Contributor.Role.PLANNER).filter(pk__in=writing)
    return bool(writing) and planned.count() < len(writing)


def invigilators_window(test: Test) -> tuple[datetime, datetime] | None:
    """Return from when until when (UTC, exclusive) invigilators may see login details (D25).

    None where the planners of the test do not allow it, and without a window.
    """
    return _hours_of_invigilators(test) if test.invigilators_may_open_logins else None


def _hours_of_invigilators(test: Test) -> tuple[datetime, datetime] | None:
    end = last_end(test, longest_extra_seconds(test))
    return None if test.opens_at is None or end is None else (test.opens_at - INVIGILATORS_BEFORE, end)


def record_refused(action: AuditEvent.Action, *, test_public_id: str, by: User) -> None:
    """Record that somebody without the right to it asked for login details, where there is such a test."""
    test = Test.objects.filter(public_id=test_public_id).first()
    if test is not None:
        audit.record(action, by=by, test=test, detail={"reason": "no_access"}, refused=True)


@contextmanager
def refusals_recorded(
    action: AuditEvent.Action, *, test: Test, by: User, candidate: Candidate | None = None
) -> Iterator[None]:
    """Record a NotShown after the transaction inside is rolled back, so that the row stays; then raise it again."""
    try:
        yield
    except NotShown as refusal:
        detail: dict[str, object] = {"reason": refusal.reason}
        if candidate is not None:
            detail["candidates"] = [candidate.public_id]
        audit.record(action, by=by, test=test, detail=detail, refused=True)
        raise


def moved_or_removed() -> NotShown:
    """Return the refusal for a candidate who was changed before the lock was taken."""
    return NotShown("changed", _("The candidate was moved or removed at this moment. Load the page again."))


def not_activated() -> NotShown:
    """Return the refusal for a test that is not activated (docs/domain.md §14)."""
    return NotShown("not_activated", _("Login details can be seen once the test is activated. They are made then."))


def _is_within(window: tuple[datetime, datetime] | None) -> bool:
    return window is not None and window[0] <= timezone.now() < window[1]
