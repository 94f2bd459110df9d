"""A file as the complete list: who leaves, who stays and why, applied as one act, and undone as one."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.utils import timezone

from candidates.errors import Refused
from candidates.intake import importing
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.importing import NotAdded, confirm
from candidates.intake.undoing import undo_import, undoing_of
from candidates.intake.updating import update_candidates
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.erasing import delete_sso_person
from candidates.lifecycle.everything_about import export_person
from candidates.lifecycle.sitting import start
from candidates.models import (
    AuditEvent,
    Candidate,
    Import,
    ImportedRemoval,
    Location,
    SealedPassword,
    SsoIdentity,
    Test,
)
from candidates.models.tests import MAX_CANDIDATES
from candidates.rosters.complete import look
from candidates.rosters.plan import Why
from tests.factories import activated, add, add_sso, make_permanent, open_now
from tests.intake.lists import complete, confirmed, waiting

HEAD = "Candidate ID,Extra time\n"
SSO_HEAD = "Candidate ID;SSO user ID\n"


def ids_on(exam):
    return list(Candidate.objects.of_test(exam).order_by("sort_key").values_list("candidate_id", flat=True))


def groups(draft):
    """Names of the plan's groups, with the keys in each."""
    plan = plan_of(Import.objects.get(pk=draft.pk))
    return {name: [_named(entry) for entry in getattr(plan, name)] for name in ("join", "change", "leave", "stay")}


def plan_of(draft) -> Any:
    """The plan of a draft as it is."""
    return look(draft).plan  # type: ignore[attr-defined]  # it is complete


def _named(entry):
    return entry.listed.candidate_id if entry.listed else entry.standing.present.candidate_id


def sso_list(exam, planner, *rows):
    return waiting(exam, planner, SSO_HEAD + "".join(f"{one}\n" for one in rows), kind="sso")


def test_a_list_says_who_joins_changes_leaves_and_stays(exam, planner):
    add(exam, planner, "0001", "0002", "0003")
    draft = complete(waiting(exam, planner, f"{HEAD}0001,\n0002,30\n0004,\n"))
    assert groups(draft) == {"join": ["0004"], "change": ["0002"], "leave": ["0003"], "stay": ["0001"]}


def test_it_is_applied_as_one_act(exam, planner):
    add(exam, planner, "0001", "0002", "0003")
    outcome = confirmed(complete(waiting(exam, planner, f"{HEAD}0001,\n0002,30\n0004,\n")), planner)
    assert (outcome.added, outcome.updated, outcome.removed) == (1, 1, 1)
    exam.refresh_from_db()
    assert (ids_on(exam), exam.candidate_count) == (["0001", "0002", "0004"], 3)
    record = Import.objects.get()
    assert (record.added, record.updated, record.removed) == (1, 1, 1)
    event = AuditEvent.objects.get(action="candidates_removed")
    assert ([one[1] for one in event.detail["candidates"]], event.detail["import"]) == (["0003"], record.public_id)


def test_a_list_that_does_not_say_so_removes_nobody(exam, planner):
    add(exam, planner, "0001")
    confirmed(waiting(exam, planner, f"{HEAD}0002,\n"), planner)
    assert ids_on(exam) == ["0001", "0002"]


def test_who_is_unticked_is_left_as_they_are(exam, planner):
    (first, second) = add(exam, planner, "0001", "0002")
    draft = complete(waiting(exam, planner, f"{HEAD}0001,30\n0003,\n0004,\n"), "2", "3", second.public_id)
    confirmed(draft, planner)
    assert ids_on(exam) == ["0001", "0002", "0004"]
    first.refresh_from_db()
    assert first.extra_minutes == 0


def test_the_last_one_may_leave_without_anybody_joining(exam, planner):
    add(exam, planner, "0001", "0002")
    outcome = confirmed(complete(waiting(exam, planner, f"{HEAD}0001,\n")), planner)
    assert (outcome.added, outcome.updated, outcome.removed) == (0, 0, 1)
    assert ids_on(exam) == ["0001"]


def test_where_nothing_would_change_nothing_can_be_applied(exam, planner):
    add(exam, planner, "0001")
    draft = complete(waiting(exam, planner, f"{HEAD}0001,\n"))
    assert not look(draft).can_be_added


