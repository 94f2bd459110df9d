"""What meets on PostgreSQL at the rows of a list: one waits for the other, and nobody gets an error (C56)."""

import pytest

from candidates.intake import importing
from candidates.intake.accounts import running, storing
from candidates.intake.accounts.reporting import seen_of
from candidates.intake.selecting import keep_list
from candidates.lifecycle import user_lists
from candidates.lifecycle.erasing import delete
from candidates.lifecycle.user_lists import add_members, delete_list, make_list
from candidates.models import Candidate, Import, ListMember, PermanentUserList, Test, User
from tests.factories import make_permanent, make_staff
from tests.intake.accounts.files import waiting_users
from tests.intake.lists import confirmed
from tests.races.meeting import Pause

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keeper(db: None) -> User:
    """Somebody who plans and administers."""
    return make_staff("keeper", is_planner=True, is_administrator=True)


@pytest.fixture
def one(keeper: User) -> PermanentUserList:
    return make_list(name="BIO2150", by=keeper)


def test_who_is_put_on_a_list_is_not_deleted_at_that_moment(
    keeper: User, one: PermanentUserList, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [make_permanent(name, "Nordmann") for name in ("Anne", "Berit")]
    keys = [person.pk for person in people]
    met = Pause(monkeypatch, user_lists, "_record").meets(
        lambda: add_members(one=one, keys=keys, by=keeper), lambda: delete(person=people[0], by=keeper)
    )
    assert met == [None, None]
    assert list(ListMember.objects.values_list("person", flat=True)) == keys[1:]


def test_a_list_is_not_deleted_in_the_middle_of_its_addition_to_a_test(
    exam: Test, keeper: User, one: PermanentUserList, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_members(one=one, keys=[make_permanent("Anne", "Nordmann").pk], by=keeper)
    draft = keep_list(test=exam, by=keeper, wanted=one)
    met = Pause(monkeypatch, importing, "remove_absent").meets(
        lambda: confirmed(draft, keeper), lambda: delete_list(one=one, by=keeper)
    )
    assert met == [None, None]
    assert Import.objects.get().from_list is None
    assert Candidate.objects.of_test(exam).count() == 1


def test_a_list_is_not_deleted_in_the_middle_of_an_import_that_fills_it(
    keeper: User, one: PermanentUserList, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = waiting_users(keeper, "Kari,Nordmann,kari,\n", add_to=one)
    running.start_import(waiting, seen=seen_of(waiting))
    met = Pause(monkeypatch, storing, "_make").meets(
        lambda: running.work_on(waiting.public_id), lambda: delete_list(one=one, by=keeper)
    )
    assert met == [None, None]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.added, waiting.add_to) == ("done", 1, None)
    assert not PermanentUserList.objects.exists()
