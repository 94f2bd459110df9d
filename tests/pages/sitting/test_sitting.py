"""The page of a test: before, during, after; and demo tests."""

import json
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.credentials.renewing import renew_password
from candidates.intake.selecting import keep_selection
from candidates.lifecycle import sitting
from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.lifecycle.activation import deactivate
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import start
from candidates.models import Candidate, Submission, Test, User
from candidates.timing import OFFLINE_AFTER
from tests.factories import activated, add, make_permanent, make_test, open_now, password_of
from tests.intake.lists import confirmed

ADDRESSES = ["", "start/", "answer/", "seen/", "submit/"]
QUESTION = "Explain what the cell does without glucose."
JSON = {"Accept": "application/json"}


def at(test: Test, path: str = "") -> str:
    return f"/test/{test.public_id}/{path}"


def fresh(candidate: Candidate) -> Candidate:
    found: Candidate = Candidate.objects.select_related("test", "user").get(pk=candidate.pk)
    return found


def stored(candidate: Candidate) -> str:
    return Submission.objects.get(candidate=candidate).answer


@pytest.fixture(autouse=True)
def question(db):
    """Every exam has a question, so that a page that shows it too early is seen."""

    def ask(test: Test) -> Test:
        Test.objects.filter(pk=test.pk).update(questions=QUESTION, information="Bring your student card.")
        test.refresh_from_db()
        return test

    return ask


@pytest.fixture
def sitter(candidate, question, client_of):
    """The browser of candidate 0001 of the open exam."""
    question(candidate.test)
    return client_of(candidate.user)


@pytest.fixture
def writer(sitter, candidate):
    """The browser of candidate 0001, who has started."""
    start(candidate=fresh(candidate))
    return sitter


@pytest.fixture
def demo(planner, question):
    """An activated demo test without a window."""
    test = Test.objects.create(name="Writing an answer", is_demo=True)
    question(test)
    return activated(test, planner)


def save(client: Client, candidate: Candidate, answer: str, base: int, **fields):
    data = {"answer": answer, "base": base, "candidate": candidate.public_id, **fields}
    return client.post(at(candidate.test, "answer/"), data, headers=JSON)


# Who ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_is_signed_out_is_sent_to_log_in(candidate, client_of, path):
    client = client_of(None)
    response = client.get(at(candidate.test, path)) if path == "" else client.post(at(candidate.test, path))
    assert response.status_code == 302
    # back to a page that can be opened: start, answer and seen take forms alone
    assert response["Location"] == f"/login/?next={at(candidate.test, path if path == 'submit/' else '')}"


@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("path", ADDRESSES)
def test_a_candidate_of_another_test_finds_nothing(candidate, planner, client_of, clock, path, is_over):
    other = make_test(planner=planner, name="Another exam")
    add(other, planner, "0001")
    open_now(activated(other, planner))
    somebody = Candidate.objects.get(test=other).user
    start(candidate=fresh(candidate))
    clock.move(days=is_over)  # then it is an address of the Archive
    client = client_of(somebody)
    response = client.get(at(candidate.test, path)) if path == "" else client.post(at(candidate.test, path))
    assert response.status_code == 404


@pytest.mark.parametrize("path", ["start/", "answer/", "seen/", "submit/"])
def test_a_post_of_another_site_is_refused(candidate, client_of, path):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(candidate.user, backend="candidates.signin.backends.PasswordBackend")
    assert strict.post(at(candidate.test, path)).status_code == 403
    assert fresh(candidate).started_at is None


# Before ---------------------------------------------------------------------------------------------------------------


def test_before_the_opening_the_page_says_when_and_shows_no_question(scheduled_exam, question, client_of):
    question(scheduled_exam)
    candidate = Candidate.objects.get(test=scheduled_exam, candidate_id="0002")
    page = client_of(candidate.user).get(at(scheduled_exam)).content.decode()
    assert "UPCOMING" in page
    assert "with 30 minutes extra time" in page
    assert "The button to start comes when the test opens" in page
    assert "Bring your student card." in page
    assert QUESTION not in page