def test_who_has_started_stays_and_is_named(exam, planner):
    (writing, _other) = add(exam, planner, "0001", "0002")
    activated(exam, planner)
    open_now(exam)
    start(candidate=Candidate.objects.get(pk=writing.pk))
    draft = complete(waiting(exam, planner, f"{HEAD}0003,\n"))
    stay = plan_of(draft).stay
    assert [(one.standing.key, one.why) for one in stay] == [(writing.public_id, Why.ABSENT_STARTED)]
    confirmed(draft, planner)
    assert ids_on(exam) == ["0001", "0003"]


def test_who_has_started_keeps_extra_time_and_id(exam, planner):
    (writing,) = add_sso(exam, planner, "0001")
    activated(exam, planner)
    Candidate.objects.filter(pk=writing.pk).update(started_at=timezone.now())
    draft = complete(sso_list(exam, planner, "0009;0001@uni.example", "0010;new@uni.example"))
    (entry,) = plan_of(draft).stay
    assert (entry.why, [one.field for one in entry.changes]) == (Why.STARTED, ["candidate_id"])
    confirmed(draft, planner)
    assert ids_on(exam) == ["0001", "0010"]


def test_who_is_logged_in_now_stays(exam, planner):
    (here, _other) = add(exam, planner, "0001", "0002")
    activated(exam, planner)
    Candidate.objects.filter(pk=here.pk).update(logged_in_at=timezone.now(), last_seen_at=timezone.now())
    draft = complete(waiting(exam, planner, f"{HEAD}0003,\n"))
    assert [one.why for one in plan_of(draft).stay] == [Why.ABSENT_ONLINE]
    assert groups(draft)["leave"] == ["0002"]


def test_who_starts_after_the_look_stops_it(exam, planner):
    (writing, _other) = add(exam, planner, "0001", "0002")
    activated(exam, planner)
    draft = complete(waiting(exam, planner, f"{HEAD}0003,\n"))
    seen = look(draft).seen(exam)
    Candidate.objects.filter(pk=writing.pk).update(started_at=timezone.now())
    with pytest.raises(NotAdded) as refused:
        confirm(draft, by=planner, seen=seen, look=look)
    assert refused.value.changed
    assert ids_on(exam) == ["0001", "0002"]


def test_who_starts_between_the_check_and_the_write_stops_it(exam, planner, monkeypatch):
    from candidates.intake import importing
    from candidates.intake.leaving import remove_absent

    (writing, _other) = add(exam, planner, "0001", "0002")
    activated(exam, planner)
    draft = complete(waiting(exam, planner, f"{HEAD}0003,\n"))

    def starts_meanwhile(**kwargs):
        Candidate.objects.filter(pk=writing.pk).update(started_at=timezone.now())
        return remove_absent(**kwargs)

    monkeypatch.setattr(importing, "remove_absent", starts_meanwhile)
    with pytest.raises(NotAdded) as refused:
        confirmed(draft, planner)
    assert "started or logged in meanwhile" in refused.value.report.refusal
    assert ids_on(exam) == ["0001", "0002"]


def test_others_kinds_stay(exam, planner):
    add(exam, planner, "0001")
    add_sso(exam, planner, "0002")
    draft = complete(sso_list(exam, planner, "0003;new@uni.example"))
    assert groups(draft) == {"join": ["0003"], "change": [], "leave": ["0002"], "stay": ["0001"]}
    draft = complete(waiting(exam, planner, f"{HEAD}0004,\n"))
    assert groups(draft) == {"join": ["0004"], "change": [], "leave": ["0001"], "stay": ["0002"]}


def test_permanent_users_are_not_removed_by_a_file(exam, planner):
    row = CandidateRow(1, "Kari", 0, account=make_permanent().pk)
    add_candidates(test=exam, rows=[row], by=planner, source="test")
    confirmed(complete(waiting(exam, planner, f"{HEAD}0004,\n")), planner)
    assert ids_on(exam) == ["0004", "Kari"]


@pytest.mark.parametrize("how", ["left out", "wrong"])
def test_who_is_named_in_a_row_that_is_not_used_does_not_leave(exam, planner, how):
    add(exam, planner, "0001", "0002")
    draft = complete(waiting(exam, planner, f"{HEAD}0001,{'' if how == 'left out' else 'much'}\n0003,\n"))
    if how == "left out":
        draft.left_out = [2]
        draft.save()
    plan = plan_of(draft)
    assert [one.why for one in plan.stay] == [Why.SPARED]
    assert groups(draft)["leave"] == ["0002"]


