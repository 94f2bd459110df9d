"""People who come to a test by themselves, by its test code."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from candidates.access import reached_test
from candidates.api.auth import caller, needs, sees_names
from candidates.api.schemas import Answer
from candidates.lifecycle.joining import joining_of, requests_of
from candidates.models import Scope

router = Router(tags=["Test code"], by_alias=True)


class JoinerAnswer(Answer):
    """Somebody who typed the code. Who it is stands in it only for keys with names:read."""

    id: str
    state: str = Field(description="asked, queued, joined, refused or removed.")
    asked_at: datetime
    decided_at: datetime | None
    candidate_id: str | None = Field(description="Of who has joined.")
    external_id: str | None = Field(description="SSO user ID or user name; null without names:read.")


class JoiningAnswer(Answer):
    """The test code, and who came by it."""

    code: str | None = Field(description="Null: the test has none, or it is not activated yet.")
    works_from: datetime | None
    works_until: datetime | None
    max_joiners: int | None
    joiners: list[JoinerAnswer]


@router.get("/test/{test_id}/joiners", response=JoiningAnswer, **needs(Scope.CANDIDATES_READ))
def read_joiners(request: HttpRequest, test_id: str) -> JoiningAnswer:
    """Read the test code, and who came by it, in the order in which they came (ours)."""
    test = reached_test(caller(request).key, test_id)
    joining = joining_of(test)
    names = sees_names(request, test)
    return JoiningAnswer(
        code=(joining.shown_code or None) if joining else None,
        works_from=joining.works_from if joining else None,
        works_until=joining.works_until if joining else None,
        max_joiners=joining.max_joiners if joining else None,
        joiners=[
            JoinerAnswer(
                id=one.public_id,
                state=one.state,
                asked_at=one.asked_at,
                decided_at=one.decided_at,
                candidate_id=one.candidate.candidate_id if one.candidate else None,
                external_id=one.logs_in_with if names else None,
            )
            for one in requests_of(test)
        ],
    )