def test_nobody_opens_a_test_before_its_opening(scheduled_exam, question, client_of):
    question(scheduled_exam)
    candidate = Candidate.objects.get(test=scheduled_exam, candidate_id="0001")
    response = client_of(candidate.user).post(at(scheduled_exam, "start/"))
    assert response.status_code == 409
    assert QUESTION not in response.content.decode()
    assert fresh(candidate).started_at is None


def test_an_open_test_is_due_and_can_be_started(sitter, candidate):
    page = sitter.get(at(candidate.test)).content.decode()
    assert "DUE" in page
    assert "Start test" in page
    assert QUESTION not in page
    assert sitter.post(at(candidate.test, "start/"))["Location"] == at(candidate.test)
    assert QUESTION in sitter.get(at(candidate.test)).content.decode()


def test_with_a_duration_the_end_is_the_latest_one(sitter, candidate):
    Test.objects.filter(pk=candidate.test_id).update(duration_minutes=90)
    page = sitter.get(at(candidate.test)).content.decode()
    assert "Ends for you at the latest" in page
    assert "1 h 30 min" in page


# During ---------------------------------------------------------------------------------------------------------------


def test_the_page_shows_question_answer_and_time(writer, candidate):
    save(writer, candidate, "Half of it", 0)
    page = writer.get(at(candidate.test)).content.decode()
    for words in (QUESTION, "Half of it", "Candidate ID", "0001", " left", "Oslo time", "Saved", "Submit"):
        assert words in page


def test_extra_time_stands_beside_the_end(open_exam, question, client_of):
    question(open_exam)
    candidate = Candidate.objects.get(test=open_exam, candidate_id="0002")
    start(candidate=fresh(candidate))
    page = client_of(candidate.user).get(at(open_exam)).content.decode()
    assert ", with your 30 minutes extra time" in page
    assert "4 h 19 min left" in page or "4 h 20 min left" in page


def test_a_save_answers_with_revision_time_and_what_is_left(writer, candidate):
    response = save(writer, candidate, "One\r\ntwo\rthree", 0)
    answer = response.json()
    assert response.status_code == 200
    assert (answer["code"], answer["revision"], answer["standing"]) == ("saved", 1, "in_progress")
    assert 3 * 3600_000 < answer["left_ms"] <= 4 * 3600_000 - 10 * 60_000
    assert answer["saved"] == timezone.localtime(Submission.objects.get().saved_at).strftime("%H:%M:%S")
    assert stored(candidate) == "One\ntwo\nthree"


def test_a_conflict_brings_both_versions(writer, candidate):
    save(writer, candidate, "of the first window", 0)
    response = save(writer, candidate, "of the second window", 0)
    assert response.status_code == 409
    answer = response.json()
    assert (answer["code"], answer["answer"], answer["revision"]) == ("conflict", "of the first window", 1)
    assert stored(candidate) == "of the first window"


def test_without_script_save_is_a_button(writer, candidate):
    fields = {"answer": "by button", "base": 0, "candidate": candidate.public_id}
    response = writer.post(at(candidate.test, "answer/"), fields)
    assert (response.status_code, response["Location"]) == (302, at(candidate.test))
    assert stored(candidate) == "by button"


def test_without_script_a_conflict_shows_both_versions(writer, candidate):
    save(writer, candidate, "saved elsewhere", 0)
    fields = {"answer": "typed here", "base": 0, "candidate": candidate.public_id}
    response = writer.post(at(candidate.test, "answer/"), fields)
    page = response.content.decode()
    assert response.status_code == 409
    assert "saved elsewhere" in page
    assert "typed here" in page
    fields["base"] = response.context["form"]["base"].value()
    assert writer.post(at(candidate.test, "answer/"), fields).status_code == 302
    assert stored(candidate) == "typed here"


