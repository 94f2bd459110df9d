"""Permanent users at the one door: who may come in, and what the door says of everybody else (C12, D4, D17)."""

import pytest

from candidates.intake.columns import MappedRow
from candidates.intake.door import NoRoom, RowsRefused, add_candidates
from candidates.intake.findings import CandidateRow, Problem
from candidates.intake.permanent import PeopleAround, check_selection, distinct
from candidates.models import Candidate, PermanentUser, SsoIdentity, Test, User
from tests.factories import Role, activated, add, contribute, make_permanent

pytestmark = pytest.mark.django_db


@pytest.fixture
def kari(db: None) -> PermanentUser:
    """A permanent user."""
    return make_permanent(username="kari01")


def come_in(test: Test, by: User, *accounts: int, ids: tuple[str, ...] = ()) -> None:
    names = ids or tuple(f"Name {number}" for number in range(len(accounts)))
    rows = [
        CandidateRow(number, text, 0, account=account)
        for number, (text, account) in enumerate(zip(names, accounts, strict=True), 1)
    ]
    add_candidates(test=test, rows=rows, by=by, source="test")


def why(test: Test, by: User, *accounts: int) -> list[str]:
    with pytest.raises(RowsRefused) as refused:
        come_in(test, by, *accounts)
    test.refresh_from_db()
    assert test.candidate_count == Candidate.objects.of_test(test).count()
    return [problem.message for problem in refused.value.problems]


def test_a_permanent_user_comes_in_with_the_own_account(exam: Test, planner: User, kari: PermanentUser) -> None:
    come_in(exam, planner, kari.pk)
    one = Candidate.objects.get(test=exam)
    assert (one.kind, one.user_id, one.candidate_id) == ("permanent", kari.pk, "Name 0")


def test_activation_makes_no_second_account(exam: Test, planner: User, kari: PermanentUser) -> None:
    come_in(exam, planner, kari.pk)
    add(exam, planner, "0001")
    activated(exam, planner)
    assert Candidate.objects.get(test=exam, kind="permanent").user_id == kari.pk
    assert User.objects.filter(kind=User.Kind.ONE_TIME).count() == 1


@pytest.mark.parametrize("kind", [User.Kind.STAFF, User.Kind.SSO])
def test_an_account_of_another_kind_does_not_come_in(kind: str, exam: Test, planner: User) -> None:
    other = User.objects.create_user("other", kind=kind)
    assert why(exam, planner, other.pk) == [
        "This person may not log in any more: the account was deactivated or deleted."
    ]


def test_who_was_deactivated_or_deleted_does_not_come_in(exam: Test, planner: User, kari: PermanentUser) -> None:
    User.objects.filter(pk=kari.pk).update(is_active=False)
    assert len(why(exam, planner, kari.pk, 999_999)) == 2


def test_every_problem_of_a_person_stands_at_the_row_and_cell_of_the_list(
    exam: Test, planner: User, kari: PermanentUser, grader: User
) -> None:
    berit = make_permanent("Berit", "Dahl")
    contribute(exam, berit.user, Role.GRADER)
    come_in(exam, planner, kari.pk, ids=("Kari",))
    SsoIdentity.objects.create(user=grader, authentication_type="campus", sso_user_id="elin", sso_key="elin")
    cato, rows = make_permanent("Cato", "Lie"), []
    for number, account in ((4, kari.pk), (5, berit.pk), (6, cato.pk), (8, cato.pk)):
        rows.append(CandidateRow(number, f"N{number}", 0, account=account))
    rows.append(CandidateRow(9, "N9", 0, sso_user_id="elin", authentication_type="campus"))
    with pytest.raises(RowsRefused) as refused:
        add_candidates(test=exam, rows=rows, by=planner, source="test")
    works = "This person plans, invigilates or grades the test, and cannot be its candidate."
    assert refused.value.problems == (
        Problem(4, "candidate_id", "N4", "This person is already on the test as candidate Kari."),
        Problem(5, "candidate_id", "N5", works),
        Problem(8, "candidate_id", "N8", "Row 6 has the same person."),
        Problem(9, "sso_user_id", "elin", works),
    )
    cato.user.is_active = False
    cato.user.save()
    gone = "This person may not log in any more: the account was deactivated or deleted."
    with pytest.raises(RowsRefused) as refused:
        add_candidates(test=exam, rows=rows[2:], by=planner, source="test")
    assert refused.value.problems == (
        Problem(6, "candidate_id", "N6", gone),
        Problem(8, "candidate_id", "N8", gone),
    )