def test_nor_does_an_sso_person_whose_row_is_left_out(exam, planner):
    add_sso(exam, planner, "0001", "0002")
    draft = complete(sso_list(exam, planner, "0009;0001@uni.example", "0003;new@uni.example"))
    draft.left_out = [2]
    draft.save()
    assert [one.why for one in plan_of(draft).stay] == [Why.SPARED]
    assert groups(draft)["leave"] == ["0002"]


def test_the_seat_of_who_stays_is_not_given_to_somebody_else(exam, planner):
    head = "Candidate ID,Room,Seat\n"
    confirmed(waiting(exam, planner, f"{head}A1,V1,1\n"), planner)
    draft = complete(waiting(exam, planner, f"{head}A2,V1,1\n"), Candidate.objects.get().public_id)
    (problem,) = look(draft).problems
    assert (problem.row, problem.column, problem.cell) == (2, "seat", "1")
    assert "A1" in problem.message


def test_an_id_that_somebody_takes_between_the_check_and_the_write_refuses_the_whole_list(exam, planner, monkeypatch):
    add_sso(exam, planner, "0001", "0002")
    draft = complete(sso_list(exam, planner, "0009;0001@uni.example", "0002;0002@uni.example"))

    def late(**more):
        Candidate.objects.filter(candidate_id="0002").update(candidate_id="0009", candidate_key="0009")
        update_candidates(**more)

    monkeypatch.setattr(importing, "update_candidates", late)
    with pytest.raises(NotAdded) as refused:
        confirmed(draft, planner)
    assert refused.value.report.refusal.startswith("0009 is already on this test. Nothing was changed")
    assert ids_on(exam) == ["0001", "0002"]


def test_a_person_under_another_candidate_id_keeps_the_place(exam, planner):
    (kari,) = add_sso(exam, planner, "0001", extra=30)
    confirmed(complete(sso_list(exam, planner, "0009;0001@uni.example")), planner)
    after = Candidate.objects.get()
    assert (after.pk, after.candidate_id, after.candidate_key, after.extra_minutes) == (kari.pk, "0009", "0009", 30)
    exam.refresh_from_db()
    assert exam.last_number == 9
    undo_import(record=Import.objects.get(), by=planner)
    after.refresh_from_db()
    assert (after.candidate_id, after.candidate_key) == ("0001", "0001")


def test_two_people_change_ids_with_each_other_and_back(exam, planner):
    kari, ola = add_sso(exam, planner, "0001", "0002")
    confirmed(complete(sso_list(exam, planner, "0002;0001@uni.example", "0001;0002@uni.example")), planner)
    assert dict(Candidate.objects.values_list("pk", "candidate_id")) == {kari.pk: "0002", ola.pk: "0001"}
    undo_import(record=Import.objects.get(), by=planner)
    assert dict(Candidate.objects.values_list("pk", "candidate_id")) == {kari.pk: "0001", ola.pk: "0002"}


def test_who_joins_may_have_the_id_of_who_leaves(exam, planner):
    add_sso(exam, planner, "0001")
    confirmed(complete(sso_list(exam, planner, "0001;new@uni.example")), planner)
    assert list(Candidate.objects.values_list("candidate_id", "sso_user_id")) == [("0001", "new@uni.example")]
    undo_import(record=Import.objects.get(), by=planner)
    assert list(Candidate.objects.values_list("candidate_id", "sso_user_id")) == [("0001", "0001@uni.example")]


def test_but_not_of_who_stays(exam, planner):
    (kari,) = add_sso(exam, planner, "0001")
    draft = complete(sso_list(exam, planner, "0001;new@uni.example"), kari.public_id)
    (problem,) = look(draft).problems
    assert (problem.row, problem.column) == (2, "candidate_id")
    assert "0001 is somebody else" in problem.message


def test_nor_the_id_of_another_kind(exam, planner):
    add(exam, planner, "0001")
    draft = complete(sso_list(exam, planner, "0001;new@uni.example"))
    assert [one.column for one in look(draft).problems] == ["candidate_id"]