@pytest.mark.parametrize(
    "fields",
    [
        {"answer": "x" * 500_001},
        {"answer": "nul\x00"},
        {"base": "x"},
        {"base": "-1"},
        {"base": ""},
        {"base": "9" * 30},
        {"candidate": ""},
    ],
)
def test_what_cannot_be_saved_is_answered_with_a_sentence(writer, candidate, fields):
    data = {"answer": "text", "base": 0, "candidate": candidate.public_id} | fields
    response = writer.post(at(candidate.test, "answer/"), data, headers=JSON)
    assert response.status_code in {409, 422}
    assert response.json()["sentence"] or response.json()["code"] == "conflict"
    assert stored(candidate) == ""
    page = writer.post(at(candidate.test, "answer/"), data)
    assert page.status_code in {409, 422}
    assert data["answer"][:200].replace("\x00", "") in page.content.decode().replace("\x00", "")


def test_a_revision_that_no_column_holds_is_refused_also_where_a_version_is_due(writer, candidate, clock):
    assert save(writer, candidate, "x" * 1000, 0).status_code == 200
    clock.move(minutes=10)
    assert save(writer, candidate, "y", int("9" * 30)).status_code == 422
    assert stored(candidate) == "x" * 1000


def test_the_longest_answer_is_saved(writer, candidate):
    assert save(writer, candidate, "Å" * 500_000, 0).status_code == 200


EMOJI = "\N{THUMBS UP SIGN}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "script", "ends"),
    [("answer/", True, "\r"), ("submit/", False, "\r\n")],
)
def test_the_longest_answer_of_the_longest_characters_passes_every_way_it_is_sent(
    writer, candidate, path, script, ends
):
    answer = EMOJI * 499_900 + ends * 100
    fields = {"answer": answer, "base": 0, "candidate": candidate.public_id, "csrfmiddlewaretoken": "x" * 64}
    headers = JSON if script else {}
    sent = urlencode(fields)
    assert 5 * 2**20 < len(sent) < settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    response = writer.post(
        at(candidate.test, path), sent, content_type="application/x-www-form-urlencoded", headers=headers
    )
    assert response.status_code in {200, 302}
    assert stored(candidate) == EMOJI * 499_900 + "\n" * 100


