"""What is kept about one person can be exported and erased, whatever kind of person it is."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from candidates import audit
from candidates.lifecycle.everything_about import export_person
from candidates.lifecycle.grading import save_mark
from candidates.lifecycle.planners import hand_over_tests
from candidates.lifecycle.sitting import save_answer, start
from candidates.models import (
    AuditEvent,
    Candidate,
    Contributor,
    ListMember,
    Mark,
    PermanentUserList,
    Submission,
    Test,
    User,
)
from tests.conftest import Clock
from tests.factories import activated, add, contribute, make_permanent, make_staff, make_test, open_now, password_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def page(name: str, account: User) -> str:
    return reverse(name, args=[account.pk])


def unzipped(response: Any) -> dict[str, str]:
    content = b"".join(response.streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture
def sat(open_exam: Test, candidate: Candidate, grader: User) -> Candidate:
    """Candidate 0001 has written and is marked; the test is not over."""
    Candidate.objects.filter(pk=candidate.pk).update(private_reference="Anna Berg, 12.3.2001")
    place = start(candidate=Candidate.objects.select_related("test", "user").get(pk=candidate.pk))
    save_answer(candidate=place, answer="Cells divide.", base_revision=0)
    return place


@pytest.fixture
def marked(sat: Candidate, grader: User, clock: Clock) -> Candidate:
    """The test is over, and no login details of it are shown any more."""
    clock.set(sat.test.window[1] + timedelta(hours=30))
    save_mark(test=sat.test, public_id=sat.public_id, mark=None, comment="fine", seen=None, by=grader)
    return sat


# Finding --------------------------------------------------------------------------------------------------------------


def test_a_person_is_found_by_the_name_on_the_slip_or_by_candidate_id_and_test(
    sat: Candidate, administrator: User, client_of: ClientOf
) -> None:
    assert sat.user is not None
    client = client_of(administrator)
    for typed in (
        {"username": sat.user.shown_username.upper()},
        {"candidate_id": "0001", "test": "cell biology"},
    ):
        found = client.post(reverse("people"), typed).content.decode()
        assert page("person", sat.user) in found
    assert "Nobody is found" in client.post(reverse("people"), {"username": "6cze"}).content.decode()
    for typed in ({}, {"candidate_id": "0001"}, {"username": "x", "candidate_id": "0001", "test": "y"}):
        assert client.post(reverse("people"), typed).status_code == 422


def test_who_looks_up_whose_a_candidate_id_is_stands_in_the_history(
    sat: Candidate, planner: User, administrator: User, client_of: ClientOf
) -> None:
    client_of(administrator).post(reverse("people"), {"candidate_id": "0001", "test": "cell biology"})
    row = AuditEvent.objects.get(action="person_found")
    assert (row.actor, row.test, row.detail["candidates"]) == (administrator, sat.test, [sat.public_id])
    history = client_of(planner).get(reverse("history", args=[sat.test.public_id])).content.decode()
    assert "Looked up who candidate 0001 is" in history


def test_a_permanent_user_is_found_by_name_and_leads_there_and_back(administrator: User, client_of: ClientOf) -> None:
    kari = make_permanent(username="kari.nordmann")
    client = client_of(administrator)
    assert page("person", kari.user) in client.post(reverse("people"), {"username": "Kari.Nordmann"}).content.decode()
    assert page("person", kari.user) in client.get(reverse("permanent-user", args=[kari.public_id])).content.decode()
    assert (
        reverse("permanent-user-delete", args=[kari.public_id])
        in client.get(page("person", kari.user)).content.decode()
    )


# Exporting ------------------------------------------------------------------------------------------------------------


def test_an_export_holds_everything_and_no_password_and_is_recorded(
    marked: Candidate, administrator: User, client_of: ClientOf
) -> None:
    assert marked.user is not None
    browser = Client()
    browser.force_login(marked.user, backend="candidates.signin.backends.OneTimeBackend")
    audit.record(audit.Action.LOGIN, by=marked.user)
    audit.record(
        audit.Action.INCIDENT_TIME_CHANGED,
        by=administrator,
        test=marked.test,
        count=1,
        detail={"candidates": [marked.public_id], "reason": "fell ill"},
    )
    audit.record(
        audit.Action.LOCATION_CHANGED,
        by=administrator,
        test=marked.test,
        count=2,
        detail={"candidates": [marked.public_id, "somebody-else"]},
    )
    password = password_of(marked)
    files = unzipped(client_of(administrator).post(page("person-export", marked.user)))
    assert set(files) == {
        *("about.json", "account.json", "tests.json", "sessions.json", "lists.json", "work.json", "audit.jsonl"),
        "answers/0001-bio2150-cell-biology-written-exam-0001.txt",
    }
    assert files["answers/0001-bio2150-cell-biology-written-exam-0001.txt"] == "Cells divide."
    (place,) = json.loads(files["tests.json"])
    assert (place["candidate_id"], place["private_reference"]) == ("0001", "Anna Berg, 12.3.2001")
    assert place["mark"]["comment"] == "fine"
    assert json.loads(files["account.json"])["username"] == marked.user.username
    (session,) = json.loads(files["sessions.json"])
    assert "session_key" not in session
    acts = [json.loads(line) for line in files["audit.jsonl"].splitlines()]
    assert {"login", "incident_time_changed", "location_changed", "marked"} <= {act["act"] for act in acts}
    assert "fell ill" in files["audit.jsonl"]
    everything = " ".join(files.values())
    for secret in (password, marked.user.password, marked.user.sealed_password.token, "somebody-else"):
        assert secret not in everything
    (row,) = AuditEvent.objects.filter(action="person_exported")
    assert (row.actor, row.detail) == (administrator, {"account": marked.user.pk})


def test_an_export_of_a_permanent_user_holds_lists_and_of_staff_the_work(
    exam: Test, planner: User, administrator: User, client_of: ClientOf
) -> None:
    kari = make_permanent(username="kari.nordmann", external_id="s123")
    one = PermanentUserList.objects.create(name="BIO2150", owner=planner)
    ListMember.objects.create(list=one, person=kari)
    client = client_of(administrator)
    files = unzipped(client.post(page("person-export", kari.user)))
    assert json.loads(files["account.json"])["permanent_user"]["external_id"] == "s123"
    assert json.loads(files["lists.json"])["named_on"][0]["list__name"] == "BIO2150"
    files = unzipped(client.post(page("person-export", planner)))
    assert json.loads(files["work.json"])[0]["role"] == "planner"
    assert json.loads(files["lists.json"])["kept"][0]["name"] == "BIO2150"
    assert json.loads(files["account.json"])["roles"] == ["planner"]


def test_an_export_is_handed_on_in_pieces(exam: Test, planner: User, administrator: User) -> None:
    kari = make_permanent()
    for number in range(6):
        test = make_test(planner=planner, name=f"Test {number}")
        place = Candidate.objects.create(
            test=test, kind="permanent", candidate_id="k", candidate_key="k", sort_key="k", user=kari.user
        )
        Submission.objects.create(candidate=place, answer="".join(f"{number} {word} " for word in range(20_000)))
    pieces = [len(piece) for piece in export_person(user=kari.user, by=administrator)]
    assert max(pieces) < sum(pieces) / 3


def test_what_cannot_be_recorded_is_not_exported(
    planner: User, administrator: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_columns: object) -> None:
        raise DatabaseError("no space left")

    monkeypatch.setattr(AuditEvent.objects, "create", fail)
    assert client_of(administrator).post(page("person-export", planner)).status_code == 503


def test_an_export_is_no_get(planner: User, administrator: User, client_of: ClientOf) -> None:
    assert client_of(administrator).get(page("person-export", planner)).status_code == 405
    assert client_of(planner).post(page("person-export", planner)).status_code == 403


# Erasing --------------------------------------------------------------------------------------------------------------


def test_a_one_time_user_is_not_erased_while_the_test_is_not_over(
    sat: Candidate, administrator: User, client_of: ClientOf
) -> None:
    assert sat.user is not None
    client = client_of(administrator)
    assert page("person-erase", sat.user) not in client.get(page("person", sat.user)).content.decode()
    answer = client.post(page("person-erase", sat.user))
    assert answer.status_code == 409
    assert "is not over" in answer.content.decode()
    assert Candidate.objects.get(pk=sat.pk).private_reference != ""


def test_an_erased_one_time_user_leaves_id_answer_and_mark_and_is_recorded(
    marked: Candidate, administrator: User, client_of: ClientOf
) -> None:
    assert marked.user is not None
    was = marked.user.username
    audit.record(audit.Action.LOGIN, by=marked.user)
    client = client_of(administrator)
    question = client.get(page("person-erase", marked.user)).content.decode()
    assert "Candidate ID, answer and mark stay." in question
    client.post(page("person-erase", marked.user))
    place = Candidate.objects.select_related("user").get(pk=marked.pk)
    assert (place.candidate_id, place.private_reference) == ("0001", "")
    assert place.submission.answer == "Cells divide."
    assert Mark.objects.get(candidate=place).comment == "fine"
    assert place.user is not None
    assert place.user.username != was
    assert not place.user.is_active
    # the name on the slip leads nowhere, and is never given again
    reserved = User.objects.get(username=was)
    assert (reserved.is_active, reserved.candidacies.count(), reserved.password[0]) == (False, 0, "!")
    assert not AuditEvent.objects.filter(actor_name=was).exists()
    (row,) = AuditEvent.objects.filter(action="one_time_user_erased")
    assert (row.actor, row.test, row.detail) == (administrator, marked.test, {"tests": 1})
    assert was not in json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert "empty already" in client.get(page("person", reserved)).content.decode()


def test_staff_who_may_log_in_or_plan_alone_are_not_erased(
    exam: Test, planner: User, administrator: User, client_of: ClientOf
) -> None:
    client = client_of(administrator)
    assert "Deactivate it when the person has left" in client.post(page("person-erase", planner)).content.decode()
    assert "your own account" in client.post(page("person-erase", administrator)).content.decode()
    alone = make_staff("alone", is_planner=True)
    make_test(planner=alone, name="Planned alone")
    User.objects.filter(pk=alone.pk).update(is_active=False)
    answer = client.post(page("person-erase", alone))
    assert answer.status_code == 409
    assert "Nobody else plans Planned alone." in answer.content.decode()
    assert User.objects.filter(username="alone").exists()


def test_erased_staff_leave_what_they_did_under_a_name_of_no_meaning(
    exam: Test, planner: User, colleague: User, administrator: User, client_of: ClientOf
) -> None:
    add(exam, colleague, "0001")
    open_now(activated(exam, colleague))
    PermanentUserList.objects.create(name="BIO2150", owner=colleague)
    contribute(exam, colleague, "grader")
    audit.record(audit.Action.CONTRIBUTOR_ADDED, by=planner, test=exam, detail={"user": "colleague", "role": "grader"})
    audit.record(audit.Action.ACCOUNT_CHANGED, by=administrator, detail={"account": "colleague"})
    User.objects.filter(pk=colleague.pk).update(is_active=False, email="marte@uni.example")
    client_of(administrator).post(page("person-erase", colleague))
    gone = User.objects.get(pk=colleague.pk)
    assert gone.username.startswith("deleted-")
    assert (gone.name, gone.email, gone.is_planner, gone.is_active) == ("", "", False, False)
    assert PermanentUserList.objects.get().owner == administrator
    rows = AuditEvent.objects.filter(actor=gone)
    assert set(rows.values_list("actor_name", flat=True)) == {gone.username}
    assert "colleague" not in json.dumps(
        list(AuditEvent.objects.exclude(action="user_list_shared").values_list("detail", flat=True))
    )
    assert AuditEvent.objects.filter(
        action="staff_erased", actor=administrator, detail={"account": gone.username}
    ).exists()
    assert Contributor.objects.filter(user=gone).count() == 2
    assert "erased already" in client_of(administrator).get(page("person", gone)).content.decode()


def test_erased_staff_stand_neither_in_djangos_own_log_nor_as_who_handed_tests_over(
    planner: User, colleague: User, administrator: User, client_of: ClientOf
) -> None:
    make_test(planner=colleague)
    client = client_of(administrator)
    address = reverse("admin:candidates_user_change", args=[colleague.pk])
    client.post(address, {"username": "colleague", "name": "Marte Aune", "is_active": "on", "is_planner": "on"})
    hand_over_tests(of=colleague, to=planner, by=administrator)
    client.post(address, {"username": "colleague", "name": "Marte Aune", "is_planner": "on"})
    assert client.post(page("person-erase", colleague)).status_code == 302
    name = User.objects.get(pk=colleague.pk).username
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {name}
    assert AuditEvent.objects.get(action="contributor_added").detail["handed_over_from"] == name
    assert "colleague" not in json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_the_pages_of_the_test_still_open_after_an_erasure(
    exam: Test, planner: User, colleague: User, administrator: User, client_of: ClientOf
) -> None:
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    client_of(administrator).post(page("person-erase", colleague))
    content = client_of(planner).get(reverse("deliver-test", args=[exam.public_id])).content.decode()
    assert "Marte" not in content
    assert "deleted-" in content
