"""What is kept about one person, as an administrator hands it out; and whose logins belong to a test."""

import io
import json
import zipfile

from candidates import audit
from candidates.lifecycle.everything_about import export_person
from candidates.lifecycle.history import logins_for
from candidates.lifecycle.sitting import save_answer, start
from candidates.models import AnswerVersion, AuditEvent, Candidate, Submission, Test, User
from tests.conftest import Clock


def exported(user: User, by: User) -> dict[str, str]:
    """Return the files of an export, by their names."""
    with zipfile.ZipFile(io.BytesIO(b"".join(export_person(user=user, by=by)))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_earlier_versions_of_an_answer_are_handed_out_beside_it(
    candidate: Candidate, administrator: User, clock: Clock
) -> None:
    start(candidate=candidate)
    save_answer(candidate=candidate, answer="First thoughts", base_revision=0)
    AnswerVersion.objects.create(
        submission=Submission.objects.get(),
        slot=0,
        revision=7,
        answer="Earlier",
        characters=7,
        kept_at=clock.now(),
        why=AnswerVersion.Why.TIME,
    )
    assert candidate.user is not None
    files = exported(candidate.user, administrator)
    answers = {name.removeprefix("answers/0001-"): text for name, text in files.items() if name.startswith("answers/")}
    assert sorted(answers.values()) == ["Earlier", "First thoughts"]
    assert [text for name, text in answers.items() if name.endswith("-revision-7.txt")] == ["Earlier"]


def test_what_was_done_to_an_account_of_staff_is_handed_out_with_what_it_was(
    colleague: User, grader: User, administrator: User
) -> None:
    for account in (colleague, grader):
        detail = {"account": account.username, "is_active": False}
        audit.record(audit.Action.ACCOUNT_CHANGED, by=administrator, count=1, detail=detail)
    rows = [json.loads(line) for line in exported(colleague, administrator)["audit.jsonl"].splitlines()]
    assert [(row["act"], row["how"], row["detail"]) for row in rows] == [
        ("account_changed", "on", {"account": "colleague", "is_active": False})
    ]


def test_no_login_belongs_to_a_test_without_times(planner: User) -> None:
    AuditEvent.objects.create(action=AuditEvent.Action.LOGIN, actor=planner)
    demo = Test.objects.create(name="Demo", is_demo=True)
    assert list(logins_for(demo, accounts=[planner.pk], of_this_alone=[])) == []
    assert len(logins_for(demo, accounts=[planner.pk], of_this_alone=[planner.pk])) == 1
