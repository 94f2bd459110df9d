"""Administrators who put each other out at the same moment: one stays who can work."""

import pytest
from django.contrib.auth.hashers import make_password

from candidates.lifecycle.planners import working_planners
from candidates.models import Test, User
from tests.factories import Role, contribute, make_staff, make_test
from tests.races.staff_acts import act
from tests.races.support import Runner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["deactivated", "no role"])
def test_administrators_who_put_each_other_out_leave_one(runner: Runner, how: str) -> None:
    keys = [make_staff(name, is_administrator=True).pk for name in ("arne", "berit")]
    User.objects.update(password=make_password("a long winter evening"))  # who has none cannot take over
    for _turn in range(6):
        User.objects.update(is_active=True, is_administrator=True)
        outcomes = runner.race(*[act("put_out", who=keys[1 - n], by=keys[n], how=how) for n in range(2)])
        assert sorted((bool(outcome.value), outcome.error) for outcome in outcomes) == [(False, ""), (True, "")]
        assert User.objects.filter(is_active=True, is_administrator=True).count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("how", ["deactivated", "no role"])
def test_of_two_planners_who_are_put_out_at_once_one_stays(runner: Runner, how: str) -> None:
    boss = make_staff("boss", is_administrator=True)
    first, second = (make_staff(name, is_planner=True) for name in ("first", "second"))
    test = make_test(planner=first)
    contribute(test, second, Role.PLANNER)
    for _turn in range(3):
        User.objects.exclude(pk=boss.pk).update(is_active=True, is_planner=True, is_administrator=False)
        outcomes = runner.race(*[act("put_out", who=who.pk, by=boss.pk, how=how) for who in (first, second)])
        assert sorted((bool(outcome.value), outcome.error) for outcome in outcomes) == [(False, ""), (True, "")]
        assert working_planners(test) == 1


def test_of_two_administrators_who_take_a_test_over_one_does(runner: Runner) -> None:
    boss = make_staff("boss", is_administrator=True)
    test = make_test()
    people = [make_staff(name, is_planner=True) for name in ("first", "second")]
    outcomes = runner.race(*[act("hand_over", to=one.pk, by=boss.pk) for one in people])
    assert sorted(outcome.error for outcome in outcomes) == ["", "Refused"]
    assert working_planners(Test.objects.get(pk=test.pk)) == 1
