"""Who may reach what, asked of the functions themselves: tests/test_access_table.py asks every address, slowly."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from candidates import access
from candidates.intake.selecting import keep_list
from candidates.lifecycle.sitting import start
from candidates.models import (
    AuditEvent,
    Candidate,
    Contributor,
    Import,
    ListMember,
    ListShare,
    Location,
    PermanentUser,
    PermanentUserList,
    Test,
    User,
    UserFileFormat,
)
from tests.conftest import Clock
from tests.factories import Role, activated, add, contribute, make_permanent, make_staff, make_test, open_now
from tests.intake.accounts.files import waiting_users
from tests.intake.lists import confirmed, waiting
from tests.support.permanent import put_on

pytestmark = pytest.mark.django_db
ROLES = {Role.PLANNER: "is_planner", Role.INVIGILATOR: "is_invigilator", Role.GRADER: "is_grader"}
Ways = list[Callable[[User, str], Test]]
WAYS_IN: dict[Role, Ways] = {
    Role.PLANNER: [access.planned_test, access.monitored_test, access.test_for_incident_time, access.archived_test],
    Role.INVIGILATOR: [access.monitored_test],
    Role.GRADER: [access.graded_test],
}
EVERY_WAY: Ways = [*WAYS_IN[Role.PLANNER], access.graded_test]


# Pages of a role ------------------------------------------------------------------------------------------------------

PAGES: list[tuple[Any, set[str]]] = [
    (access.planner_page, {"planner"}),
    (access.monitor_page, {"planner", "invigilator"}),
    (access.grader_page, {"grader"}),
    (access.administrator_page, {"administrator"}),
    (access.permanent_users_page, {"planner", "administrator"}),
    (access.candidate_page, {"candidate", "permanent"}),
    (access.staff_page, {"planner", "invigilator", "grader", "administrator"}),
    (access.own_password_page, set()),
    (access.account_page, {"planner", "invigilator", "grader", "administrator", "permanent"}),
]


def request_of(user: User, method: str = "GET") -> HttpRequest:
    request = RequestFactory().generic(method, "/")
    request.user = user
    return request


@pytest.mark.parametrize(("page", "whose"), PAGES)
def test_a_page_of_a_role_is_for_those_who_have_it(
    planner: User,
    invigilator: User,
    grader: User,
    administrator: User,
    candidate: Candidate,
    page: Any,
    whose: set[str],
) -> None:
    assert candidate.user is not None
    people = {user.username: user for user in (planner, invigilator, grader, administrator)}
    people |= {"candidate": candidate.user, "permanent": make_permanent().user}

    def view(request: HttpRequest, word: str, *, number: int) -> HttpResponse:
        return HttpResponse(f"{word} {number}")

    guarded = page(view)
    for who, user in people.items():
        assert guarded.is_for(user) == (who in whose), who
        if who in whose:
            assert guarded(request_of(user), "seen", number=1).content == b"seen 1"
        else:
            with pytest.raises(PermissionDenied):
                guarded(request_of(user), "seen", number=1)


@pytest.mark.parametrize(("method", "changes"), [("GET", False), ("HEAD", False), ("POST", True), ("DELETE", True)])
@pytest.mark.parametrize("marked", [False, True])
def test_an_archived_test_is_there_to_be_read_and_not_to_be_changed(
    planner: User, method: str, changes: bool, marked: bool
) -> None:
    test = make_test(planner=planner)
    Test.objects.filter(pk=test.pk).update(activated_at=timezone.now(), archived_at=timezone.now())

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(access.planned_test(access.person(request), test.public_id).name)

    guarded = access.planner_page(access.changes_nothing(view) if marked else view)
    if changes and not marked:
        with pytest.raises(access.Archived):
            guarded(request_of(planner, method))
    else:
        assert guarded(request_of(planner, method)).content.decode() == test.name
    # what the next one asks in this thread is not a change any more
    assert access.planned_test(planner, test.public_id) == test


def test_an_archived_test_can_be_taken_out_by_its_planner_alone(planner: User, stranger: User) -> None:
    test = make_test(planner=planner)
    Test.objects.filter(pk=test.pk).update(activated_at=timezone.now(), archived_at=timezone.now())
    assert access.archived_test(planner, test.public_id) == test
    with pytest.raises(Http404):
        access.archived_test(stranger, test.public_id)


# Tests ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_a_role_on_a_test_opens_its_pages_as_long_as_the_person_has_it_at_all(role: Role) -> None:
    test = make_test()
    user = make_staff("somebody", is_planner=True, is_invigilator=True, is_grader=True)
    contribute(test, user, role)
    for way in EVERY_WAY:
        if way in WAYS_IN[role]:
            assert way(user, test.public_id) == test
        else:
            with pytest.raises((Http404, PermissionDenied)):
                way(user, test.public_id)
    setattr(user, ROLES[role], False)
    for way in EVERY_WAY:
        with pytest.raises(Http404):
            way(user, test.public_id)


def test_a_test_comes_with_the_longest_extra_time_of_its_candidates(
    exam: Test, planner: User, candidates: list[Candidate]
) -> None:
    assert vars(access.planned_test(planner, exam.public_id))["longest_extra_seconds"] == 30 * 60


def test_an_invigilator_is_told_that_incident_time_is_the_planners(exam: Test, invigilator: User) -> None:
    with pytest.raises(PermissionDenied):
        access.test_for_incident_time(invigilator, exam.public_id)


def test_who_plans_a_test_plans_this_one_and_no_other(exam: Test, planner: User, stranger: User, grader: User) -> None:
    other = make_test(planner=stranger)
    assert access.plans(planner, exam)
    assert not access.plans(planner, other)
    assert not access.plans(grader, exam)
    assert access.planned_test_id_or_empty(planner, exam.public_id) == exam.public_id
    for public_id in (other.public_id, "", "\0", "nothing", f"{exam.public_id}\0", exam.public_id.upper() + "\0"):
        assert access.planned_test_id_or_empty(planner, public_id) == ""
    assert access.planned_test_id_or_empty(grader, exam.public_id) == ""


def test_who_candidates_are_is_for_planners_and_where_the_test_says_so_for_invigilators(exam: Test) -> None:
    planner, invigilator, both, grader, stranger = (
        make_staff(name, is_planner=True, is_invigilator=True, is_grader=True) for name in "abcde"
    )
    for user, roles in {
        planner: [Role.PLANNER, Role.GRADER],
        invigilator: [Role.INVIGILATOR],
        both: [Role.INVIGILATOR, Role.GRADER],
        grader: [Role.GRADER],
    }.items():
        for role in roles:
            contribute(exam, user, role)
    everybody = [planner, invigilator, both, grader, stranger]
    assert exam.invigilators_see_names
    assert [access.sees_names(user, exam) for user in everybody] == [True, True, False, False, False]
    exam.invigilators_see_names = False
    assert [access.sees_names(user, exam) for user in everybody] == [True, False, False, False, False]
    exam.invigilators_see_names = True
    for user in (planner, invigilator):
        user.is_planner = user.is_invigilator = False  # no longer, whatever the test says
        assert not access.sees_names(user, exam)


def test_a_demo_test_is_there_for_everybody_once_it_is_activated(exam: Test, planner: User) -> None:
    demo = Test.objects.create(name="Writing an answer", is_demo=True)
    for test in (demo, exam):
        with pytest.raises(Http404):
            access.demo_test(test.public_id)
    activated(demo, planner)
    assert access.demo_test(demo.public_id) == demo


# Refusals that are recorded -------------------------------------------------------------------------------------------


def test_a_page_of_somebody_elses_test_is_recorded_once_a_minute(exam: Test, stranger: User, clock: Clock) -> None:
    make_test(planner=stranger)  # who works on another test has not mistyped
    for _time in range(3):
        access.record_refused_page(stranger, exam.public_id, "monitor-test", own=True)
    event = AuditEvent.objects.get(action=AuditEvent.Action.ACCESS_REFUSED)
    assert (event.actor, event.test, event.detail["page"]) == (stranger, exam, "monitor-test")
    assert event.outcome == AuditEvent.Outcome.REFUSED
    clock.move(seconds=61)
    access.record_refused_page(stranger, exam.public_id, "monitor-test", own=True)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.ACCESS_REFUSED).count() == 2


def test_a_test_that_is_not_there_leaves_no_row(stranger: User) -> None:
    access.record_refused_page(stranger, "nothing", "monitor-test", own=True)
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.ACCESS_REFUSED).exists()


@pytest.mark.parametrize(("own", "rows"), [(True, 0), (False, 1)])
@pytest.mark.parametrize("who", ["grader", "candidate"])
def test_who_has_a_place_on_the_test_has_mistyped_unless_the_page_says_otherwise(
    exam: Test, grader: User, candidate: Candidate, who: str, own: bool, rows: int
) -> None:
    user = grader if who == "grader" else candidate.user
    assert user is not None
    access.record_refused_page(user, exam.public_id, "deliver-test", own=own)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.ACCESS_REFUSED).count() == rows


def test_a_candidate_of_another_test_has_no_place_on_this_one(exam: Test, candidate: Candidate, stranger: User) -> None:
    other = make_test(planner=stranger)
    assert candidate.user is not None
    access.record_refused_page(candidate.user, other.public_id, "sit", own=True)
    assert AuditEvent.objects.get(action=AuditEvent.Action.ACCESS_REFUSED).test == other


# Candidates and contributors ------------------------------------------------------------------------------------------


@pytest.fixture
def other_room(db: None) -> Location:
    return Location.objects.create(building="Nordbygg", room="2.02")


def test_an_invigilator_of_a_room_sees_it_and_who_has_none(
    exam: Test, planner: User, invigilator: User, room: Location, other_room: Location
) -> None:
    Contributor.objects.filter(test=exam, user=invigilator).update(location=room)
    [here] = add(exam, planner, "1", location=(room.building, room.room))
    [there] = add(exam, planner, "2", location=(other_room.building, other_room.room))
    [nowhere] = add(exam, planner, "3")
    assert access.room_binding(invigilator, exam) == (room,)
    for candidate in (here, nowhere):
        assert access.monitored_candidate(invigilator, exam, candidate.public_id) == candidate
    with pytest.raises(Http404):
        access.monitored_candidate(invigilator, exam, there.public_id)
    for candidate in (here, there, nowhere):
        assert access.monitored_candidate(planner, exam, candidate.public_id) == candidate


def test_a_room_binds_the_invigilator_and_not_who_plans_or_grades(exam: Test, room: Location) -> None:
    user = make_staff("somebody", is_planner=True, is_invigilator=True, is_grader=True)
    assert access.room_binding(user, exam) == ()
    contribute(exam, user, Role.GRADER)
    contribute(exam, user, Role.INVIGILATOR, room)
    assert access.room_binding(user, exam) == (room,)
    contribute(exam, user, Role.PLANNER)
    assert access.room_binding(user, exam) == ()
    user.is_planner = False  # a planner no longer, whatever the test says
    assert access.room_binding(user, exam) == (room,)


def test_an_invigilator_of_several_rooms_sees_them_all_and_no_other(
    exam: Test, planner: User, invigilator: User, room: Location, other_room: Location
) -> None:
    Contributor.objects.filter(test=exam, user=invigilator).update(location=room)
    contribute(exam, invigilator, Role.INVIGILATOR, other_room)
    third = Location.objects.create(building="Nordbygg", room="10")
    assert access.room_binding(invigilator, exam) == (other_room, room)
    for number, place in enumerate((room, other_room), start=1):
        [here] = add(exam, planner, str(number), location=(place.building, place.room))
        assert access.monitored_candidate(invigilator, exam, here.public_id) == here
    [there] = add(exam, planner, "9", location=(third.building, third.room))
    with pytest.raises(Http404):
        access.monitored_candidate(invigilator, exam, there.public_id)
    # a row without a room beside rows with one widens nothing
    contribute(exam, invigilator, Role.INVIGILATOR)
    assert access.room_binding(invigilator, exam) == (other_room, room)


def test_who_invigilates_everywhere_is_bound_to_no_room_whatever_binds_them_on_another_test(
    exam: Test, invigilator: User, room: Location
) -> None:
    contribute(make_test(), invigilator, Role.INVIGILATOR, room)
    assert access.room_binding(invigilator, exam) == ()


def test_what_belongs_to_a_test_is_found_under_this_test_alone(exam: Test, planner: User, stranger: User) -> None:
    [candidate] = add(exam, planner, "1")
    contributor = exam.contributors.latest("pk")
    other = make_test(planner=stranger)
    assert access.candidate_of(exam, candidate.public_id) == candidate
    assert access.contributor_of(exam, contributor.public_id) == contributor
    for find, one in ((access.candidate_of, candidate), (access.contributor_of, contributor)):
        with pytest.raises(Http404):
            find(other, one.public_id)
        with pytest.raises(Http404):
            find(exam, "nothing")


def test_candidates_come_with_what_their_pages_show(
    exam: Test, planner: User, room: Location, django_assert_num_queries: Any
) -> None:
    add(exam, planner, "1", location=(room.building, room.room))
    activated(exam, planner)
    candidate, contributor = exam.candidates.get(), contribute(exam, make_staff("x"), Role.INVIGILATOR, room)
    with django_assert_num_queries(1):
        found = access.candidate_of(exam, candidate.public_id)
        assert (found.user is None, found.location, found.test) == (False, room, exam)
    with django_assert_num_queries(1):
        found_one = access.contributor_of(exam, contributor.public_id)
        assert (found_one.user.username, found_one.location) == ("x", room)
    with django_assert_num_queries(1):
        assert access.room_binding(contributor.user, exam) == (room,)
    with django_assert_num_queries(1):
        assert access.candidate_to_grade(exam, candidate.public_id)["candidate_id"] == "1"


def test_a_grader_is_handed_nothing_that_names_a_person(exam: Test, planner: User, stranger: User) -> None:
    [candidate] = add(exam, planner, "1")
    assert set(access.candidate_to_grade(exam, candidate.public_id)) == {
        *("public_id", "candidate_id", "candidate_key", "sort_key", "started_at", "submitted_at"),
        *("mark__mark", "mark__grade", "mark__comment", "mark__marked_at"),
    }
    with pytest.raises(Http404):
        access.candidate_to_grade(make_test(planner=stranger), candidate.public_id)


def test_a_candidate_finds_the_own_place_alone(
    exam: Test, candidate: Candidate, planner: User, django_assert_num_queries: Any
) -> None:
    assert candidate.user is not None
    with django_assert_num_queries(1):
        found = access.place_of(candidate.user, exam.public_id)
        assert (found, found.test.questions) == (candidate, exam.questions)
    assert "answer" not in access.place_of(started(candidate), exam.public_id).submission.__dict__
    other = make_test(planner=planner)
    add(other, planner, "1")
    open_now(activated(other, planner))
    with pytest.raises(Http404):
        access.place_of(candidate.user, other.public_id)


def started(candidate: Candidate) -> User:
    start(candidate=Candidate.objects.select_related("test").get(pk=candidate.pk))
    assert candidate.user is not None
    return candidate.user


def test_a_save_leaves_the_texts_of_the_test_in_the_database(exam: Test, candidate: Candidate) -> None:
    assert candidate.user is not None
    with_texts = access.place_of(candidate.user, exam.public_id)
    without = access.place_of(candidate.user, exam.public_id, texts=False)
    assert with_texts.test.get_deferred_fields() == set()
    assert without.test.get_deferred_fields() == {"questions", "information"}


# Imports --------------------------------------------------------------------------------------------------------------


def test_a_draft_is_its_owners_and_its_tests_until_it_expires(
    exam: Test, planner: User, colleague: User, clock: Clock
) -> None:
    draft, other = waiting(exam, planner, "1017\n"), make_test(planner=planner)
    found = access.draft_of(planner, exam, draft.public_id)
    assert (found, found.test is exam) == (draft, True)
    for user, test, public_id in ((colleague, exam, None), (planner, other, None), (planner, exam, "nothing")):
        with pytest.raises(Http404):
            access.draft_of(user, test, public_id or draft.public_id)
    clock.set(draft.expires_at)
    with pytest.raises(Http404):
        access.draft_of(planner, exam, draft.public_id)


def test_a_draft_of_a_list_goes_with_the_share(exam: Test, planner: User, stranger: User) -> None:
    one = PermanentUserList.objects.create(name="Spring", owner=stranger)
    share = ListShare.objects.create(list=one, user=planner)
    ListMember.objects.create(list=one, person=make_permanent())
    draft = keep_list(test=exam, by=planner, wanted=one)
    assert access.draft_of(planner, exam, draft.public_id) == draft
    share.delete()
    with pytest.raises(Http404):
        access.draft_of(planner, exam, draft.public_id)


def test_an_import_is_found_under_its_test_alone(exam: Test, planner: User, django_assert_num_queries: Any) -> None:
    draft = waiting(exam, planner, "1017\n")
    confirmed(draft, planner)
    with django_assert_num_queries(1):
        found = access.import_of(exam, draft.public_id)
        assert (found, found.test) == (draft, exam)
    for test, public_id in ((make_test(planner=planner), draft.public_id), (exam, "nothing")):
        with pytest.raises(Http404):
            access.import_of(test, public_id)


def test_an_import_of_users_is_its_owners_while_it_waits_and_everybodys_once_started(
    administrator: User, clock: Clock
) -> None:
    other = make_staff("other", is_administrator=True)
    waits, runs = (waiting_users(administrator, f"{name},Nordmann,,\n") for name in ("Kari", "Anne"))
    Import.objects.filter(pk=runs.pk).update(status=Import.Status.RUNNING, source=b"")
    for find in (access.user_import_of, access.started_import):
        assert find(administrator, waits.public_id) == waits
        assert find(administrator, runs.public_id) == runs
        for user, public_id in ((other, waits.public_id), (administrator, "nothing")):
            with pytest.raises(Http404):
                find(user, public_id)
    assert access.started_import(other, runs.public_id) == runs
    with pytest.raises(Http404):
        access.user_import_of(other, runs.public_id)
    assert set(access.shown_user_imports(administrator)) == {waits, runs}
    assert access.shown_user_imports(other) == [runs]
    assert access.shown_user_imports(other)[0].get_deferred_fields() == {"source", "mends", "left_out", "problems"}
    clock.set(waits.expires_at)
    for find in (access.user_import_of, access.started_import):
        assert find(administrator, runs.public_id) == runs
        with pytest.raises(Http404):
            find(administrator, waits.public_id)
    assert access.shown_user_imports(administrator) == [runs]


# Accounts and lists ---------------------------------------------------------------------------------------------------


def test_an_administrator_finds_staff_and_accounts_of_their_own_kind(planner: User) -> None:
    kari = make_permanent()
    assert access.staff_account(planner.pk) == planner
    assert access.account_of(kari.user_id) == kari.user
    assert access.permanent_user_of(kari.public_id) == kari
    with pytest.raises(Http404):
        access.staff_account(kari.user_id)
    with pytest.raises(Http404):
        access.account_of(0)
    with pytest.raises(Http404):
        access.permanent_user_of("nobody")


def test_a_permanent_user_comes_with_the_account(django_assert_num_queries: Any) -> None:
    public_id = make_permanent(username="kari").public_id
    with django_assert_num_queries(1):
        assert access.permanent_user_of(public_id).user.username == "kari"


def test_a_format_is_found_by_its_own_id() -> None:
    one, _other = (UserFileFormat.objects.create(name=name) for name in ("Registry", "Library"))
    assert access.user_format_of(one.public_id) == one
    with pytest.raises(Http404):
        access.user_format_of("nothing")


def test_who_is_locked_comes_as_the_database_has_it_now() -> None:
    kari = make_permanent()
    User.objects.filter(pk=kari.user_id).update(name="Kari N.")
    PermanentUser.objects.filter(pk=kari.pk).update(last_name="Nilsen")
    found = access.locked_permanent_user(kari)
    assert (found.user.name, found.last_name) == ("Kari N.", "Nilsen")


def test_who_was_deleted_meanwhile_is_not_locked() -> None:
    kari = make_permanent()
    User.objects.get(pk=kari.user_id).delete()
    with pytest.raises(Http404):
        access.locked_permanent_user(kari)


@pytest.fixture
def lists(planner: User, stranger: User) -> dict[str, PermanentUserList]:
    """An own list of the planner's, and three of somebody else: shared to use, shared to edit, and neither."""
    own = PermanentUserList.objects.create(name="d own", owner=planner)
    made = {name: PermanentUserList.objects.create(name=name, owner=stranger) for name in ("c used", "b edited", "a")}
    ListShare.objects.create(list=made["c used"], user=planner)
    ListShare.objects.create(list=made["b edited"], user=planner, may_edit=True)
    third = make_staff("third", is_planner=True)
    for name in ("c used", "a"):  # what others may does not count
        ListShare.objects.create(list=made[name], user=third, may_edit=True)
    return {"d own": own, **made}


