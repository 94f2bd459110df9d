"""Several accounts of a provider that come for the first time at the same moment: one is pinned (R26)."""

import pytest

from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.models import SsoIdentity, Test, User
from tests.races.sso_acts import act
from tests.races.support import Runner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(exam: Test, planner: User) -> list[str]:
    """Four SSO user IDs on the exam."""
    ids = [f"person{number}@havnes.example" for number in range(4)]
    rows = [
        CandidateRow(number, f"{number:04}", 0, sso_user_id=one, authentication_type="campus")
        for number, one in enumerate(ids, 1)
    ]
    add_candidates(test=exam, rows=rows, by=planner, source="race")
    return ids


def pins() -> list[tuple[str, str | None]]:
    return list(SsoIdentity.objects.exclude(subject=None).values_list("sso_key", "subject"))


def test_of_8_accounts_with_one_sso_user_id_one_gets_in(people: list[str], runner: Runner) -> None:
    outcomes = runner.race(*(act("arrive", sso_user_id=people[0], subject=f"sub-{turn}") for turn in range(8)))
    assert sorted(outcome.error for outcome in outcomes) == ["", *["SsoRefused"] * 7]
    (inside,) = (f"sub-{turn}" for turn, outcome in enumerate(outcomes) if outcome.done)
    assert pins() == [(people[0], inside)]


def test_one_account_that_comes_with_4_sso_user_ids_gets_in_as_one(people: list[str], runner: Runner) -> None:
    outcomes = runner.race(*(act("arrive", sso_user_id=one, subject="the-same") for one in people * 2))
    assert {outcome.error for outcome in outcomes} == {"", "SsoRefused"}
    ((pinned, _subject),) = pins()
    assert [one for one, outcome in zip(people * 2, outcomes, strict=True) if outcome.done] == [pinned] * 2


def test_one_account_that_comes_8_times_gets_in_8_times(people: list[str], runner: Runner) -> None:
    outcomes = runner.race(*[act("arrive", sso_user_id=people[0], subject="the-same")] * 8)
    assert all(outcome.done for outcome in outcomes)
    assert len({outcome.value for outcome in outcomes}) == 1
