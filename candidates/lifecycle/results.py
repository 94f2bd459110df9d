"""The results of a test as other systems read them: marks and grades by candidate, in the original's shape."""

from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from candidates.lifecycle.scales import scale_of
from candidates.models import Candidate, Test
from candidates.timing import handed_in_at

ROUND = 1  # every answer is marked once
COLUMNS = (
    *("public_id", "candidate_id", "kind", "name", "private_reference", "sso_user_id", "authentication_type"),
    *("user__username", "mark__mark", "mark__grade", "mark__comment", "mark__marked_by__username", "mark__marked_at"),
)


def all_results(test: Test, *, with_names: bool, now: datetime, only: Collection[str] | None = None) -> dict[str, Any]:
    """Return the results of all candidates, or of the named ones; two queries however many there are.

    Without names it says what a grader sees: Candidate IDs. `userId` is our id of the place on the test.
    """
    found = Candidate.objects.of_test(test).people().select_related("user", "mark", "mark__marked_by")
    found = found if only is None else found.filter(public_id__in=only)
    scale = scale_of(test)
    return {
        "assessmentRunId": test.public_id,
        "assessmentRunTitle": test.name,
        "assessmentRunStartTime": moment(test.opens_at),
        "assessmentRunEndTime": moment(test.ends_at),
        "candidates": [
            _result(one, test, with_names=with_names, scale=scale, now=now)
            for one in found.order_by("sort_key", "candidate_key")
        ],
    }


def _result(one: Candidate, test: Test, *, with_names: bool, scale: Any, now: datetime) -> dict[str, Any]:
    mark = getattr(one, "mark", None)
    submitted = handed_in_at(one, test, now=now)
    found: dict[str, Any] = {
        "userId": one.public_id,
        "candidateId": one.candidate_id,
        "submitted": submitted is not None,
        "submittedTime": moment(submitted),
        "evaluationRounds": [],
    }
    if with_names:
        found["name"] = one.name
        found["privateReference"] = one.private_reference
        found["externalUserIds"] = external_ids(one)
    if mark is not None and (mark.mark is not None or mark.grade):
        grade = scale.grade_of(mark.mark, mark.grade)
        given = {"totalScore": number(mark.mark), "grade": grade or None, "markedTime": moment(mark.marked_at)}
        # who graded is a name as well
        by = mark.marked_by.username if with_names and mark.marked_by else None
        found["evaluationRounds"] = [
            {"roundId": ROUND, "roundGrades": [{"evaluatorUserId": by, **given, "comment": mark.comment}]}
        ]
    return found


def external_ids(one: Candidate) -> list[dict[str, str]]:
    """Return by what a candidate is known elsewhere: the SSO user ID, or the name of a permanent user."""
    if one.sso_user_id:
        return [{"authType": one.authentication_type, "externalUserId": one.sso_user_id}]
    if one.kind == Candidate.Kind.PERMANENT and one.user is not None:
        return [{"authType": "local", "externalUserId": one.user.username}]
    return []


def moment(value: datetime | None) -> str | None:
    """Return a time in UTC with its Z."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def number(value: Decimal | None) -> float | int | None:
    """Return points as a number of JSON, whole ones without a point."""
    return None if value is None else int(value) if value == value.to_integral_value() else float(value)
