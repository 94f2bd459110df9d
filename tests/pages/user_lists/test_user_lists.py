"""Lists of permanent users: kept, shared, handed over, and added to tests (D24, C6, C7)."""

import re
from collections.abc import Callable, Collection
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from candidates.intake.list_changes import changes_since
from candidates.intake.selecting import keep_list, keep_selection, left_out
from candidates.lifecycle import user_lists
from candidates.lifecycle.permanent_users import set_person_active
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.user_lists import (
    add_members,
    delete_list,
    hand_over_list,
    hand_over_lists,
    make_list,
    remove_members,
    share_list,
    unshare_list,
)
from candidates.models import (
    AuditEvent,
    Candidate,
    Import,
    ListMember,
    ListShare,
    PermanentUser,
    PermanentUserList,
    Test,
    User,
)
from tests.factories import make_permanent, make_staff, make_test
from tests.intake.lists import confirmed

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
LISTS = "/permanent-users/lists/"


@pytest.fixture
def people() -> list[PermanentUser]:
    """Anne, Berit and Cato."""
    return [make_permanent(name, "Nordmann", username=name.lower()) for name in ("Anne", "Berit", "Cato")]


@pytest.fixture
def one(planner: User, people: list[PermanentUser]) -> PermanentUserList:
    """The planner's list, with Anne and Berit."""
    made = make_list(name="BIO2150", by=planner)
    add_members(one=made, keys=[people[0].pk, people[1].pk], by=planner)
    return made


def address(one: PermanentUserList, rest: str = "") -> str:
    return f"{LISTS}{one.public_id}/{rest}"


def names(one: PermanentUserList) -> set[str]:
    return set(one.members.values_list("first_name", flat=True))


def added(one: PermanentUserList, test: Test, by: User, client: Client) -> Import:
    """Add the list to the test as its page does, and return the record."""
    answer = client.post(address(one, "tests/"), {"test": test.public_id})
    assert answer.status_code == 302, answer.content.decode()
    draft = test.imports.waiting().get(public_id=answer["Location"].split("/")[-2])
    confirmed(draft, by)
    return Import.objects.get(public_id=draft.public_id)


def test_a_list_is_made_filled_and_emptied(planner: User, people: list[PermanentUser], client_of: ClientOf) -> None:
    client = client_of(planner)
    answer = client.post(f"{LISTS}new/", {"name": "BIO2150"})
    one = PermanentUserList.objects.get()
    assert answer["Location"] == address(one, "members/")
    client.post(address(one, "members/add/"), {"ids": f"{people[0].public_id},{people[1].public_id}"})
    assert names(one) == {"Anne", "Berit"}
    client.post(address(one, "members/add-all/"), {"shown_q": "nordmann", "seen": "3"})
    assert names(one) == {"Anne", "Berit", "Cato"}
    page = client.get(address(one)).content.decode()
    assert "3 members" in page
    client.post(address(one, "members/remove/"), {"ids": people[0].public_id})
    assert names(one) == {"Berit", "Cato"}
    acts = AuditEvent.objects.filter(action="user_list_changed").values_list("detail__what", "count")
    assert set(acts) == {("made", 0), ("members added", 2), ("members added", 1), ("members removed", 1)}


