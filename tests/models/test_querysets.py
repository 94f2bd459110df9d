"""Tests and candidates asked for in the words of the field."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from candidates.models import Candidate, Location, PermanentUser, Test, User
from candidates.models.ids import ALPHABET, LENGTH, new_public_id
from candidates.models.tests import MAX_CANDIDATES
from candidates.timing import last_end, longest_extra_seconds
from tests.factories import Role, activated, add, add_many, contribute, make_permanent, make_staff, make_test

pytestmark = pytest.mark.django_db


def test_a_person_sees_the_tests_of_the_role_asked_for(exam: Test, planner: User, grader: User) -> None:
    contribute(exam, planner, Role.GRADER)
    make_test(name="Somebody else's")
    assert list(Test.objects.with_role(planner, Role.PLANNER)) == [exam]
    assert list(Test.objects.with_role(planner, Role.PLANNER, Role.GRADER)) == [exam]
    assert list(Test.objects.with_role(grader, Role.GRADER)) == [exam]
    assert not Test.objects.with_role(grader, Role.PLANNER, Role.INVIGILATOR).exists()
    assert not Test.objects.with_role(planner).exists()


def test_only_activated_demo_tests_are_offered_to_try() -> None:
    for name, activated_at in (("B", timezone.now()), ("A", timezone.now()), ("C", None)):
        Test.objects.create(name=name, is_demo=True, activated_at=activated_at)
    make_test(name="D", activated_at=timezone.now())
    assert [test.name for test in Test.objects.demos()] == ["A", "B"]
    assert Test.objects.activated().count() == 3


def test_the_longest_extra_time_counts_planned_and_incident_time_together(exam: Test, planner: User) -> None:
    add(exam, planner, "0001", extra=30)
    (second,) = add(exam, planner, "0002", extra=20)
    Candidate.objects.filter(pk=second.pk).update(incident_minutes=15)
    other = make_test(planner=planner, name="CHE1100")
    seconds = {test.name: longest_extra_seconds(test) for test in Test.objects.with_longest_extra()}
    assert seconds == {exam.name: 35 * 60, other.name: 0}
    assert longest_extra_seconds(exam) == 35 * 60
    assert last_end(exam, 35 * 60) == exam.window[1] + timedelta(minutes=35)


def test_tests_come_newest_first_and_those_without_a_window_last() -> None:
    make_test(name="B", opens_in=timedelta(days=1))
    make_test(name="A", opens_in=timedelta(days=1))
    make_test(name="Later", opens_in=timedelta(days=2))
    Test.objects.create(name="Demo", is_demo=True)
    assert [test.name for test in Test.objects.all()] == ["Later", "A", "B", "Demo"]


def test_candidates_come_with_numbers_in_their_own_order(exam: Test, planner: User) -> None:
    add(exam, planner, "b-10", "b-9", "10", "9", "0008", "Åse", "anne", "20231234")
    ids = [candidate.candidate_id for candidate in Candidate.objects.of_test(exam)]
    assert ids == ["0008", "9", "10", "20231234", "anne", "b-9", "b-10", "Åse"]


def test_a_room_looks_after_its_candidates_and_those_without_a_room(exam: Test, planner: User) -> None:
    add(exam, planner, "0001", location=("Vesthall", "V101"))
    add(exam, planner, "0002")
    add(exam, planner, "0004", location=("Vesthall", "V102"))
    other = make_test(planner=planner, name="CHE1100")
    add(other, planner, "0003", location=("Vesthall", "V101"))
    room = Location.objects.get(room="V101")
    of_exam = Candidate.objects.of_test(exam)
    assert [candidate.candidate_id for candidate in of_exam.watched_from([room])] == ["0001", "0002"]
    assert of_exam.watched_from([]).count() == 3


def test_a_person_has_places_on_activated_tests_only(exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    later = make_test(planner=planner, name="CHE1100")
    person = User.objects.create_user("kari", None, kind="permanent")
    for test in (exam, later):
        Candidate.objects.create(
            test=test, kind="permanent", user=person, candidate_id="k", candidate_key="k", sort_key="k"
        )
    assert not Candidate.objects.of_person(person).exists()
    activated(exam, planner)
    assert [place.test for place in Candidate.objects.of_person(person)] == [exam]
    assert not Candidate.objects.of_person(make_staff("other")).exists()


def test_what_a_test_knows_of_itself() -> None:
    test = make_test(window=timedelta(hours=4))
    assert (test.window_minutes, test.percent_base_minutes, test.places_left) == (240, 240, MAX_CANDIDATES)
    test.duration_minutes, test.candidate_count = 180, 1499
    assert (test.percent_base_minutes, test.places_left, test.is_activated) == (180, 1, False)
    demo = Test(name="Demo", is_demo=True)
    assert (demo.window_minutes, str(demo)) == (0, "Demo")


def test_public_ids_are_random_and_have_no_look_alikes() -> None:
    made = {new_public_id() for _ in range(2000)}
    assert len(made) == 2000
    assert all(len(one) == LENGTH and set(one) <= set(ALPHABET) for one in made)
    assert not set("01ilo") & set(ALPHABET)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads a table of 300 rows rather than an index")
def test_a_login_finds_its_place_by_indexes_also_where_nobody_has_a_one_time_login(exam: Test, planner: User) -> None:
    add_many(exam, planner, 300)
    activated(exam, planner)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    user = User.objects.filter(kind=User.Kind.ONE_TIME).first()
    assert user is not None
    assert "SCAN candidates_candidate" not in Candidate.objects.of_person(user).explain()


def test_a_search_goes_by_all_words_without_accents_and_case_and_leaves_out_who_may_not_log_in() -> None:
    ase = make_permanent("Åse", "Ødegård", username="aaod", email="ase@uni.example")
    gone = make_permanent("Åse", "Ødegård-Berg", username="gone")
    make_permanent("Ola", "Nordmann")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    found = PermanentUser.objects
    assert set(found.matching("ase ODEGARD")) == {ase, gone}
    assert list(found.matching("ode ase").active()) == [ase]
    assert list(found.matching("ase@uni").active()) == [ase]
    assert not found.matching("ase nordmann").exists()


def test_pages_of_people_come_in_order_and_end_at_what_a_test_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("candidates.models.permanent_users.PAGE_SIZE", 2)
    for name in ("Cato", "Anne", "Berit"):
        make_permanent("X", name)
    first, beyond = PermanentUser.objects.all().page(1), PermanentUser.objects.all().page(99)
    assert [person.last_name for person in first.people] == ["Anne", "Berit"]
    assert ([person.last_name for person in beyond.people], beyond.number, beyond.last) == (["Cato"], 2, 2)
    assert first.total == 3
    monkeypatch.setattr("candidates.models.permanent_users.MAX_CANDIDATES", 2)
    assert PermanentUser.objects.all().page(1)[1:] == (1, 1, None)
    assert PermanentUser.objects.none().page(3) == ([], 1, 1, 0)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads its table in one go")
def test_a_search_on_sqlite_reads_one_index_and_no_table() -> None:
    make_permanent()
    people = PermanentUser.objects
    for found in (people.matching("kari"), people.matching_what_is_shown("kari"), people.matching_what_is_shown("k b")):
        plan = found.active().order_by("sort_key", "pk").values_list("pk", flat=True)[:1501].explain()
        assert "SCAN candidates_permanentuser USING COVERING INDEX permanent_in_order" in plan
        assert "USING INDEX user_permanent_inactive" in plan
        assert "TEMP B-TREE FOR ORDER BY" not in plan


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        *(("kari", True), ("nord ari", True), ("kari.n", True), ("Åse", True)),  # what is shown, by parts
        *(("S-104773", True), ("s-104773", True), ("kari s-104773", True), ("KARI@uni.example", True)),  # hidden, whole
        *(("ab 12", False), ("AB 12 C", True), ("ab  12 c", True)),
        *(("s-1", False), ("s-10477", False), ("104773", False), ("-104773", False), ("s-10477_", False)),
        *(("%", False), ("_", False), ("s-%", False), ("@", False), ("kari@", False), ("uni.example", False)),
        *(("kari s-1", False), ("s-104773 s-104774", False), ("s-104773 zzz", False), ("n s-104773", True)),
        *(("kari.nordmann kari@uni.example", True), ("nordmann kari@uni", False), ("\n", True), ("\nS-1", False)),
    ],
)
def test_what_is_hidden_from_planners_is_found_whole_only(words: str, is_found: bool) -> None:
    make_permanent("Kari", "Nordmann", username="kari.nordmann", email="kari@uni.example", external_id="S-104773")
    make_permanent("Åse", "Kari", username="ase", external_id="AB 12 C")
    assert PermanentUser.objects.matching_what_is_shown(words).exists() is is_found
    if not is_found and words not in ("%", "_", "s-%", "s-10477_", "s-104773 s-104774", "s-104773 zzz", "\nS-1"):
        assert PermanentUser.objects.matching(words).exists()  # to administrators, who see it


def test_people_who_were_stored_before_are_searched_as_the_new_ones() -> None:
    kari = make_permanent("Kari", "Nordmann", username="kn", email="kari@uni.example", external_id="S-1")
    after = kari.search_key
    PermanentUser.objects.update(search_key="kari nordmann kn kari@uni.example s-1")
    migration = import_module("candidates.migrations.0017_hidden_identifiers_apart")
    migration.set_apart(apps, SimpleNamespace(connection=connection))
    kari.refresh_from_db()
    assert kari.search_key == after == "kari nordmann kn\nkari@uni.example\ns-1\n"
