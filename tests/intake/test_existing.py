"""What happens to candidates of a list who are on the test already: chosen, never assumed; blank cells never erase."""

import pytest
from django.utils import timezone

from candidates.intake.importing import NotAdded, preview
from candidates.models import AuditEvent, Candidate, Import, Location
from tests.factories import activated, add, add_many, make_test
from tests.intake.lists import confirmed, waiting

HEAD = "Candidate ID,Extra time\n"


def chosen(draft, existing):
    draft.existing = existing
    draft.save(update_fields=["existing"])
    return draft


def now_of(test, candidate_id="0001"):
    found = Candidate.objects.select_related("location").get(test=test, candidate_id=candidate_id)
    place = (found.location.building, found.location.room) if found.location else ("", "")
    return found.extra_minutes, place


def test_without_a_choice_nothing_is_added(exam, planner):
    add(exam, planner, "0001", extra=15)
    draft = waiting(exam, planner, f"{HEAD}0001,30\n0002,\n")
    report = preview(draft)
    assert (report.must_choose, report.can_be_added, report.problems) == (True, False, ())
    with pytest.raises(NotAdded):
        confirmed(draft, planner)
    assert Candidate.objects.of_test(exam).count() == 1


def test_skipping_adds_the_others_and_leaves_them_as_they_are(exam, planner):
    add(exam, planner, "0001", extra=15)
    outcome = confirmed(chosen(waiting(exam, planner, f"{HEAD}0001,30\n0002,\n"), "skip"), planner)
    assert (outcome.added, outcome.updated) == (1, 0)
    assert now_of(exam) == (15, ("", ""))
    record = Import.objects.get()
    assert (record.added, record.updated, record.skipped) == (1, 0, 1)


def test_an_update_writes_what_stands_in_the_list(exam, planner):
    add(exam, planner, "0001", extra=15)
    outcome = confirmed(chosen(waiting(exam, planner, f"{HEAD}0001,30\n0002,\n"), "update"), planner)
    assert (outcome.added, outcome.updated) == (1, 1)
    assert now_of(exam) == (30, ("", ""))
    event = AuditEvent.objects.get(action="candidates_updated")
    assert (event.count, event.actor) == (1, planner)


@pytest.mark.parametrize("cell", ["", "  "])
def test_a_blank_cell_erases_nothing_and_a_zero_does(exam, planner, cell):
    add(exam, planner, "0001", extra=15)
    draft = chosen(waiting(exam, planner, f"{HEAD}0001,{cell}\n0002,5\n"), "update")
    assert preview(draft).updates == ()
    confirmed(draft, planner)
    assert now_of(exam) == (15, ("", ""))
    confirmed(chosen(waiting(exam, planner, f"{HEAD}0001,0\n"), "update"), planner)
    assert now_of(exam) == (0, ("", ""))


def on_sso_test(exam, planner):
    confirmed(waiting(exam, planner, "0001,anna@uni.no,15,Vesthall,V101\n", kind="sso"), planner)


@pytest.mark.parametrize(
    ("cells", "after"),
    [
        (",,", (15, ("Vesthall", "V101"))),
        ("30,,", (30, ("Vesthall", "V101"))),
        (",Nordbygg,2.02", (15, ("Nordbygg", "2.02"))),
        (",,V101", (15, ("Vesthall", "V101"))),
        (",Vesthall,", (15, ("Vesthall", "V101"))),
    ],
)
def test_a_location_is_updated_as_a_whole(exam, planner, cells, after):
    on_sso_test(exam, planner)
    draft = chosen(waiting(exam, planner, f"0001,anna@uni.no,{cells}\n0002,berit@uni.no\n", kind="sso"), "update")
    confirmed(draft, planner)
    assert now_of(exam) == after


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        (",,R102", "building", "Write the building too: this candidate is in Vesthall V101 now."),
        (",Nordbygg,", "room", "Write the room too: this candidate is in Vesthall V101 now."),
    ],
)
def test_half_a_new_location_would_be_a_guess(exam, planner, cells, column, message):
    on_sso_test(exam, planner)
    report = preview(waiting(exam, planner, f"0001,anna@uni.no,{cells}\n", kind="sso"))
    assert [(one.column, one.message) for one in report.problems] == [(column, message)]


