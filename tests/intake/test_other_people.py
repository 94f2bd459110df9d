"""A row whose Candidate ID is somebody else's on the test: pointed out by private reference and name."""

import pytest

from candidates.intake.importing import preview
from tests.intake.lists import complete, confirmed, waiting
from tests.intake.test_existing import chosen

HEAD = "Candidate ID,Name,Reference,Extra time\n"
KARI = "0001 is Aas Kari (59001) on this test: is the row about somebody else?"


@pytest.fixture
def known(exam, planner):
    """0001 is Aas Kari, with extra time, 0002 Bo Per, 0003 nobody by name."""
    confirmed(waiting(exam, planner, f"{HEAD}0001,Aas Kari,59001,30\n0002,Bo Per,59002,\n0003,,,\n"), planner)


def pointed_out(exam, planner, rows, *, kind="somebody_else", head=HEAD, existing="update"):
    report = preview(chosen(waiting(exam, planner, head + rows), existing))
    assert not report.problems
    return [(one.row, one.message) for one in report.warnings if one.kind == kind]


@pytest.mark.parametrize("existing", ["", "update", "skip"])
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0001,Bo Per,59002,", f"{KARI} 0002 has the private reference 59002."),
        ("0001,,59002,", f"{KARI} 0002 has the private reference 59002."),
        ("0001,Aas Kari,59002,", f"{KARI} 0002 has the private reference 59002."),
        ("0001,Ek Ola,59004,", KARI),
        ("0001,Ek Ola,,", KARI),
        ("0001,Bo Per,,", KARI),
        ("0001,Bo Per,NULL,", KARI),
        ("0003,Bo Per,59002,", "Is the row about somebody else? 0002 has the private reference 59002."),
    ],
)
def test_a_row_about_somebody_else_is_pointed_out(exam, planner, known, existing, row, message):
    assert pointed_out(exam, planner, f"{row}\n", existing=existing) == [(2, message)]


@pytest.mark.parametrize(
    "row",
    [
        "0001,Aas Kari,59001,15",
        '0001,"Aas, KARI",59009,15',
        "0001,Kari Aas,,15",
        "0001,Aas-Vik Kari,,15",
        "0001,Vik Karianne,59001,15",
        "0001,,59009,15",
        "0001,,,15",
        "0003,Ek Ola,59003,15",
    ],
)
def test_what_may_be_the_same_person_is_not(exam, planner, known, row):
    assert pointed_out(exam, planner, f"{row}\n") == []


def test_numbers_that_were_dealt_out_anew_are_pointed_out_row_by_row_also_in_a_complete_list(exam, planner, known):
    draft = complete(waiting(exam, planner, f"{HEAD}0001,Bo Per,59002,\n0002,Dal Siv,59003,\n0003,Aas Kari,59001,\n"))
    found = [one for one in preview(draft).warnings if one.kind == "somebody_else"]
    assert [(one.row, one.cell) for one in found] == [(2, "0001"), (3, "0002"), (4, "0003")]


def test_who_logs_in_with_an_own_account_may_have_another_name(exam, planner):
    head = "Candidate ID,SSO user ID,Name,Reference\n"
    confirmed(
        waiting(exam, planner, f"{head}0001,a@uni.example,Aas,59001\n0002,b@uni.example,Bo,59002\n", kind="sso"),
        planner,
    )

    def found(row):
        report = preview(chosen(waiting(exam, planner, f"{head}{row}\n", kind="sso"), "update"))
        return [one.message for one in report.warnings if one.kind == "somebody_else"]

    assert found("0001,a@uni.example,Vik,59009") == []
    assert found("0001,a@uni.example,Aas,59002") == [
        "0001 is Aas (59001) on this test: is the row about somebody else? 0002 has the private reference 59002."
    ]


def test_a_private_reference_that_stands_in_several_rows_is_pointed_out_once(exam, planner, known):
    rows = "0002,,59002,\n0011,,S 1,\n0012,,s 1,\n0013,,,\n0014,,NULL,\n0015,,NULL,\n0016,,59002,\n0017,,S 1,\n"
    assert pointed_out(exam, planner, rows, kind="same_reference") == [
        (4, "Rows 3, 4, 9 have the same private reference."),
        (8, "Rows 2, 8 have the same private reference."),
    ]
