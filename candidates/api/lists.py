"""Lists of candidates that another system sends: the importer's own checks, with each finding at its member."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import BeforeValidator, Field, StrictInt, WrapValidator

from candidates.api.permanent import PERMANENT, rows_of_accounts
from candidates.api.problems import Problem as Refusal
from candidates.api.problems import Wrong, invalid, pointer_to
from candidates.api.rows import Cell, Row, all_wrong, or_why, unread
from candidates.api.schemas import OURS, Body, Text
from candidates.authentication_types import enabled_types
from candidates.candidate_ids import candidate_key, generated_ids
from candidates.intake.columns import MappedRow
from candidates.intake.door import existing_ids
from candidates.intake.drafts import new_import
from candidates.intake.findings import Problem
from candidates.intake.headings import (
    BUILDING,
    CANDIDATE_ID,
    EXTRA_TIME,
    NAME,
    PRIVATE_REFERENCE,
    ROOM,
    SEAT,
    SSO_USER_ID,
)
from candidates.intake.importing import NotAdded, Outcome, Report, confirm
from candidates.intake.permanent import USERNAME
from candidates.intake.prepared import kept_for_others
from candidates.intake.present import people_on
from candidates.models import Import, Scope, Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.rosters.complete import look
from candidates.signin.access_keys import Caller

MEMBERS = {
    CANDIDATE_ID: "candidateId",
    EXTRA_TIME: "extraTime",
    SSO_USER_ID: "externalId",
    BUILDING: "buildingName",
    ROOM: "roomName",
    SEAT: "seat",
    USERNAME: "externalId",
    NAME: "name",
    PRIVATE_REFERENCE: "privateReference",
}
SENT = (
    (EXTRA_TIME, "extra_time"),
    (NAME, "name"),
    (PRIVATE_REFERENCE, "private_reference"),
    (BUILDING, "building_name"),
    (ROOM, "room_name"),
    (SEAT, "seat"),
)
"""The columns of a list beside the ids, and the members that they come from."""
Existing = Literal["refuse", "skip", "update"]
R = TypeVar("R", bound=Report)


def _as_text(value: Any) -> Any:
    """Return a number as it is typed into a list; no union, whose branches would stand in pointers."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(_("Write whole minutes, 30, or a percentage as text, “25 %”."))
    return str(value)


Extra = Annotated[Text, BeforeValidator(_as_text, json_schema_input_type=StrictInt | str)]


class CandidateSent(Row):
    """One candidate. What is wrong in it is said at its members, with what is wrong in the others."""

    external_id: Cell = Field(
        default="", description="SSO user ID, or username of a permanent user; with authenticationSystem alone."
    )
    candidate_id: Cell = Field(default="", description="Empty: the next generated number.")
    name: Cell = Field(default="")
    private_reference: Cell = Field(default="", description=OURS)
    extra_time: Annotated[Extra, WrapValidator(or_why)] = Field(
        default="", description="Minutes, or a percentage of the duration: `25 %`."
    )
    building_name: Cell = Field(default="")
    room_name: Cell = Field(default="")
    seat: Cell = Field(default="")


class CandidatesSent(Body):
    """Candidates of one kind. The body is ours, after the shape of contributors."""

    authentication_system: Text = Field(
        default="",
        max_length=50,
        description="Short name of an SSO setup; `permanent`: permanent users, by their usernames; empty: one-time "
        "users, who get login details. " + OURS,
    )
    candidates: list[CandidateSent] = Field(min_length=1, max_length=MAX_CANDIDATES)


def make_list(test: Test, sent: CandidatesSent, caller: Caller, body: bytes, **more: object) -> Import:
    """Store the list as one that waits, inside the transaction that confirms it. Raises Refusal."""
    kind = kind_of(sent)
    slug = sent.authentication_system if kind == Import.Kind.SSO else ""
    waiting = new_import(
        by=caller.account,
        kind=kind,
        file_name=caller.key.name,
        file_sha256=hashlib.sha256(body).hexdigest(),
        test=test,
        authentication_type=slug,
        **more,
    )
    waiting.save(force_insert=True)
    return waiting


def kind_of(sent: CandidatesSent) -> Import.Kind:
    """Return which kind of candidates a list has. Raises Refusal where it names a setup that is not there."""
    slug = sent.authentication_system
    if slug in enabled_types():
        return Import.Kind.SSO
    if slug == PERMANENT:
        return Import.Kind.PERMANENT
    if slug:
        sentence = _("No SSO setup that is switched on is called so.")
        raise invalid([Wrong(detail=sentence, pointer="/authenticationSystem")])
    return Import.Kind.ONE_TIME


