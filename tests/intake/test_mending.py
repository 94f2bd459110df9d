"""Mending a waiting list: cells, rows left out, repairs that were offered, numbers instead of names."""

import io

import openpyxl
import pytest

from candidates.intake import mending
from candidates.intake.drafts import DraftGone
from candidates.intake.findings import Typed
from candidates.intake.found import reading_of
from candidates.intake.importing import NotAdded, preview
from candidates.intake.kinds import NUMBERS
from candidates.intake.mending import PreviewAction, mend, put_back, read_again
from candidates.models import Candidate, Import
from candidates.tabular.table import UnreadableFile
from tests.factories import add
from tests.intake.lists import confirmed, waiting
from tests.intake.samples import saved

HEAD = "Candidate ID,Extra time\n"
WRONG = f"{HEAD}0001,30 min\n0001,\n0003,-5\n0004,10\n"


def press(draft, *cells, **wish):
    return mend(draft, [Typed(*cell) for cell in cells], PreviewAction(**wish))


def problems(draft):
    return [(one.row, one.column) for one in preview(draft).problems]


def ids(draft):
    return [row.candidate_id for row in preview(draft).ready]


def test_typed_cells_take_the_place_of_those_that_were_read(exam, planner):
    draft = waiting(exam, planner, WRONG)
    assert problems(draft) == [(2, "extra_time"), (3, "candidate_id"), (4, "extra_time")]
    assert press(draft, (2, "extra_time", "30"), (3, "candidate_id", "0002"), (4, "extra_time", "5"))
    assert problems(draft) == []
    confirmed(draft, planner)
    stored = dict(Candidate.objects.of_test(exam).values_list("candidate_id", "extra_minutes"))
    assert stored == {"0001": 30, "0002": 0, "0003": 5, "0004": 10}


def test_a_cell_that_is_typed_wrongly_again_is_kept_and_a_problem(exam, planner):
    draft = waiting(exam, planner, WRONG)
    press(draft, (2, "extra_time", "thirty"))
    (first, *_others) = preview(draft).problems
    assert (first.row, first.cell) == (2, "thirty")


def test_what_is_typed_as_it_was_read_is_no_change(exam, planner):
    draft = waiting(exam, planner, WRONG)
    assert not press(draft, (2, "extra_time", "30 min"))
    press(draft, (2, "extra_time", "30"))
    assert press(draft, (2, "extra_time", "30 min"))
    assert draft.mends == {}


@pytest.mark.parametrize(
    "cell", [(99, "extra_time", "1"), (2, "test", "7"), (2, "numbered", "1"), (2, "sso_user_id", "a@b.c")]
)
def test_a_cell_that_the_list_does_not_have_is_passed_over(exam, planner, cell):
    draft = waiting(exam, planner, WRONG)
    assert not press(draft, cell)
    assert draft.mends == {}


@pytest.mark.parametrize("typed", ["00\x0001", "00\u202e01", "00\ud80001"])
def test_a_hidden_character_in_a_typed_cell_is_spelt_out_stored_and_a_problem(exam, planner, typed):
    draft = waiting(exam, planner, f"{HEAD}0001,\n")
    press(draft, (2, "candidate_id", typed))
    draft.refresh_from_db()
    (problem,) = preview(draft).problems
    assert problem.cell.startswith("00‹U+")
    assert problem.proposal == "0001"


def test_a_row_is_left_out_and_taken_back(exam, planner):
    draft = waiting(exam, planner, WRONG)
    press(draft, leave_out=3)
    assert problems(draft) == [(2, "extra_time"), (4, "extra_time")]
    assert preview(draft).left_out == 1
    press(draft, leave_out=77)
    assert draft.left_out == [3]
    press(draft, take_back=True)
    assert (3, "candidate_id") in problems(draft)


def test_typed_cells_are_kept_when_a_button_of_another_row_is_pressed(exam, planner):
    draft = waiting(exam, planner, WRONG)
    press(draft, (2, "extra_time", "30"), leave_out=4)
    assert problems(draft) == [(3, "candidate_id")]


def test_a_proposal_is_used(exam, planner):
    draft = waiting(exam, planner, WRONG)
    press(draft, use=(2, "extra_time"))
    assert draft.mends == {"2": {"extra_time": "30"}}
    assert not press(draft, use=(3, "candidate_id"))  # there is none