@pytest.mark.parametrize("text", [EMOJI * 500_001, "\r\n" * 500_001, "x" * 500_001])
def test_one_character_more_is_refused_with_a_sentence_and_the_text_stays(writer, candidate, text):
    fields = {"answer": text, "base": 0, "candidate": candidate.public_id}
    sentence = "The answer is too long by 1: 500,000 characters are possible."
    response = writer.post(at(candidate.test, "answer/"), fields, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (422, "refused")
    assert response.json()["sentence"].startswith(sentence)
    for path in ("answer/", "submit/"):
        page = writer.post(at(candidate.test, path), fields)
        assert page.status_code == 422
        assert "<strong>The answer is too long by 1:</strong> 500,000 characters" in page.content.decode()
        assert page.context["form"]["answer"].value() == text
        assert "data-unsaved" in page.content.decode()
    assert stored(candidate) == ""


@pytest.mark.parametrize("path", ["answer/", "submit/"])
def test_what_is_not_even_read_is_answered_with_413_and_a_sentence(writer, candidate, path):
    save(writer, candidate, "saved before", 0)
    sent = "answer=" + "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    kind = "application/x-www-form-urlencoded"
    response = writer.post(at(candidate.test, path), sent, content_type=kind, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "refused")
    page = writer.post(at(candidate.test, path), sent, content_type=kind)
    assert page.status_code == 413
    assert "Go back with the browser’s own button: your text is still on that page." in page.content.decode()
    assert stored(candidate) == "saved before"


@pytest.mark.parametrize("path", ["/login/", "/dashboard/seen/", "/test/x/seen/", "/test/x/answer/more/", "/nowhere/"])
def test_no_other_address_takes_a_form_as_large(writer, candidate, path):
    sent = "answer=" + "x" * settings.MAX_FORM
    assert writer.post(path, sent, content_type="application/x-www-form-urlencoded").status_code == 400


def test_another_persons_session_does_not_take_this_pages_text(writer, candidate, open_exam, client_of):
    other = fresh(Candidate.objects.get(test=open_exam, candidate_id="0002"))
    start(candidate=other)
    response = save(client_of(other.user), candidate, "text of 0001", 0)
    assert (response.status_code, response.json()["code"]) == (409, "other")
    assert stored(other) == stored(candidate) == ""


def test_the_sign_of_life_tells_the_time_left(writer, candidate, planner, clock):
    clock.move(minutes=5)
    before = writer.post(at(candidate.test, "seen/")).json()
    change_incident_time(
        test=candidate.test, public_ids=[candidate.public_id], how=Change.ADD, minutes=15, reason="alarm", by=planner
    )
    after = writer.post(at(candidate.test, "seen/")).json()
    assert 895_000 < after["left_ms"] - before["left_ms"] <= 900_000
    assert after["extra"] == "with your 15 minutes extra time"
    seen = fresh(candidate).last_seen_at
    assert seen is not None
    assert timezone.now() - seen < timedelta(seconds=10)


def test_two_devices_with_one_login_both_work(candidate, question, client_of):
    question(candidate.test)
    desk, phone = client_of(candidate.user), client_of(candidate.user)
    desk.post(at(candidate.test, "start/"))
    assert QUESTION in phone.get(at(candidate.test)).content.decode()
    assert save(desk, candidate, "desk", 0).json()["revision"] == 1
    assert save(phone, candidate, "desk and phone", 1).json()["revision"] == 2
    assert save(desk, candidate, "desk again", 1).json()["code"] == "conflict"
    assert stored(candidate) == "desk and phone"


# Submitting -----------------------------------------------------------------------------------------------------------


def test_submitting_saves_asks_and_hands_in(writer, candidate):
    fields = {"answer": "two words", "base": 0, "candidate": candidate.public_id}
    response = writer.post(at(candidate.test, "submit/"), fields)
    assert (response.status_code, response["Location"]) == (302, at(candidate.test, "submit/"))
    assert fresh(candidate).submitted_at is None
    page = writer.get(at(candidate.test, "submit/"))
    assert "Submit your answer?" in page.content.decode()
    assert "2 words" in page.content.decode()
    hidden = {name: page.context["hidden"][name].value() for name in ("base", "candidate")}
    assert writer.post(at(candidate.test, "submit/"), hidden)["Location"] == at(candidate.test)
    assert fresh(candidate).submitted_at is not None
    receipt = writer.get(at(candidate.test)).content.decode()
    for words in ("Submitted", "0001", "2 words", "two words", "Checksum", "/dashboard/archive/"):
        assert words in receipt
    assert QUESTION not in receipt  # others still sit


def test_the_questions_come_back_when_nobody_sits_the_test_any_more(writer, candidate, clock):
    clock.set(candidate.test.ends_at + timedelta(minutes=29))
    assert QUESTION not in writer.get(at(candidate.test)).content.decode()
    clock.move(minutes=2)
    assert QUESTION in writer.get(at(candidate.test)).content.decode()


def test_submitting_twice_is_submitting_once(writer, candidate):
    fields = {"base": 0, "candidate": candidate.public_id}
    for _time in range(2):
        assert writer.post(at(candidate.test, "submit/"), fields)["Location"] == at(candidate.test)
    assert Submission.objects.get().revision == 1


def test_submitting_what_changed_meanwhile_asks_again(writer, candidate):
    save(writer, candidate, "newer words here", 0)
    response = writer.post(at(candidate.test, "submit/"), {"base": 0, "candidate": candidate.public_id})
    assert response.status_code == 409
    assert "3 words" in response.content.decode()
    assert fresh(candidate).submitted_at is None


def test_another_persons_confirm_page_hands_in_nothing(writer, candidate):
    response = writer.post(at(candidate.test, "submit/"), {"base": 0, "candidate": "somebodyelse"})
    assert response.status_code == 409
    assert fresh(candidate).submitted_at is None


def test_a_test_that_was_not_started_has_nothing_to_submit(sitter, candidate):
    assert sitter.get(at(candidate.test, "submit/"))["Location"] == at(candidate.test)
    fields = {"base": 0, "candidate": candidate.public_id}
    assert sitter.post(at(candidate.test, "submit/"), fields).status_code == 302
    assert fresh(candidate).submitted_at is None


# After ----------------------------------------------------------------------------------------------------------------


def test_late_saves_and_submissions_are_refused(writer, candidate, clock):
    save(writer, candidate, "in time", 0)
    clock.set(candidate.test.ends_at)
    response = save(writer, candidate, "too late", 1)
    assert response.status_code == 409
    assert response.json()["code"] == "ended"
    assert response.json()["left_ms"] == 0
    assert "time is over" in response.json()["sentence"]
    fields = {"answer": "too late", "base": 1, "candidate": candidate.public_id}
    page = writer.post(at(candidate.test, "submit/"), fields)
    assert page.status_code == 409
    assert "too late" in page.content.decode()
    assert "is not part of what is handed in" in page.content.decode()
    assert writer.post(at(candidate.test, "submit/"), {"base": 1, "candidate": candidate.public_id}).status_code == 302
    assert stored(candidate) == "in time"
    assert fresh(candidate).submitted_at is None
    receipt = writer.get(at(candidate.test)).content.decode()
    assert "Your time is over. What was saved before is handed in." in receipt
    assert "in time" in receipt


def test_an_end_by_submission_is_told_from_an_end_by_the_clock(writer, candidate, clock):
    assert writer.post(at(candidate.test, "seen/")).json()["submitted"] is False
    writer.post(at(candidate.test, "submit/"), {"base": 0, "candidate": candidate.public_id})
    for response in (save(writer, candidate, "too late", 1), writer.post(at(candidate.test, "seen/"))):
        answer = response.json()
        assert (answer["standing"], answer["submitted"]) == ("submitted", True)
        assert answer["left_ms"] > 0
    fields = {"answer": "too late", "base": 1, "candidate": candidate.public_id}
    page = writer.post(at(candidate.test, "answer/"), fields).content.decode()
    assert "This text arrived after the test was submitted" in page
    assert "your end" not in page
    Candidate.objects.filter(pk=candidate.pk).update(submitted_at=None)
    clock.set(candidate.test.ends_at)
    assert save(writer, candidate, "too late", 2).json()["submitted"] is False


def test_a_submission_while_a_save_is_on_its_way_is_told_as_one(writer, candidate, monkeypatch):
    unchecked = sitting._refuse_not_started

    def submitted_meanwhile(place):
        unchecked(place)
        monkeypatch.setattr(sitting, "_refuse_not_started", unchecked)
        sitting.submit(candidate=fresh(place), answer=None, base_revision=0)

    monkeypatch.setattr(sitting, "_refuse_not_started", submitted_meanwhile)
    answer = save(writer, candidate, "too late", 0).json()
    assert (answer["code"], answer["standing"], answer["submitted"]) == ("ended", "submitted", True)


def test_who_never_started_sees_that_nothing_is_handed_in(sitter, candidate, clock):
    clock.set(candidate.test.ends_at + timedelta(hours=1))
    page = sitter.get(at(candidate.test)).content.decode()
    assert "Not submitted" in page
    assert QUESTION not in page
    assert sitter.post(at(candidate.test, "start/")).status_code == 409
    assert fresh(candidate).started_at is None


def test_the_end_of_another_candidate_does_not_move(open_exam, question, client_of, clock):
    question(open_exam)
    clients = {}
    for candidate_id in ("0001", "0002"):
        candidate = fresh(Candidate.objects.get(test=open_exam, candidate_id=candidate_id))
        start(candidate=candidate)
        clients[candidate_id] = (client_of(candidate.user), candidate)
    clock.set(open_exam.ends_at + timedelta(minutes=10))
    assert save(*clients["0001"], "late", 0).status_code == 409
    assert save(*clients["0002"], "in extra time", 0).status_code == 200


# Sessions ------------------------------------------------------------------------------------------------------------


def end_by_deactivation(candidate, planner):
    deactivate(test=candidate.test, by=planner)


def end_by_removal(candidate, planner):
    # the page stays open, but gave no sign of life for some time: who is online cannot be removed
    Candidate.objects.filter(pk=candidate.pk).update(last_seen_at=timezone.now() - OFFLINE_AFTER)
    remove_candidates(test=candidate.test, public_ids=[candidate.public_id], by=planner)


def end_by_new_password(candidate, planner):
    renew_password(candidate=candidate, by=planner)


def end_of_the_account(candidate, planner):
    User.objects.filter(pk=candidate.user_id).update(is_active=False)


@pytest.mark.parametrize("end", [end_by_deactivation, end_by_removal, end_by_new_password, end_of_the_account])
def test_sessions_end_by_the_next_request(sitter, candidate, planner, end):
    slip = {"username": candidate.user.username, "password": password_of(candidate)}
    other_device = Client()
    assert other_device.post("/login/", slip).status_code == 302
    assert sitter.get("/dashboard/").status_code == 200
    end(candidate, planner)
    for path in ("/dashboard/", "/dashboard/archive/", at(candidate.test)):
        for browser in (sitter, other_device):
            assert urlsplit(browser.get(path)["Location"]).path == "/login/"
    assert Client().post("/login/", slip).status_code == 422


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_is_removed_from_one_of_two_tests_finds_it_nowhere_and_stays_on_the_other(planner, client_of, path):
    """A permanent user's account goes on, so the session does: the page that stands open asks for what is gone."""
    kari = make_permanent()
    exams = [make_test(planner=planner, name=name) for name in ("First exam", "Second exam")]
    for exam in exams:
        confirmed(keep_selection(test=exam, by=planner, keys=[kari.pk]), planner)
        open_now(activated(exam, planner))
    places = [Candidate.objects.select_related("test").get(test=exam) for exam in exams]
    client = client_of(kari.user)
    assert "Start test" in client.get(at(exams[0])).content.decode()
    end_by_removal(places[0], planner)
    fields = {"answer": "text", "base": 0, "candidate": places[0].public_id}
    for headers in ({}, JSON):
        response = client.post(at(exams[0], path), fields, headers=headers) if path else client.get(at(exams[0]))
        assert response.status_code == 404
    page = client.get("/dashboard/").content.decode()
    assert ("First exam" in page, "Second exam" in page) == (False, True)
    assert "First exam" not in client.get("/dashboard/archive/").content.decode()
    assert client.post(at(exams[1], "start/")).status_code == 302
    assert save(client, places[1], "goes on", 0).status_code == 200


# Demo tests -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["planner", "grader", "candidate"])
def test_anybody_who_is_logged_in_tries_a_demo_test_and_nothing_is_stored(demo, client_of, request, who):
    person = request.getfixturevalue(who)
    client = client_of(getattr(person, "user", person))
    client.get(at(demo))

    def counts():
        return {model: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}

    before = counts()
    page = client.get(at(demo)).content.decode()
    assert "Start test" in page
    assert QUESTION not in page
    started = client.post(at(demo, "start/"))["Location"]
    assert QUESTION in client.get(started).content.decode()
    fields = {"answer": "just trying", "base": 0, "candidate": "demo"}
    assert client.post(at(demo, "answer/"), fields, headers=JSON).json()["revision"] == 1
    assert "just trying" in client.post(at(demo, "answer/"), fields).content.decode()
    client.post(at(demo, "seen/"))
    assert "2 words" in client.post(at(demo, "submit/"), fields).content.decode()
    assert "Submit your answer?" in client.get(at(demo, "submit/")).content.decode()
    done = client.post(at(demo, "submit/"))["Location"]
    assert "Nothing you wrote was kept." in client.get(done).content.decode()
    assert counts() == before


def test_a_demo_test_that_is_not_activated_does_not_exist(client_of, planner):
    test = Test.objects.create(name="Draft", is_demo=True)
    assert client_of(planner).get(at(test)).status_code == 404


def test_a_demo_test_keeps_to_its_window(demo, client_of, grader):
    now = timezone.now()
    Test.objects.filter(pk=demo.pk).update(opens_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    page = client_of(grader).get(at(demo) + "?started").content.decode()
    assert "not open now" in page
    assert QUESTION not in page


# Storm ----------------------------------------------------------------------------------------------------------------


def check(count, act):
    """Count the queries of one request; what only opens a transaction or a savepoint is not one."""
    with CaptureQueriesContext(connection) as captured:
        act()
    asked = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    assert len(asked) == count, "\n".join(asked)


def test_each_step_asks_the_database_as_little_as_it_can(sitter, candidate):
    other = Candidate.objects.get(test=candidate.test, candidate_id="kari")
    start(candidate=fresh(other))  # the first start of a test writes the test's row; it is not the usual one
    fields = {"base": 0, "candidate": candidate.public_id}

    # always: session, user, candidate with the test
    check(3, lambda: sitter.get(at(candidate.test)))
    check(7, lambda: sitter.post(at(candidate.test, "start/")))  # + lock, start, empty answer, the row of the audit
    check(5, lambda: sitter.get(at(candidate.test)))  # + answer, and where else the candidate is logged in
    check(4, lambda: save(sitter, candidate, "text", 0))  # + one update
    check(4, lambda: sitter.post(at(candidate.test, "seen/")))  # + where else; seen within the last half minute
    Candidate.objects.filter(pk=candidate.pk).update(last_seen_at=None)
    check(5, lambda: sitter.post(at(candidate.test, "seen/")))  # + one update
    Candidate.objects.filter(pk=candidate.pk).update(last_seen_at=None)
    check(5, lambda: save(sitter, candidate, "text and more", 1))  # + sign of life, twice a minute at most
    check(4, lambda: sitter.get(at(candidate.test, "submit/")))
    fields["base"] = 2
    check(8, lambda: sitter.post(at(candidate.test, "submit/"), fields))  # + lock, answer, two updates, audit
    check(4, lambda: sitter.get(at(candidate.test)))


def test_answers_are_not_kept_by_browsers(writer, candidate):
    for response in (writer.get(at(candidate.test)), save(writer, candidate, "x", 0)):
        assert "no-store" in response["Cache-Control"]


def test_markup_in_answer_question_and_name_is_text(writer, candidate):
    hostile = "</textarea><script>alert(1)</script>"
    Test.objects.filter(pk=candidate.test_id).update(name=hostile, questions=hostile, information=hostile)
    save(writer, candidate, hostile, 0)
    pages = [writer.get(at(candidate.test)), writer.get(at(candidate.test, "submit/")), writer.get("/dashboard/")]
    writer.post(at(candidate.test, "submit/"), {"base": 1, "candidate": candidate.public_id})
    pages += [writer.get(at(candidate.test)), writer.get("/dashboard/archive/")]
    for page in pages:
        assert "&lt;script&gt;alert(1)" in page.content.decode()
        assert "<script>alert" not in page.content.decode()


def test_the_words_of_the_script_are_data(writer, candidate):
    page = writer.get(at(candidate.test)).content.decode()
    words = page.split('<script id="script-words" type="application/json">')[1].split("</script>")[0]
    assert json.loads(words)["notSaved"] == "Not saved since {time}"


def test_the_texts_of_the_test_are_not_read_for_each_save_and_sign_of_life(writer, candidate):
    fields = {"base": 1, "candidate": candidate.public_id}
    with CaptureQueriesContext(connection) as captured:
        assert save(writer, candidate, "words", 0).status_code == 200
        assert writer.post(at(candidate.test, "seen/")).status_code == 200
        assert writer.get(at(candidate.test, "submit/")).status_code == 200
    read = [query["sql"] for query in captured if '"questions"' in query["sql"] or '"information"' in query["sql"]]
    assert read == []
    # where the page is shown after all, the texts are on it
    page = writer.post(at(candidate.test, "answer/"), fields | {"base": 7, "answer": "others"}).content.decode()
    assert QUESTION in page


def test_without_script_the_page_says_to_press_save_which_comes_first(writer, candidate):
    page = writer.get(at(candidate.test)).content.decode()
    assert '<noscript><p class="small quiet">Press “Save” often' in page
    assert "data-with-script hidden>Saved as you type." in page
    assert page.index(">Save</button>") < page.index(">Submit</button>")
