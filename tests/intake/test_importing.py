"""Checking a waiting list and adding it: the two importer tests, all or none, once."""

import csv
import io
from dataclasses import dataclass, replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.candidate_ids import candidate_key
from candidates.errors import Refused
from candidates.intake import importing
from candidates.intake.columns import MappedRow, map_columns
from candidates.intake.door import RowsRefused
from candidates.intake.drafts import DraftGone, discard, keep, keep_draft, new_import, was_added
from candidates.intake.findings import Already, CandidateRow, Present, Problem
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME, ONE_TIME
from candidates.intake.importing import NotAdded, Outcome, Report, confirm, preview, why_nobody
from candidates.intake.problems import check_rows
from candidates.intake.reading import read_upload
from candidates.intake.selecting import keep_selection
from candidates.models import AuditEvent, Candidate, Import, Test
from tests.factories import activated, add, add_many, make_permanent, make_test, open_now


def mapped(*pairs):
    return [
        MappedRow(number, {CANDIDATE_ID: text, EXTRA_TIME: extra})
        for number, (text, extra) in enumerate(pairs, start=2)
    ]


GOOD = mapped(("0001", "30"), ("kari nordmann", ""), ("Åse", "25 %"))
BAD = mapped(("0001", "30"), ("0001", ""), ("0003", "½ h"), ("taken", "-5"))


@dataclass
class Ran:
    """What a dry or a real run of these rows reported, and what it stored."""

    report: Report
    outcome: Outcome | None = None


def run(test, by, rows, *, dry_run):
    """Run a list of these rows: its preview, or its confirmation as the preview shows it."""
    draft = new_import(by=by, kind="one_time", test=test, file_name="x", file_sha256="0" * 64)
    keep(draft, rows)
    report = preview(draft)
    try:
        return Ran(report) if dry_run else Ran(report, confirm(draft, by=by, seen=report.seen(test)))
    except NotAdded as refused:
        return Ran(refused.report)


def draft_with(test, by, text="Candidate ID,Extra time\n0001,30\nkari nordmann,\n", name="list.csv"):
    data = text.encode()
    table = read_upload(data, name)
    return keep_draft(
        test=test, by=by, kind="one_time", table=table, mapped=map_columns(table, ONE_TIME), data=data, file_name=name
    )


def ids_on(test):
    return set(Candidate.objects.of_test(test).values_list("candidate_id", flat=True))


@pytest.mark.parametrize("rows", [GOOD, BAD], ids=["good", "bad"])
def test_a_dry_run_changes_nothing(exam, planner, rows):
    add(exam, planner, "taken")
    draft = new_import(by=planner, kind="one_time", test=exam, file_name="x", file_sha256="0" * 64)
    keep(draft, rows)
    with CaptureQueriesContext(connection) as captured:
        preview(draft)
    said = [query["sql"].split()[0].upper() for query in captured]
    assert set(said) == {"SELECT"}  # no write, and no BEGIN that would hold SQLite's only writer
    assert ids_on(exam) == {"taken"}


@pytest.mark.parametrize("rows", [GOOD, BAD], ids=["good", "bad"])
def test_dry_and_real_run_report_the_same(exam, planner, rows):
    add(exam, planner, "taken")
    dry = run(exam, planner, rows, dry_run=True)
    real = run(exam, planner, rows, dry_run=False)
    assert dry.report == real.report
    assert (real.outcome is not None) == real.report.can_be_added == (rows is GOOD)


def test_every_row_is_stored_with_its_minutes(exam, planner):
    ran = run(exam, planner, GOOD, dry_run=False)
    stored = dict(Candidate.objects.of_test(exam).values_list("candidate_id", "extra_minutes"))
    assert stored == {"0001": 30, "kari nordmann": 0, "Åse": 60}  # 25 % of 240 minutes
    assert ran.outcome.added == 3
    assert [notice.cell for notice in ran.report.warnings] == ["kari nordmann", "Åse"]


