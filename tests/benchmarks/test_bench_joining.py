"""Joining by test code: one more beside 1400, and 1500 who are approved at once, beside what adding them takes."""

from itertools import count
from time import process_time

import pytest
from django.db import connection

from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.joining import approve, join
from candidates.lifecycle.joining import set_joining
from candidates.models import Joining, JoinRequest, SsoIdentity, Test, User
from candidates.models.accounts import no_password
from tests.benchmarks.support import Report, measure_each
from tests.benchmarks.test_bench_candidates import N
from tests.factories import activated, add_many, make_staff, make_test
from tests.support.joining import code_of, open_to_joiners, setup

number = count(1)
AT_THE_DOOR = 30
MAX_JOIN = 60  # milliseconds of the processor; the test's row is locked meanwhile: 1500 are in within 90 s
SHARE = 5.0


def people(many: int) -> list[User]:
    """Store people of an institution who have logged in once."""
    names = [f"p{next(number)}" for _one in range(many)]
    users = User.objects.bulk_create(
        User(username=f"sso-{name}", kind=User.Kind.SSO, password=no_password()) for name in names
    )
    SsoIdentity.objects.bulk_create(
        SsoIdentity(
            user=user, authentication_type="campus", sso_user_id=f"{name}@u.example", sso_key=f"{name}@u.example"
        )
        for user, name in zip(users, names, strict=True)
    )
    return users


@pytest.mark.django_db(transaction=True)
def test_bench_joining() -> None:
    planner = make_staff("planner", is_planner=True)
    report = Report(f"joining by test code on {connection.vendor}")
    full = make_test(planner=planner)
    add_many(full, planner, 1400)
    code, coming = open_to_joiners(full, planner), people(AT_THE_DOOR)
    begun = process_time()
    for person in coming:
        join(code=code, by=person)
    alone = (process_time() - begun) / AT_THE_DOOR
    report.at_most_ms("one joins beside 1400, of the processor", alone, MAX_JOIN)
    crowd = people(N)

    def waiting() -> Test:
        test = make_test(planner=planner, name=f"Test {next(number)}")
        set_joining(test=test, setup=setup(approves_each=True), by=planner)
        activated(test, planner)
        identities = {one.user_id: one for one in SsoIdentity.objects.filter(user__in=crowd)}
        JoinRequest.objects.bulk_create(
            JoinRequest(test=test, user=user, identity=identities[user.pk], state="asked", turn=turn)
            for turn, user in enumerate(crowd, 1)
        )
        Joining.objects.filter(test=test).update(last_turn=N)
        assert code_of(test)
        return test

    def let_in(test: Test) -> None:
        assert approve(test=test, public_ids=None, by=planner).joined == N

    def add(test: Test) -> None:
        rows = [
            CandidateRow(turn, "", 0, sso_user_id=f"{user.username[4:]}@u.example", authentication_type="campus")
            for turn, user in enumerate(crowd, 1)
        ]
        add_candidates(test=test, rows=rows, by=planner, source="bench")

    bare = measure_each(lambda: make_test(planner=planner, name=f"Test {next(number)}"), add)
    report.at_most_times(
        f"approve {N} who wait", measure_each(waiting, let_in), "add them through the door", bare, SHARE
    )
    report.show()
