"""Somebody is put on another planner's test at the moment at which the password is opened or replaced."""

from collections.abc import Callable

import pytest

from candidates.credentials.opening import Action, Choice, open_details, open_one
from candidates.credentials.refusals import NotShown
from candidates.credentials.renewing import renew_password
from candidates.intake import door
from candidates.intake.findings import CandidateRow
from candidates.models import AuditEvent, Candidate, Test, User
from tests.factories import activated, make_permanent, make_test
from tests.races.meeting import Pause
from tests.support.permanent import put_on

pytestmark = pytest.mark.django_db(transaction=True)

ACTS: dict[str, Callable[[Candidate, User], object]] = {
    "all": lambda place, by: open_details(test=place.test, choice=Choice(), action=Action.DETAILS_LISTED, by=by),
    "one": lambda place, by: open_one(test=place.test, candidate=place, by=by, invigilating=False),
    "new password": lambda place, by: renew_password(candidate=place, by=by),
}


@pytest.mark.parametrize("name", ACTS)
def test_who_is_being_put_on_another_planners_test_is_seen(
    exam: Test, planner: User, stranger: User, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    person = make_permanent()
    place = put_on(person, exam)
    activated(exam, planner)
    place.refresh_from_db()
    theirs = make_test(planner=stranger)
    row = CandidateRow(1, "Kari", 0, account=person.pk)
    added, refused = Pause(monkeypatch, door, "_inserted").meets(
        lambda: door.add_candidates(test=theirs, rows=[row], by=stranger, source="test"),
        lambda: ACTS[name](place, planner),
    )
    assert added is None
    assert isinstance(refused, NotShown)
    assert refused.reason == "withheld"
    opened = AuditEvent.objects.filter(action__in=[Action.DETAILS_LISTED, Action.DETAILS_REVEALED], outcome="done")
    assert not opened.exists()
