"""What a person should look at before adding: pointed out with a repair, one press repairs all, nothing blocks."""

import pytest

from candidates.intake.importing import preview
from candidates.intake.mending import PreviewAction, mend
from candidates.models import Candidate, Location
from tests.intake.lists import confirmed, waiting

HEAD = "Candidate ID,Extra time\n"
NUMBERS = "".join(
    f"{n},\n" for n in (6352, 3036, 6806, 8112, 3932, 9682, 4570, 4432, 3277, 1359, 1080, 7741, 5520, 2891, 6013)
)


def notices(draft, kind):
    return [one for one in preview(draft).warnings if one.kind == kind]


def repaired(draft, kind):
    mend(draft, [], PreviewAction(for_all=kind))
    assert notices(draft, kind) == []
    return [row.candidate_id for row in preview(draft).ready]


def test_zeros_are_missed_where_all_of_them_are_gone(exam, planner):
    draft = waiting(exam, planner, f"{HEAD}{NUMBERS}116,\n")
    assert [(one.cell, one.proposal) for one in notices(draft, "zeros")] == [("116", "0116")]
    assert repaired(draft, "zeros")[-1] == "0116"


def test_numbers_that_were_counted_through_have_lost_none(exam, planner):
    assert notices(waiting(exam, planner, HEAD + "".join(f"{n},\n" for n in range(1, 100))), "zeros") == []


def test_look_alike_letters_are_repaired_in_one_press(exam, planner):
    draft = waiting(exam, planner, f"{HEAD}{NUMBERS}А001,\n12O4,\nAB7,\n")
    assert [(one.cell, one.proposal) for one in notices(draft, "letters")] == [("А001", "A001"), ("12O4", "1204")]
    assert repaired(draft, "letters")[-3:] == ["A001", "1204", "AB7"]


def test_a_letter_among_words_is_no_digit(exam, planner):
    assert notices(waiting(exam, planner, f"{HEAD}O123,\nAB,\nCD,\n0007,\n"), "letters") == []


def test_letters_in_two_parts_and_odd_spaces_are_tidied_and_said(exam, planner):
    draft = waiting(exam, planner, f"{HEAD}A\u030ase,\n\u00a00007,\n")
    assert [(one.row, one.kind) for one in notices(draft, "tidied")] == [(2, "tidied"), (3, "tidied")]
    confirmed(draft, planner)
    assert set(Candidate.objects.values_list("candidate_id", flat=True)) == {"Åse", "0007"}


def test_a_location_written_like_another_one_is_pointed_out_once_with_its_rows(exam, planner):
    Location.objects.create(building="Vesthall", room="V101")
    text = "1,a@u.no,,vesthall,V101\n2,b@u.no,,vesthall,V101\n3,c@u.no,,Nordbygg,2.02\n4,d@u.no,,nordbygg,2.02\n"
    draft = waiting(exam, planner, text, kind="sso")
    found = [(one.row, one.cell, one.proposal, one.message[:6]) for one in notices(draft, "places")]
    assert found == [
        (1, "vesthall V101", "Vesthall V101", "2 rows"),
        (4, "nordbygg 2.02", "Nordbygg 2.02", "1 row."),
    ]
    repaired(draft, "places")
    confirmed(draft, planner)
    assert Location.objects.count() == 2


def test_without_a_repair_the_names_are_stored_as_they_stand(exam, planner):
    Location.objects.create(building="Vesthall", room="V101")
    confirmed(waiting(exam, planner, "1,a@u.no,,vesthall,V101\n", kind="sso"), planner)
    assert Location.objects.count() == 2


@pytest.mark.parametrize("kind", ["personal", "zeros", "letters", "places", "tidied", "everything"])
def test_a_repair_that_is_not_called_for_changes_nothing(exam, planner, kind):
    draft = waiting(exam, planner, f"{HEAD}0001,\n")
    assert not mend(draft, [], PreviewAction(for_all=kind))
    assert draft.mends == {}


@pytest.mark.parametrize("zeros", [".0", ",00"])
def test_numbers_with_decimals_are_whole_again_in_one_press(exam, planner, zeros):
    text = f"Kandidatnr;Rom\n2001{zeros};101{zeros}\n2002{zeros};101{zeros}\n2003{zeros};\n"
    draft = waiting(exam, planner, text)
    assert preview(draft).problems == ()
    found = [(one.column, one.cell, one.proposal, len(one.fixes)) for one in notices(draft, "decimals")]
    assert found == [("candidate_id", f"2001{zeros}", "2001", 3), ("room", f"101{zeros}", "101", 2)]
    assert repaired(draft, "decimals") == ["2001", "2002", "2003"]
    assert [row.location for row in preview(draft).ready] == [("", "101"), ("", "101"), None]


def test_a_room_that_is_called_so_among_others_is_no_number_with_decimals(exam, planner):
    assert notices(waiting(exam, planner, "Kandidatnr;Rom\n1;1.0\n2;1.1\n3;2.0\n4;2.12\n"), "decimals") == []
