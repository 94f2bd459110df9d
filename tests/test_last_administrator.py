"""An installation always has an administrator who can work: the last one stays, and is told what to do."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from candidates.errors import Refused
from candidates.lifecycle.planners import refuse_without_administrator
from candidates.models import AuditEvent, User
from tests.factories import make_staff

ClientOf = Callable[[User | None], Client]
PASSWORD = "a fjord in the morning"
STAYS = {"is_active": "on", "is_administrator": "on"}
GOES = {"deactivated": {"is_administrator": "on"}, "no role": {"is_active": "on"}, "neither": {"is_planner": "on"}}


@pytest.fixture
def arne(db: None) -> User:
    """The only administrator, as the back office makes one."""
    return User.objects.create_user("arne", PASSWORD, name="Arne Lund", is_administrator=True)


def change(browser: Client, account: User, still: dict[str, str]) -> str:
    """Send the page of an account, and return what came back."""
    sent = {"username": account.username, "name": account.name, **still}
    answer = browser.post(f"/back-office/candidates/user/{account.pk}/change/", sent)
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


@pytest.mark.parametrize("how", GOES)
def test_the_last_administrator_stays_and_is_told_what_to_do(arne: User, client_of: ClientOf, how: str) -> None:
    page = change(client_of(arne), arne, GOES[how])
    assert "You are the last administrator who can log in" in page
    assert "First give another account the role administrator and a password." in page
    arne.refresh_from_db()
    assert (arne.is_active, arne.is_administrator) == (True, True)
    assert not AuditEvent.objects.filter(action="account_changed").exists()


@pytest.mark.parametrize("other", ["deactivated", "without a password", "without the role", "a superuser without it"])
def test_another_one_who_cannot_work_does_not_count(arne: User, client_of: ClientOf, other: str) -> None:
    second = User.objects.create_user("second", PASSWORD, is_administrator=True)
    if other == "deactivated":
        second.is_active = False
    elif other == "without a password":
        second.set_unusable_password()
    else:
        second.is_administrator, second.is_superuser = False, "superuser" in other
    second.save()
    assert "You are the last administrator" in change(client_of(arne), arne, GOES["deactivated"])


@pytest.mark.parametrize("how", GOES)
def test_who_is_followed_by_another_may_go(arne: User, client_of: ClientOf, how: str) -> None:
    User.objects.create_user("second", PASSWORD, is_administrator=True)
    assert change(client_of(arne), arne, GOES[how]) == "302"


def test_a_superuser_who_is_none_is_told_who_the_last_one_is(arne: User, client_of: ClientOf) -> None:
    clerk = make_staff("clerk", is_staff=True, is_superuser=True)
    assert "Arne Lund is the last administrator who can log in" in change(client_of(clerk), arne, GOES["no role"])
    assert change(client_of(clerk), arne, STAYS) == "302"


def test_the_last_one_keeps_a_password(arne: User, client_of: ClientOf) -> None:
    without = {"usable_password": "false", "password1": "", "password2": "", "unset-password": "1"}
    clerk = make_staff("clerk", is_staff=True, is_superuser=True)
    client_of(clerk).post(f"/back-office/candidates/user/{arne.pk}/password/", without)
    arne.refresh_from_db()
    assert arne.check_password(PASSWORD)


@pytest.mark.parametrize("address", ["", "{}/delete/", "{}/change/"])
def test_no_account_is_deleted_one_by_one_or_many_at_once(arne: User, client_of: ClientOf, address: str) -> None:
    User.objects.create_user("second", PASSWORD, is_administrator=True)
    many = {"action": "delete_selected", "_selected_action": [arne.pk], "post": "yes"}
    client_of(arne).post(f"/back-office/candidates/user/{address.format(arne.pk)}", many)
    assert User.objects.filter(pk=arne.pk, is_active=True, is_administrator=True).exists()


def test_who_cannot_work_anyway_may_go_while_another_works(arne: User) -> None:
    gone = make_staff("gone", is_administrator=True)
    with transaction.atomic():
        refuse_without_administrator(gone, by=arne)
        with pytest.raises(Refused):
            refuse_without_administrator(arne, by=arne)