def test_one_bad_row_stores_none_and_names_row_column_and_cell(exam, planner):
    add(exam, planner, "taken")
    report = run(exam, planner, BAD, dry_run=False).report
    assert ids_on(exam) == {"taken"}
    assert [(problem.row, problem.column, problem.cell) for problem in report.problems] == [
        (3, "candidate_id", "0001"),
        (4, "extra_time", "½ h"),
        (5, "extra_time", "-5"),
    ]


@pytest.mark.parametrize("dry_run", [True, False])
def test_past_the_cap_the_report_says_how_many_fit(exam, planner, dry_run):
    add_many(exam, planner, 1499)
    report = run(exam, planner, mapped(("a", ""), ("b", "")), dry_run=dry_run).report
    assert "this test has room for 1 more" in report.refusal
    exam.refresh_from_db()
    assert exam.candidate_count == 1499 == len(ids_on(exam))


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_finished_test_takes_nobody(scheduled_exam, planner, dry_run):
    open_now(scheduled_exam, minutes_ago=500)
    report = run(scheduled_exam, planner, mapped(("late", "")), dry_run=dry_run).report
    assert "has ended" in report.refusal
    assert "late" not in ids_on(scheduled_exam)


def test_an_id_that_somebody_has_taken_since_the_preview_asks_what_to_do_with_it(exam, planner, colleague):
    draft = draft_with(exam, planner)
    seen = preview(draft).seen(exam)
    add(exam, colleague, "0001")
    with pytest.raises(NotAdded) as refused:
        confirm(draft, by=planner, seen=seen)
    assert refused.value.changed
    assert [row.number for row in refused.value.report.already] == [2]
    assert ids_on(exam) == {"0001"}
    assert Import.objects.filter(pk=draft.pk).exists()


def test_what_the_door_refuses_stands_in_the_report_and_takes_the_record_back(exam, planner, monkeypatch):
    draft = draft_with(exam, planner)
    seen = preview(draft).seen(exam)

    def door(**_kwargs):
        raise RowsRefused([Problem(2, CANDIDATE_ID, "0001", "0001 is already on this test.")])

    monkeypatch.setattr(importing, "add_candidates", door)
    with pytest.raises(NotAdded) as refused:
        confirm(draft, by=planner, seen=seen)
    assert [(problem.row, problem.cell) for problem in refused.value.report.problems] == [(2, "0001")]
    assert [row.candidate_id for row in refused.value.report.ready] == ["kari nordmann"]
    assert not exam.imports.on_tests().exists()
    assert exam.imports.waiting().filter(pk=draft.pk).exists()


def test_places_that_somebody_has_taken_since_the_preview_refuse_all(exam, planner, colleague):
    draft = draft_with(exam, planner)
    seen = preview(draft).seen(exam)
    add_many(exam, colleague, 1499)
    Candidate.objects.filter(test=exam, candidate_id="0001").delete()
    with pytest.raises(NotAdded) as refused:
        confirm(draft, by=planner, seen=seen)
    assert "this test has room for 1 more" in refused.value.report.refusal
    assert len(ids_on(exam)) == 1498


def test_confirming_twice_adds_once(exam, planner):
    draft = draft_with(exam, planner)
    seen = preview(draft).seen(exam)
    assert confirm(draft, by=planner, seen=seen).added == 2
    assert was_added(test=exam, by=planner, public_id=draft.public_id)
    with pytest.raises(DraftGone):
        confirm(draft, by=planner, seen=seen)
    assert len(ids_on(exam)) == 2


def test_what_another_tab_mended_meanwhile_is_seen_before_anything_is_added(exam, planner):
    draft = draft_with(exam, planner)
    seen = preview(draft).seen(exam)
    Import.objects.filter(pk=draft.pk).update(mends={"2": {CANDIDATE_ID: "0007"}})
    with pytest.raises(NotAdded) as refused:
        confirm(draft, by=planner, seen=seen)
    assert refused.value.changed
    assert ids_on(exam) == set()


def test_a_draft_that_is_gone_adds_nobody(exam, planner):
    draft = draft_with(exam, planner)
    seen = preview(draft).seen(exam)
    discard(Import.objects.get(pk=draft.pk))
    with pytest.raises(DraftGone):
        confirm(draft, by=planner, seen=seen)
    assert ids_on(exam) == set()
    assert not was_added(test=exam, by=planner, public_id=draft.public_id)