def test_a_name_that_is_taken_is_said_and_nothing_typed_is_lost(
    planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    answer = client.post(f"{LISTS}new/", {"name": "BIO2150"})
    assert answer.status_code == 409
    assert "You have a list with the name “BIO2150”" in answer.content.decode()
    assert 'value="BIO2150"' in answer.content.decode()
    assert 'href="#id_name"' in answer.content.decode()  # the summary leads to what has to be typed anew
    other = make_list(name="CHE1100", by=planner)
    assert client.post(address(other, "rename/"), {"name": "BIO2150"}).status_code == 409
    assert client.post(address(other, "rename/"), {"name": "CHE"}).status_code == 302


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_a_name_has_to_be_there_and_not_too_long(name: str, planner: User, client_of: ClientOf) -> None:
    assert client_of(planner).post(f"{LISTS}new/", {"name": name}).status_code == 422


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x07"])
def test_a_name_that_reads_as_another_one_is_refused(
    hidden: str, planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    for where in (f"{LISTS}new/", address(one, "rename/")):
        answer = client_of(planner).post(where, {"name": f"{hidden}0512OIB"})
        assert (answer.status_code, "that nobody can see" in answer.content.decode()) == (422, True)
    assert PermanentUserList.objects.get().name == "BIO2150"


def test_spaces_of_a_name_are_stored_as_an_import_stores_them(planner: User, client_of: ClientOf) -> None:
    client_of(planner).post(f"{LISTS}new/", {"name": "BIO2150  autumn"})
    assert PermanentUserList.objects.get().name == "BIO2150 autumn"


@pytest.mark.parametrize("act", ["share/", "hand-over/"])
def test_who_was_deactivated_while_the_form_was_open_gets_nothing_and_is_called_no_number(
    act: str, planner: User, colleague: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    answer = client_of(planner).post(address(one, act), {"person": colleague.pk, "how": "use"})
    page = answer.content.decode()
    assert (answer.status_code, "not in the list any more" in page) == (422, True)
    assert (f"“{colleague.pk}”" in page, ListShare.objects.exists()) == (False, False)


def test_nobody_ticked_changes_nothing(planner: User, one: PermanentUserList, client_of: ClientOf) -> None:
    for act in ("members/add/", "members/remove/"):
        answer = client_of(planner).post(address(one, act))
        assert answer.status_code == 422
        assert "so nothing has changed" in answer.content.decode()
    assert names(one) == {"Anne", "Berit"}


def test_deleting_a_list_leaves_people_and_candidates(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    added(one, exam, planner, client)
    assert "Delete the list BIO2150?" in client.get(address(one, "delete/")).content.decode()
    client.post(address(one, "delete/"))
    assert not PermanentUserList.objects.exists()
    assert PermanentUser.objects.count() == 3
    assert Candidate.objects.of_test(exam).count() == 2


OWNERS = ("rename/", "delete/", "share/", "hand-over/")
EDITORS = ("members/",)
EDITORS_POST = ("members/add/", "members/add-all/", "members/remove/")


def test_with_whom_it_is_shared_to_use_may_use_it_only(
    exam: Test, planner: User, colleague: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    client.post(address(one, "share/"), {"person": colleague.pk, "how": "use"})
    theirs = client_of(colleague)
    page = theirs.get(address(one)).content.decode()
    assert "List of Ingrid Solheim" in page
    assert "Anne Nordmann" in page
    for act in (*OWNERS, *EDITORS):
        assert theirs.get(address(one, act)).status_code == 403, act
    for act in (*OWNERS, *EDITORS_POST, "unshare/"):
        assert theirs.post(address(one, act), {"name": "Mine", "person": colleague.pk}).status_code == 403, act
    added(one, exam, colleague, theirs)
    assert Candidate.objects.of_test(exam).count() == 2
    assert names(one) == {"Anne", "Berit"}


def test_with_whom_it_is_shared_to_edit_may_add_and_remove_and_no_more(
    planner: User, colleague: User, people: list[PermanentUser], one: PermanentUserList, client_of: ClientOf
) -> None:
    share_list(one=one, user=colleague, edits=True, by=planner)
    theirs = client_of(colleague)
    theirs.post(address(one, "members/add/"), {"ids": people[2].public_id})
    theirs.post(address(one, "members/remove/"), {"ids": people[0].public_id})
    assert names(one) == {"Berit", "Cato"}
    for act in OWNERS:
        assert theirs.get(address(one, act)).status_code == 403
        assert theirs.post(address(one, act)).status_code == 403


def test_a_share_that_is_withdrawn_ends_at_the_next_click(
    exam: Test, planner: User, colleague: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    share_list(one=one, user=colleague, edits=True, by=planner)
    theirs = client_of(colleague)
    preview = theirs.post(address(one, "tests/"), {"test": exam.public_id})["Location"]
    assert theirs.get(preview).status_code == 200
    client_of(planner).post(address(one, "unshare/"), {"person": colleague.pk})
    assert theirs.get(preview).status_code == 404
    assert theirs.post(f"{preview}add/").status_code == 404
    assert theirs.get(address(one)).status_code == 404
    for act in (*EDITORS_POST, "tests/", "rename/"):
        assert theirs.post(address(one, act)).status_code == 404
    manage = f"/deliver/tests/{exam.public_id}/candidates/"
    for test_act in (f"add/permanent/lists/{one.public_id}/", f"lists/{one.public_id}/add/"):
        assert theirs.post(manage + test_act).status_code == 404
    assert theirs.get(f"{manage}add/permanent/?list={one.public_id}").status_code == 404
    assert ">BIO2150<" not in theirs.get(f"{manage}add/permanent/").content.decode()
    assert "BIO2150" not in theirs.get(LISTS).content.decode()


@pytest.mark.parametrize("act", ["", *OWNERS, *EDITORS, "tests/"])
def test_the_list_of_a_stranger_is_not_there(
    act: str, stranger: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    assert client_of(stranger).get(address(one, act)).status_code == 404
    assert client_of(stranger).post(address(one, act)).status_code in (404, 405)


@pytest.mark.parametrize("act", [*EDITORS_POST, "unshare/"])
def test_acts_are_posts_and_a_strangers_list_is_not_there_for_them(
    act: str, stranger: User, planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    assert client_of(stranger).post(address(one, act)).status_code == 404
    assert client_of(planner).get(address(one, act)).status_code == 405


def test_staff_who_plan_nothing_have_no_lists(invigilator: User, grader: User, client_of: ClientOf) -> None:
    for user in (invigilator, grader):
        assert client_of(user).get(LISTS).status_code == 403


def test_only_planners_who_may_log_in_are_offered_and_taken(
    planner: User, grader: User, colleague: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    assert client.post(address(one, "share/"), {"person": grader.pk, "how": "use"}).status_code == 422
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    assert client.post(address(one, "share/"), {"person": colleague.pk, "how": "use"}).status_code == 422
    assert not ListShare.objects.exists()


def test_a_shared_list_shows_names_and_user_names_and_nothing_else(
    exam: Test, planner: User, colleague: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    made = make_permanent("Dag", "Dahl", username="dag", email="canary@uni.example", external_id="canary-1")
    add_members(one=one, keys=[made.pk], by=planner)
    own = make_test(planner=planner, name="Canary exam")
    client = client_of(planner)
    added(one, own, planner, client)
    assert "Canary exam" in client.get(address(one)).content.decode()
    share_list(one=one, user=colleague, edits=True, by=planner)
    for rest in ("", "members/"):
        page = client_of(colleague).get(address(one, rest)).content.decode().casefold()
        assert "dag dahl" in page
        assert "canary" not in page


def test_the_old_owner_keeps_an_edit_share_or_nothing(
    planner: User, colleague: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    share_list(one=one, user=colleague, edits=False, by=planner)
    client = client_of(planner)
    client.post(address(one, "hand-over/"), {"person": colleague.pk, "keeps": "on"})
    one.refresh_from_db()
    assert one.owner == colleague
    assert [(share.user, share.may_edit) for share in one.shares.all()] == [(planner, True)]
    assert client.get(address(one, "share/")).status_code == 403
    client_of(colleague).post(address(one, "hand-over/"), {"person": planner.pk})
    assert client_of(colleague).get(address(one)).status_code == 404


def test_a_name_that_the_new_owner_has_is_said(
    planner: User, colleague: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    make_list(name="BIO2150", by=colleague)
    answer = client_of(planner).post(address(one, "hand-over/"), {"person": colleague.pk})
    assert answer.status_code == 409
    assert "Marte Aune has a list with the name" in answer.content.decode()


def test_an_administrator_sees_all_lists_and_hands_over_those_of_who_has_left(
    exam: Test, planner: User, colleague: User, administrator: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    added(one, exam, planner, client_of(planner))
    User.objects.filter(pk=planner.pk).update(is_active=False)
    client = client_of(administrator)
    assert "has left" in client.get(LISTS).content.decode()
    page = client.get(address(one)).content.decode()
    assert "Ingrid Solheim has left" in page
    assert exam.name not in page
    assert client.post(address(one, "members/remove/")).status_code == 403
    assert client.post(address(one, "tests/"), {"test": exam.public_id}).status_code == 403
    client.post(address(one, "hand-over/"), {"person": colleague.pk})
    one.refresh_from_db()
    assert one.owner == colleague


def test_lists_of_somebody_who_leaves_pass_to_an_administrator(
    planner: User, administrator: User, one: PermanentUserList
) -> None:
    make_list(name="BIO2150", by=administrator)
    kept = make_list(name="CHE1100", by=planner)
    assert hand_over_lists(of=planner, to=administrator) == 2
    found = PermanentUserList.objects.filter(owner=administrator).values_list("name", flat=True)
    assert set(found) == {"BIO2150", "BIO2150 (Ingrid Solheim)", "CHE1100"}
    kept.refresh_from_db()
    assert kept.owner == administrator


def test_lists_handed_over_to_their_owner_stay_as_they_are(planner: User, one: PermanentUserList) -> None:
    assert hand_over_lists(of=planner, to=planner) == 0
    one.refresh_from_db()
    assert (one.name, one.owner) == ("BIO2150", planner)
    assert not AuditEvent.objects.filter(action="user_list_shared").exists()


@pytest.mark.parametrize("rivals", [1, 50])
def test_a_name_that_is_taken_in_the_same_moment_stops_no_handing_over(
    rivals: int,
    planner: User,
    administrator: User,
    one: PermanentUserList,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever makes a list of the same name between the look and the write, once or every time."""
    looked = user_lists._free_name
    made: list[str] = []

    def rival(name: str, of: User, taken: Collection[str]) -> str:
        found = looked(name, of, taken)
        if len(made) < rivals:
            made.append(make_list(name=found, by=administrator).name)
        return found

    monkeypatch.setattr(user_lists, "_free_name", rival)
    assert hand_over_lists(of=planner, to=administrator) == (rivals == 1)
    one.refresh_from_db()
    assert (one.owner, one.name) == (
        (administrator, "BIO2150 (Ingrid Solheim)") if rivals == 1 else (planner, "BIO2150")
    )


def test_those_who_came_since_are_ready_to_add_with_one_press(
    exam: Test, planner: User, people: list[PermanentUser], one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    manage = f"/deliver/tests/{exam.public_id}/candidates/"
    changes = f"{manage}lists/{one.public_id}/"
    assert "was not added to the test yet" in client.get(changes).content.decode()
    record = added(one, exam, planner, client)
    assert record.from_list == one
    assert "Nothing has changed" in client.get(changes).content.decode()
    add_members(one=one, keys=[people[2].pk], by=planner)
    remove_members(one=one, keys=[people[0].pk], by=planner)
    assert "List BIO2150 has 1 new member." in client.get(manage).content.decode()
    assert "1 new member since" in client.get(address(one)).content.decode()
    page = client.get(changes).content.decode()
    assert "Cato Nordmann" in page
    assert "1 candidate has left the list" in page
    preview = client.post(f"{changes}add/")["Location"]
    confirmed(exam.imports.waiting().get(public_id=preview.split("/")[-2]), planner)
    on = set(Candidate.objects.of_test(exam).values_list("candidate_id", flat=True))
    assert on == {"Anne Nordmann", "Berit Nordmann", "Cato Nordmann"}
    assert "new member" not in client.get(manage).content.decode()
    answer = client.post(f"{changes}add/")
    assert answer.status_code == 422
    assert "Nobody has come onto the list" in answer.content.decode()


def test_who_was_removed_from_the_test_on_purpose_is_not_offered(
    exam: Test, planner: User, people: list[PermanentUser], one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    added(one, exam, planner, client)
    gone = Candidate.objects.get(test=exam, user=people[0].pk)
    remove_candidates(test=exam, public_ids=[gone.public_id], by=planner)
    page = client.get(f"/deliver/tests/{exam.public_id}/candidates/lists/{one.public_id}/").content.decode()
    assert "Nothing has changed" in page
    assert "Anne Nordmann" not in page


def test_who_was_ticked_and_removed_is_not_offered_and_is_once_more_on_the_list_later(
    exam: Test, planner: User, people: list[PermanentUser], one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    added(one, exam, planner, client)
    add_members(one=one, keys=[people[2].pk], by=planner)
    confirmed(keep_selection(test=exam, by=planner, keys=[people[2].pk]), planner)
    gone = Candidate.objects.get(test=exam, user=people[2].pk)
    remove_candidates(test=exam, public_ids=[gone.public_id], by=planner)
    manage = f"/deliver/tests/{exam.public_id}/candidates/"
    for where in (f"{manage}lists/{one.public_id}/", manage, address(one)):
        assert "new member" not in client.get(where).content.decode()
    remove_members(one=one, keys=[people[2].pk], by=planner)
    add_members(one=one, keys=[people[2].pk], by=planner)
    for where in (f"{manage}lists/{one.public_id}/", manage, address(one)):
        assert "1 new member" in client.get(where).content.decode()


def test_an_import_that_was_undone_counts_as_not_added(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    record = added(one, exam, planner, client)
    client.post(f"/deliver/tests/{exam.public_id}/candidates/imports/{record.public_id}/undo/confirmed/")
    page = client.get(f"/deliver/tests/{exam.public_id}/candidates/lists/{one.public_id}/").content.decode()
    assert "was not added to the test yet" in page


def test_a_whole_list_that_does_not_fit_is_refused(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    Test.objects.filter(pk=exam.pk).update(candidate_count=1499)
    answer = client_of(planner).post(address(one, "tests/"), {"test": exam.public_id})
    assert answer.status_code == 409
    assert "this test has room for 1 more" in answer.content.decode()


def test_an_empty_list_is_refused(exam: Test, planner: User, client_of: ClientOf) -> None:
    empty = make_list(name="Empty", by=planner)
    answer = client_of(planner).post(address(empty, "tests/"), {"test": exam.public_id})
    assert answer.status_code == 409
    assert "no members who may log in" in answer.content.decode()


def test_a_list_can_be_filtered_by_and_added_as_a_whole_from_the_test(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    select = f"/deliver/tests/{exam.public_id}/candidates/add/permanent/"
    page = client.get(select, {"list": one.public_id}).content.decode()
    assert "Add the whole list (2)" in page
    assert "Cato" not in page
    preview = client.post(f"{select}all/", {"shown_list": one.public_id, "seen": "2"})["Location"]
    assert exam.imports.waiting().get(public_id=preview.split("/")[-2]).from_list == one


@pytest.mark.slow
def test_pages_ask_as_often_with_many_members_and_lists_as_with_few(
    exam: Test,
    planner: User,
    colleague: User,
    people: list[PermanentUser],
    one: PermanentUserList,
    client_of: ClientOf,
) -> None:
    client = client_of(planner)
    added(one, exam, planner, client)
    addresses = [
        LISTS,
        address(one),
        address(one, "members/"),
        address(one, "share/"),
        address(one, "tests/"),
        f"/deliver/tests/{exam.public_id}/candidates/",
        f"/deliver/tests/{exam.public_id}/candidates/add/permanent/",
        f"/deliver/tests/{exam.public_id}/candidates/lists/{one.public_id}/",
    ]

    def asked() -> list[int]:
        counts = []
        for where in addresses:
            client.get(where)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(where).status_code == 200
            counts.append(len(captured))
        return counts

    add_members(one=one, keys=[make_permanent("Z", "New").pk], by=planner)
    remove_members(one=one, keys=[people[0].pk], by=planner)
    share_list(one=one, user=colleague, edits=True, by=planner)
    few = asked()
    add_members(one=one, keys=[make_permanent(f"A{n}", "Many").pk for n in range(60)], by=planner)
    for number in range(5):
        other = make_list(name=f"Other {number}", by=planner)
        add_members(one=other, keys=list(one.members.values_list("pk", flat=True)[:3]), by=planner)
        added(other, make_test(planner=planner, name=f"Exam {number}"), planner, client)
        share_list(one=one, user=make_staff(f"more{number}", is_planner=True), edits=False, by=planner)
    assert ListMember.objects.count() > 60
    assert asked() == few


def test_members_who_may_not_log_in_are_left_out_and_named(
    exam: Test, planner: User, people: list[PermanentUser], one: PermanentUserList, client_of: ClientOf
) -> None:
    User.objects.filter(pk=people[0].pk).update(is_active=False)
    client = client_of(planner)
    select = f"/deliver/tests/{exam.public_id}/candidates/add/permanent/"
    for where, sent in (
        (address(one, "tests/"), {"test": exam.public_id}),
        (f"{select}lists/{one.public_id}/", {}),
        (f"{select}all/", {"shown_list": one.public_id, "seen": "1"}),
    ):
        page = client.post(where, sent, follow=True).content.decode()
        text = " ".join(re.sub("<[^>]*>", "", page).split())
        assert "1 member may not log in any more and is left out: Anne Nordmann (anne)." in text
        assert "Add 1 candidate" in page
    assert "may not log in" in client.get(address(one)).content.decode()


def test_a_list_of_more_than_a_test_holds_is_refused(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("candidates.intake.selecting.MAX_CANDIDATES", 1)
    answer = client_of(planner).post(address(one, "tests/"), {"test": exam.public_id})
    assert answer.status_code == 409
    assert "more members than a test can hold" in answer.content.decode()


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a test hold three candidates."""
    for room in ("intake.list_changes", "intake.selecting", "pages.shared.ways_in", "models.tests"):
        monkeypatch.setattr(f"candidates.{room}.MAX_CANDIDATES", 3)
    return 3


def test_more_new_members_than_a_test_holds_are_said_so_and_not_all_read(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf, places: int
) -> None:
    client = client_of(planner)
    added(one, exam, planner, client)
    add_members(one=one, keys=[make_permanent("New", f"Member{n}").pk for n in range(12)], by=planner)
    manage = f"/deliver/tests/{exam.public_id}/candidates/"
    changes = f"{manage}lists/{one.public_id}/"
    assert "List BIO2150 has more than 3 new members." in client.get(manage).content.decode()
    assert "more than 3 new members since" in client.get(address(one)).content.decode()
    page = client.get(changes).content.decode()
    assert "More than 3 new members" in page
    assert "3 of them are shown." in page
    assert page.count('<th scope="row"') == 3
    assert f"{manage}add/permanent/?list={one.public_id}" in page
    assert "The test has room for 1 more" in page
    assert f"{changes}add/" not in page
    answer = client.post(f"{changes}add/")
    assert answer.status_code == 422
    assert "More than 1500 have come onto the list" in answer.content.decode()


def test_new_members_beyond_the_places_left_lead_to_the_search(
    exam: Test, planner: User, people: list[PermanentUser], one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    added(one, exam, planner, client)
    add_members(one=one, keys=[people[2].pk, make_permanent("Dag", "Dahl").pk], by=planner)
    Test.objects.filter(pk=exam.pk).update(candidate_count=1499)
    changes = f"/deliver/tests/{exam.public_id}/candidates/lists/{one.public_id}/"
    page = client.get(changes).content.decode()
    assert "The test has room for 1 more, so the new members cannot be added all at once." in page
    assert f"add/permanent/?list={one.public_id}" in page
    answer = client.post(f"{changes}add/")
    assert answer.status_code == 422
    assert "room for 1 more" in answer.content.decode()


def test_the_queries_about_a_list_that_has_grown_stay_as_short_as_they_were(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    added(one, exam, planner, client)
    manage = f"/deliver/tests/{exam.public_id}/candidates/"

    def longest() -> list[int]:
        found = []
        for where in (manage, address(one)):
            with CaptureQueriesContext(connection) as captured:
                client.get(where)
            found.append(max(len(query["sql"]) for query in captured.captured_queries))
        return found

    def grow(number: int) -> None:
        add_members(one=one, keys=[make_permanent("New", f"{number}-{n}").pk for n in range(60)], by=planner)

    grow(1)
    few = longest()
    grow(2)
    grow(3)
    # a name for each account in a statement would make it longer, and one too many of them is refused
    assert all(now < before + 20 for now, before in zip(longest(), few, strict=True))


def test_who_was_removed_on_purpose_takes_nobody_elses_place_among_the_new(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf, places: int
) -> None:
    client = client_of(planner)
    added(one, exam, planner, client)
    came = [make_permanent("New", f"Member{n}").pk for n in range(5)]
    add_members(one=one, keys=came, by=planner)
    for key in came[:2]:
        confirmed(keep_selection(test=exam, by=planner, keys=[key]), planner)
        gone = Candidate.objects.get(test=exam, user=key)
        remove_candidates(test=exam, public_ids=[gone.public_id], by=planner)
    changes = changes_since(exam, one)
    assert {person.pk for person in changes.new} == set(came[2:])
    assert not changes.more


@pytest.mark.parametrize("ended", ["unshared", "handed over", "deleted"])
def test_what_waits_of_a_list_goes_with_the_right_to_use_it(
    ended: str, exam: Test, planner: User, colleague: User, stranger: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    share_list(one=one, user=colleague, edits=True, by=planner)
    share_list(one=one, user=stranger, edits=False, by=planner)
    theirs = client_of(colleague)
    waits = [keep_list(test=exam, by=who, wanted=one) for who in (colleague, planner, stranger)]
    preview = f"/deliver/tests/{exam.public_id}/candidates/imports/{waits[0].public_id}/"
    assert theirs.get(preview).status_code == 200
    if ended == "unshared":
        unshare_list(one=one, user=colleague, by=planner)
        assert set(exam.imports.waiting().values_list("owner", flat=True)) == {planner.pk, stranger.pk}
    elif ended == "handed over":
        hand_over_list(one=one, to=colleague, keeps=False, by=planner)
        assert set(exam.imports.waiting().values_list("owner", flat=True)) == {colleague.pk, stranger.pk}
    delete_list(one=one, by=PermanentUserList.objects.get().owner)
    assert not exam.imports.waiting().exists()
    assert theirs.get(preview).status_code == 404


def test_who_may_log_in_again_is_offered_unless_taken_off_on_purpose(
    exam: Test, planner: User, people: list[PermanentUser], one: PermanentUserList, client_of: ClientOf
) -> None:
    client = client_of(planner)
    anne, berit, _cato = people
    set_person_active(person=berit, allowed=False, by=planner)
    added(one, exam, planner, client)
    Import.objects.update(created_at=F("created_at") - timedelta(hours=1))
    ListMember.objects.update(added_at=F("added_at") - timedelta(hours=2))
    manage = f"/deliver/tests/{exam.public_id}/candidates/"
    changes = f"{manage}lists/{one.public_id}/"
    assert "everybody of the list who may log in is on the test" in client.get(changes).content.decode()
    set_person_active(person=berit, allowed=True, by=planner)
    for where in (changes, manage, address(one)):
        assert "1 new member" in client.get(where).content.decode()
    preview = client.post(f"{changes}add/")["Location"]
    confirmed(exam.imports.waiting().get(public_id=preview.split("/")[-2]), planner)
    assert Candidate.objects.of_test(exam).count() == 2
    for person in (anne, berit):
        place = Candidate.objects.get(test=exam, user=person.pk)
        remove_candidates(test=exam, public_ids=[place.public_id], by=planner)
        set_person_active(person=person, allowed=False, by=planner)
        set_person_active(person=person, allowed=True, by=planner)
    for where in (changes, manage, address(one)):
        assert "new member" not in client.get(where).content.decode()


def test_the_history_names_a_list_only_to_who_may_use_it(
    exam: Test, planner: User, colleague: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    history = f"/deliver/tests/{exam.public_id}/candidates/imports/"
    record = added(one, exam, planner, client_of(planner))
    pages = (history, f"{history}{record.public_id}/undo/")

    def named(who: User) -> list[bool]:
        found = [client_of(who).get(where).content.decode() for where in pages]
        assert all(
            ("list of permanent users" in page) != ("BIO2150<" in page or "of BIO2150?" in page) for page in found
        )
        return ["list of permanent users" not in page for page in found]

    assert (named(planner), named(colleague)) == ([True, True], [False, False])
    share_list(one=one, user=colleague, edits=False, by=planner)
    assert named(colleague) == [True, True]
    unshare_list(one=one, user=colleague, by=planner)
    assert named(colleague) == [False, False]
    delete_list(one=one, by=planner)
    assert (named(planner), named(colleague)) == ([True, True], [False, False])


def test_of_many_members_who_may_not_log_in_the_first_are_named(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    gone = [make_permanent("Gone", f"Number{n}", username=f"gone{n}").pk for n in range(7)]
    add_members(one=one, keys=gone, by=planner)
    User.objects.filter(pk__in=gone).update(is_active=False)
    found = left_out(one)
    assert (found.number, len(found.first)) == (7, 5)
    page = client_of(planner).post(address(one, "tests/"), {"test": exam.public_id}, follow=True).content.decode()
    text = " ".join(re.sub("<[^>]*>", "", page).split())
    assert "7 members may not log in any more and are left out: Gone Number0 (gone0)" in text
    assert "Gone Number4 (gone4)…" in text


def test_who_is_on_the_list_is_marked_from_one_short_query(
    planner: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    add_members(one=one, keys=[make_permanent("A", f"Member{n:02}").pk for n in range(60)], by=planner)
    client = client_of(planner)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(address(one, "members/"), {"page": "2"}).content.decode()
    assert page.count("On the list") == 12
    marking = [query["sql"] for query in captured.captured_queries if 'FROM "candidates_listmember"' in query["sql"]]
    assert len(marking) == 1
    assert '"person_id" IN (' in marking[0]


def test_markup_in_the_name_of_a_list_is_text(exam: Test, planner: User, client_of: ClientOf) -> None:
    hostile = '<script>alert(1)</script>"{{7*7}}%0d%0a'
    client = client_of(planner)
    client.post(f"{LISTS}new/", {"name": hostile})
    one = PermanentUserList.objects.get()
    assert one.name == hostile
    add_members(one=one, keys=[make_permanent().pk], by=planner)
    preview = client.post(address(one, "tests/"), {"test": exam.public_id})["Location"]
    picker = f"/deliver/tests/{exam.public_id}/candidates/add/permanent/?list={one.public_id}"
    for page in (LISTS, address(one), address(one, "share/"), address(one, "delete/"), picker, preview):
        answer = client.get(page)
        assert answer.status_code == 200, page
        text = answer.content.decode()
        assert "<script>alert(1)" not in text, page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;{{7*7}}%0d%0a" in text, page
