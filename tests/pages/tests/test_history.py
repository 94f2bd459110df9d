"""The history of a test: what happened, by whom, in sentences; for its planners alone, whatever it holds."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from candidates import audit
from candidates.credentials.opening import Choice, open_details
from candidates.lifecycle.accommodations import Change, change_location, change_planned_time
from candidates.lifecycle.contributors import add_contributors
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.grading import save_mark
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import start, submit
from candidates.models import AuditEvent, Candidate, Mark, Test, User
from candidates.pages.tests.history_book import Book
from candidates.pages.tests.history_rows import MAX_LISTED, PER_PAGE, History, HistoryFilter
from candidates.pages.tests.history_words import _SENTENCES, sentence
from tests.factories import Role, add, add_sso, contribute, make_staff, make_test

ClientOf = Callable[[User | None], Client]
Action = AuditEvent.Action


def at(test: Test, more: str = "") -> str:
    return f"/deliver/tests/{test.public_id}/history/{more}"


def told(response: object) -> list[tuple[str, str]]:
    """Return who and what of each line of the page."""
    page = response.content.decode()  # type: ignore[attr-defined]
    cells = re.findall(r'<td class="key">(.*?)</td><td class="line">(.*?)(?: <a .*?)?</td>', page, re.S)
    return [(who, what.replace("&#x27;", "'")) for who, what in cells]


def whats(response: object) -> list[str]:
    return [what for _who, what in told(response)]


@pytest.fixture
def browser(planner: User, client_of: ClientOf) -> Client:
    return client_of(planner)


def test_nothing_has_happened_on_a_new_test(planner: User, browser: Client) -> None:
    assert "Nothing has happened yet" in browser.get(at(make_test(planner=planner))).content.decode()


def test_it_is_linked_from_the_page_of_the_test(exam: Test, browser: Client) -> None:
    assert f'href="{at(exam)}"' in browser.get(f"/deliver/tests/{exam.public_id}/").content.decode()


def test_each_act_is_a_sentence_with_candidate_ids(
    open_exam: Test, planner: User, colleague: User, grader: User, browser: Client, client_of: ClientOf
) -> None:
    one, two, kari = (
        Candidate.objects.of_test(open_exam).select_related("test", "user", "location").order_by("sort_key")
    )
    ids = [one.public_id, two.public_id]
    change_location(test=open_exam, public_ids=ids, building="Vesthall", room="V101", by=planner)
    change_planned_time(test=open_exam, public_ids=[one.public_id], how=Change.ADD, minutes=90, by=colleague)
    old = details_of(Candidate.objects.select_related("location").get(pk=two.pk))
    edit_candidate(candidate=two, old=old, new=replace(old, candidate_id="0022"), by=planner)
    open_details(test=open_exam, choice=Choice(), action=Action.DETAILS_PRINTED, by=planner)
    remove_candidates(test=open_exam, public_ids=[kari.public_id], by=planner)
    start(candidate=one)
    submit(candidate=one, answer="ATP", base_revision=0)
    client_of(grader).get(f"/grade/tests/{open_exam.public_id}/{one.public_id}/")
    save_mark(test=open_exam, public_id=one.public_id, mark=Decimal("24.5"), comment="", seen=None, by=grader)
    other = make_staff("second", "Second Grader", is_grader=True)
    contribute(open_exam, other, Role.GRADER)
    seen = Mark.objects.get().marked_at
    save_mark(test=open_exam, public_id=one.public_id, mark=Decimal(12), comment="", seen=seen, by=other)
    assert told(browser.get(at(open_exam))) == [
        ("Second Grader", "Changed the mark of candidate 0001 from 24.5 to 12, which was another grader’s"),
        ("Elin Haugland", "Marked candidate 0001: 24.5"),
        ("Elin Haugland", "Read the answer of candidate 0001"),
        ("Candidate 0001", "Submitted the test"),
        ("Candidate 0001", "Started the test"),
        ("Ingrid Solheim", "Removed candidate kari"),
        ("Ingrid Solheim", "Printed login details: candidates 0001, 0022 and kari"),
        ("Ingrid Solheim", "Changed candidate 0022: Candidate ID from 0002 to 0022"),
        ("Marte Aune", "Changed the extra time of candidate 0001: +1 h 30 min"),
        ("Ingrid Solheim", "Moved candidates 0001 and 0022 to Vesthall V101"),
        ("Ingrid Solheim", "Activated the test; 3 candidates got login details"),
        ("Ingrid Solheim", "Added 3 candidates"),
    ]


def test_changes_of_the_set_up_say_from_what_to_what_in_the_zone_of_the_page(
    exam: Test, planner: User, browser: Client
) -> None:
    audit.record(
        Action.TEST_CHANGED,
        by=planner,
        test=exam,
        detail={
            "ends_at": ["2026-12-07T12:00:00+00:00", "2026-12-07T13:00:00+00:00"],
            "questions": None,
            "duration_minutes": [None, 180],
            "is_demo": [False, True],
        },
    )
    assert whats(browser.get(at(exam)))[0] == (
        "Changed the set-up: end from Mon 7 Dec 2026, 13:00 to Mon 7 Dec 2026, 14:00; "
        "duration from none to 180; questions; demo test from no to yes"
    )


def test_every_act_that_can_be_of_a_test_has_a_sentence() -> None:
    """An act without one is told by its label; these are never of a test."""
    elsewhere = {
        *(Action.LOGIN_REFUSED, Action.SSO_RELEASED, Action.SSO_PERSON_DELETED, Action.ACCOUNT_CHANGED),
        *(Action.USER_FORMAT_CHANGED, Action.USERS_IMPORTED, Action.USER_IMPORT_CANCELLED, Action.NAMES_REPLACED),
        *(Action.PERMANENT_USER_CHANGED, Action.PERMANENT_USER_DELETED, Action.PERMANENT_USERS_EXPORTED),
        *(Action.USER_LIST_CHANGED, Action.USER_LIST_SHARED, Action.AUDIT_SHORTENED),
        Action.SUBSCRIPTION_CHANGED,
    }
    missing = set(Action) - set(_SENTENCES) - elsewhere
    for action in Action:
        said = sentence(AuditEvent(action=action, detail={}), Book({}, {}))
        assert said
        assert "%(" not in said
    assert missing <= set(Action)


def test_what_an_old_row_or_another_version_holds_is_told_all_the_same(exam: Test, browser: Client) -> None:
    for detail in ({"list": "marks"}, {"list": "monitor"}, {}):
        audit.record(Action.LIST_DOWNLOADED, by=None, test=exam, count=2, detail=detail)
    AuditEvent.objects.create(action="of_a_later_version", test=exam, detail={"candidates": 5})
    assert told(browser.get(at(exam)))[1:] == [
        ("Deliver", "Downloaded the list of candidates, 2 rows"),
        ("Deliver", "Downloaded Monitor, 2 rows"),
        ("Deliver", "Downloaded the marks, 2 rows"),
    ]


def test_who_asked_without_the_right_to_it_is_told(open_exam: Test, stranger: User, browser: Client, client_of) -> None:
    client_of(stranger).get(f"/deliver/tests/{open_exam.public_id}/candidates/")
    client_of(stranger).post(f"/deliver/tests/{open_exam.public_id}/login-details/list/", {"whose": "all"})
    assert told(browser.get(at(open_exam, "?kind=refused"))) == [
        ("Sigurd Fremmed", "Refused: opened login details as a list: 0 candidates (no permission for it)"),
        ("Sigurd Fremmed", "Was refused a page of this test: candidates"),
    ]


def test_names_and_texts_are_text(exam: Test, browser: Client) -> None:
    audit.record(Action.CONTRIBUTOR_ADDED, by=None, test=exam, detail={"user": "<script>x</script>", "role": "grader"})
    page = browser.get(at(exam)).content.decode()
    assert "<script>x" not in page
    assert "Added &lt;script&gt;x&lt;/script&gt; as Grader" in page


# Who stands in it ----------------------------------------------------------------------------------------------------


def test_candidates_of_an_institution_stand_there_by_candidate_id(exam: Test, planner: User, browser: Client) -> None:
    (one,) = add_sso(exam, planner, "0007")
    assert one.user is not None
    User.objects.filter(pk=one.user.pk).update(name="Canary Person", username="canary.person")
    audit.record(Action.STARTED, by=one.user, test=exam, count=1)
    page = browser.get(at(exam)).content.decode()
    assert "Candidate 0007" in page
    assert "Canary" not in page


# Many rows -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def hall(exam: Test, planner: User) -> Test:
    """Thirty candidates who logged in, started and submitted, among a few acts of the planner."""
    add(exam, planner, *[f"{n:04}" for n in range(1, 31)])
    people = [User.objects.create_user(f"2a{n:06}", kind=User.Kind.ONE_TIME) for n in range(1, 31)]
    for one, user in zip(Candidate.objects.of_test(exam).order_by("sort_key"), people, strict=True):
        Candidate.objects.filter(pk=one.pk).update(user=user)
    rows = [
        AuditEvent(action=action, actor=user, actor_name=user.username, test=None if action == "login" else exam)
        for action in ("login", "started", "submitted")
        for user in people
    ]
    AuditEvent.objects.bulk_create(rows)
    return exam


def test_what_a_hall_does_is_one_line_a_day_and_can_be_shown_one_by_one(hall: Test, browser: Client) -> None:
    page = browser.get(at(hall))
    assert told(page) == [
        ("Candidates", "30 candidates submitted"),
        ("Candidates", "30 candidates started"),
        ("Candidates", "30 logins of candidates"),
        ("Ingrid Solheim", "Added 30 candidates"),
    ]
    assert "91 acts" in page.content.decode()
    link = re.findall(r'href="(\?[^"]*act=started[^"]*)"', page.content.decode())[0].replace("&amp;", "&")
    each = told(browser.get(at(hall, link)))
    assert len(each) == 30
    assert set(each) == {(f"Candidate {n:04}", "Started the test") for n in range(1, 31)}


def test_one_candidate_is_found_by_the_whole_candidate_id_also_after_the_removal(
    hall: Test, planner: User, browser: Client
) -> None:
    assert whats(browser.get(at(hall, "?q=0007"))) == ["Submitted the test", "Started the test", "Logged in"]
    assert told(browser.get(at(hall, "?q=000"))) == []
    one = Candidate.objects.get(test=hall, candidate_id="0007")
    remove_candidates(test=hall, public_ids=[one.public_id], by=planner)
    assert whats(browser.get(at(hall, "?q=0007"))) == ["Removed candidate 0007"]


def test_it_is_filtered_by_person_kind_and_day(hall: Test, planner: User, colleague: User, browser: Client) -> None:
    audit.record(Action.ACTIVATED, by=colleague, test=hall)
    yesterday = timezone.now() - timedelta(days=1)
    AuditEvent.objects.filter(action=Action.ACTIVATED).update(at=yesterday)
    day = timezone.localtime(yesterday).date().isoformat()
    assert whats(browser.get(at(hall, f"?day={day}"))) == ["Activated the test"]
    assert whats(browser.get(at(hall, f"?who={colleague.pk}"))) == ["Activated the test"]
    assert whats(browser.get(at(hall, "?kind=candidates"))) == ["Added 30 candidates"]
    assert len(told(browser.get(at(hall, "?who=candidates")))) == 3
    assert len(told(browser.get(at(hall, "?who=candidates&kind=setup")))) == 0
    assert "Nothing of that kind" in browser.get(at(hall, "?day=1999-01-01")).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "?day=yesterday&who=x&kind=none&act=marked%00&page=x",
        "?page=99999&who=999999999999999999",
        "?day=2026-02-30",
        "?day=9999-12-31",
        "?q=%00&page=-1&page=0",
        "?who=٣",
    ],
)
def test_an_address_that_makes_no_sense_shows_what_it_can(query: str, exam: Test, browser: Client) -> None:
    assert browser.get(at(exam, query)).status_code == 200


def test_long_histories_have_pages_and_end_somewhere(
    exam: Test, planner: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    AuditEvent.objects.bulk_create(
        [AuditEvent(action=Action.ACTIVATED, test=exam, actor=planner, count=n) for n in range(PER_PAGE + 5)]
    )
    first = browser.get(at(exam))
    assert len(told(first)) == PER_PAGE
    assert "page 1 of 2" in first.content.decode()
    assert len(told(browser.get(at(exam, "?page=2")))) == 5
    assert len(told(browser.get(at(exam, "?page=7")))) == 5
    monkeypatch.setattr("candidates.pages.tests.history_rows.MAX_LISTED", 10)
    cut = browser.get(at(exam))
    assert len(told(cut)) == 10
    assert "Only the newest 10 acts are here" in cut.content.decode()
    assert MAX_LISTED > 10_000
    assert len(list(History(exam, HistoryFilter()).everything())) == PER_PAGE + 5


# The file ------------------------------------------------------------------------------------------------------------


def test_the_download_is_recorded(hall: Test, planner: User, browser: Client) -> None:
    answer = browser.post(at(hall, "csv/?q=0007"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["Time (Oslo time)", "Who", "Act", "What happened", "Candidate IDs", "Refused", "Address"]
    assert [row[1:5] for row in rows[1:]] == [
        ["Candidate 0007", "Logged in", "Logged in", "0007"],
        ["Candidate 0007", "Test started", "Started the test", "0007"],
        ["Candidate 0007", "Test submitted", "Submitted the test", "0007"],
    ]
    assert "history-20" in answer["Content-Disposition"]
    event = AuditEvent.objects.get(action=Action.HISTORY_DOWNLOADED)
    assert (event.actor, event.test, event.count, event.detail) == (planner, hall, 3, {"filtered": True})
    assert browser.get(at(hall, "csv/")).status_code == 405


def test_no_cell_of_the_file_runs_as_a_formula(exam: Test, planner: User, browser: Client) -> None:
    add(exam, planner, "=1+1")
    remove_candidates(test=exam, public_ids=[Candidate.objects.get(test=exam).public_id], by=planner)
    content = browser.post(at(exam, "csv/")).content.decode("utf-8-sig")
    assert '"\'=1+1"' in content


def test_a_name_of_a_contributor_stands_with_the_role(exam: Test, planner: User, browser: Client) -> None:
    somebody = make_staff("somebody", "Some Body", is_grader=True)
    add_contributors(test=exam, users=[somebody], role=Role.GRADER, by=planner)
    assert whats(browser.get(at(exam)))[0] == "Added somebody as Grader"
