"""Prepare something for one person who is to join a test by its code, change it, and take it away."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.errors import Refused
from candidates.intake.columns import MappedRow
from candidates.intake.findings import CandidateRow, Problem
from candidates.intake.headings import SSO_USER_ID
from candidates.intake.prepared_lists import check_prepared, new_prepared, why_nobody_is_prepared
from candidates.models import Location, PreparedPerson, Test, User


class CellsRefused(Exception):
    """Cells are wrong; `problems` names each, and nothing is stored."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(len(problems))
        self.problems = problems


def prepare(*, test: Test, slug: str, values: Mapping[str, str], by: User) -> PreparedPerson:
    """Prepare something for one person, by user ID of this authentication type ("" for a user name).

    Raises CellsRefused, and Refused where the test takes nobody more.
    """
    with transaction.atomic():
        # The lock of the test's row: two rows for one person, or with one Candidate ID, come one after the other.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if why := why_nobody_is_prepared(test, 1):
            raise Refused(why)
        row = _checked(test, slug, values)
        made = new_prepared(test, row, None, Location.objects.named([row.location] if row.location else []))
        made.save(force_insert=True)
        detail = {"prepared": made.public_id}
        audit.record(audit.Action.PREPARED_ADDED, by=by, test=test, count=1, detail=detail)
    return made


def change_prepared(*, prepared: PreparedPerson, values: Mapping[str, str], by: User) -> PreparedPerson:
    """Write what is prepared for a person anew; who it is stays. An empty cell takes away what was there.

    Raises CellsRefused, Refused where the person has joined, Http404 where it was removed.
    """
    with transaction.atomic():
        # as above; who joins at this moment is seen here, or gets what is written now
        test = Test.objects.select_for_update(no_key=True).get(pk=prepared.test_id)
        now = _not_joined(test, prepared)
        if why := why_nobody_is_prepared(test):
            raise Refused(why)
        row = _checked(test, now.authentication_type, {**values, SSO_USER_ID: now.person}, without=now.pk)
        locations = Location.objects.named([row.location] if row.location else [])
        now.candidate_id, now.candidate_key = row.candidate_id, candidate_key(row.candidate_id)
        now.extra_minutes, now.seat = row.extra_minutes, row.seat
        now.location = locations[row.location] if row.location else None
        now.name, now.private_reference = row.name, row.private_reference
        now.changed_by, now.before = None, {}  # undoing a list leaves what somebody changed by hand since
        now.save()
        detail = {"prepared": now.public_id}
        audit.record(audit.Action.PREPARED_CHANGED, by=by, test=test, count=1, detail=detail)
    return now


def remove_prepared(*, prepared: PreparedPerson, by: User) -> None:
    """Take away what is prepared for a person. Raises Refused where the person has joined, Http404 where it is gone."""
    with transaction.atomic():
        test = Test.objects.select_for_update(no_key=True).get(pk=prepared.test_id)
        now = _not_joined(test, prepared)
        detail = {"prepared": now.public_id}
        now.delete()
        audit.record(audit.Action.PREPARED_REMOVED, by=by, test=test, count=1, detail=detail)


def _not_joined(test: Test, prepared: PreparedPerson) -> PreparedPerson:
    now = PreparedPerson.objects.of_test(test).filter(pk=prepared.pk).select_related("joined_as", "location").first()
    if now is None:
        raise Http404
    if now.joined_as is not None:
        sentence = _("%(person)s has joined as %(shown)s: change that candidate. Nothing was changed.")
        raise Refused(sentence % {"person": now.person, "shown": now.joined_as.candidate_id})
    return now


def _checked(test: Test, slug: str, values: Mapping[str, str], *, without: int | None = None) -> CandidateRow:
    checked = check_prepared(test, [MappedRow(1, dict(values))], slug=slug, without=without)
    problems = [*checked.problems]
    if checked.already:
        message = _("Something is prepared for this person already. Change it in the list.")
        problems.append(Problem(1, SSO_USER_ID, values.get(SSO_USER_ID, ""), message))
    if problems or not checked.ready:
        raise CellsRefused(tuple(problems))
    return checked.ready[0]
