"""The one door: all rows or none, the cap, generated IDs, login details for late additions."""

import re
from pathlib import Path

import pytest

import candidates
from candidates.candidate_ids import candidate_key, sort_key
from candidates.errors import Refused
from candidates.intake.door import NoRoom, RowsRefused, add_candidates
from candidates.intake.drafts import new_import
from candidates.intake.findings import CandidateRow, Problem
from candidates.models import AuditEvent, Candidate, Test, User
from tests.conftest import Clock
from tests.factories import activated, add, add_many, make_test, open_now


def rows(*ids: str) -> list[CandidateRow]:
    return [CandidateRow(number, text, 0) for number, text in enumerate(ids, 1)]


def ids_on(test: Test) -> list[str]:
    return list(Candidate.objects.of_test(test).values_list("candidate_id", flat=True))


def test_rows_without_an_id_get_the_numbers_that_follow(exam: Test, planner: User) -> None:
    added = add_candidates(test=exam, rows=rows("", "0007", ""), by=planner, source="test")
    assert added.candidate_ids == ("0001", "0007", "0002")
    assert add_candidates(test=exam, rows=rows(""), by=planner, source="test").candidate_ids == ("0008",)


def test_a_number_that_somebody_has_or_that_stands_in_another_row_is_passed_over(exam: Test, planner: User) -> None:
    assert add_candidates(test=exam, rows=rows("", "0001", ""), by=planner, source="test").candidate_ids == (
        "0002",
        "0001",
        "0003",
    )
    Test.objects.filter(pk=exam.pk).update(last_number=1)  # as where IDs were typed on the page of a candidate since
    assert add_candidates(test=exam, rows=rows(""), by=planner, source="test").candidate_ids == ("0004",)


def test_accounts_are_made_on_activated_tests_for_one_time_users_alone(exam: Test, planner: User) -> None:
    def made() -> int:
        return User.objects.filter(kind=User.Kind.ONE_TIME).count()

    add(exam, planner, "0001")
    assert made() == 0
    activated(exam, planner)
    assert made() == 1
    anna = CandidateRow(1, "anna", 0, sso_user_id="anna@uni.no", authentication_type="campus")
    add_candidates(test=exam, rows=[anna], by=planner, source="test")
    assert made() == 1
    add(exam, planner, "0002", "0003")
    assert made() == 3
    assert not Candidate.objects.exclude(candidate_id="anna").filter(user=None).exists()


def test_a_number_that_was_removed_is_not_used_again(exam: Test, planner: User) -> None:
    from candidates.lifecycle.removal import remove_candidates

    add(exam, planner, "0001", "0002")
    remove_candidates(test=exam, public_ids=[Candidate.objects.get(candidate_id="0002").public_id], by=planner)
    assert add_candidates(test=exam, rows=rows(""), by=planner, source="test").candidate_ids == ("0003",)


@pytest.mark.parametrize("twin", ["kari", "KARI", "\uff4bari"])
def test_twins_by_case_or_width_are_refused_with_the_row(exam: Test, planner: User, twin: str) -> None:
    with pytest.raises(RowsRefused) as refusal:
        add_candidates(test=exam, rows=rows("Kari", "Ola", twin), by=planner, source="test")
    assert [(problem.row, problem.message) for problem in refusal.value.problems] == [
        (3, "Row 1 has the same Candidate ID.")
    ]
    assert ids_on(exam) == []


def test_a_clash_with_the_test_stores_nothing_and_frees_the_places(exam: Test, planner: User) -> None:
    add(exam, planner, "1017")
    with pytest.raises(RowsRefused):
        add_candidates(test=exam, rows=rows("1018", "1017"), by=planner, source="test")
    exam.refresh_from_db()
    assert (ids_on(exam), exam.candidate_count) == (["1017"], 1)


@pytest.mark.parametrize(("present", "wanted"), [(1500, 1), (1499, 2), (0, 1501)])
def test_past_1500_the_whole_batch_is_refused(exam: Test, planner: User, present: int, wanted: int) -> None:
    if present:
        add_many(exam, planner, present)
    with pytest.raises(NoRoom) as refusal:
        add_candidates(test=exam, rows=rows(*[""] * wanted), by=planner, source="test")
    assert f"this test has room for {1500 - present} more" in str(refusal.value)
    exam.refresh_from_db()
    assert exam.candidate_count == present == len(ids_on(exam))