def test_nobody_is_on_a_test_twice(exam: Test, planner: User, kari: PermanentUser) -> None:
    assert why(exam, planner, kari.pk, kari.pk) == ["Row 1 has the same person."]
    come_in(exam, planner, kari.pk, ids=("Kari",))
    assert why(exam, planner, kari.pk) == ["This person is already on the test as candidate Kari."]


def test_who_works_on_the_test_is_not_its_candidate(exam: Test, planner: User, kari: PermanentUser) -> None:
    contribute(exam, kari.user, Role.GRADER)
    assert why(exam, planner, kari.pk) == [
        "This person plans, invigilates or grades the test, and cannot be its candidate."
    ]


def test_the_cap_is_that_of_every_way_of_adding(exam: Test, planner: User, kari: PermanentUser) -> None:
    Test.objects.filter(pk=exam.pk).update(candidate_count=1500)
    with pytest.raises(NoRoom):
        come_in(exam, planner, kari.pk)


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        (set(), "Kari Nordmann"),
        ({"kari nordmann"}, "Kari Nordmann 2"),
        ({"kari nordmann", "kari nordmann 2"}, "Kari Nordmann 3"),
        ({"kari nordmann 2"}, "Kari Nordmann"),
    ],
)
def test_namesakes_get_the_first_free_number(taken: set[str], name: str) -> None:
    assert distinct("Kari Nordmann", taken) == name


@pytest.mark.parametrize(
    ("candidate_id", "kinds"),
    [
        *(("kari01", ["names"]), ("KARI01", ["names"]), ("Kari Nordmann 2", ["names"]), ("0001", [])),
        ("kari@uni.example", ["personal"]),
    ],
)
def test_a_candidate_id_by_which_graders_know_the_person_is_pointed_out_and_ready(
    exam: Test, kari: PermanentUser, candidate_id: str, kinds: list[str]
) -> None:
    values = {"candidate_id": candidate_id, "account": str(kari.pk), "username": "kari01", "name": kari.full_name}
    rows = [MappedRow(1, values)]
    checked = check_selection(rows, PeopleAround.of(exam, rows), duration=180, limit=600)
    assert [notice.kind for notice in checked.warnings] == kinds
    assert [row.candidate_id for row in checked.ready] == [candidate_id]


def test_who_works_on_the_test_and_who_shares_an_id_is_a_problem_of_the_row(exam: Test, kari: PermanentUser) -> None:
    ola = make_permanent("Ola", "H", username="ola")
    contribute(exam, ola.user, Role.GRADER)
    people = [("0001", kari), ("0002", ola), ("0001", make_permanent("Per", "P"))]
    rows = [
        MappedRow(
            n, {"candidate_id": text, "account": str(one.pk), "username": one.user.username, "name": one.full_name}
        )
        for n, (text, one) in enumerate(people, 1)
    ]
    checked = check_selection(rows, PeopleAround.of(exam, rows), duration=180, limit=600)
    assert checked.problems == (
        Problem(2, "username", "ola", "Ola H plans, invigilates or grades the test, and cannot be its candidate."),
        Problem(3, "candidate_id", "0001", "Row 1 has the same Candidate ID.", "Per P"),
    )
    assert [row.number for row in checked.ready] == [1]
