"""From Ladok to a test over a real connection: people join and leave, and a bad morning changes nobody."""

import pytest

from candidates.models import AuditEvent, Candidate, RosterConnection, Test
from candidates.rosters.applying import apply
from candidates.rosters.asking import Standing, source_states
from candidates.rosters.connecting import connect, find_exams
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.roster_plan import RosterPlan
from candidates.rosters.source import ExamSearch, SourceError
from tests.support.ladok_answers import Registered, Session, Student, schema
from tests.support.ladok_server import APPLICATIONS, Ladok, Reply, served
from tests.support.roster_source import SLUG, source_settings

pytestmark = pytest.mark.django_db
CODE = "1BI200-{:03}"


@pytest.fixture
def ladok(settings):
    people = [
        Student(name, "Lind", measures=(("Förlängd skrivtid", True),) * (name == "Maja")) for name in ("Astrid", "Maja")
    ]
    for area in ("resultat", "pedagogisktstod"):
        schema(area)  # so that no answer takes the time for making it
    found = Ladok()
    found.add(Session(registered=[Registered(one, CODE.format(number)) for number, one in enumerate(people)]))
    with served(found):
        support_url = f"{found.address}{APPLICATIONS}?aktivitetstillfalleUID={{exam}}"
        told = {"url": found.address, "claim": "norEduPersonLIN", "support_url": support_url}
        one = source_settings(kind="ladok", support={"förlängd skrivtid": "25%"}, **told)
        settings.ROSTER_SOURCES = [one]
        yield found


def planned(test: Test) -> RosterPlan:
    plan = latest_plan(test)
    assert plan is not None
    return plan


def apply_all(test: Test, planner) -> None:
    plan = planned(test)
    ticked = [line.key for line in (*plan.join, *plan.change, *plan.leave)]
    apply(test=test, ticked=ticked, seen=plan.seen, by=planner, brake_confirmed=True)


def test_people_come_from_ladok_and_wait_for_their_first_login(ladok, exam, planner):
    (session,) = ladok.sessions.values()
    (chosen,) = find_exams(SLUG, ExamSearch("1bi200"))
    Test.objects.filter(pk=exam.pk).update(duration_minutes=240)
    connect(test=exam, source=SLUG, exam_key=chosen.key, by=planner)
    assert not Candidate.objects.exists()
    apply_all(exam, planner)
    told = [(one.candidate_id, one.name, one.extra_minutes) for one in exam.candidates.order_by("candidate_id")]
    assert told == [("1BI200-000", "Astrid Lind", 0), ("1BI200-001", "Maja Lind", 60)]

    session.registered[0] = Registered(Student("Nils", "Ek"), CODE.format(7))
    look_now(test=exam, by=planner)
    apply_all(exam, planner)
    assert [one.candidate_id for one in exam.candidates.order_by("candidate_id")] == ["1BI200-001", "1BI200-007"]
    rows = AuditEvent.objects.filter(action__startswith="roster_")
    assert not any(name in str(row.detail) for row in rows for name in ("Maja", session.someone().key))


def test_a_bad_morning_changes_nobody(ladok, exam, planner):
    (session,) = ladok.sessions.values()
    connect(test=exam, source=SLUG, exam_key=session.key, by=planner)
    apply_all(exam, planner)
    session.registered.clear()
    ladok.order = lambda call: Reply(500 if "page" in call.parameters else 200)
    with pytest.raises(SourceError, match=r"answered with an error \(500\)"):
        look_now(test=exam, by=planner)
    assert exam.candidates.count() == 2
    assert (planned(exam).leave, RosterConnection.objects.get().snapshot.count) == ((), 2)
    assert source_states()[0].standing == Standing.FAILS
