"""People who come to a test by themselves, by its test code."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from candidates.access import reached_test
from candidates.api.auth import caller, needs, sees_names
from candidates.api.idempotency import writes
from candidates.api.problems import Problem, Wrong, pointer_to
from candidates.api.schemas import Answer, Body, Text
from candidates.intake.joining import approve, let_in_again
from candidates.lifecycle.joining import WAITING, joining_of, refuse, requests_of
from candidates.models import JoinRequest, Scope, Test
from candidates.models.joining import MAX_SENTENCE_LENGTH
from candidates.models.tests import MAX_CANDIDATES

State = JoinRequest.State

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


class WhoWaits(Body):
    """Who is let in or refused, by `id`."""

    joiners: list[Text] = Field(min_length=1, max_length=MAX_CANDIDATES)


class WhoIsRefused(WhoWaits):
    """Who is refused, and what they are told."""

    sentence: Text = Field(default="", max_length=MAX_SENTENCE_LENGTH, description="To the people; empty: none.")


class Decided(Answer):
    """What became of people who had asked."""

    success: bool = True
    joined: int
    queued: int = Field(description="On the waiting list: the test is full, or the account may not log in.")
    refused: int


@router.post("/test/{test_id}/joiners/letIn", response=Decided, **needs(Scope.CANDIDATES_WRITE))
@writes
def let_joiners_in(request: HttpRequest, test_id: str, sent: WhoWaits) -> Answer:
    """Let in people who wait to be let in, were refused, or were removed (ours): all, or none where one cannot."""
    test = reached_test(caller(request).key, test_id, changes=True)
    found = _chosen(test, sent.joiners, State.ASKED, State.REFUSED, State.REMOVED)
    asked = [one for one, state in found.items() if state == State.ASKED]
    again = [one for one, state in found.items() if state != State.ASKED]
    by = caller(request).account
    done = [act(test=test, public_ids=ids, by=by) for act, ids in ((approve, asked), (let_in_again, again)) if ids]
    return Decided(joined=sum(one.joined for one in done), queued=sum(one.queued for one in done), refused=0)


@router.post("/test/{test_id}/joiners/refuse", response=Decided, **needs(Scope.CANDIDATES_WRITE))
@writes
def refuse_joiners(request: HttpRequest, test_id: str, sent: WhoIsRefused) -> Answer:
    """Refuse people who wait (ours): all, or none where one waits no more. They can ask again with the code."""
    test = reached_test(caller(request).key, test_id, changes=True)
    found = _chosen(test, sent.joiners, *WAITING)
    refused = refuse(test=test, public_ids=list(found), sentence=sent.sentence, by=caller(request).account)
    return Decided(joined=0, queued=0, refused=refused)


def _chosen(test: Test, ids: Sequence[str], *states: str) -> dict[str, str]:
    """Return the state of each, in the order of their turns. Raises Problem for who is in none of these states.

    The lock of the test's row comes first, as in all that changes who waits: what is found here stays so.
    """
    Test.objects.select_for_update(no_key=True).get(pk=test.pk)
    there = {one.public_id: one.state for one in requests_of(test) if one.public_id in set(ids) and one.state in states}
    sentence = _("Nobody who asked and can be decided about is called so.")
    wrong = [Wrong(detail=sentence, pointer=pointer_to("joiners", n)) for n, one in enumerate(ids) if one not in there]
    if wrong:
        raise Problem(409, _("Nobody was let in or refused."), code="cannot_be_decided", errors=wrong)
    return there
