"""A test without questions is pointed out, and its questions can be written until the first candidate has started."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, Test, User
from tests.factories import activated, make_test

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def at(name: str, test: Test) -> str:
    return reverse(name, args=[test.public_id])


def write(client: Client, test: Test, questions: str, seen: str = "") -> object:
    seen = seen or client.get(at("edit-questions", test)).context["form"].initial["seen"]
    return client.post(at("edit-questions", test), {"questions": questions, "seen": seen})


@pytest.mark.parametrize("questions", ["", " \n "])
def test_missing_questions_are_pointed_out_before_and_at_activation(
    exam: Test, candidates: list[Candidate], planner: User, client_of: ClientOf, questions: str
) -> None:
    Test.objects.filter(pk=exam.pk).update(questions=questions)
    client = client_of(planner)
    for name in ("deliver-test", "activate-test"):
        page = client.get(at(name, exam)).content.decode()
        assert "No questions are written" in page
        assert at("edit-questions", exam) in page
    Test.objects.filter(pk=exam.pk).update(questions="1. Why?")
    assert "Questions are written" in client.get(at("deliver-test", exam)).content.decode()
    assert "No questions are written" not in client.get(at("activate-test", exam)).content.decode()


def test_missing_questions_are_pointed_out_on_their_page_and_after_activation(
    open_exam: Test, planner: User, client_of: ClientOf
) -> None:
    client = client_of(planner)
    assert (
        "None are written: candidates who start see no questions"
        in client.get(at("deliver-test", open_exam)).content.decode()
    )
    page = client.get(at("edit-questions", open_exam)).content.decode()
    assert "No questions are written yet. Candidates who start now see no questions." in page


def test_the_questions_of_an_activated_test_are_written_until_somebody_starts(
    open_exam: Test, candidate: Candidate, planner: User, client_of: ClientOf
) -> None:
    client = client_of(planner)
    write(client, open_exam, "1. Why?\r\n2. How?")
    open_exam.refresh_from_db()
    assert open_exam.questions == "1. Why?\n2. How?"
    (row,) = AuditEvent.objects.filter(action="questions_changed")
    assert (row.test, row.actor, row.detail) == (open_exam, planner, {"questions": None, "characters": 15})

    seen = client.get(at("edit-questions", open_exam)).context["form"].initial["seen"]
    start(candidate=candidate)
    answer = client.post(at("edit-questions", open_exam), {"questions": "3. Where?", "seen": seen})
    assert answer.status_code == 409
    content = answer.content.decode()
    assert "A candidate has started, so the questions stay as they are. Nothing was saved." in content
    assert "3. Where?" in content
    open_exam.refresh_from_db()
    assert open_exam.questions == "1. Why?\n2. How?"
    assert client.get(at("edit-questions", open_exam)).status_code == 302
    assert at("edit-questions", open_exam) not in client.get(at("deliver-test", open_exam)).content.decode()


def test_a_candidate_who_starts_reads_what_was_written_after_activation(
    open_exam: Test, candidate: Candidate, planner: User, client_of: ClientOf
) -> None:
    write(client_of(planner), open_exam, "1. Why at all?")
    assert candidate.user is not None
    browser = Client()
    browser.force_login(candidate.user, backend="candidates.signin.backends.OneTimeBackend")
    browser.post(reverse("sit-start", args=[open_exam.public_id]))
    assert "1. Why at all?" in browser.get(reverse("sit", args=[open_exam.public_id])).content.decode()


def test_of_two_who_write_the_second_is_told(
    open_exam: Test, planner: User, colleague: User, client_of: ClientOf
) -> None:
    seen = client_of(colleague).get(at("edit-questions", open_exam)).context["form"].initial["seen"]
    write(client_of(planner), open_exam, "first")
    answer = write(client_of(colleague), open_exam, "second", seen)
    assert answer.status_code == 409  # type: ignore[attr-defined]
    content = answer.content.decode()  # type: ignore[attr-defined]
    assert "Somebody else changed this meanwhile, to: first." in content
    assert "second" in content
    assert Test.objects.get(pk=open_exam.pk).questions == "first"


def test_questions_of_a_test_that_is_not_activated_are_written_there_as_well(
    exam: Test, planner: User, client_of: ClientOf
) -> None:
    write(client_of(planner), exam, "1. Why?")
    assert Test.objects.get(pk=exam.pk).questions == "1. Why?"
    assert AuditEvent.objects.filter(action="test_changed", test=exam).count() == 1


def test_the_questions_of_a_demo_test_can_always_be_written(planner: User, client_of: ClientOf) -> None:
    demo = activated(make_test(planner=planner, is_demo=True), planner)
    write(client_of(planner), demo, "Try it.")
    assert Test.objects.get(pk=demo.pk).questions == "Try it."


def test_deactivation_promises_nothing_about_slips_that_a_change_would_break(
    scheduled_exam: Test, planner: User, client_of: ClientOf
) -> None:
    page = client_of(planner).get(at("deactivate-test", scheduled_exam)).content.decode()
    assert "stay right." not in page
    assert "They stay right as long as you change none of these; if you change one, print the slips again" in page
