"""Versions of an answer, for planners."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.sitting import save_answer, start
from candidates.models import AnswerVersion, AuditEvent, Candidate, Session, Submission, User
from candidates.pages.candidates.version_rows import compared
from tests.conftest import Clock
from tests.pages.conftest import ClientOf
from tests.support.broken_audit import broken_audit

TEXT = "First reason, a secret word.\nSecond reason."


@pytest.fixture
def writing(candidate: Candidate, clock: Clock) -> Candidate:
    """Candidate 0001, who has written two lines, deleted them, and begun anew."""
    start(candidate=candidate)
    for answer in (TEXT * 20, "Anew."):
        found = Candidate.objects.select_related("test", "submission").get(pk=candidate.pk)
        save_answer(candidate=found, answer=answer, base_revision=found.submission.revision, device="desk")
        clock.move(minutes=1)
    return candidate


def at(candidate: Candidate, name: str = "candidate-versions", revision: int | None = None) -> str:
    parts = [] if revision is None else [revision]
    return reverse(name, args=[candidate.test.public_id, candidate.public_id, *parts])


def test_the_list_says_when_and_how_much_and_not_a_word(writing: Candidate, ingrid: Client) -> None:
    page = ingrid.get(at(writing)).content.decode()
    for words in ("2 versions", "Stored now", "Before a large part was deleted", "Device 1", str(len(TEXT) * 20)):
        assert words in page
    assert "secret word" not in page
    assert "Anew." not in page
    assert not AuditEvent.objects.filter(action="version_read").exists()
    own = ingrid.get(reverse("candidate", args=[writing.test.public_id, writing.public_id])).content.decode()
    assert at(writing) in own


def test_a_device_that_is_logged_in_still_is_named(candidate: Candidate, ingrid: Client, client_of: ClientOf) -> None:
    start(candidate=candidate)
    sitter = client_of(candidate.user)
    Session.objects.filter(user=candidate.user_id).update(device="Firefox on Windows")
    fields = {"answer": "x", "base": 0, "candidate": candidate.public_id}
    assert sitter.post(f"/test/{candidate.test.public_id}/answer/", fields).status_code == 302
    assert "Device 1, Firefox on Windows" in ingrid.get(at(candidate)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_reading_one_is_recorded_before_it_is_shown(writing: Candidate, ingrid: Client, planner: User) -> None:
    page = ingrid.post(at(writing, "candidate-version", 1)).content.decode()
    assert "secret word" in page
    assert "Anew." in page  # only in what is stored now
    event = AuditEvent.objects.get(action="version_read")
    assert (event.actor, event.detail) == (planner, {"candidate": writing.public_id, "revision": 1})
    with broken_audit():
        refused = ingrid.post(at(writing, "candidate-version", 1))
    assert refused.status_code == 503
    assert "secret word" not in refused.content.decode()


def test_a_version_is_put_back_with_a_reason_and_the_candidate_is_told(
    writing: Candidate, ingrid: Client, client_of: ClientOf
) -> None:
    address = at(writing, "candidate-version-restore", 1)
    without = ingrid.post(address, {"reason": " "})
    assert without.status_code == 422
    assert "Fill this in." in without.content.decode()
    assert Submission.objects.get().answer == "Anew."
    sitter = client_of(writing.user)
    before = sitter.post(f"/test/{writing.test.public_id}/seen/").json()["revision"]
    done = ingrid.post(address, {"reason": "Deleted by mistake"})
    assert done["Location"] == at(writing)
    assert "The version is put back for candidate 0001." in ingrid.get(at(writing)).content.decode()
    assert Submission.objects.get().answer == TEXT * 20
    assert sitter.post(f"/test/{writing.test.public_id}/seen/").json()["revision"] == before + 1
    fields = {"answer": "Anew, typed on.", "base": before, "candidate": writing.public_id}
    told = sitter.post(f"/test/{writing.test.public_id}/answer/", fields, headers={"Accept": "application/json"}).json()
    assert (told["code"], told["restored"], told["answer"]) == ("conflict", True, TEXT * 20)


def test_what_was_handed_in_is_read_and_not_changed(
    writing: Candidate, planner: User, client_of: ClientOf, clock: Clock
) -> None:
    clock.set(writing.test.window[1] + timedelta(minutes=1))
    ingrid = client_of(planner)  # who was logged in before is logged out by then
    page = ingrid.post(at(writing, "candidate-version", 1)).content.decode()
    assert "The candidate’s time is over." in page
    assert "Reason" not in page
    refused = ingrid.post(at(writing, "candidate-version-restore", 1), {"reason": "Please"})
    assert refused.status_code == 409
    assert Submission.objects.get().answer == "Anew."


@pytest.mark.parametrize("name", ["candidate-version", "candidate-version-restore"])
def test_a_version_whose_place_was_taken_leads_back_to_the_list(writing: Candidate, ingrid: Client, name: str) -> None:
    AnswerVersion.objects.all().delete()
    answer = ingrid.post(at(writing, name, 1), {"reason": "Deleted by mistake"}, follow=True)
    assert "This version is not kept any more" in answer.content.decode()


def test_who_has_not_started_has_no_versions(open_exam: object, ingrid: Client) -> None:
    other = Candidate.objects.select_related("test").get(candidate_id="0002")
    assert "The candidate has not started" in ingrid.get(at(other)).content.decode()


def test_lines_that_stand_all_over_a_long_text_are_not_compared_each_with_each() -> None:
    found = compared("\n".join(["a", "b"] * 110), "\n".join(["a"] * 220))
    assert [kind for kind, _line in found.lines].count("same") == 1  # the beginning
    lines = [f"line {number}" for number in range(300)]
    changed = compared("\n\n".join(lines), "\n\n".join([*lines[:150], "new", *lines[151:]]))
    assert [line for line in changed.lines if line[0] != "same"] == [("only_then", "line 150"), ("only_now", "new")]