def test_an_activation_since_the_preview_asks_to_look_again(exam, planner):
    add(exam, planner, "first")
    draft = draft_with(exam, planner)
    seen = preview(draft).seen(exam)
    activated(exam, planner)
    with pytest.raises(NotAdded) as refused:
        confirm(draft, by=planner, seen=seen)
    assert refused.value.changed
    assert confirm(draft, by=planner, seen=refused.value.report.seen(exam)).with_login_details


def test_a_new_duration_changes_what_a_percentage_means_and_asks_to_look_again(exam, planner):
    draft = draft_with(exam, planner, "Candidate ID;Extra time\na;25 %\n")
    seen = preview(draft).seen(exam)
    Test.objects.filter(pk=exam.pk).update(duration_minutes=100)
    exam.refresh_from_db()
    with pytest.raises(NotAdded):
        confirm(draft, by=planner, seen=seen)


def test_the_audit_names_the_draft_and_the_digest_of_the_file(exam, planner):
    draft = draft_with(exam, planner)
    confirm(draft, by=planner, seen=preview(draft).seen(exam))
    event = AuditEvent.objects.get(action=AuditEvent.Action.CANDIDATES_ADDED)
    assert (event.actor, event.count) == (planner, 2)
    assert event.detail["source"] == f"import {draft.public_id} sha256:{draft.file_sha256}"


@pytest.mark.parametrize("dry_run", [True, False])
def test_queries_do_not_grow_with_the_rows(exam, planner, dry_run):
    few, many = ([(f"{word}{n}", "") for n in range(count)] for word, count in (("a", 10), ("b", 300)))
    counts = []
    for pairs in (few, many):
        with CaptureQueriesContext(connection) as captured:
            run(exam, planner, mapped(*pairs), dry_run=dry_run)
        counts.append(len([query for query in captured if not query["sql"].startswith("INSERT")]))
    assert counts[0] == counts[1]


def is_clean(text):
    row = MappedRow(1, {CANDIDATE_ID: text, "extra_time": "5"})
    found = check_rows([row], existing={}, on_test={}, duration=60, limit=60)
    return not found.problems and found.ready[0].candidate_id == text


ids = st.text(min_size=1, max_size=12).filter(is_clean)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(ids, min_size=1, max_size=8, unique_by=candidate_key),
    delimiter=st.sampled_from(",;\t|"),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_stands_in_the_file_stands_in_the_database(planner, texts, delimiter, codec):
    test = make_test(planner=planner)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("Candidate ID", "Extra time"), *((text, "5") for text in texts)])
    data = stream.getvalue().encode(codec)
    table = read_upload(data, "list.csv")
    draft = keep_draft(
        test=test,
        by=planner,
        kind="one_time",
        table=table,
        mapped=map_columns(table, ONE_TIME),
        data=data,
        file_name="x",
    )
    draft.refresh_from_db()  # as the database gives it back
    confirm(draft, by=planner, seen=preview(draft).seen(test))
    assert ids_on(test) == set(texts)


# What a person confirms -----------------------------------------------------------------------------------------------

ROW = CandidateRow(2, "0001", 0, ("Vesthall", "V101"), "anna@uni.no", "campus", "s1", None, "Anna Berg", "1")
PRESENT = Present(7, "0002", "0002", 0, ("", ""), started=False)


def report_of(ready=(ROW,), already=(), existing="", **more):
    return Report(ready=ready, problems=(), warnings=(), already=already, existing=existing, **more)


def updated(**changes):
    """Return a row that updates candidate 0002."""
    return replace(Already.unchanged(3, PRESENT), **changes)


