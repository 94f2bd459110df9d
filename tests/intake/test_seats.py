"""Names, private references and seats of candidates, as the door and imports keep them."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from candidates.errors import Refused
from candidates.intake.door import RowsRefused, add_candidates
from candidates.intake.drafts import new_import
from candidates.intake.findings import CHANGEABLE, Already, CandidateRow
from candidates.intake.present import Surroundings
from candidates.intake.undoing import undo_import
from candidates.intake.updating import update_candidates
from candidates.lifecycle.accommodations import change_location
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.models import Candidate, Import, ImportedChange

HALL = ("Vesthall", "V101")


@pytest.fixture
def seated(exam, planner):
    """Return two candidates of one room, in seats 1 and 2."""
    rows = [
        CandidateRow(1, "0001", 0, HALL, private_reference="s1", name="Aas, Reidun", seat="1"),
        CandidateRow(2, "0002", 0, HALL, private_reference="s2", name="Bø, Ola", seat="2"),
    ]
    add_candidates(test=exam, rows=rows, by=planner, source="test")
    return {one.candidate_id: one for one in Candidate.objects.select_related("location")}


def changed(exam, planner, **seats):
    """Let an import give candidates other seats, and names that say so; return its record."""
    present = {one.candidate_id: one for one in Surroundings.of(exam, None, places=False).on_test.values()}
    rows = [
        replace(Already.unchanged(number, present[shown[1:]]), seat=seat, name=f"Now in {seat}")
        for number, (shown, seat) in enumerate(seats.items(), 1)
    ]
    record = new_import(
        by=planner, kind="one_time", file_name="", file_sha256="0" * 64, test=exam, status="done", updated=len(rows)
    )
    record.save()
    with transaction.atomic():
        update_candidates(test=exam, rows=rows, record=record, by=planner)
    return record


def seats():
    return {one.candidate_id: (one.seat, one.name) for one in Candidate.objects.all()}


def test_a_row_brings_name_reference_and_seat(seated):
    assert {(one.name, one.private_reference, one.seat) for one in seated.values()} == {
        ("Aas, Reidun", "s1", "1"),
        ("Bø, Ola", "s2", "2"),
    }


@pytest.mark.parametrize("place", [HALL, None])
def test_a_seat_is_one_persons_in_its_room(exam, planner, place):
    def add(*rows):
        add_candidates(test=exam, rows=rows, by=planner, source="test")

    add(CandidateRow(1, "0001", 0, place, seat="1"))
    elsewhere = ("Nordbygg", "2.06")
    for wrong in (
        [CandidateRow(7, "0007", 0, place, seat="1")],
        [CandidateRow(n, f"1{n}", 0, place, seat="9") for n in (7, 8)],
        [CandidateRow(n, f"1{n}", 0, place, seat=seat) for n, seat in ((7, "a9"), (8, "A9"))],
    ):
        with pytest.raises(RowsRefused) as refused:
            add(*wrong)
        assert [(one.row, one.column) for one in refused.value.problems] == [(wrong[-1].number, "seat")]
    add(
        CandidateRow(1, "0002", 0, elsewhere, seat="1"),
        CandidateRow(2, "0003", 0, place),
        CandidateRow(3, "0004", 0, place),
    )
    twin = Candidate.objects.get(candidate_id="0003")
    twin.seat = "1"
    with pytest.raises(IntegrityError, match="seat"), transaction.atomic():
        twin.save()


def test_two_change_seats_with_each_other_and_back(exam, planner, seated):
    record = changed(exam, planner, _0001="2", _0002="1")
    assert seats() == {"0001": ("2", "Now in 2"), "0002": ("1", "Now in 1")}
    undo_import(record=record, by=planner)
    assert seats() == {"0001": ("1", "Aas, Reidun"), "0002": ("2", "Bø, Ola")}


def test_nobody_goes_back_to_a_seat_that_is_taken(exam, planner, seated):
    record = changed(exam, planner, _0001="7")
    add_candidates(test=exam, rows=[CandidateRow(1, "0003", 0, HALL, seat="1")], by=planner, source="test")
    with pytest.raises(Refused, match="Seat 1 is 0003’s now"):
        undo_import(record=record, by=planner)
    assert seats()["0001"] == ("7", "Now in 7")


def test_nor_to_one_that_differs_only_in_capitals(exam, planner, seated):
    Candidate.objects.filter(candidate_id="0001").update(seat="A1")
    record = changed(exam, planner, _0001="7")
    Candidate.objects.filter(candidate_id="0002").update(seat="a1")
    with pytest.raises(Refused, match="Seat a1 is 0002’s now"):
        undo_import(record=record, by=planner)


def test_two_who_would_go_back_to_one_seat_are_named(exam, planner, seated):
    first = changed(exam, planner, _0001="7")
    changed(exam, planner, _0002="1")
    last = changed(exam, planner, _0001="8", _0002="9")
    undo_import(record=first, by=planner)
    with pytest.raises(Refused, match="0001 and 0002 would both have seat 1"):
        undo_import(record=last, by=planner)
    assert {one: seat for one, (seat, _name) in seats().items()} == {"0001": "8", "0002": "9"}


def test_a_name_that_somebody_mended_since_stays(exam, planner, seated):
    record = changed(exam, planner, _0001="7")
    Candidate.objects.filter(candidate_id="0001").update(name="Aas, Reidun Marie")
    assert undo_import(record=record, by=planner).kept == ("0001",)
    assert seats()["0001"] == ("7", "Aas, Reidun Marie")


def test_who_moves_to_another_room_leaves_the_seat(exam, planner, seated):
    change_location(test=exam, public_ids=[seated["0001"].public_id], building="Nordbygg", room="2.06", by=planner)
    old = details_of(seated["0002"])
    edit_candidate(candidate=seated["0002"], old=old, new=replace(old, place=("Nordbygg", "2.06")), by=planner)
    assert [seat for seat, _name in seats().values()] == ["", ""]


def test_what_imports_keep_of_a_person_can_be_forgotten(exam, planner, seated):
    changed(exam, planner, _0001="7")
    ImportedChange.objects.all().forget_who()
    change = ImportedChange.objects.get()
    assert (change.old_name, change.new_name, change.old_private_reference, change.new_private_reference) == ("",) * 4
    assert (change.old_seat, change.new_seat) == ("1", "7")


def test_every_column_that_a_list_may_change_makes_a_change(exam, seated):
    now = next(iter(Surroundings.of(exam, None, places=False).on_test.values()))
    same = Already.unchanged(1, now)
    assert not same.changes
    other: dict[str, Any] = {"extra_minutes": 99, "place": ("", "X")}
    other |= dict.fromkeys(("name", "private_reference", "seat", "candidate_id"), "X")
    assert other.keys() == set(CHANGEABLE)
    assert all(replace(same, **{name: value}).changes for name, value in other.items())
    assert Import.objects.count() == 0
