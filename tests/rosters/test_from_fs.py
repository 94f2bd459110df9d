"""From FS to a test over a real connection: people wait for their number, get more time, leave and come back."""

from datetime import datetime, time, timedelta

import pytest

from candidates.models import RosterConnection, Test
from candidates.rosters.applying import apply
from candidates.rosters.asking import Standing, source_states
from candidates.rosters.connecting import connect, find_exams
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.roster_plan import RosterPlan
from candidates.rosters.source import ExamSearch, SourceError
from tests.support.fs_server import API_KEY, ORGANISATION, OSLO, Fs, Reply, Student, Unit, served, term_of
from tests.support.roster_source import SLUG, source_settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def fs(settings):
    found = Fs()
    opens = datetime.combine(datetime.now(OSLO).date() + timedelta(days=3), time(9))
    people = [
        Student("500001", "Kari", "Lie", "kari@havnes.example", "10001", "PT45M", room=("Silurveien 2", "Rom 3")),
        Student("500002", "Oda", "Dahl", "oda@havnes.example", None),
        Student("500003", "Guro", "Eide", None, "10003"),
    ]
    end = opens + timedelta(hours=4)
    found.add(Unit("u1", "EXPHIL03", "Examen philosophicum", opens, end, term_of(opens.date()), people))
    with served(found):
        settings.ROSTER_SOURCES = [
            source_settings(kind="fs", url=found.address, api_key=API_KEY, organisation=ORGANISATION, claim="")
        ]
        yield found


def planned(test: Test) -> RosterPlan:
    plan = latest_plan(test)
    assert plan is not None
    return plan


def apply_all(test: Test, planner) -> None:
    look_now(test=test, by=planner)
    plan = planned(test)
    ticked = [line.key for line in (*plan.join, *plan.change, *plan.leave)]
    apply(test=test, ticked=ticked, seen=plan.seen, by=planner, brake_confirmed=True)


def test_people_come_from_fs_with_their_time_and_room_and_wait_for_their_number(fs, exam, planner):
    (chosen,) = find_exams(SLUG, ExamSearch("exphil03"))
    connect(test=exam, source=SLUG, exam_key=chosen.key, by=planner)
    (held,) = planned(exam).held
    assert (held.name, held.reason) == ("Oda Dahl", "No candidate number there yet.")
    apply_all(exam, planner)
    told = [(one.candidate_id, one.name, one.extra_minutes) for one in exam.candidates.order_by("candidate_id")]
    assert told == [("10001", "Kari Lie", 45), ("10003", "Guro Eide", 0)]
    assert str(exam.candidates.get(candidate_id="10001").location.room) == "Rom 3"

    unit = fs.units["u1"]
    unit.students[1].candidate, unit.students[0].extra = "10002", "PT1H"
    apply_all(exam, planner)
    minutes = {one.candidate_id: one.extra_minutes for one in exam.candidates.all()}
    assert minutes == {"10001": 60, "10002": 0, "10003": 0}


def test_who_leaves_and_comes_back_is_the_same_person(fs, exam, planner):
    connect(test=exam, source=SLUG, exam_key="u1", by=planner)
    apply_all(exam, planner)
    account = exam.candidates.get(candidate_id="10001").user_id
    gone = fs.withdraw(fs.units["u1"], 0)
    apply_all(exam, planner)
    assert not exam.candidates.filter(candidate_id="10001").exists()
    gone.registration = "a new registration"
    fs.register(fs.units["u1"], gone)
    # in the same act somebody leaves, and somebody has changed
    fs.units["u1"].students[0].candidate = "10002"
    apply_all(exam, planner)
    assert exam.candidates.get(candidate_id="10001").user_id == account
    fs.units["u1"].students[0].extra = "PT1H"
    back = fs.withdraw(fs.units["u1"], 2)
    apply_all(exam, planner)
    fs.register(fs.units["u1"], back)
    fs.withdraw(fs.units["u1"], 1)
    fs.units["u1"].students[0].extra = "PT2H"
    apply_all(exam, planner)
    minutes = {one.candidate_id: one.extra_minutes for one in exam.candidates.all()}
    assert minutes == {"10001": 45, "10002": 120}


def test_a_field_that_fs_renamed_changes_nobody(fs, exam, planner):
    connect(test=exam, source=SLUG, exam_key="u1", by=planner)
    apply_all(exam, planner)
    fs.renamed = ("innvilget: Boolean", "erInnvilget: Boolean")
    with pytest.raises(SourceError, match=r"“Eksamenstilpasningssoknad\.innvilget”"):
        look_now(test=exam, by=planner)
    assert exam.candidates.count() == 2
    assert RosterConnection.objects.get().snapshot.count == 3
    assert source_states()[0].standing == Standing.FAILS
    fs.order = lambda _call: Reply(401)
    with pytest.raises(SourceError):
        look_now(test=exam, by=planner)
    assert source_states()[0].standing == Standing.STOPPED