def rows_of(test: Test, sent: CandidatesSent, caller: Caller) -> tuple[list[MappedRow], list[Wrong]]:
    """Return the rows as the importer reads them, and what is wrong with them before it does.

    The number of a row is its place among the candidates, from 1. One-time users with an external id are wrong: without
    its system nobody could log in by it.
    """
    wrong = list(unread(sent.candidates, "candidates"))
    if kind_of(sent) == Import.Kind.PERMANENT:
        people = [one.__dict__ for one in sent.candidates]
        rows, more = rows_of_accounts(test, people, names=caller.may(Scope.NAMES_READ))
        return rows, [*wrong, *more]
    sso = enabled_types().get(sent.authentication_system)
    if sso is None:
        sentence = _("Name the authenticationSystem to which this id belongs.")
        named = (place for place, one in enumerate(sent.candidates) if one.external_id)
        wrong += [Wrong(detail=sentence, pointer=pointer_to("candidates", place, "externalId")) for place in named]
    there = people_on(test, sso) if sso else {}
    given = {candidate_key(one.candidate_id) for one in sent.candidates if one.candidate_id.strip()}
    free = generated_ids(test.last_number, given | existing_ids(test).keys() | kept_for_others(test))
    # a column that nobody fills is none: each would be checked in every row
    used = [(column, name) for column, name in SENT if any(getattr(one, name) != "" for one in sent.candidates)]
    rows = []
    for number, one in enumerate(sent.candidates, 1):
        shown = one.candidate_id.strip() or (there.get(sso.key(one.external_id.strip()), "") if sso else "")
        values = {CANDIDATE_ID: shown or next(free), **{column: getattr(one, name) for column, name in used}}
        if sso:
            values[SSO_USER_ID] = one.external_id
        # no program has made dates of numbers on the way here
        rows.append(MappedRow(number, values, {CANDIDATE_ID: "meant"}))
    return rows, wrong


def without_names(report: R, waiting: Import, caller: Caller) -> R:
    """Return a report that tells a key without names:read nothing of who is on the test: what it sent alone."""
    if caller.may(Scope.NAMES_READ):
        return report
    words = {
        "somebody_else": _("Is the row about somebody else?"),
        "known": _("Somebody on the test has this as private reference. Is it the same person?"),
        "namesakes": _("Somebody else has the same name."),
    }
    warnings = tuple(replace(one, message=words.get(one.kind, one.message)) for one in report.warnings)
    sso = enabled_types().get(waiting.authentication_type)
    there = people_on(waiting.required_test, sso) if sso and report.problems else {}
    sentence = _("This person is already on the test.")
    problems = tuple(
        replace(one, message=sentence)
        if sso and one.column == SSO_USER_ID and sso.key(one.cell.strip()) in there
        else one
        for one in report.problems
    )
    return replace(report, warnings=warnings, problems=problems)


def store(
    waiting: Import, rows: Sequence[MappedRow], caller: Caller, *, wrong: Sequence[Wrong] = (), seen: str | None = None
) -> tuple[Outcome, Report]:
    """Carry the list out, and return what was done and what there is to look at. Raises Refusal, with all problems."""
    found: list[Report] = []

    def report(live: Import) -> Report:
        found.append(without_names(look(live, read=rows), live, caller))
        if wrong:
            raise all_wrong(wrong, wrong_of(found[-1].problems))
        return found[-1]

    try:
        with transaction.atomic():
            return confirm(waiting, by=caller.account, seen=seen, look=report), found[-1]
    except NotAdded as error:
        raise refusal_of(error) from error


def refusal_of(error: NotAdded) -> Refusal:
    """Return why a list is not stored, each problem at its member."""
    report = error.report
    wrong = [*wrong_of(report.problems)]
    if not wrong and report.must_choose:
        sentence = _("This candidate is already on the test. Say what happens then: existing=skip or existing=update.")
        wrong = [
            Wrong(detail=sentence, pointer=pointer_to("candidates", one.number - 1), code="exists")
            for one in report.already
        ]
    if wrong:
        return invalid(wrong)
    if report.refusal:
        return Refusal(409, report.refusal)
    if error.changed:
        return Refusal(
            409, _("The test has changed since this plan was made. Look at the new one."), code="plan_changed"
        )
    return Refusal(409, _("There is nothing to change."), code="nothing_to_do")


def wrong_of(problems: Iterable[Problem]) -> list[Wrong]:
    """Return what the importer found, at the members of the body."""
    return [
        Wrong(
            detail=one.message, pointer=pointer_to("candidates", one.row - 1, *filter(None, [MEMBERS.get(one.column)]))
        )
        for one in problems
    ]