def test_a_full_test_takes_who_joins_in_the_place_of_who_leaves(exam, planner):
    add(exam, planner, "0001", "0002")
    Test.objects.filter(pk=exam.pk).update(candidate_count=MAX_CANDIDATES)
    exam.refresh_from_db()
    draft = complete(waiting(exam, planner, f"{HEAD}0001,\n0003,\n"))
    assert look(Import.objects.get(pk=draft.pk)).refusal == ""
    confirmed(draft, planner)
    assert ids_on(exam) == ["0001", "0003"]


def test_undone_they_come_back_with_what_they_had(exam, planner):
    earlier = Import.objects.get(pk=waiting(exam, planner, f"{HEAD}0001,30\n").pk)
    confirmed(earlier, planner)
    kari = Candidate.objects.get()
    place = Location.objects.create(building="Vesthall", room="V101")
    Candidate.objects.filter(pk=kari.pk).update(
        name="Aas, Kari", private_reference="480200", seat="14", incident_minutes=5, location=place
    )
    kari.refresh_from_db()
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,\n")), planner)
    undone = undo_import(record=Import.objects.latest("pk"), by=planner)
    assert (undone.removed, undone.back) == (1, 1)
    back = Candidate.objects.get()
    kept = (
        *("public_id", "kind", "candidate_id", "candidate_key", "sort_key", "extra_minutes", "incident_minutes"),
        *("location_id", "seat", "name", "private_reference", "imported_by_id", "added_at", "started_at"),
    )
    assert {name: getattr(back, name) for name in kept} == {name: getattr(kari, name) for name in kept}
    exam.refresh_from_db()
    assert exam.candidate_count == 1
    undo_import(record=earlier, by=planner)
    assert ids_on(exam) == []


def test_an_sso_person_comes_back_as_the_same_person(exam, planner):
    (kari,) = add_sso(exam, planner, "0001")
    confirmed(complete(sso_list(exam, planner, "0002;new@uni.example")), planner)
    undo_import(record=Import.objects.get(), by=planner)
    back = Candidate.objects.get()
    assert (back.user_id, back.sso_user_id, back.private_reference) == (kari.user_id, kari.sso_user_id, "Name of 0001")


def test_on_an_activated_test_who_comes_back_has_new_login_details(exam, planner):
    add(exam, planner, "0001")
    activated(exam, planner)
    before: Any = Candidate.objects.get().user
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,\n")), planner)
    before.refresh_from_db()
    assert not before.is_active
    undo_import(record=Import.objects.get(), by=planner)
    after: Any = Candidate.objects.get().user
    assert after.is_active
    assert (after.pk != before.pk, SealedPassword.objects.get().user_id) == (True, after.pk)
    before.refresh_from_db()
    assert not before.is_active


def test_who_was_added_again_meanwhile_is_not_added_twice(exam, planner):
    add(exam, planner, "0001", "0003")
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,\n")), planner)
    (again,) = add(exam, planner, "0001")
    record = Import.objects.get()
    assert undoing_of(record).again == ("0001",)
    undo_import(record=record, by=planner)
    assert ids_on(exam) == ["0001", "0003"]
    assert Candidate.objects.get(candidate_id="0001").pk == again.pk


def test_an_sso_person_who_is_back_under_another_id_is_not_added_twice(exam, planner):
    add_sso(exam, planner, "0001")
    confirmed(complete(sso_list(exam, planner, "0002;new@uni.example")), planner)
    row = CandidateRow(1, "0077", 0, None, "0001@uni.example", "campus")
    add_candidates(test=exam, rows=[row], by=planner, source="test")
    undo_import(record=Import.objects.get(), by=planner)
    assert ids_on(exam) == ["0077"]


def test_where_the_seat_is_taken_nothing_is_undone(exam, planner):
    (kari, ola) = add(exam, planner, "0001", "0002", location=("Vesthall", "V101"))
    Candidate.objects.filter(pk=kari.pk).update(seat="14")
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,30\n")), planner)
    Candidate.objects.filter(pk=ola.pk).update(seat="14", name="by hand")
    with pytest.raises(Refused, match="Seat 14"):
        undo_import(record=Import.objects.get(), by=planner)
    assert ids_on(exam) == ["0002"]


def test_where_the_id_is_taken_nothing_is_undone(exam, planner):
    add_sso(exam, planner, "0001")
    confirmed(complete(sso_list(exam, planner, "0009;0001@uni.example")), planner)
    add(exam, planner, "0001")
    with pytest.raises(Refused, match="0001 is somebody else’s now"):
        undo_import(record=Import.objects.get(), by=planner)


