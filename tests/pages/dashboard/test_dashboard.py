"""Dashboard and Archive."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.models import Candidate, Test, User
from candidates.timing import progress_of
from tests.factories import activated, add, make_test, open_now

PAGES = ["/dashboard/", "/dashboard/archive/"]


def fresh(candidate: Candidate) -> Candidate:
    found: Candidate = Candidate.objects.select_related("test", "user").get(pk=candidate.pk)
    return found


def words(response) -> str:
    return " ".join(response.content.decode().split())


def cards(response) -> list[tuple[str, str]]:
    return [(card.name, str(card.standing)) for card in response.context["dashboard"].cards]


@pytest.fixture
def student(db):
    """Kaja has a permanent account and places on many tests."""
    return User.objects.create_user("kaja", None, name="Kaja Myhre", kind=User.Kind.PERMANENT)


@pytest.fixture
def enrol(planner, student):
    """Return a function that puts Kaja on an activated test."""

    def put(name: str, *, opens_in: timedelta, window: timedelta = timedelta(hours=4), **fields) -> Candidate:
        ahead, duration = timedelta(days=1), fields.pop("duration", None)
        test = make_test(planner=planner, name=name, opens_in=ahead, window=window, duration_minutes=duration)
        add_candidates(test=test, rows=[CandidateRow(1, "", 0)], by=planner, source="test")
        candidate = Candidate.objects.get(test=test)
        Candidate.objects.filter(pk=candidate.pk).update(user=student, kind="permanent", **fields)
        activated(test, planner)
        opens_at = timezone.now() + opens_in
        Test.objects.filter(pk=test.pk).update(opens_at=opens_at, ends_at=opens_at + window)
        return fresh(candidate)

    return put


@pytest.mark.parametrize("page", PAGES)
def test_who_is_signed_out_is_sent_to_log_in(client_of, page, db):
    assert client_of(None).get(page)["Location"] == f"/login/?next={page}"


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_read_only(student, client_of, page):
    assert client_of(student).post(page).status_code == 405


def test_a_sign_of_life_is_a_post(student, client_of):
    assert client_of(student).get("/dashboard/seen/").status_code == 405


def test_an_empty_dashboard_and_archive_say_where_tests_are(student, client_of):
    client = client_of(student)
    assert "No test is waiting for you" in words(client.get("/dashboard/"))
    assert "Nothing is finished yet" in words(client.get("/dashboard/archive/"))


def test_a_one_time_user_sees_exactly_the_own_test_and_the_demo_tests(candidate, planner, client_of):
    other = make_test(planner=planner, name="Another exam")
    add(other, planner, "0001")  # the same Candidate ID elsewhere is somebody else (C10)
    open_now(activated(other, planner))
    activated(Test.objects.create(name="Writing an answer", is_demo=True), planner)
    Test.objects.create(name="A demo that is not activated", is_demo=True)
    response = client_of(candidate.user).get("/dashboard/")
    assert cards(response) == [(candidate.test.name, "due")]
    assert [demo.name for demo in response.context["dashboard"].demos] == ["Writing an answer"]
    assert "Another exam" not in words(response)


def test_a_one_time_user_finds_exactly_the_own_test_in_the_archive(candidate, planner, client_of, clock):
    other = make_test(planner=planner, name="Another exam")
    add(other, planner, "0001")  # the same Candidate ID elsewhere is somebody else (C10)
    open_now(activated(other, planner))
    demo = activated(Test.objects.create(name="Writing an answer", is_demo=True), planner)
    clock.move(days=1)
    response = client_of(candidate.user).get("/dashboard/archive/")
    assert [row.name for row in response.context["rows"]] == [candidate.test.name]
    assert "Another exam" not in words(response)
    assert demo.name not in words(response)
    assert cards(client_of(candidate.user).get("/dashboard/")) == []


def test_cards_stand_in_the_order_of_what_is_urgent(enrol, student, client_of):
    hour = timedelta(hours=1)
    enrol("upcoming, later", opens_in=30 * hour)
    enrol("upcoming, next", opens_in=20 * hour)
    enrol("due", opens_in=-hour)
    for name, opens_in in (("running, longer", -hour), ("running, ends first", -2 * hour)):
        start(candidate=enrol(name, opens_in=opens_in))
    assert cards(client_of(student).get("/dashboard/")) == [
        ("running, ends first", "in_progress"),
        ("running, longer", "in_progress"),
        ("due", "due"),
        ("upcoming, next", "upcoming"),
        ("upcoming, later", "upcoming"),
    ]


def test_a_card_says_when_with_extra_time_in_words(enrol, student, client_of, clock):
    candidate = enrol("Exam", opens_in=timedelta(days=7), extra_minutes=30, incident_minutes=5)
    Test.objects.filter(pk=candidate.test_id).update(
        opens_at=datetime(2027, 1, 11, 8, 0, tzinfo=UTC),
        ends_at=datetime(2027, 1, 11, 12, 0, tzinfo=UTC),
        information="Bring your student card.",
    )
    clock.set(datetime(2027, 1, 4, 7, 59, tzinfo=UTC))
    page = words(client_of(student).get("/dashboard/"))
    for said in (
        "UPCOMING",
        "<dd>Mon 11 Jan 2027, 09:00 <span>in ",
        "Ends for you",
        "13:35 <span>with 35 minutes extra time</span>",
        "Bring your student card.",
        "It is Mon 4 Jan 2027, 08:59 Oslo time.",
    ):
        assert said in page


def test_a_card_of_a_running_test_says_what_is_left_and_leads_on(enrol, student, client_of):
    candidate = enrol("Exam", opens_in=-timedelta(hours=1))
    start(candidate=candidate)
    save_answer(candidate=fresh(candidate), answer="x", base_revision=0)
    page = words(client_of(student).get("/dashboard/"))
    for said in ("IN PROGRESS", "Time left", "Your answer was saved at", "Continue the test"):
        assert said in page
    assert "Start test" not in page


def test_a_card_with_a_duration_says_at_the_latest(enrol, student, client_of):
    candidate = enrol("Exam", opens_in=-timedelta(hours=1), duration=60, extra_minutes=15)
    page = words(client_of(student).get("/dashboard/"))
    assert "Ends for you at the latest" in page
    assert "1 h 15 min" in page
    start(candidate=candidate)
    assert "at the latest" not in words(client_of(student).get("/dashboard/"))


def test_start_test_stands_on_the_card_and_starts(enrol, student, client_of):
    candidate = enrol("Exam", opens_in=-timedelta(hours=1))
    client = client_of(student)
    address = f"/test/{candidate.test.public_id}/start/"
    assert f'action="{address}"' in words(client.get("/dashboard/"))
    assert client.post(address, follow=True).redirect_chain == [(f"/test/{candidate.test.public_id}/", 302)]
    assert fresh(candidate).started_at is not None


def test_looking_changes_nothing(enrol, student, client_of):
    candidate = enrol("Exam", opens_in=-timedelta(hours=1))
    client = client_of(student)
    before = Candidate.objects.filter(pk=candidate.pk).values().get()
    for page in PAGES:
        client.get(page)
    assert Candidate.objects.filter(pk=candidate.pk).values().get() == before


def test_a_sign_of_life_shows_the_candidate_on_monitor(enrol, student, client_of):
    candidate = enrol("Exam", opens_in=timedelta(hours=1))
    client_of(student).post("/dashboard/seen/")
    candidate = fresh(candidate)
    assert progress_of(candidate, candidate.test, now=timezone.now()) == "dashboard"


def test_the_sign_of_life_tells_when_the_page_is_out_of_date(enrol, student, client_of, planner, clock):
    candidate = enrol("Exam", opens_in=timedelta(hours=1))
    client = client_of(student)

    def state():
        return client.post("/dashboard/seen/").json()["state"]

    shown = client.get("/dashboard/").context["dashboard"].state
    assert state() == shown
    clock.move(minutes=10)
    assert state() == shown
    change_incident_time(
        test=candidate.test, public_ids=[candidate.public_id], how=Change.ADD, minutes=5, reason="alarm", by=planner
    )
    changed = state()
    assert changed != shown
    clock.move(hours=1)
    assert state() not in {shown, changed}


def test_the_archive_holds_what_is_over_newest_first(enrol, student, client_of):
    hour = timedelta(hours=1)
    old = enrol("never started", opens_in=timedelta(days=-3))
    clocked = enrol("ended by the clock", opens_in=-2 * hour, window=timedelta(hours=1), duration=None)
    Candidate.objects.filter(pk=clocked.pk).update(started_at=timezone.now() - 2 * hour)
    handed_in = enrol("handed in", opens_in=-hour)
    start(candidate=handed_in)
    submit(candidate=fresh(handed_in), answer="my answer", base_revision=0)
    enrol("still open", opens_in=-hour)
    response = client_of(student).get("/dashboard/archive/")
    rows = response.context["rows"]
    assert [row.name for row in rows] == ["handed in", "ended by the clock", "never started"]
    assert [row.handed_in_at is not None for row in rows] == [True, True, False]
    assert "3 tests, newest first" in words(response)
    assert "Not submitted" in words(response)
    assert f"/test/{old.test.public_id}/" in words(response)
    assert "my answer" in words(client_of(student).get(f"/test/{handed_in.test.public_id}/"))
    assert cards(client_of(student).get("/dashboard/")) == [("still open", "due")]


@pytest.mark.parametrize("page", PAGES)
def test_pages_ask_as_much_for_many_tests_as_for_one(enrol, student, client_of, page):
    client = client_of(student)

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(page)
        return len(captured)

    enrol("Exam", opens_in=-timedelta(hours=1))
    enrol("Over", opens_in=-timedelta(days=1))
    few = asked()
    for number in range(12):
        start(candidate=enrol(f"Exam {number}", opens_in=-timedelta(hours=1)))
        enrol(f"Over {number}", opens_in=-timedelta(days=1))
    assert asked() == few == {"/dashboard/": 5, "/dashboard/archive/": 3}[page]
