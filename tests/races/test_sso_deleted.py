"""Somebody of an institution is deleted while logging in, and while a list is imported that names the person (C73)."""

import pytest

from candidates.models import AuditEvent, Candidate, Session, SsoIdentity, Test, User
from candidates.signin.sessions import SessionStore
from tests.factories import activated, add_sso, make_test, open_now
from tests.races.sso_acts import act
from tests.races.support import Runner

pytestmark = pytest.mark.django_db(transaction=True)
ANNA = "anna@uni.example"


@pytest.fixture
def anna(planner: User) -> Candidate:
    """Anna, on an exam that is over for 25 hours."""
    test = make_test(planner=planner)
    (anna,) = add_sso(test, planner, "anna")
    open_now(activated(test, planner), minutes_ago=29 * 60)
    return anna


def identity_of(candidate: Candidate) -> SsoIdentity:
    return SsoIdentity.objects.get(user=candidate.user)


@pytest.mark.slow
@pytest.mark.parametrize("round_", range(3))
def test_who_is_deleted_while_logging_in_is_out_and_nobody(
    anna: Candidate, administrator: User, runner: Runner, round_: int
) -> None:
    outcomes = runner.race(
        *[act("log_in", sso_user_id=ANNA, subject="sub")] * 2,
        act("delete", identity=identity_of(anna).pk, by=administrator.pk),
        *[act("log_in", sso_user_id=ANNA, subject="sub")] * 2,
    )
    assert outcomes[2].done, outcomes
    assert {outcome.error for outcome in outcomes} <= {"", "SsoRefused", "AccountGone"}, outcomes
    assert not SsoIdentity.objects.exists()
    anna.refresh_from_db()
    assert anna.user is not None
    assert not anna.user.is_active
    names = set(AuditEvent.objects.filter(actor=anna.user).values_list("actor_name", flat=True))
    assert names <= {anna.user.username}
    assert ANNA not in str(
        [SessionStore().decode(one) for one in Session.objects.values_list("session_data", flat=True)]
    )


@pytest.mark.slow
@pytest.mark.parametrize("round_", range(4))
def test_who_is_imported_while_being_deleted_is_kept_or_somebody_new(
    anna: Candidate, planner: User, administrator: User, runner: Runner, round_: int
) -> None:
    test = make_test(planner=planner, name="The next exam")
    people = [*(f"other{number}@uni.example" for number in range(100)), ANNA]
    outcomes = runner.race(
        act("import_people", test=test.pk, by=planner.pk, people=people),
        act("delete", identity=identity_of(anna).pk, by=administrator.pk),
    )
    assert outcomes[0].done, outcomes
    assert outcomes[1].error in ("", "Refused"), outcomes
    anna.refresh_from_db()
    place = Candidate.objects.select_related("user").get(test=test, sso_user_id=ANNA)
    assert place.user is not None
    assert place.user.is_active
    assert identity_of(place).sso_user_id == ANNA
    assert (anna.user == place.user) == (outcomes[1].error == "Refused")
    assert Test.objects.get(pk=test.pk).candidate_count == Candidate.objects.of_test(test).count() == 101