def test_who_has_started_keeps_what_they_have_and_is_named(exam, planner):
    (candidate,) = add(exam, planner, "0001", extra=15)
    activated(exam, planner)
    Candidate.objects.filter(pk=candidate.pk).update(started_at=timezone.now())
    draft = chosen(waiting(exam, planner, f"{HEAD}0001,30\n0002,\n"), "update")
    report = preview(draft)
    assert (report.updates, report.already[0].present.started) == ((), True)
    confirmed(draft, planner)
    assert now_of(exam) == (15, ("", ""))


def test_who_starts_between_the_check_and_the_write_refuses_the_whole_list(exam, planner, monkeypatch):
    from candidates.intake import importing
    from candidates.intake.updating import update_candidates

    (candidate,) = add(exam, planner, "0001", extra=15)
    activated(exam, planner)
    draft = chosen(waiting(exam, planner, f"{HEAD}0001,30\n0002,\n"), "update")

    def starts_meanwhile(**kwargs):
        Candidate.objects.filter(pk=candidate.pk).update(started_at=timezone.now())
        return update_candidates(**kwargs)

    monkeypatch.setattr(importing, "update_candidates", starts_meanwhile)
    with pytest.raises(NotAdded) as refused:
        confirmed(draft, planner)
    assert "has started meanwhile" in refused.value.report.refusal
    assert Candidate.objects.of_test(exam).count() == 1
    assert Import.objects.filter(pk=draft.pk).exists()


def test_slips_that_were_printed_are_out_of_date_after_an_update(exam, planner):
    add(exam, planner, "0001", "0002")
    activated(exam, planner)
    confirmed(chosen(waiting(exam, planner, f"{HEAD}0001,30\n0002,\n"), "update"), planner)
    versions = dict(Candidate.objects.of_test(exam).values_list("candidate_id", "slip_version"))
    assert versions == {"0001": 2, "0002": 1}


def test_a_list_can_update_a_full_test_and_needs_no_place_for_it(exam, planner):
    add_many(exam, planner, 1500)
    outcome = confirmed(chosen(waiting(exam, planner, f"{HEAD}0007,30\n"), "update"), planner)
    assert (outcome.added, outcome.updated) == (0, 1)
    exam.refresh_from_db()
    assert exam.candidate_count == 1500


def test_where_an_update_would_change_nothing_there_is_nothing_to_add(exam, planner):
    add(exam, planner, "0001", extra=30)
    draft = chosen(waiting(exam, planner, f"{HEAD}0001,30\n"), "update")
    assert not preview(draft).can_be_added
    with pytest.raises(NotAdded):
        confirmed(draft, planner)


def test_another_tests_candidates_are_not_on_this_one(exam, planner):
    add(make_test(planner=planner, name="CHE1100"), planner, "0001")
    assert preview(waiting(exam, planner, f"{HEAD}0001,30\n")).already == ()


@pytest.mark.slow
def test_1500_updates_cost_as_many_queries_as_ten(exam, planner, django_assert_max_num_queries):
    add_many(exam, planner, 1500)
    text = HEAD + "".join(f"{n:04},30\n" for n in range(1, 1501))
    draft = chosen(waiting(exam, planner, text), "update")
    with django_assert_max_num_queries(60):
        outcome = confirmed(draft, planner)
    assert outcome.updated == 1500
    assert Location.objects.count() == 0
    assert Candidate.objects.of_test(exam).filter(extra_minutes=30).count() == 1500


SEATED = "Candidate ID,Room,Seat\n"


@pytest.fixture
def in_two_seats(exam, planner):
    """A1 has seat 1 and has started, A2 has seat 2, in one room."""
    confirmed(waiting(exam, planner, f"{SEATED}A1,V1,1\nA2,V1,2\n"), planner)
    activated(exam, planner)
    Candidate.objects.filter(candidate_id="A1").update(started_at=timezone.now())


def seats_of(exam):
    return dict(Candidate.objects.of_test(exam).values_list("candidate_id", "seat"))


@pytest.mark.parametrize("taker", ["A2", "A9"])
@pytest.mark.parametrize("existing", ["update", "skip"])
def test_the_seat_of_who_has_started_is_not_free(exam, planner, in_two_seats, existing, taker):
    draft = chosen(waiting(exam, planner, f"{SEATED}A1,V1,3\n{taker},V1,1\n"), existing)
    # who is left as they are takes no seat
    expected = [] if (existing, taker) == ("skip", "A2") else [(3, "seat", "1")]
    assert [(one.row, one.column, one.cell) for one in preview(draft).problems] == expected
    with pytest.raises(NotAdded):
        confirmed(draft, planner)
    assert seats_of(exam) == {"A1": "1", "A2": "2"}


