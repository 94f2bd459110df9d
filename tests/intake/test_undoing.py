"""Undoing an import as one act: who goes, who gets back what they had, what is kept and why, and until when."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.errors import Refused
from candidates.intake.undoing import undo_import, undoing_of
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, Import, Location, SealedPassword, User
from tests.factories import activated, add, open_now
from tests.intake.lists import confirmed, waiting
from tests.intake.test_existing import chosen

HEAD = "Candidate ID,Extra time\n"


def imported(exam, planner, text=f"{HEAD}0001,30\n0002,\n", **more):
    confirmed(waiting(exam, planner, text, **more), planner)
    return Import.objects.latest("pk")


def ids_on(exam):
    return sorted(Candidate.objects.of_test(exam).values_list("candidate_id", flat=True))


def test_everybody_whom_the_list_added_goes_and_the_others_stay(exam, planner):
    add(exam, planner, "own")
    undone = undo_import(record=imported(exam, planner), by=planner)
    assert (undone.removed, undone.restored, undone.kept) == (2, 0, ())
    exam.refresh_from_db()
    assert (ids_on(exam), exam.candidate_count) == (["own"], 1)
    record = Import.objects.get()
    assert (record.undone_by, record.undone_at is not None) == (planner, True)
    event = AuditEvent.objects.get(action="import_undone")
    assert [name for _id, name in event.detail["removed"]] == ["0001", "0002"]


def test_updated_candidates_get_back_what_they_had(exam, planner):
    (candidate,) = add(exam, planner, "0001", extra=15, location=("Vesthall", "V101"))
    record = None
    confirmed(chosen(waiting(exam, planner, f"{HEAD}0001,60\n0002,\n"), "update"), planner)
    record = Import.objects.get()
    undone = undo_import(record=record, by=planner)
    candidate.refresh_from_db()
    assert (undone.removed, undone.restored) == (1, 1)
    assert (candidate.extra_minutes, candidate.location) == (15, Location.objects.get())


def test_what_somebody_changed_since_by_hand_is_kept_and_named(exam, planner):
    add(exam, planner, "0001", "0003", extra=15)
    confirmed(chosen(waiting(exam, planner, f"{HEAD}0001,60\n0003,60\n"), "update"), planner)
    Candidate.objects.filter(candidate_id="0001").update(extra_minutes=90)
    undone = undo_import(record=Import.objects.get(), by=planner)
    assert (undone.restored, undone.kept) == (1, ("0001",))
    assert dict(Candidate.objects.values_list("candidate_id", "extra_minutes")) == {"0001": 90, "0003": 15}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)])
@pytest.mark.parametrize("confirmed_in", [(0, 1, 2), (2, 1, 0)])
def test_lists_that_changed_the_same_candidate_are_undone_in_any_order(exam, planner, order, confirmed_in):
    (candidate,) = add(exam, planner, "0001", extra=15)
    drafts = [chosen(waiting(exam, planner, f"{HEAD}0001,{minutes}\n"), "update").pk for minutes in (30, 60, 90)]
    for place in confirmed_in:
        confirmed(Import.objects.get(pk=drafts[place]), planner)
    for place in order:
        undo_import(record=Import.objects.get(pk=drafts[place]), by=planner)
    candidate.refresh_from_db()
    assert candidate.extra_minutes == 15


def test_logins_of_the_removed_end_at_once(exam, planner):
    record = imported(exam, planner)
    activated(exam, planner)
    undo_import(record=record, by=planner)
    assert not SealedPassword.objects.exists()
    assert set(User.objects.filter(kind="one_time").values_list("is_active", flat=True)) == {False}


def test_once_somebody_has_started_nothing_is_undone(exam, planner):
    record = imported(exam, planner)
    activated(exam, planner)
    open_now(exam)
    start(candidate=Candidate.objects.get(candidate_id="0002"))
    assert "0002" in undoing_of(Import.objects.select_related("test").get(pk=record.pk)).refusal
    with pytest.raises(Refused, match="has started"):
        undo_import(record=record, by=planner)
    assert ids_on(exam) == ["0001", "0002"]
    assert Import.objects.get().undone_at is None


def test_an_updated_candidate_who_has_started_keeps_the_import_too(exam, planner):
    (candidate,) = add(exam, planner, "0001")
    confirmed(chosen(waiting(exam, planner, f"{HEAD}0001,60\n"), "update"), planner)
    Candidate.objects.filter(pk=candidate.pk).update(started_at=timezone.now())
    with pytest.raises(Refused, match="has started"):
        undo_import(record=Import.objects.get(), by=planner)


def test_while_somebody_of_it_is_logged_in_nothing_is_undone(exam, planner):
    record = imported(exam, planner)
    activated(exam, planner)
    Candidate.objects.filter(candidate_id="0002").update(logged_in_at=timezone.now(), last_seen_at=timezone.now())
    with pytest.raises(Refused, match=r"is logged in now \(0002\)"):
        undo_import(record=record, by=planner)
    assert ids_on(exam) == ["0001", "0002"]
    Candidate.objects.filter(candidate_id="0002").update(last_seen_at=timezone.now() - timedelta(minutes=10))
    assert undo_import(record=record, by=planner).removed == 2


def test_it_is_undone_once(exam, planner):
    record = imported(exam, planner)
    undo_import(record=record, by=planner)
    add(exam, planner, "0001")
    with pytest.raises(Refused, match="undone already"):
        undo_import(record=record, by=planner)
    assert ids_on(exam) == ["0001"]


def test_after_the_end_nothing_is_undone(exam, planner):
    record = imported(exam, planner)
    activated(exam, planner)
    open_now(exam, minutes_ago=60 * 24)
    with pytest.raises(Refused, match="has ended"):
        undo_import(record=record, by=planner)


def test_who_was_removed_before_is_said_and_printed_slips_are_named(exam, planner):
    record = imported(exam, planner)
    first, second = Candidate.objects.of_test(exam)
    remove_candidates(test=exam, public_ids=[first.public_id], by=planner)
    Candidate.objects.filter(pk=second.pk).update(slip_printed_version=1)
    found = undoing_of(Import.objects.select_related("test").get(pk=record.pk))
    assert (found.gone, found.printed, [one.candidate_id for one in found.removed]) == (1, ("0002",), ["0002"])


def test_the_same_list_can_be_imported_again_afterwards(exam, planner):
    undo_import(record=imported(exam, planner), by=planner)
    imported(exam, planner)
    assert ids_on(exam) == ["0001", "0002"]


def test_sso_people_stay_known_and_lose_the_test(exam, planner):
    record = imported(exam, planner, "0001,anna@uni.no\n", kind="sso")
    undo_import(record=record, by=planner)
    assert ids_on(exam) == []
    assert User.objects.filter(kind="sso", is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_people_who_undo_at_once_undo_once(exam, planner):
    record = imported(exam, planner)
    begin = Barrier(8)

    def press(_number):
        try:
            begin.wait(timeout=30)
            return undo_import(record=Import.objects.get(pk=record.pk), by=planner).removed
        except Refused:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(press, range(8)))
    assert sorted(map(str, ends)) == ["2", *["refused"] * 7]
    exam.refresh_from_db()
    assert (exam.candidate_count, ids_on(exam)) == (0, [])


@pytest.mark.parametrize("act", ["look", "undo"])
def test_queries_do_not_grow_with_the_candidates(exam, planner, act):
    counts = []
    for letter, many in (("a", 10), ("b", 400)):
        record = imported(exam, planner, HEAD + "".join(f"{letter}{n},\n" for n in range(many)))
        with CaptureQueriesContext(connection) as captured:
            if act == "look":
                undoing_of(Import.objects.select_related("test").get(pk=record.pk))
            else:
                undo_import(record=record, by=planner)
        # Django deletes by the hundred
        counts.append(len([one for one in captured if not one["sql"].startswith("DELETE")]))
    assert counts[0] == counts[1]


def test_the_audit_names_candidates_in_the_order_of_the_list(exam, planner):
    for name in ("0003", "0001", "0002"):
        add(exam, planner, name, extra=15)
    confirmed(chosen(waiting(exam, planner, f"{HEAD}0003,60\n0002,60\n0001,60\n"), "update"), planner)
    undo_import(record=Import.objects.get(), by=planner)
    names = dict(Candidate.objects.values_list("public_id", "candidate_id"))
    for action, key in (("candidates_updated", "candidates"), ("import_undone", "restored")):
        listed = AuditEvent.objects.get(action=action).detail[key]
        assert [names[one] for one in listed] == ["0001", "0002", "0003"]