MAY = [
    (access.visible_list, {"d own", "c used", "b edited"}),
    (access.usable_list, {"d own", "c used", "b edited"}),
    (access.editable_list, {"d own", "b edited"}),
    (access.owned_list, {"d own"}),
    (access.transferable_list, {"d own"}),
]


@pytest.mark.parametrize(("find", "may"), MAY)
def test_a_list_is_there_as_far_as_it_is_shared(
    planner: User, lists: dict[str, PermanentUserList], find: Callable[[User, str], PermanentUserList], may: set[str]
) -> None:
    for name, one in lists.items():
        if name in may:
            assert find(planner, one.public_id) == one
        else:
            with pytest.raises(Http404 if name == "a" else PermissionDenied):
                find(planner, one.public_id)


def test_lists_to_fill_are_the_own_ones_and_those_that_are_shared_to_be_edited_by_name(
    planner: User, stranger: User, lists: dict[str, PermanentUserList]
) -> None:
    # another share of an own list does not show it twice
    for user in (stranger, make_staff("fourth", is_planner=True)):
        ListShare.objects.create(list=lists["d own"], user=user, may_edit=True)
    assert list(access.lists_to_fill(planner)) == [lists["b edited"], lists["d own"]]
    assert set(access.lists_of(planner)) == {one for name, one in lists.items() if name != "a"}
    assert access.lists_of(planner).count() == 3