def handed_on(exam, planner):
    """0001 has taken 0002, whose person is not on the list; return the import."""
    add_sso(exam, planner, "0001", "0002", "0003")
    confirmed(complete(sso_list(exam, planner, "0002;0001@uni.example", "0003;0003@uni.example")), planner)
    return Import.objects.get()


def people_on(exam):
    return dict(Candidate.objects.of_test(exam).values_list("candidate_id", "sso_user_id"))


def test_who_left_has_the_id_back_that_the_list_had_given_to_somebody_else(exam, planner):
    before = add_sso(exam, planner, "0001", "0002", "0003")[1]
    confirmed(complete(sso_list(exam, planner, "0002;0001@uni.example", "0003;0003@uni.example")), planner)
    record = Import.objects.get()
    found = undoing_of(record)
    assert ([one.candidate_id for one in found.back], found.again, found.refusal) == (["0002"], (), "")
    undone = undo_import(record=record, by=planner)
    assert (undone.restored, undone.renamed, undone.back) == (1, 1, 1)
    assert people_on(exam) == {f"000{n}": f"000{n}@uni.example" for n in (1, 2, 3)}
    assert Candidate.objects.get(candidate_id="0002").public_id == before.public_id


def test_all_ids_that_were_handed_on_in_a_circle_of_those_who_left_go_back(exam, planner):
    add_sso(exam, planner, "0001", "0002", "0003", "0004")
    rows = ("0002;0001@uni.example", "0003;0002@uni.example", "0001;new@uni.example", "0004;newer@uni.example")
    confirmed(complete(sso_list(exam, planner, *rows)), planner)
    undo_import(record=Import.objects.get(), by=planner)
    assert people_on(exam) == {f"000{n}": f"000{n}@uni.example" for n in (1, 2, 3, 4)}


def test_where_who_has_the_id_keeps_it_nobody_is_lost_and_the_id_is_named(exam, planner):
    record = handed_on(exam, planner)
    Candidate.objects.filter(candidate_id="0002").update(seat="9")
    with pytest.raises(Refused, match="0002 is somebody else’s now"):
        undo_import(record=record, by=planner)
    assert people_on(exam) == {"0002": "0001@uni.example", "0003": "0003@uni.example"}
    (first, *_others) = Candidate.objects.of_test(exam).order_by("sort_key")
    old = details_of(first)
    edit_candidate(candidate=first, old=old, new=replace(old, candidate_id="0001"), by=planner)
    assert undo_import(record=record, by=planner).back == 1
    assert people_on(exam) == {f"000{n}": f"000{n}@uni.example" for n in (1, 2, 3)}


@pytest.mark.parametrize("put", [add, add_sso])
def test_an_id_that_was_given_to_somebody_new_is_no_proof_that_its_person_is_back(exam, planner, put):
    record = handed_on(exam, planner)
    old = details_of(first := Candidate.objects.get(candidate_id="0002"))
    edit_candidate(candidate=first, old=old, new=replace(old, candidate_id="0007"), by=planner)
    if put is add:
        add(exam, planner, "0002")
    else:
        row = CandidateRow(1, "0002", 0, None, "new@uni.example", "campus")
        add_candidates(test=exam, rows=[row], by=planner, source="test")
    with pytest.raises(Refused, match="0002 is somebody else’s now"):
        undo_import(record=record, by=planner)


def test_a_one_time_user_is_not_back_because_somebody_of_another_kind_has_the_id(exam, planner):
    add(exam, planner, "0001")
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,\n")), planner)
    add_sso(exam, planner, "0001")
    with pytest.raises(Refused, match="0001 is somebody else’s now"):
        undo_import(record=Import.objects.get(), by=planner)


@pytest.mark.parametrize(
    ("had", "has", "same"), [("s1", "S1", True), ("s1", "", True), ("", "s2", True), ("s1", "s2", False)]
)
def test_a_one_time_user_with_another_private_reference_is_somebody_else(exam, planner, had, has, same):
    add(exam, planner, "0001")
    Candidate.objects.update(private_reference=had)
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,\n")), planner)
    (now,) = add(exam, planner, "0001")
    Candidate.objects.filter(pk=now.pk).update(private_reference=has)
    found = undoing_of(Import.objects.get())
    assert found.again == (("0001",) if same else ())
    assert ("0001 is somebody else’s now" in found.refusal) == (not same)


