"""What racers do: each function is one person's request, with keys instead of objects."""

from dataclasses import replace
from typing import Any

from django.conf import settings

from candidates.credentials.renewing import renew_password
from candidates.credentials.standing_in import give_one_time_logins, take_back_one_time_logins
from candidates.errors import Conflict, Refused
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.joining import approve, join
from candidates.lifecycle.accommodations import Change, change_incident_time, change_planned_time
from candidates.lifecycle.activation import activate, deactivate
from candidates.lifecycle.archiving import delete_test
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.joining import refuse
from candidates.lifecycle.once import once
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.retention import delete_aged
from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.lifecycle.tests import SETUP, create_test, fingerprint, write_questions
from candidates.lifecycle.versions import restore
from candidates.models import Candidate, RetentionKind, Test, User
from tests.races.support import Act


def act(function: str, *, kill_after: float | None = None, kill_at: int | None = None, **keywords: object) -> Act:
    """Return an act of this module."""
    return Act(f"{__name__}:{function}", keywords, kill_after, kill_at)


def add_ids(test: int, by: int, ids: list[str], rooms: list[str] | None = None) -> list[str]:
    """Add candidates; return the IDs they got."""
    rooms = rooms or []
    rows = [
        CandidateRow(number, text, 0, ("Vesthall", rooms[number % len(rooms)]) if rooms else None)
        for number, text in enumerate(ids, 1)
    ]
    found = add_candidates(test=Test.objects.get(pk=test), rows=rows, by=User.objects.get(pk=by), source="race")
    return list(found.candidate_ids)


def add_rows(test: int, by: int, rows: list[dict[str, Any]]) -> int:
    """Add candidates of any kind; return how many."""
    typed = [CandidateRow(**row) for row in rows]
    return add_candidates(test=Test.objects.get(pk=test), rows=typed, by=User.objects.get(pk=by), source="race").count


def activate_test(test: int, by: int) -> int:
    """Activate; return how many login details were made."""
    return activate(test=Test.objects.get(pk=test), by=User.objects.get(pk=by))


def deactivate_test(test: int, by: int) -> None:
    """Deactivate."""
    deactivate(test=Test.objects.get(pk=test), by=User.objects.get(pk=by))


def delete_the_test(test: int, by: int) -> None:
    """Delete a test."""
    delete_test(test=Test.objects.get(pk=test), by=User.objects.get(pk=by))


def make_test_once(by: int, key: str) -> str:
    """Send the form of a new test with this key; return its id."""
    blank = Test(name="Sent at once", is_demo=True)
    values = {name: getattr(blank, name) for name in SETUP}
    person = User.objects.get(pk=by)
    with once(by=person, key=key) as sent:
        sent.leads_to = create_test(values=values, by=person).public_id
    return sent.leads_to


def write_the_questions(test: int, by: int, questions: str) -> bool:
    """Write questions over what is stored now."""
    found = Test.objects.get(pk=test)
    seen = fingerprint(found.questions)
    return write_questions(test=found, questions=questions, seen=seen, by=User.objects.get(pk=by))


def delete_by_age(days: int) -> dict[str, int]:
    """Delete private references that are older."""
    kept = RetentionKind.PRIVATE_REFERENCES
    settings.RETENTION_DAYS = {kind.value: days if kind == kept else None for kind in RetentionKind}
    return {kind.value: count for kind, count in delete_aged().items()}


def start_test(candidate: int) -> None:
    """Press Start."""
    start(candidate=Candidate.objects.get(pk=candidate))


def hand_in(candidate: int, base: int) -> None:
    """Press Submit on the page that had this revision."""
    submit(candidate=Candidate.objects.get(pk=candidate), answer=None, base_revision=base)


def save_on_and_on(candidate: int, base: int, answer: str, tries: int) -> str:
    """Save over this revision again and again with the candidate as it was read first; return how the last try ended.

    Stops where something was stored, and where the test is said to have ended.
    """
    found = Candidate.objects.select_related("test").get(pk=candidate)
    for _time in range(tries):
        try:
            save_answer(candidate=found, answer=answer, base_revision=base)
        except Conflict:
            continue
        except Refused as refusal:
            return type(refusal).__name__
        return "stored"
    return "Conflict"


def put_back(candidate: int, by: int, revision: int) -> None:
    """Put an earlier version of an answer back."""
    found = Candidate.objects.get(pk=candidate)
    restore(candidate=found, revision=revision, reason="Race", by=User.objects.get(pk=by))


def remove(test: int, by: int, public_ids: list[str]) -> int:
    """Remove candidates; return how many went."""
    chosen = Test.objects.get(pk=test)
    return remove_candidates(test=chosen, public_ids=public_ids, by=User.objects.get(pk=by)).count


def give_planned(test: int, by: int, public_ids: list[str], minutes: int) -> int:
    """Add planned extra time; return to how many."""
    chosen, planner = Test.objects.get(pk=test), User.objects.get(pk=by)
    return change_planned_time(test=chosen, public_ids=public_ids, how=Change.ADD, minutes=minutes, by=planner).count


def give_incident(test: int, by: int, public_ids: list[str], minutes: int) -> int:
    """Add incident time; return to how many."""
    chosen, planner = Test.objects.get(pk=test), User.objects.get(pk=by)
    changed = change_incident_time(
        test=chosen, public_ids=public_ids, how=Change.ADD, minutes=minutes, reason="Fire alarm", by=planner
    )
    return changed.count


def renew(candidate: int, by: int) -> None:
    """Give a new password."""
    renew_password(candidate=Candidate.objects.get(pk=candidate), by=User.objects.get(pk=by))


def rename(candidate: int, by: int, candidate_id: str) -> list[str]:
    """Give a candidate another Candidate ID; return the changed fields."""
    found = Candidate.objects.select_related("location").get(pk=candidate)
    old = details_of(found)
    new = replace(old, candidate_id=candidate_id)
    return list(edit_candidate(candidate=found, old=old, new=new, by=User.objects.get(pk=by)))


def give_logins(test: int, by: int, public_ids: list[str]) -> int:
    """Give one-time logins to SSO candidates; return how many were new."""
    chosen = Test.objects.get(pk=test)
    return len(give_one_time_logins(test=chosen, public_ids=public_ids, by=User.objects.get(pk=by)).new)


def take_back_logins(test: int, by: int, public_ids: list[str]) -> int:
    """Take one-time logins back; return how many ended."""
    chosen = Test.objects.get(pk=test)
    return take_back_one_time_logins(test=chosen, public_ids=public_ids, by=User.objects.get(pk=by))


def join_by_code(code: str, by: int) -> str:
    """Type the code of a test and join; return where the person stands then."""
    return join(code=code, by=User.objects.get(pk=by)).state


def approve_all(test: int, by: int) -> int:
    """Let everybody in who waits; return how many came on the test."""
    return approve(test=Test.objects.get(pk=test), public_ids=None, by=User.objects.get(pk=by)).joined


def refuse_all(test: int, by: int, public_ids: list[str]) -> int:
    """Refuse people who wait; return how many."""
    return refuse(test=Test.objects.get(pk=test), public_ids=public_ids, sentence="", by=User.objects.get(pk=by))
