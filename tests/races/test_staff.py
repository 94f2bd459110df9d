"""Administrators who put each other out at the same moment: one stays who can work."""

import pytest

from candidates.models import User
from tests.races.staff_acts import act
from tests.races.support import Runner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("turn", range(3))
@pytest.mark.parametrize("how", ["deactivated", "no role"])
def test_administrators_who_put_each_other_out_leave_one(runner: Runner, how: str, turn: int) -> None:
    names = ("arne", "berit", "carl")
    keys = [User.objects.create_user(name, "a fjord in the morning", is_administrator=True).pk for name in names]
    outcomes = runner.race(*[act("put_out", who=keys[(n + 1) % 3], by=keys[n], how=how) for n in range(3)])
    assert [outcome.error for outcome in outcomes] == [""] * 3
    left = User.objects.filter(is_active=True, is_administrator=True).count()
    assert left >= 1  # who was put out before the own request began comes to nothing, so more than one may be left
    assert sum(bool(outcome.value) for outcome in outcomes) == 3 - left