def test_an_administrator_sees_and_hands_over_every_list_and_uses_none(
    administrator: User, lists: dict[str, PermanentUserList]
) -> None:
    one = lists["a"]
    assert access.visible_list(administrator, one.public_id) == one
    assert access.transferable_list(administrator, one.public_id) == one
    with pytest.raises(Http404):
        access.usable_list(administrator, one.public_id)
    for find in (access.editable_list, access.owned_list):
        with pytest.raises(PermissionDenied):
            find(administrator, one.public_id)


def test_whoever_a_list_is_shared_with_stands_there_by_name(planner: User, django_assert_num_queries: Any) -> None:
    one = PermanentUserList.objects.create(name="Spring", owner=planner)
    for username, name in (("z", "Anne"), ("y", "Berit"), ("x", "Anne")):
        ListShare.objects.create(list=one, user=make_staff(username, name))
    with django_assert_num_queries(1):
        assert [share.user.username for share in access.shared_with(one)] == ["x", "z", "y"]


def test_a_list_comes_with_its_owner(planner: User, django_assert_num_queries: Any) -> None:
    one = PermanentUserList.objects.create(name="Spring", owner=planner)
    for find in (access.visible_list, access.usable_list):
        with django_assert_num_queries(1):
            assert find(planner, one.public_id).owner.username == "planner"


def test_a_permanent_user_finds_the_own_places_on_all_tests(exam: Test, planner: User) -> None:
    kari = make_permanent()
    place = put_on(kari, exam)
    open_now(activated(exam, planner))
    assert access.place_of(kari.user, exam.public_id) == place
