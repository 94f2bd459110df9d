"""Lists of permanent users: what is refused because somebody else was faster, or may not (C6, C7)."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError

from candidates.errors import Refused
from candidates.intake.drafts import new_import
from candidates.lifecycle.list_drafts import with_imports
from candidates.lifecycle.user_lists import (
    add_members,
    delete_list,
    hand_over_list,
    make_list,
    new_list_owner,
    remove_members,
    rename_list,
    share_list,
    unshare_list,
)
from candidates.models import AuditEvent, Import, ListShare, PermanentUserList, User
from tests.factories import make_permanent, make_staff

Act = Callable[[PermanentUserList, User], object]


@pytest.fixture
def one(planner: User) -> PermanentUserList:
    """The planner's list, without members."""
    return make_list(name="BIO2150", by=planner)


def filled_by(by: User, one: PermanentUserList) -> None:
    """Store an import of users who are to come on the list."""
    new_import(by=by, kind=Import.Kind.USERS, file_name="x.csv", file_sha256="0" * 64, add_to=one).save()


ACTS: dict[str, Act] = {
    "rename": lambda one, by: rename_list(one=one, name="New", by=by),
    "delete": lambda one, by: delete_list(one=one, by=by),
    "share": lambda one, by: share_list(one=one, user=make_staff("third", is_planner=True), edits=False, by=by),
    "unshare": lambda one, by: unshare_list(one=one, user=by, by=by),
    "add": lambda one, by: add_members(one=one, keys=[make_permanent().pk], by=by),
    "remove": lambda one, by: remove_members(one=one, keys=[make_permanent().pk], by=by),
    "hand over": lambda one, by: hand_over_list(one=one, to=make_staff("third", is_planner=True), keeps=False, by=by),
}


def acts_recorded() -> int:
    return AuditEvent.objects.filter(action__in=["user_list_changed", "user_list_shared"]).count()


@pytest.mark.parametrize("act", ACTS)
def test_a_list_that_was_deleted_meanwhile_is_said_to_be(act: str, one: PermanentUserList, planner: User) -> None:
    delete_list(one=PermanentUserList.objects.get(), by=planner)
    with pytest.raises(Refused, match="This list was deleted meanwhile"):
        ACTS[act](one, planner)


@pytest.mark.parametrize("act", ACTS)
def test_a_list_that_passed_to_somebody_else_meanwhile_is_left_alone(
    act: str, one: PermanentUserList, planner: User, colleague: User
) -> None:
    hand_over_list(one=one, to=colleague, keeps=False, by=planner)
    before = acts_recorded()
    with pytest.raises(Refused, match=r"not yours any more|may not edit this list any more"):
        ACTS[act](one, planner)
    stored = PermanentUserList.objects.get()
    assert (stored.name, stored.owner, stored.memberships.count()) == ("BIO2150", colleague, 0)
    assert acts_recorded() == before


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_planner": False}])
def test_nobody_gets_a_list_who_cannot_open_it(
    change: dict[str, object], one: PermanentUserList, planner: User, colleague: User
) -> None:
    User.objects.filter(pk=colleague.pk).update(**change)
    colleague.refresh_from_db()
    with pytest.raises(Refused, match="Marte Aune is not a planner who may log in"):
        share_list(one=one, user=colleague, edits=True, by=planner)
    with pytest.raises(Refused, match="Marte Aune is not a planner who may log in"):
        hand_over_list(one=one, to=colleague, keeps=False, by=planner)
    assert PermanentUserList.objects.get().owner == planner
    assert not ListShare.objects.exists()


def test_an_own_list_is_neither_shared_with_its_owner_nor_handed_to_them(
    one: PermanentUserList, planner: User, administrator: User
) -> None:
    with pytest.raises(Refused, match="This list is your own"):
        share_list(one=one, user=planner, edits=True, by=planner)
    with pytest.raises(Refused, match="Ingrid Solheim has this list already"):
        hand_over_list(one=one, to=planner, keeps=False, by=administrator)
    assert not ListShare.objects.exists()


def test_a_share_is_withdrawn_once(one: PermanentUserList, planner: User, colleague: User) -> None:
    share_list(one=one, user=colleague, edits=False, by=planner)
    unshare_list(one=one, user=colleague, by=planner)
    before = acts_recorded()
    with pytest.raises(Refused, match="not shared with Marte Aune any more"):
        unshare_list(one=one, user=colleague, by=planner)
    assert acts_recorded() == before


def test_of_people_of_whom_one_was_deleted_meanwhile_nobody_is_added(one: PermanentUserList, planner: User) -> None:
    with pytest.raises(Refused, match="Some of these people were deleted meanwhile"):
        add_members(one=one, keys=[make_permanent().pk, 999_999], by=planner)
    assert one.memberships.count() == 0


def test_an_import_that_fills_a_list_says_that_the_list_was_deleted(
    one: PermanentUserList, planner: User, administrator: User
) -> None:
    filled_by(administrator, one)
    delete_list(one=one, by=planner)
    filling = Import.objects.get()
    assert filling.add_to is None
    assert "The list BIO2150 was deleted, so nobody else is put on it." in str(filling.problems)


def test_a_list_that_another_row_refers_to_at_the_commit_stays(
    one: PermanentUserList, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refers(*_args: object) -> None:
        raise IntegrityError("still referenced from table candidates_import")

    monkeypatch.setattr(PermanentUserList, "delete", refers)
    with pytest.raises(Refused, match="Somebody is using this list right now, so it was not deleted"):
        delete_list(one=one, by=planner)
    assert not AuditEvent.objects.filter(detail__what="deleted").exists()


def test_who_locks_a_list_locks_an_import_that_came_just_before_too(
    one: PermanentUserList, administrator: User
) -> None:
    tries = []

    def lock() -> str:
        tries.append(1)
        if len(tries) == 1:  # somebody chooses the list after its imports were locked
            filled_by(administrator, one)
        return "locked"

    assert with_imports(lock, pk=one.pk) == "locked"
    assert len(tries) == 2


def test_lists_of_who_leaves_go_to_the_first_administrator_where_the_other_keeps_none(
    planner: User, administrator: User, invigilator: User
) -> None:
    make_staff("later", is_administrator=True)
    assert new_list_owner(planner, invigilator) == administrator
    assert new_list_owner(administrator, invigilator) == User.objects.get(username="later")
    assert new_list_owner(administrator, planner) == planner
