"""Renaming and searching permanent users: what is left as it is, and what is called by its name."""

from dataclasses import replace

import pytest
from django.db import IntegrityError

from candidates.lifecycle.permanent_users import TooManySearches, details_of, people_called, people_for, rename
from candidates.models import AuditEvent, PermanentUser, User
from tests.factories import make_permanent


@pytest.fixture
def kari(db: None) -> PermanentUser:
    """A permanent user."""
    return make_permanent(external_id="17")


def test_saving_the_page_as_it_came_writes_nothing(kari: PermanentUser, administrator: User) -> None:
    assert rename(person=kari, old=details_of(kari), new=details_of(kari), by=administrator) == ()
    assert not AuditEvent.objects.filter(action="permanent_user_changed").exists()


def test_a_person_without_any_name_is_not_said_to_have_somebody_elses_external_id(
    kari: PermanentUser, administrator: User
) -> None:
    old = details_of(kari)
    with pytest.raises(IntegrityError, match="permanent_user_is_named"):
        rename(person=kari, old=old, new=replace(old, first_name="", last_name=""), by=administrator)


def test_searches_of_a_planner_are_limited_and_those_of_an_administrator_are_not(
    kari: PermanentUser, planner: User, administrator: User, settings: object
) -> None:
    settings.PERMANENT_SEARCHES_A_MINUTE = 2  # type: ignore[attr-defined]
    for _time in range(2):
        assert list(people_for(planner, "Kari")) == [kari]
    with pytest.raises(TooManySearches):
        people_for(planner, "Kari")
    assert list(people_for(planner, "")) == [kari]
    assert list(people_for(administrator, "Kari")) == [kari]


def test_who_is_called_by_username_needs_no_search_by_external_id(kari: PermanentUser, planner: User) -> None:
    berit = make_permanent("Berit", "Dahl", external_id="18")
    assert people_called(planner, [kari.user.username.upper()]) == ([kari], True)
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.USERS_SEARCHED).exists()
    assert people_called(planner, [kari.user.username, "18"]) == ([kari, berit], True)
    assert AuditEvent.objects.get(action=AuditEvent.Action.USERS_SEARCHED).count == 1