@pytest.mark.parametrize(
    "other",
    [
        *({"candidate_id": "0003"}, {"extra_minutes": 5}, {"location": ("Vesthall", "V102")}, {"location": None}),
        *({"sso_user_id": "berit@uni.no"}, {"authentication_type": "entra"}, {"private_reference": "s2"}),
        *({"account": 7}, {"name": "Berit Dahl"}, {"seat": "2"}),
    ],
)
def test_a_row_that_would_be_stored_in_another_way_is_not_what_was_seen(other):
    test = Test()
    assert report_of().seen(test) == report_of().seen(test)
    assert report_of().seen(test) != report_of(ready=(replace(ROW, **other),)).seen(test)


@pytest.mark.parametrize(
    "other",
    [
        {"ready": ()},
        {"ready": (ROW, ROW)},
        {"existing": "skip", "already": (updated(extra_minutes=5),)},
        {"existing": "update", "already": (updated(extra_minutes=6),)},
        {"existing": "update", "already": (updated(extra_minutes=5, place=("Vesthall", "V101")),)},
        {"existing": "update", "already": (updated(extra_minutes=5, name="Anna Berg"),)},
        {"existing": "update", "already": (updated(extra_minutes=5, seat="9"),)},
        {
            "existing": "update",
            "already": (replace(updated(extra_minutes=5), present=replace(PRESENT, candidate_id="0009")),),
        },
    ],
)
def test_other_rows_another_choice_or_another_update_is_not_what_was_seen(other):
    test, seen = Test(), {"existing": "update", "already": (updated(extra_minutes=5),)}
    assert report_of(**seen).seen(test) != report_of(**seen | other).seen(test)


def test_what_was_seen_is_a_short_word_that_says_whether_logins_are_made(exam):
    report = report_of()
    before = report.seen(exam)
    assert len(before) == 16
    assert int(before, 16) >= 0
    exam.activated_at = timezone.now()
    assert report.seen(exam) != before


def test_a_list_can_be_added_where_something_is_to_do_and_nothing_stands_against_it():
    change, same, problem = updated(extra_minutes=5), updated(), Problem(2, CANDIDATE_ID, "0001", "wrong")
    assert report_of().can_be_added
    assert not report_of(ready=()).can_be_added
    assert not report_of(refusal="The test has ended.").can_be_added
    assert not replace(report_of(), problems=(problem,)).can_be_added
    assert report_of(already=(change,)).must_choose
    assert not report_of(already=(change,)).can_be_added
    assert report_of(already=(change,), existing="skip").can_be_added
    assert not report_of(ready=(), already=(change,), existing="skip").can_be_added
    assert report_of(ready=(), already=(change, same), existing="update").updates == (change,)
    assert report_of(ready=(), already=(change,), existing="update").can_be_added
    assert not report_of(ready=(), already=(same,), existing="update").can_be_added


def test_what_keeps_candidates_from_a_test_is_a_sentence(exam, planner, clock):
    demo = make_test(planner=planner, is_demo=True)
    assert why_nobody(demo) == "A demo test has no candidates: everybody may try it. Nothing is added."
    exam.candidate_count = 1498
    assert (why_nobody(exam), why_nobody(exam, 2)) == ("", "")
    assert why_nobody(exam, 3) == "3 are too many: this test has room for 2 more. Nothing is added."
    exam.candidate_count = 1500
    assert why_nobody(exam) == ""
    add(Test.objects.get(pk=exam.pk), planner, "0001")
    over = activated(Test.objects.get(pk=exam.pk), planner)
    clock.move(days=30)
    assert why_nobody(over) == "The test has ended, so nobody can be added any more."


def test_the_preview_says_how_many_rows_were_left_out(exam, planner):
    draft = draft_with(exam, planner)
    draft.left_out = [3]
    draft.save()
    report = preview(draft)
    assert (report.left_out, [row.candidate_id for row in report.ready]) == (1, ["0001"])


def test_a_confirmation_says_and_keeps_what_it_did(exam, planner):
    add(exam, planner, "there", "same", extra={"same": 30})
    draft = draft_with(exam, planner, "Candidate ID,Extra time\n0001,30\nkari,\nthere,30\nsame,30\n")
    draft.existing = "update"
    draft.save()
    outcome = confirm(draft, by=planner, seen=preview(draft).seen(exam))
    assert outcome == Outcome(added=2, updated=1, with_login_details=False)
    record = Import.objects.get()
    assert (record.status, record.added, record.updated, record.skipped) == ("done", 2, 1, 1)
    assert set(Candidate.objects.filter(imported_by=record).values_list("candidate_id", flat=True)) == {"0001", "kari"}
    assert record.changes.get().candidate.candidate_id == "there"


