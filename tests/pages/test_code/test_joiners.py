"""Who joins a test by its code: who waits, is let in, refused with or without a sentence, and let in again."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.intake.joining import approve, join
from candidates.lifecycle.joining import withdraw
from candidates.lifecycle.removal import remove_candidates
from candidates.models import AuditEvent, Candidate, JoinRequest, PreparedPerson, Test, User
from tests.factories import add, make_permanent
from tests.pages.candidates.test_candidates import text_of
from tests.support.joining import open_to_joiners, sso_person

pytestmark = pytest.mark.django_db
State = JoinRequest.State


@pytest.fixture
def ingrid(client_of: Any, planner: User) -> Client:
    browser: Client = client_of(planner)
    return browser


@pytest.fixture
def code(exam: Test, planner: User) -> str:
    return open_to_joiners(exam, planner, approves_each=True, max_joiners=3)


def at(name: str, test: Test) -> str:
    return reverse(name, args=[test.public_id])


def ask(code: str, *names: str) -> list[JoinRequest]:
    return [join(code=code, by=sso_person(name)) for name in names]


def states(test: Test) -> list[str]:
    return list(JoinRequest.objects.filter(test=test).order_by("turn").values_list("state", flat=True))


def test_planners_see_who_waits_and_that_they_saw_it_is_recorded(exam: Test, ingrid: Client, code: str) -> None:
    ask(code, "aylin")
    join(code=code, by=make_permanent("Mateo", "Reyes", username="mateo.reyes").user)
    PreparedPerson.objects.create(
        test=exam, authentication_type="campus", person="x", person_key="aylin@uni.example", name="Aylin Demir"
    )
    said = text_of(ingrid.get(at("test-code", exam)))
    assert "Joined 0 of 3 Wait to be let in 2" in said
    assert "2 wait to be let in Approve all 2" in said
    assert said.index("Aylin Demir aylin@uni.example") < said.index("Mateo Reyes mateo.reyes")
    assert AuditEvent.objects.filter(action="references_seen").count() == 1
    assert "See the 2 who wait" in text_of(ingrid.get(at("deliver-test", exam)))


def test_one_some_and_all_are_approved_and_the_others_wait_for_a_place(exam: Test, ingrid: Client, code: str) -> None:
    ids = [one.public_id for one in ask(code, "a", "b", "c", "d", "e")]
    answer = ingrid.post(at("test-code-approve", exam), {"one": ids[4], "c": ids[0]}, follow=True)
    assert "1 person is on the test now." in text_of(answer)
    assert states(exam) == ["asked"] * 4 + ["joined"]
    ingrid.post(at("test-code-approve", exam), {"c": ids[1:2]})
    # those who were on the page, and nobody who has asked since
    answer = ingrid.post(at("test-code-approve", exam), {"ids": ",".join([ids[0], ids[3]])}, follow=True)
    assert "1 person is on the test now. 1 is on the waiting list" in text_of(answer)
    assert states(exam) == ["joined", "joined", "asked", "queued", "joined"]
    assert "1 on the waiting list" in text_of(ingrid.get(at("test-code", exam)))
    assert "Nobody is ticked" in text_of(ingrid.post(at("test-code-approve", exam), {}, follow=True))


def test_refusing_asks_for_a_sentence_and_needs_none(exam: Test, ingrid: Client, code: str) -> None:
    first, second = ask(code, "aylin", "mateo")
    page = text_of(ingrid.post(at("test-code-refuse", exam), {"one": first.public_id}))
    assert "Refuse aylin@uni.example?" in page
    assert states(exam) == ["asked"] * 2
    too_long = {"ids": first.public_id, "sentence": "x" * 301}
    answer = ingrid.post(at("test-code-refuse-save", exam), too_long)
    assert (answer.status_code, states(exam)) == (422, ["asked"] * 2)
    ingrid.post(at("test-code-refuse-save", exam), {"ids": first.public_id, "sentence": "You take <b>BIO2150</b>."})
    ingrid.post(at("test-code-refuse-save", exam), {"ids": second.public_id, "sentence": ""})
    assert states(exam) == ["refused"] * 2
    said = ingrid.get(at("test-code", exam)).content.decode()
    assert "“You take &lt;b&gt;BIO2150&lt;/b&gt;.”" in said
    again = ingrid.post(at("test-code-refuse-save", exam), {"ids": first.public_id}, follow=True)
    assert "Nobody of them waits any more" in text_of(again)


def test_who_was_removed_or_refused_is_let_in_again(exam: Test, planner: User, ingrid: Client, code: str) -> None:
    (request,) = ask(code, "kaja")
    ingrid.post(at("test-code-approve", exam), {"one": request.public_id})
    there = Candidate.objects.of_test(exam).get()
    remove_candidates(test=exam, public_ids=[there.public_id], by=planner)
    assert "kaja@uni.example Removed" in " ".join(text_of(ingrid.get(at("test-code", exam))).split())
    answer = ingrid.post(at("test-code-let-in", exam), {"one": request.public_id}, follow=True)
    assert "1 person is on the test now." in text_of(answer)
    assert states(exam) == ["joined"]


def test_people_of_another_test_are_out_of_reach(
    exam: Test, planner: User, ingrid: Client, code: str, client_of: Any, stranger: User
) -> None:
    (request,) = ask(code, "kaja")
    for name in ("test-code-approve", "test-code-refuse", "test-code-refuse-save", "test-code-let-in"):
        assert client_of(stranger).post(at(name, exam), {"one": request.public_id}).status_code == 404
    assert states(exam) == ["asked"]


def test_the_count_goes_on_and_says_that_others_wait(exam: Test, ingrid: Client, code: str) -> None:
    (first,) = ask(code, "a")
    live = ingrid.get(at("test-code", exam)).content.decode().partition('hx-get="')[2].partition('"')[0]
    assert "Others wait by now" not in text_of(ingrid.get(live))
    # as many as before, and not the same
    withdraw(test=exam, by=first.user)
    ask(code, "b")
    said = text_of(ingrid.get(live))
    assert "Wait to be let in 1" in said
    assert "Others wait by now. Show them" in said


def test_who_joined_by_the_code_is_found_in_both_lists(exam: Test, planner: User, ingrid: Client, code: str) -> None:
    lists = (at("candidates", exam), at("monitor-test", exam))
    add(exam, planner, "A1")
    assert not ["Joined by test code" for page in lists if "Joined by test code" in text_of(ingrid.get(page))]
    ask(code, "kaja", "mateo")
    approve(test=exam, public_ids=None, by=planner)
    for page, query in zip(lists, ("came=code", "attention=by_code"), strict=True):
        everybody, some = text_of(ingrid.get(page)), text_of(ingrid.get(f"{page}?{query}"))
        assert "Joined by test code" in everybody
        assert ("A1" in everybody, "A1" in some, "0002" in some) == (True, False, True)
    assert "0002" not in text_of(ingrid.get(f"{lists[0]}?came=added"))
    assert f"{lists[0]}?came=code" in ingrid.get(at("test-code", exam)).content.decode()


def test_the_page_costs_the_same_however_many_wait(exam: Test, ingrid: Client, code: str) -> None:
    counts = []
    for names in (["a"], [f"p{number}" for number in range(20)]):
        ask(code, *names)
        for name in ("test-code", "test-code-live"):
            ingrid.get(at(name, exam))  # that it was seen is recorded once
            with CaptureQueriesContext(connection) as queries:
                assert ingrid.get(at(name, exam)).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_what_happened_stands_in_the_history(exam: Test, planner: User, ingrid: Client, code: str) -> None:
    first, _second = ask(code, "a", "b")
    ingrid.post(at("test-code-approve", exam), {"one": first.public_id})
    said = text_of(ingrid.get(at("history", exam)))
    for sentence in (
        "Changed how candidates join: by test code",
        "Made the test code",
        "Asked to join by test code",
        "Let in 1 candidate who had asked to join",
    ):
        assert sentence in said
