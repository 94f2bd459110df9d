"""What racers do with student systems: each process has the same source in memory, with the people that it is told."""

from collections.abc import Sequence

from candidates.authentication_types import enabled_types
from candidates.models import Candidate, Test, User
from candidates.rosters.applying import apply, apply_by_itself
from candidates.rosters.connecting import connect
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.signin.sso.binding import bind
from tests.races.support import Act
from tests.support.roster_source import SLUG, minutes, scripted

LIN = "norEduPersonLIN"
People = Sequence[tuple[str, str, int]]
"""Key, number and minutes of each."""


def act(function: str, **keywords: object) -> Act:
    """Return an act of this module."""
    return Act(f"{__name__}:{function}", keywords)


def connect_with(test: int, by: int, people: People, claim: str = "", exam: str = "exam-1") -> None:
    """Connect a test with the exam that has these people."""
    with scripted(claim=claim) as source:
        for key, shown, extra in people:
            source.put(key, shown, accommodations=minutes(extra) if extra else ())
        connect(test=Test.objects.get(pk=test), source=SLUG, exam_key=exam, by=User.objects.get(pk=by))


def look(test: int, by: int, people: People) -> int:
    """Press Look now, and be told of these people; return how many."""
    with scripted() as source:
        for key, shown, extra in people:
            source.put(key, shown, accommodations=minutes(extra) if extra else ())
        return look_now(test=Test.objects.get(pk=test), by=User.objects.get(pk=by)).count


def apply_seen(test: int, by: int, seen: str, claim: str = "") -> list[int]:
    """Apply all of the plan that was seen."""
    with scripted(claim=claim):
        found = Test.objects.get(pk=test)
        plan = latest_plan(found)
        assert plan is not None
        ticked = [line.key for line in (*plan.join, *plan.change, *plan.leave)]
        done = apply(test=found, ticked=ticked, seen=seen, by=User.objects.get(pk=by), brake_confirmed=True)
    return [done.joined, done.changed, done.left]


def work_by_itself(test: int) -> int:
    """Apply what is applied by itself; return how many."""
    with scripted():
        done = apply_by_itself(Test.objects.get(pk=test))
    return done.count if done else 0


def first_login(sso_user_id: str, login: str) -> bool:
    """Come for the first time with this claim; say whether a place is theirs now."""
    with scripted(claim=LIN):
        kind = enabled_types()["campus"]
        bind(kind, sso_user_id=sso_user_id, subject=f"subject of {sso_user_id}", claims={LIN: login})
    return Candidate.objects.filter(sso_user_id=sso_user_id, is_identity_pending=False).exists()
