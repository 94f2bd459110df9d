"""What belongs to others is not there either where a form names it in the place of the address (C4)."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.user_lists import add_members, make_list
from candidates.models import Candidate, Import, ListMember, PermanentUserList, Test, User
from tests.factories import make_permanent, make_test

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def own_list(planner: User) -> PermanentUserList:
    """A list of the planner's, with Anne."""
    one = make_list(name="Own", by=planner)
    add_members(one=one, keys=[make_permanent("Anne", "Nordmann").pk], by=planner)
    return one


@pytest.fixture
def foreign_list(stranger: User) -> PermanentUserList:
    """A list that nobody shares with the planner, with Berit."""
    one = make_list(name="Foreign", by=stranger)
    add_members(one=one, keys=[make_permanent("Berit", "Nordmann").pk], by=stranger)
    return one


@pytest.fixture
def foreign_test(stranger: User) -> Test:
    """A test of somebody else."""
    return make_test(planner=stranger, name="Foreign test")


def test_a_list_is_added_to_no_test_of_others(
    own_list: PermanentUserList, foreign_test: Test, planner: User, client_of: ClientOf
) -> None:
    address = reverse("user-list-to-test", args=[own_list.public_id])
    answer = client_of(planner).post(address, {"test": foreign_test.public_id})
    assert answer.status_code == 422
    assert "Foreign test" not in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_import_of_users_leads_back_to_no_test_of_others(
    foreign_test: Test, administrator: User, client_of: ClientOf, method: str
) -> None:
    User.objects.filter(pk=administrator.pk).update(is_planner=True)
    sent = {"paste": "Kari,Nordmann,,\n", "test": foreign_test.public_id}
    answer = getattr(client_of(administrator), method)(reverse("user-import"), sent, follow=True)
    assert answer.status_code == 200
    assert foreign_test.public_id not in answer.content.decode()
    assert list(Import.objects.values_list("back_to_test", flat=True)) == ([""] if method == "post" else [])


@pytest.mark.parametrize("name", ["user-list-add-all", "user-list-find", "add-permanent-all"])
def test_nobody_is_found_by_a_list_of_others(
    exam: Test,
    own_list: PermanentUserList,
    foreign_list: PermanentUserList,
    planner: User,
    client_of: ClientOf,
    name: str,
) -> None:
    where = exam if name == "add-permanent-all" else own_list
    sent = {"shown_list": foreign_list.public_id, "list": foreign_list.public_id, "seen": "1"}
    answer = client_of(planner).post(reverse(name, args=[where.public_id]), sent)
    assert answer.status_code == 404
    assert ListMember.objects.filter(list=own_list).count() == 1
    assert not Candidate.objects.exists()
    assert not Import.objects.exists()