def test_a_list_of_updates_alone_makes_no_login_details(scheduled_exam, planner):
    draft = draft_with(scheduled_exam, planner, "Candidate ID,Extra time\n0001,30\n")
    draft.existing = "update"
    draft.save()
    outcome = confirm(draft, by=planner, seen=preview(draft).seen(scheduled_exam))
    assert outcome == Outcome(added=0, updated=1, with_login_details=False)


def test_what_the_door_refuses_as_a_whole_is_the_refusal_of_the_report(exam, planner, monkeypatch):
    draft = draft_with(exam, planner)
    seen = preview(draft).seen(exam)

    def door(**_kwargs):
        raise Refused("The door is shut.")

    monkeypatch.setattr(importing, "add_candidates", door)
    with pytest.raises(NotAdded, match="The door is shut") as refused:
        confirm(draft, by=planner, seen=seen)
    assert (refused.value.report.refusal, refused.value.changed) == ("The door is shut.", False)
    assert [row.candidate_id for row in refused.value.report.ready] == ["0001", "kari nordmann"]
    assert exam.imports.waiting().filter(pk=draft.pk).exists()


def test_a_list_with_a_problem_that_was_seen_is_refused_as_it_was_seen(exam, planner):
    draft = draft_with(exam, planner, "Candidate ID,Extra time\n0001,x\n")
    with pytest.raises(NotAdded) as refused:
        confirm(draft, by=planner, seen=preview(draft).seen(exam))
    assert not refused.value.changed
    assert ids_on(exam) == set()


def test_a_list_of_which_nobody_knows_the_columns_is_refused_whole_until_somebody_chooses(exam, planner):
    draft = draft_with(exam, planner, "Candidate ID,candidate id\n0001,17\n0002,18\n")
    draft.existing, draft.left_out = "skip", [3]
    draft.save()
    report = preview(draft)
    assert report.refusal.startswith(
        "“Candidate ID” and “candidate id” could each be Candidate ID: choose which one is."
    )
    assert report == Report((), (), (), existing="skip", left_out=1, refusal=report.refusal)
    with pytest.raises(NotAdded):
        confirm(draft, by=planner, seen=report.seen(exam))
    assert ids_on(exam) == set()


def test_people_who_were_chosen_are_checked_and_come_on_the_test_as_themselves(exam, planner, settings):
    kari, berit = make_permanent("Kari", "Nordmann"), make_permanent("Berit", "Dahl")
    draft = keep_selection(test=exam, by=planner, keys=[kari.pk, berit.pk])
    report = preview(draft)
    assert {row.candidate_id: row.account for row in report.ready} == {"Kari Nordmann": kari.pk, "Berit Dahl": berit.pk}
    settings.EXTRA_TIME_LIMIT_MINUTES = 90
    draft.mends = {str(row.number): {EXTRA_TIME: "50 %"} for row in report.ready if row.account == kari.pk}
    draft.save()
    too_long = preview(draft)  # of four hours
    assert [problem.cell for problem in too_long.problems] == ["50 %"]
    settings.EXTRA_TIME_LIMIT_MINUTES = 120
    confirm(draft, by=planner, seen=preview(draft).seen(exam))
    stored = dict(Candidate.objects.values_list("user", "extra_minutes"))
    assert stored == {kari.pk: 120, berit.pk: 0}


def test_hidden_rows_are_asked_about_before_anything_is_added(exam, planner):
    draft = draft_with(exam, planner)
    draft.found = {**draft.found, "hidden_rows": [3]}
    draft.save()
    report = preview(draft)
    assert report.asks_about_hidden_rows
    assert not report.can_be_added
    draft.hidden_rows_are = "part"
    assert not preview(draft).asks_about_hidden_rows