def test_all_lost_zeros_are_put_back_at_once(exam, planner):
    text = HEAD + "".join(f"{n:04},\n" for n in range(100, 140)) + "77,\n8,\n"
    draft = waiting(exam, planner, text)
    press(draft, for_all="zeros")
    assert ids(draft)[-2:] == ["0077", "0008"]
    assert [notice for notice in preview(draft).warnings if notice.kind == "zeros"] == []


def test_generated_numbers_take_the_place_of_names_which_become_private_references(exam, planner):
    add(exam, planner, "0007")
    names = ["Kari Nordmann", "ola@uni.no", "Åse Berg", "Per Olsen", "Eva Lie", "Jan Lund", "Ida Moe"]
    draft = waiting(exam, planner, HEAD + "0003,\n0020,\n" + "".join(f"{name},\n" for name in names))
    press(draft, for_all=NUMBERS)
    assert sorted(ids(draft)) == ["0003", "0020", *(f"{n:04}" for n in range(21, 28))]
    assert preview(draft).warnings == ()
    confirmed(draft, planner)
    stored = dict(Candidate.objects.of_test(exam).values_list("private_reference", "candidate_id"))
    assert set(names) <= set(stored)
    named = set(Candidate.objects.of_test(exam).exclude(name="").values_list("name", flat=True))
    assert named == set(names) - {"ola@uni.no"}
    assert not press_again(exam, planner, names)


def press_again(exam, planner, names):
    """Say whether numbers come in the order of the names every time: graders would know the order of the list."""
    orders = set()
    for _run in range(8):
        draft = waiting(exam, planner, HEAD + "".join(f"{name} Two,\n" for name in names))
        press(draft, for_all=NUMBERS)
        orders.add(tuple(ids(draft)))
    return len(orders) == 1


@pytest.mark.parametrize("existing", ["", "skip", "update"])
def test_a_generated_number_that_somebody_takes_meanwhile_is_a_problem_and_changes_nobody(
    exam, planner, colleague, existing
):
    draft = waiting(exam, planner, f"{HEAD}Kari Nordmann,30\n")
    press(draft, for_all=NUMBERS)
    press(draft, existing=existing)
    add(exam, colleague, "0001")
    report = preview(draft)
    assert [one.message for one in report.problems] == ["0001 is already on this test."]
    assert report.already == ()
    with pytest.raises(NotAdded):
        confirmed(draft, planner)
    assert Candidate.objects.get().extra_minutes == 0


def test_numbers_past_what_is_counted_on_are_not_dealt_twice(exam, planner):
    add(exam, planner, "99999999", "100000000")
    draft = waiting(exam, planner, f"{HEAD}Kari Nordmann,\n")
    press(draft, for_all=NUMBERS)
    assert problems(draft) == []


def test_the_id_that_equals_the_sso_user_id_is_replaced_too(exam, planner):
    draft = waiting(exam, planner, "anna,anna@uni.no\n", kind="sso")
    assert [one.kind for one in preview(draft).warnings] == ["same_as_sso"]
    press(draft, for_all=NUMBERS)
    assert ids(draft) == ["0001"]


def test_everything_is_taken_back_at_once(exam, planner):
    draft = waiting(exam, planner, WRONG)
    press(draft, (2, "extra_time", "30"), leave_out=3)
    press(draft, start_over=True)
    assert (draft.mends, draft.left_out) == ({}, [])


@pytest.mark.parametrize(("said", "kept"), [("skip", "skip"), ("update", "update"), ("erase", ""), ("", "")])
def test_the_choice_about_candidates_on_the_test_is_one_of_two_or_none(exam, planner, said, kept):
    draft = waiting(exam, planner, WRONG)
    press(draft, existing=said)
    draft.refresh_from_db()
    assert draft.existing == kept


def test_cells_too_many_are_dropped_by_emptying_their_field(exam, planner):
    draft = waiting(exam, planner, f"{HEAD}0001,\n0002,5,x\n0003,\n")
    assert problems(draft) == [(3, "")]
    press(draft, (3, "", ""))
    assert problems(draft) == []
    assert ids(draft) == ["0001", "0002", "0003"]


def test_two_tabs_add_their_cells_to_each_other(exam, planner):
    first = waiting(exam, planner, WRONG)
    second = Import.objects.get(pk=first.pk)
    press(first, (2, "extra_time", "30"))
    # as a page sends them: all its fields, with what it had shown in each
    sent = [(2, "extra_time", "30 min", "30 min"), (3, "candidate_id", "0001", "0001"), (4, "extra_time", "5", "-5")]
    press(second, *sent)
    assert set(Import.objects.get(pk=first.pk).mends) == {"2", "4"}


