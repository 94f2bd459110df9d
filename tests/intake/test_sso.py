"""CSV import (SSO): persons whom nobody has seen, one person once on a test, comparison by the type's rule."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from candidates.errors import Refused
from candidates.intake import people
from candidates.intake.door import RowsRefused, add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.importing import NotAdded, confirm, preview
from candidates.intake.people import sso_users
from candidates.models import Candidate, Import, Location, SsoIdentity, User
from tests.factories import Role, activated, add, add_sso, contribute, make_test
from tests.intake.lists import confirmed, waiting

PUBLISHED = "0001,anna@uni.no,30,Main,R101\n0002,berit@uni.no,,,R102\n0003,cato@uni.no,\n"  # docs/domain.md §7


def rows(*people, slug="campus"):
    return [
        CandidateRow(number, f"{number:04}", 0, sso_user_id=person, authentication_type=slug)
        for number, person in enumerate(people, 1)
    ]


def door(test, by, *people, slug="campus"):
    return add_candidates(test=test, rows=rows(*people, slug=slug), by=by, source="test")


def stored(test):
    columns = ("candidate_id", "sso_user_id", "extra_minutes", "location__building", "location__room")
    return list(Candidate.objects.of_test(test).filter(kind="sso").values_list(*columns))


def test_the_published_example_is_stored_as_it_stands(exam, planner):
    outcome = confirmed(waiting(exam, planner, PUBLISHED, kind="sso"), planner)
    assert outcome.added == 3
    assert stored(exam) == [
        ("0001", "anna@uni.no", 30, "Main", "R101"),
        ("0002", "berit@uni.no", 0, "", "R102"),
        ("0003", "cato@uni.no", 0, None, None),
    ]
    user = Candidate.objects.get(candidate_id="0001").user
    assert user is not None
    assert (user.kind, user.has_usable_password(), user.is_active) == ("sso", False, True)
    assert list(user.sso_identities.values_list("authentication_type", "sso_key")) == [("campus", "anna@uni.no")]


def test_a_person_on_two_tests_is_one_user_whatever_the_case(exam, planner):
    other = make_test(planner=planner, name="CHE1100")
    door(exam, planner, "Anna@Uni.no")
    door(other, planner, "anna@uni.no")
    assert User.objects.filter(kind="sso").count() == 1 == SsoIdentity.objects.count()


def test_the_same_id_at_two_institutions_is_two_people(exam, planner):
    other = make_test(planner=planner, name="CHE1100")
    door(exam, planner, "anna")
    door(other, planner, "anna", slug="entra")
    assert User.objects.filter(kind="sso").count() == 2


def test_where_ids_are_exact_another_case_is_another_person(exam, planner):
    assert door(exam, planner, "AbC", "aBc", slug="entra").count == 2
    assert User.objects.filter(kind="sso").count() == 2


@pytest.mark.parametrize("again", ["anna@uni.no", "ANNA@uni.no"])
def test_the_door_refuses_a_person_who_is_on_the_test_or_comes_twice(exam, planner, again):
    with pytest.raises(RowsRefused) as twice:
        door(exam, planner, "anna@uni.no", again)
    assert [(one.row, one.message) for one in twice.value.problems] == [(2, "Row 1 has the same person.")]
    assert User.objects.filter(kind="sso").count() == 0
    door(exam, planner, "anna@uni.no")
    with pytest.raises(RowsRefused) as present:
        add_candidates(
            test=exam,
            rows=[CandidateRow(7, "0007", 0, sso_user_id=again, authentication_type="campus")],
            by=planner,
            source="test",
        )
    assert present.value.problems[0].message == "This person is already on the test as candidate 0001."


def test_who_works_on_the_test_cannot_be_its_candidate(exam, planner, grader):
    SsoIdentity.objects.create(
        user=grader, authentication_type="campus", sso_user_id="Elin@uni.no", sso_key="elin@uni.no"
    )
    report = preview(waiting(exam, planner, "0001,elin@UNI.no\n", kind="sso"))
    assert [one.message for one in report.problems] == [
        "This person plans, invigilates or grades the test, and cannot be its candidate."
    ]
    with pytest.raises(RowsRefused):
        door(exam, planner, "elin@uni.no")
    other = make_test(planner=planner, name="CHE1100")
    assert door(other, planner, "elin@uni.no").count == 1


def test_a_type_that_is_switched_off_is_refused_by_the_door_and_in_the_preview(exam, planner, settings):
    draft = waiting(exam, planner, PUBLISHED, kind="sso")
    settings.AUTHENTICATION_TYPES = [{"slug": "entra", "label": "Entra", "comparison": "exact"}]
    report = preview(draft)
    assert report.refusal == "The authentication type of this list is switched off. Choose another one."
    with pytest.raises(NotAdded):
        confirmed(draft, planner)
    with pytest.raises(Refused, match="is not switched on"):
        door(exam, planner, "anna@uni.no")
    assert not Candidate.objects.exists()


def test_another_authentication_type_since_the_preview_asks_to_look_again(exam, planner):
    draft = waiting(exam, planner, PUBLISHED, kind="sso")
    seen = preview(draft).seen(exam)
    Import.objects.filter(pk=draft.pk).update(authentication_type="entra")
    with pytest.raises(NotAdded) as refused:
        confirm(draft, by=planner, seen=seen)
    assert refused.value.changed
    assert not Candidate.objects.exists()


def test_sso_candidates_get_no_one_time_login_and_one_time_users_beside_them_do(exam, planner):
    door(exam, planner, "anna@uni.no")
    add(exam, planner, "0007")
    activated(exam, planner)
    with_login = Candidate.objects.of_test(exam).filter(user__sealed_password__isnull=False)
    assert [one.candidate_id for one in with_login] == ["0007"]
    mixed = [*rows("berit@uni.no"), CandidateRow(2, "0009", 0)]
    mixed[0] = CandidateRow(1, "0008", 0, sso_user_id="berit@uni.no", authentication_type="campus")
    add_candidates(test=exam, rows=mixed, by=planner, source="test")
    kinds = dict(Candidate.objects.of_test(exam).values_list("candidate_id", "user__kind"))
    assert kinds == {"0001": "sso", "0007": "one_time", "0008": "sso", "0009": "one_time"}


def test_what_is_wrong_with_persons_stands_at_their_rows(exam, planner):
    door(exam, planner, "anna@uni.no", "berit@uni.no")
    text = "0009,anna@uni.no\n0001,cato@uni.no\n0010,\n0011,dag@uni.no\n0012,DAG@uni.no\n"
    report = preview(waiting(exam, planner, text, kind="sso"))
    assert [(one.row, one.column, one.message) for one in report.problems] == [
        (1, "sso_user_id", "This person is already on the test as candidate 0001."),
        (2, "candidate_id", "0001 is already on this test, as somebody else."),
        (3, "sso_user_id", "Every SSO candidate needs an SSO user ID."),
        (5, "sso_user_id", "Row 4 has the same person."),
    ]


def test_an_id_that_folding_makes_too_long_is_a_problem_of_its_row(exam, planner):
    folded_to_18 = "\ufdfa"
    report = preview(waiting(exam, planner, f"0001,{folded_to_18 * 100}\n", kind="sso"))
    assert [(one.row, one.column) for one in report.problems] == [(1, "sso_user_id")]
    assert "at most 255" in report.problems[0].message


def test_the_same_person_under_the_same_id_is_on_the_test_already(exam, planner):
    door(exam, planner, "anna@uni.no")
    report = preview(waiting(exam, planner, "0001,ANNA@uni.no\n0002,berit@uni.no\n", kind="sso"))
    assert [row.number for row in report.already] == [1]
    assert [row.number for row in report.ready] == [2]


SSO_BAD = "0001,anna@uni.no,x\n0001,berit@uni.no\n0004,\n0005,ANNA@uni.no\n"


@pytest.mark.parametrize("text", [PUBLISHED, SSO_BAD], ids=["good", "bad"])
def test_a_dry_run_changes_nothing(exam, planner, text):
    draft = waiting(exam, planner, text, kind="sso")
    with CaptureQueriesContext(connection) as captured:
        preview(draft)
    assert {one["sql"].split()[0].upper() for one in captured} == {"SELECT"}
    assert not User.objects.filter(kind="sso").exists()
    assert not Location.objects.exists()


@pytest.mark.parametrize("text", [PUBLISHED, SSO_BAD], ids=["good", "bad"])
def test_dry_and_real_run_report_the_same(exam, planner, text):
    draft = waiting(exam, planner, text, kind="sso")
    dry = preview(draft)
    if text is PUBLISHED:
        outcome = confirmed(draft, planner)
        assert (outcome.added, outcome.updated) == (len(dry.ready), len(dry.updates))
    else:
        with pytest.raises(NotAdded) as refused:
            confirmed(draft, planner)
        assert refused.value.report == dry
    assert len(stored(exam)) == (3 if text is PUBLISHED else 0)


@pytest.mark.parametrize("dry_run", [True, False])
def test_queries_do_not_grow_with_the_people(exam, planner, dry_run):
    counts = []
    for letter, many in (("a", 10), ("b", 300)):
        text = "".join(f"{letter}{n},{letter}{n}@uni.no,,House,{letter}{n % 7}\n" for n in range(many))
        draft = waiting(exam, planner, text, kind="sso")
        with CaptureQueriesContext(connection) as captured:
            preview(draft) if dry_run else confirmed(draft, planner)
        counts.append(len([one for one in captured if not one["sql"].startswith("INSERT")]))
    assert counts[0] == counts[1]


def test_locations_are_made_once_and_trimmed(exam, planner):
    text = "0001,a@u.no,, Vesthall ,V101\n0002,b@u.no,,Vesthall,V101\n0003,c@u.no,,Vesthall,V 102\n"
    confirmed(waiting(exam, planner, text, kind="sso"), planner)
    assert set(Location.objects.values_list("building", "room")) == {("Vesthall", "V101"), ("Vesthall", "V 102")}


@pytest.mark.django_db(transaction=True)
def test_eight_tests_that_name_the_same_new_people_make_each_once(planner):
    people = [f"person{n}@uni.no" for n in range(40)]
    tests = [make_test(planner=planner, name=f"Test {n}") for n in range(8)]
    start = Barrier(8)

    def bring_in(place):
        try:
            start.wait(timeout=30)
            order = people[place * 5 :] + people[: place * 5]
            return door(tests[place], planner, *order).count
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(bring_in, range(8))) == [40] * 8
    assert SsoIdentity.objects.count() == 40 == User.objects.filter(kind="sso").count()


def test_a_person_who_was_made_between_the_look_and_the_insert_is_found_again(exam, planner, monkeypatch):
    known = people._known
    looks = []

    def late(wanted):
        looks.append(1)
        found = known(wanted)
        if len(looks) == 1:
            door(make_test(planner=planner, name="Other"), planner, "anna@uni.no")
        return found

    monkeypatch.setattr(people, "_known", late)
    assert len(sso_users(rows("anna@uni.no", "berit@uni.no"))) == 2
    assert SsoIdentity.objects.count() == 2


def test_a_person_who_is_deleted_between_the_look_and_the_lock_is_made_anew(exam, planner, monkeypatch):
    door(make_test(planner=planner, name="Other"), planner, "anna@uni.no")
    keep, before = people._keep, SsoIdentity.objects.get().user_id

    def late(accounts):
        monkeypatch.setattr(people, "_keep", keep)
        Candidate.objects.all().delete()
        User.objects.filter(pk__in=accounts).delete()
        keep(accounts)

    monkeypatch.setattr(people, "_keep", late)
    (account,) = sso_users(rows("anna@uni.no")).values()
    assert (account != before, SsoIdentity.objects.get().user_id) == (True, account)


def test_where_an_account_cannot_be_stored_however_often_it_is_tried_nobody_is_added(exam, planner, monkeypatch):
    monkeypatch.setattr(people, "_known", lambda wanted: {})
    SsoIdentity.objects.create(
        user=User.objects.create(kind="sso"),
        authentication_type="campus",
        sso_user_id="anna@uni.no",
        sso_key="anna@uni.no",
    )
    with pytest.raises(IntegrityError, match="identities of 1 people could not be stored"):
        sso_users(rows("anna@uni.no"))


def test_a_contributor_who_is_added_later_is_refused_by_the_door_too(exam, planner):
    door(make_test(planner=planner, name="Other"), planner, "anna@uni.no")
    contribute(exam, User.objects.get(kind="sso"), Role.GRADER)
    with pytest.raises(RowsRefused):
        door(exam, planner, "anna@uni.no")


def test_a_list_compares_people_as_their_institution_does(exam, planner):
    text = "0001,AbC\n0002,aBc\n"
    exact = preview(waiting(exam, planner, text, kind="sso", authentication_type="entra"))
    assert (len(exact.ready), exact.problems) == (2, ())
    folded = preview(waiting(exam, planner, text, kind="sso", authentication_type="campus"))
    assert [one.message for one in folded.problems] == ["Row 1 has the same person."]


def test_the_preview_knows_rooms_that_are_there_and_references_on_the_test(exam, planner):
    add_sso(exam, planner, "5001", location=("Vesthall", "V101"))
    Candidate.objects.update(private_reference="s190077")
    text = "s190077,berit@uni.no,,VESTHALL,V101\n"
    report = preview(waiting(exam, planner, text, kind="sso"))
    assert {notice.kind for notice in report.warnings} >= {"known", "places"}
    assert preview(waiting(make_test(planner=planner), planner, text, kind="sso")).can_be_added


def test_addresses_before_the_candidate_ids_are_read_the_other_way_round(exam, planner):
    text = "anna@uni.no;0001;30\nberit@uni.no;0002;\n"
    assert confirmed(waiting(exam, planner, text, kind="sso"), planner).added == 2
    found = [(one, person, minutes) for one, person, minutes, *_place in stored(exam)]
    assert found == [("0001", "anna@uni.no", 30), ("0002", "berit@uni.no", 0)]
