"""From files to a test: a list in a drop folder and a OneRoster package, planned, applied, and left out again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.models import RosterConnection, RosterState, Test
from candidates.operations.drop_folders import Watcher
from candidates.rosters.applying import apply
from candidates.rosters.connecting import choose_applying, connect, find_exams
from candidates.rosters.looking import look_now, work_on
from candidates.rosters.planning import latest_plan
from candidates.rosters.roster_plan import RosterPlan
from candidates.rosters.source import ExamSearch
from candidates.rosters.sources.folder import inbox
from candidates.rosters.sources.oneroster import tables
from tests.rosters.sources.oneroster_files import enrolment, files, packed, put, school
from tests.support.roster_source import SLUG, source_settings

pytestmark = pytest.mark.django_db
HEAD = "Candidate ID;SSO user ID;Extra time;Building;Room;Seat;Name\n"
KARI, OLA, EVA = (
    f"{number};{name}@havnes.no;{time};Main;101;{number};{shown}\n"
    for number, name, time, shown in (
        (1, "kari", "30", "Kari Moe"),
        (2, "ola", "25%", "Ola Lie"),
        (3, "eva", "", "Eva Bø"),
    )
)


@pytest.fixture(autouse=True)
def _written_long_ago(monkeypatch):
    monkeypatch.setattr(tables, "SETTLED", -1)
    monkeypatch.setitem(inbox.Inbox.__init__.__kwdefaults__, "settled", 0)


def planned(test: Test) -> RosterPlan:
    plan = latest_plan(test)
    assert plan is not None
    return plan


def apply_all(test: Test, planner) -> None:
    plan = planned(test)
    ticked = [line.key for line in (*plan.join, *plan.change, *plan.leave)]
    apply(test=test, ticked=ticked, seen=plan.seen, by=planner, brake_confirmed=True)


def test_a_dropped_list_is_looked_at_at_once_and_applied_where_the_planner_chose_so(exam, planner, settings, tmp_path):
    settings.ROSTER_SOURCES = [source_settings(kind="folder", folder=str(tmp_path))]
    Test.objects.filter(pk=exam.pk).update(duration_minutes=240)
    watcher = Watcher()

    def drop(text: str) -> None:
        (tmp_path / "INF1000.csv").write_text(HEAD + text)
        assert watcher.look() == 1

    drop(KARI + OLA)
    (chosen,) = find_exams(SLUG, ExamSearch("inf"))
    connect(test=exam, source=SLUG, exam_key=chosen.key, by=planner)
    assert [[one.new for one in line.changes] for line in planned(exam).join] == [[30], [60]]  # seen before it is given
    apply_all(exam, planner)
    told = [
        (one.candidate_id, one.name, one.extra_minutes, one.seat) for one in exam.candidates.order_by("candidate_id")
    ]
    assert told == [("1", "Kari Moe", 30, "1"), ("2", "Ola Lie", 60, "2")]

    choose_applying(test=exam, applies=True, removes=False, by=planner)
    work_on(SLUG)
    RosterConnection.objects.update(next_look_at=timezone.now() + timedelta(hours=1))
    RosterState.objects.update(hints_due_at=timezone.now() + timedelta(hours=1))
    drop(KARI.replace("30;", "45;") + OLA + EVA)
    work_on(SLUG)
    minutes = [(one.candidate_id, one.extra_minutes) for one in exam.candidates.order_by("candidate_id")]
    assert minutes == [("1", 45), ("2", 60), ("3", 0)]

    RosterState.objects.update(hints_due_at=timezone.now() + timedelta(hours=1))
    drop(KARI + EVA)
    work_on(SLUG)
    assert (len(planned(exam).leave), exam.candidates.count()) == (1, 3)
    drop(KARI + "oops;;;;;;\n")
    work_on(SLUG)
    assert RosterConnection.objects.get().snapshot.count == 2  # the last whole list counts on


def test_a_class_comes_from_oneroster_with_generated_ids_and_a_delta_takes_somebody_off(
    exam, planner, settings, tmp_path
):
    settings.ROSTER_SOURCES = [source_settings(kind="oneroster", folder=str(tmp_path), login_column="username")]
    put(tmp_path, packed(files(school())), "1.zip", changed=100)
    chosen, _other = find_exams(SLUG, ExamSearch("group"))
    connect(test=exam, source=SLUG, exam_key=chosen.key, by=planner)
    apply_all(exam, planner)
    assert sorted(exam.candidates.values_list("name", flat=True)) == ["Moeb, Kari", "Moec, Kari", "Moed, Kari"]
    gone = {"enrollments": [enrolment(1, status="tobedeleted")]}
    put(tmp_path, packed(files(gone, delta=["enrollments"])), "2.zip", changed=200)
    look_now(test=exam, by=planner)
    apply_all(exam, planner)
    assert sorted(exam.candidates.values_list("name", flat=True)) == ["Moec, Kari", "Moed, Kari"]