@pytest.mark.parametrize("meanwhile", ["mended", "gone"])
def test_a_change_is_worked_out_again_from_what_another_tab_has_left(exam, planner, monkeypatch, meanwhile):
    draft = waiting(exam, planner, WRONG)
    found = mending._found

    def looked(one):
        monkeypatch.setattr(mending, "_found", found)
        live = found(one)
        if meanwhile == "mended":
            press(Import.objects.get(pk=draft.pk), leave_out=3)
        else:
            Import.objects.all().delete()
        return live

    monkeypatch.setattr(mending, "_found", looked)
    if meanwhile == "gone":
        with pytest.raises(DraftGone):
            press(draft, (2, "extra_time", "30"))
        return
    assert press(draft, (2, "extra_time", "30"))
    assert problems(Import.objects.get(pk=draft.pk)) == [(4, "extra_time")]


def test_of_a_candidate_nobody_makes_a_password(exam, planner):
    draft = waiting(exam, planner, WRONG)
    assert not press(draft, make_password=2)


def test_a_list_is_not_read_so_that_it_has_more_rows_than_a_test_holds(exam, planner):
    draft = waiting(exam, planner, HEAD + "".join(f"{n:04},\n" for n in range(1500)))
    with pytest.raises(UnreadableFile, match="the list has 1501 rows, more than a test holds"):
        read_again(draft, reading=reading_of(draft), header=None)
    assert len(ids(draft)) == 1500


def test_a_list_that_is_gone_is_not_mended(exam, planner):
    draft = waiting(exam, planner, WRONG)
    Import.objects.all().delete()
    with pytest.raises(DraftGone):
        press(draft, (2, "extra_time", "30"))
    with pytest.raises(DraftGone):
        put_back(draft, {2: {"extra_time": "30"}})


def test_rows_of_a_mended_file_replace_theirs_and_come_back_in(exam, planner):
    draft = waiting(exam, planner, WRONG)
    press(draft, leave_out=4)
    put_back(draft, {4: {"candidate_id": "0003", "extra_time": "5", "": ""}})
    draft.refresh_from_db()
    assert draft.left_out == []
    assert problems(draft) == [(2, "extra_time"), (3, "candidate_id")]


def test_a_number_that_a_format_hid_is_taken_once_a_person_says_so(exam, planner):
    book = openpyxl.Workbook()
    book.active.append(["Candidate ID", "Extra time"])
    book.active.append([1234, 5])
    book.active["A2"].number_format = '"No. "0'
    stream = io.BytesIO()
    book.save(stream)
    draft = waiting(exam, planner, stream.getvalue(), name="list.xlsx")
    assert problems(draft) == [(2, "candidate_id")]
    assert not press(draft, (2, "candidate_id", "No. 1234", "No. 1234"))  # sent with the page, and touched by nobody
    press(draft, use=(2, "candidate_id"))
    assert ids(draft) == ["No. 1234"]


@pytest.mark.parametrize("again", [False, True])
def test_who_is_on_the_test_under_a_number_is_pointed_out(exam, planner, again):
    first = waiting(exam, planner, f"{HEAD}Kari Nordmann,\n")
    press(first, for_all=NUMBERS)
    confirmed(first, planner)
    exam.refresh_from_db()
    draft = waiting(exam, planner, f"{HEAD}kari nordmann,\nOla Berg,\n")
    if again:
        press(draft, for_all=NUMBERS)
    found = [(one.row, one.kind) for one in preview(draft).warnings if one.kind == "known"]
    assert found == [(2, "known")]
    press(draft, leave_out=2)
    assert not [one for one in preview(draft).warnings if one.kind == "known"]


def test_hidden_rows_that_are_left_out_stay_out_where_the_columns_are_read_as_others(exam, planner):
    book = openpyxl.Workbook()
    for row in (["0001", "30", "x"], ["0002", "15", "y"], ["0003", "20", "z"]):
        book.active.append(row)
    book.active.row_dimensions[2].hidden = True
    draft = waiting(exam, planner, saved(book), name="list.xlsx")
    mend(draft, [], PreviewAction(hidden_rows="out"))
    read_again(draft, reading=reading_of(draft), header=None, chosen={0: "candidate_id", 1: "", 2: ""})
    draft.refresh_from_db()
    assert (draft.left_out, draft.hidden_rows_are) == ([2], "out")
    read_again(draft, reading=reading_of(draft), header=None)
    draft.refresh_from_db()
    assert (draft.left_out, draft.hidden_rows_are) == ([], "")