def test_1500_of_whom_one_is_on_the_test_already_are_refused_whole(exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    with pytest.raises(NoRoom, match="room for 1499 more"):
        add_candidates(test=exam, rows=rows("0001", *[""] * 1499), by=planner, source="test")
    exam.refresh_from_db()
    assert (ids_on(exam), exam.candidate_count) == (["0001"], 1)


def test_no_other_module_makes_candidates() -> None:
    making = re.compile(r"(?<!class )\bCandidate\(|\bCandidate\.objects\.\w*create\(|\bcandidates\.\w*create\(")
    package = Path(candidates.__file__).parent
    modules = [path for path in package.rglob("*.py") if path.parent.name != "migrations"]
    assert [path.relative_to(package).as_posix() for path in modules if making.search(path.read_text())] == [
        "intake/door.py"
    ]


def test_exactly_1500_fit(exam: Test, planner: User) -> None:
    add_many(exam, planner, 1500)
    assert exam.candidate_count == 1500 == len(ids_on(exam))


def test_late_additions_get_login_details_at_once(scheduled_exam: Test, planner: User) -> None:
    added = add_candidates(test=scheduled_exam, rows=rows("late"), by=planner, source="test")
    late = User.objects.select_related("sealed_password").get(candidacies__candidate_id="late")
    assert added.with_login_details
    assert (late.is_active, bool(late.sealed_password.token)) == (True, True)


def test_a_seat_that_is_somebodys_is_named_with_who_has_it(exam: Test, planner: User) -> None:
    hall = ("Vesthall", "V101")
    add_candidates(test=exam, rows=[CandidateRow(1, "0001", 0, hall, seat="7")], by=planner, source="test")
    with pytest.raises(RowsRefused) as refusal:
        add_candidates(test=exam, rows=[CandidateRow(4, "0002", 0, hall, seat="7")], by=planner, source="test")
    sentence = "0001 has this seat in this room. Give one of them another seat."
    assert refusal.value.problems == (Problem(row=4, column="seat", cell="7", message=sentence),)


def test_nobody_is_added_to_a_finished_test(scheduled_exam: Test, planner: User) -> None:
    open_now(scheduled_exam, minutes_ago=500)
    with pytest.raises(Refused, match="has ended"):
        add_candidates(test=scheduled_exam, rows=rows("late"), by=planner, source="test")
    scheduled_exam.refresh_from_db()
    assert scheduled_exam.candidate_count == 3


def test_a_demo_test_takes_no_candidates(planner: User) -> None:
    demo = make_test(planner=planner, is_demo=True)
    with pytest.raises(Refused, match="demo test"):
        add_candidates(test=demo, rows=rows("0001"), by=planner, source="test")


def test_the_same_id_on_two_tests_stays_two_candidates(exam: Test, planner: User) -> None:
    other = make_test(planner=planner, name="CHE1100")
    add(exam, planner, "0001")
    add(other, planner, "0001")
    assert Candidate.objects.filter(candidate_id="0001").count() == 2


def test_adding_is_recorded_with_where_they_came_from_and_whether_they_can_log_in(exam: Test, planner: User) -> None:
    add(exam, planner, "0001", "0002")
    add(activated(exam, planner), planner, "0003")
    first, second = AuditEvent.objects.filter(action=AuditEvent.Action.CANDIDATES_ADDED).order_by("pk")
    assert (first.actor, first.test, first.count) == (planner, exam, 2)
    assert first.detail == {"source": "test", "login_details": False}
    assert second.detail == {"source": "test", "login_details": True}


def test_places_are_taken_on_this_test_alone(exam: Test, planner: User) -> None:
    other = make_test(planner=planner, name="CHE1100")
    add(exam, planner, "0001", "0002")
    other.refresh_from_db()
    assert (exam.candidate_count, exam.last_number) == (2, 2)
    assert (other.candidate_count, other.last_number) == (0, 0)


def test_who_comes_by_an_import_is_known_by_it(exam: Test, planner: User) -> None:
    record = new_import(by=planner, kind="one_time", test=exam, file_name="x", file_sha256="0" * 64)
    record.save()
    add_candidates(test=exam, rows=rows("0001"), by=planner, source="test", imported_by=record)
    add(exam, planner, "0002")
    assert dict(Candidate.objects.values_list("candidate_id", "imported_by")) == {"0001": record.pk, "0002": None}


def test_login_details_are_said_to_be_made_where_they_are(exam: Test, planner: User) -> None:
    anna = CandidateRow(1, "anna", 0, sso_user_id="anna@uni.no", authentication_type="campus")
    assert not add_candidates(test=exam, rows=rows("0001"), by=planner, source="test").with_login_details
    activated(exam, planner)
    assert not add_candidates(test=exam, rows=[anna], by=planner, source="test").with_login_details
    both = [CandidateRow(1, "berit", 0, sso_user_id="berit@uni.no", authentication_type="campus"), *rows("0002")]
    assert add_candidates(test=exam, rows=both, by=planner, source="test").with_login_details


def test_every_column_of_a_row_is_stored(exam: Test, planner: User) -> None:
    row = CandidateRow(1, "Åse 7", 25, ("Vesthall", "V101"), "Ase@Uni.no", "campus", "Åse Berg")
    add_candidates(test=exam, rows=[row], by=planner, source="test")
    one = Candidate.objects.select_related("location").get()
    assert (one.candidate_id, one.kind, one.extra_minutes) == ("Åse 7", "sso", 25)
    assert (one.sso_user_id, one.authentication_type, one.private_reference) == ("Ase@Uni.no", "campus", "Åse Berg")
    assert one.location is not None
    assert (one.location.building, one.location.room) == ("Vesthall", "V101")
    assert one.candidate_key == candidate_key("Åse 7")
    assert one.sort_key == sort_key("Åse 7")


def refused(test: Test, by: User, some: list[CandidateRow]) -> str:
    """Return the sentence with which the door refuses these rows."""
    with pytest.raises(Refused) as refusal:
        add_candidates(test=test, rows=some, by=by, source="test")
    return refusal.value.sentence


def test_every_refusal_is_a_sentence_that_says_what_happened(exam: Test, planner: User, clock: Clock) -> None:
    demo = make_test(planner=planner, is_demo=True)
    add(exam, planner, "0001")
    unknown = CandidateRow(1, "9", 0, sso_user_id="anna", authentication_type="gone")
    assert refused(exam, planner, []) == "There is nobody to add. Nothing was changed."
    assert refused(demo, planner, rows("1")) == (
        "A demo test has no candidates: everybody may try it. Nothing is added."
    )
    assert refused(exam, planner, rows("0001")) == "Some Candidate IDs are already on this test. Nothing is added."
    assert refused(exam, planner, [unknown]) == "The authentication type “gone” is not switched on. Nothing is added."
    Test.objects.filter(pk=exam.pk).update(candidate_count=1499)
    assert refused(exam, planner, rows("2", "3")) == (
        "2 are too many: this test has room for 1 more. Nothing is added."
    )
    Test.objects.filter(pk=exam.pk).update(candidate_count=1500)
    assert refused(exam, planner, rows("2")) == "1 is too many: this test has room for 0 more. Nothing is added."
    Test.objects.filter(pk=exam.pk).update(candidate_count=1)
    activated(exam, planner)
    clock.move(days=30)
    assert refused(exam, planner, rows("2")) == "The test has ended, so nobody can be added any more."


def test_a_batch_that_does_not_fit_says_how_many_would(exam: Test, planner: User) -> None:
    Test.objects.filter(pk=exam.pk).update(candidate_count=1497)
    with pytest.raises(NoRoom) as refusal:
        add_candidates(test=exam, rows=rows(*"abcde"), by=planner, source="test")
    assert refusal.value.places_left == 3


@pytest.mark.parametrize("taken", ["0001", "KARI"])
def test_an_id_that_is_taken_is_named_as_the_test_shows_it_at_its_row(exam: Test, planner: User, taken: str) -> None:
    add(exam, planner, "0001", "kari")
    shown = {"0001": "0001", "KARI": "kari"}[taken]
    with pytest.raises(RowsRefused) as refusal:
        add_candidates(test=exam, rows=rows("new", taken), by=planner, source="test")
    assert refusal.value.problems == (
        Problem(row=2, column="candidate_id", cell=taken, message=f"{shown} is already on this test."),
    )


def test_activation_makes_one_set_and_only_what_is_missing(exam: Test, planner: User) -> None:
    add(exam, planner, "0001", "0002")
    activated(exam, planner)
    before = dict(Candidate.objects.values_list("candidate_id", "user__password"))
    from candidates.lifecycle.activation import deactivate

    deactivate(test=exam, by=planner)
    add(exam, planner, "0003")
    activated(exam, planner)
    after = dict(Candidate.objects.values_list("candidate_id", "user__password"))
    assert {key: after[key] for key in before} == before
    assert len(set(after.values()) - {None}) == 3


def test_numbers_go_on_from_the_highest_one_also_after_smaller_ones_and_words(exam: Test, planner: User) -> None:
    for text in ("0500", "0007", "kari"):
        add(exam, planner, text)
    assert add_candidates(test=exam, rows=rows(""), by=planner, source="test").candidate_ids == ("0501",)