def test_who_would_have_the_id_of_another_one_is_named_and_nothing_is_undone(exam, planner):
    add_sso(exam, planner, "0001")
    confirmed(complete(sso_list(exam, planner, "0005;0001@uni.example")), planner)
    row = CandidateRow(1, "0001", 0, None, "new@uni.example", "campus")
    add_candidates(test=exam, rows=[row], by=planner, source="test")
    confirmed(complete(sso_list(exam, planner, "0006;0001@uni.example")), planner)
    earlier, later = Import.objects.order_by("pk")
    Candidate.objects.filter(candidate_id="0001").delete()
    undo_import(record=earlier, by=planner)
    with pytest.raises(Refused, match="Give 0006 another Candidate ID first"):
        undo_import(record=later, by=planner)
    assert people_on(exam) == {"0006": "0001@uni.example"}


def test_who_works_on_the_test_now_does_not_come_back_and_is_named(exam, planner, colleague):
    add_sso(exam, planner, "0001")
    confirmed(complete(sso_list(exam, planner, "0002;new@uni.example")), planner)
    ImportedRemoval.objects.update(user=colleague)
    SsoIdentity.objects.filter(sso_key="0001@uni.example").update(user=colleague)
    exam.contributors.create(user=colleague, role="grader")
    with pytest.raises(Refused, match=r"0001 cannot come back\. This person plans, invigilates or grades"):
        undo_import(record=Import.objects.get(), by=planner)


def test_once_the_test_has_ended_nobody_comes_back(exam, planner):
    add(exam, planner, "0001")
    activated(exam, planner)
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,\n")), planner)
    long_ago = timezone.now() - timedelta(days=2)
    Test.objects.filter(pk=exam.pk).update(opens_at=long_ago - timedelta(hours=4), ends_at=long_ago)
    record = Import.objects.select_related("test").get()
    with pytest.raises(Refused, match="has ended"):
        undo_import(record=record, by=planner)


def test_names_and_references_of_who_was_removed_are_forgotten_with_the_others(exam, planner):
    (kari,) = add(exam, planner, "0001")
    Candidate.objects.filter(pk=kari.pk).update(name="Aas, Kari", private_reference="480200")
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,\n")), planner)
    ImportedRemoval.objects.filter(source__test=exam).forget_who()
    kept = ImportedRemoval.objects.get()
    assert (kept.name, kept.private_reference, kept.candidate_id) == ("", "", "0001")


def test_with_the_account_of_an_sso_person_goes_what_is_kept_here(exam, planner, administrator):
    add_sso(exam, planner, "0001")
    confirmed(complete(sso_list(exam, planner, "0002;new@uni.example")), planner)
    delete_sso_person(identity=SsoIdentity.objects.get(sso_key="0001@uni.example"), by=administrator)
    assert not ImportedRemoval.objects.exists()
    assert undo_import(record=Import.objects.get(), by=planner).back == 0


def test_a_location_stays_as_long_as_somebody_may_come_back_to_it(exam, planner):
    from django.db.models import ProtectedError

    add(exam, planner, "0001", location=("Vesthall", "V101"))
    confirmed(complete(waiting(exam, planner, f"{HEAD}0002,\n")), planner)
    with pytest.raises(ProtectedError):
        Location.objects.get().delete()


def test_looking_asks_as_often_whatever_the_length(exam, planner, django_assert_max_num_queries):
    add(exam, planner, *(f"{n:04}" for n in range(1, 60)))
    draft = complete(waiting(exam, planner, HEAD + "".join(f"{n:04},\n" for n in range(30, 90))))
    draft = Import.objects.select_related("test").get(pk=draft.pk)
    with django_assert_max_num_queries(8):
        look(draft)


def test_what_is_kept_of_a_removed_sso_person_stands_in_their_export(exam, planner, administrator):
    (kari,) = add_sso(exam, planner, "0001")
    person: Any = kari.user
    confirmed(complete(sso_list(exam, planner, "0002;new@uni.example")), planner)
    archive = ZipFile(BytesIO(b"".join(export_person(user=person, by=administrator))))
    (place,) = json.loads(archive.read("tests.json"))
    assert (place["test"], place["candidate_id"]) == (exam.name, "0001")
    assert place["private_reference"] == "Name of 0001"
    assert place["removed_at"]