@pytest.mark.parametrize(("existing", "wrong"), [("", []), ("update", []), ("skip", [3])])
def test_a_seat_is_free_where_its_candidate_really_moves(exam, planner, existing, wrong):
    confirmed(waiting(exam, planner, f"{SEATED}A1,V1,1\nA2,V1,2\n"), planner)
    draft = chosen(waiting(exam, planner, f"{SEATED}A1,V1,3\nA9,V1,1\n"), existing)
    found = preview(draft)
    assert [one.row for one in found.problems] == wrong
    assert [one.message for one in found.problems] == [
        "A1 has this seat in this room. Give one of them another seat."
    ] * len(wrong)
    if existing == "update":
        confirmed(draft, planner)
        assert seats_of(exam) == {"A1": "3", "A2": "2", "A9": "1"}


@pytest.mark.parametrize("existing", ["update", "skip"])
def test_who_are_on_the_test_may_change_seats_with_each_other_or_stay(exam, planner, existing):
    confirmed(waiting(exam, planner, f"{SEATED}A1,V1,1\nA2,V1,2\n"), planner)
    draft = chosen(waiting(exam, planner, f"{SEATED}A1,V1,2\nA2,V1,1\nA3,V1,3\n"), existing)
    assert preview(draft).problems == ()
    confirmed(draft, planner)
    expected = {"A1": "2", "A2": "1"} if existing == "update" else {"A1": "1", "A2": "2"}
    assert seats_of(exam) == expected | {"A3": "3"}


def test_another_problem_of_a_row_is_no_problem_of_its_own_seat(exam, planner):
    confirmed(waiting(exam, planner, f"{SEATED}A1,V1,1\n"), planner)
    draft = waiting(exam, planner, "Candidate ID,Room,Seat,Extra time\nA1,V1,1,much\n")
    assert [one.column for one in preview(draft).problems] == ["extra_time"]


def test_a_new_row_is_in_the_way_of_who_keeps_a_seat_and_not_the_other_way_round(exam, planner):
    confirmed(waiting(exam, planner, f"{SEATED}A1,V1,1\n"), planner)
    draft = chosen(waiting(exam, planner, f"{SEATED}A9,V1,1\nA1,V1,1\n"), "update")
    assert [one.row for one in preview(draft).problems] == [2]


@pytest.mark.parametrize(
    "text", ["A1,V1,a1\nA2,V1,A1\n", "A1,V1,a\u00e51\nA2,V1,A\u00c51\n", "A1,V1,A1\nA2,V1,\uff211\n"]
)
def test_capitals_tell_no_two_seats_of_a_room_apart(exam, planner, text):
    assert [(one.row, one.column) for one in preview(waiting(exam, planner, SEATED + text)).problems] == [(3, "seat")]
    first, second = (f"{SEATED}{line}\n" for line in text.splitlines())
    confirmed(waiting(exam, planner, first), planner)
    draft = waiting(exam, planner, second)
    assert [(one.row, one.column) for one in preview(draft).problems] == [(2, "seat")]
    confirmed(waiting(exam, planner, second.replace("V1", "V2")), planner)


def test_without_a_room_nobody_speaks_of_one(exam, planner):
    draft = waiting(exam, planner, "Candidate ID,Seat\nA1,1\nA2,1\n")
    assert [one.message for one in preview(draft).problems] == [
        "A1 has this seat. Give one of them another seat, or a room."
    ]


@pytest.mark.parametrize(
    ("seats", "sentence"),
    [
        ({"A1": "2"}, "Seat 2 is A2’s. Nothing was changed"),
        ({"A1": "7", "A2": "7"}, "Seat 7 is A1’s. Nothing was changed"),
    ],
)
def test_a_seat_that_the_check_overlooked_is_a_sentence(exam, planner, monkeypatch, seats, sentence):
    """Of a check that is wrong: the update refuses under its lock, and no constraint breaks."""
    from candidates.intake import problems

    confirmed(waiting(exam, planner, f"{SEATED}A1,V1,1\nA2,V1,2\n"), planner)
    monkeypatch.setattr(problems._Check, "seats", lambda _self: None)
    rows = "".join(f"{shown},V1,{seat}\n" for shown, seat in seats.items())
    with pytest.raises(NotAdded) as refused:
        confirmed(chosen(waiting(exam, planner, SEATED + rows), "update"), planner)
    assert sentence in refused.value.report.refusal
    assert seats_of(exam) == {"A1": "1", "A2": "2"}
