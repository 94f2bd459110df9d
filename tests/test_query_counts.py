"""No page asks the database more often with 1490 candidates than with ten, on PostgreSQL than with four."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.credentials.standing_in import give_one_time_logins
from candidates.models import Candidate, Submission, Test, User
from tests.factories import Role, activated, add_many, add_sso, contribute, make_test, open_now
from tests.test_access_table import PARAMETERS

# A page for few and for many candidates; the many leave room for some that are generated. On PostgreSQL this runs each
# statement once more; what would be asked again for each row there shows among forty rows as well.
COUNTS = (10, 1490) if connection.vendor == "sqlite" else (4, 40)
INCIDENT = {"how": "add", "minutes": "10", "reason": "Fire alarm"}


class Page(NamedTuple):
    """One way to ask for a page; `{count}`, `{left}` and `{ids}` in what is sent are those of the test."""

    name: str
    method: str = "GET"
    data: dict[str, str] = {}
    kind: str = "csv"
    exam: str = "open"  # which of the exams below


PAGES = [
    Page("deliver-tests"),
    Page("deliver-test"),
    Page("edit-test"),
    Page("edit-test", exam="planned"),
    Page("activate-test", exam="planned"),
    Page("deactivate-test"),
    Page("edit-questions"),
    Page("delete-test", exam="planned"),
    Page("move-end"),
    Page("copy-test"),
    Page("move-end", "POST", {"ends_at_date": "{later:%Y-%m-%d}", "ends_at_time": "12:00", "seen": "{end}"}),
    Page("history"),
    Page("history", "GET", {"q": "0001"}),
    Page("history-csv", "POST"),
    Page("new-contributor"),
    Page("remove-contributor"),
    Page("candidates"),
    Page("candidates", exam="planned"),
    Page("candidates-download", "POST", kind="csv"),
    Page("candidates-download", "POST", kind="xlsx"),
    Page("candidates-extra-time"),
    Page("candidates-extra-time", "POST", {"all_matching": "{count}"}),
    Page("candidates-extra-time", "POST", {"ids": "{ids}"}),
    Page("candidates-extra-time-check", "POST", {"all_matching": "{count}", "how": "add", "amount": "30"}),
    Page("candidates-location", "POST", {"all_matching": "{count}"}),
    Page("candidates-remove", "POST", {"all_matching": "{count}"}),
    Page("spread", exam="planned"),
    Page("spread"),
    Page("candidate"),
    Page("candidate-history"),
    Page("add-one-time"),
    Page("add-generated"),
    Page("add-generated", "GET", {"n": "{left}"}),
    Page("add-from-file"),
    Page("add-from-sso"),
    Page("add-permanent"),
    Page("add-permanent", "GET", {"q": "nobody"}),
    Page("one-time-template"),
    Page("sso-template"),
    Page("imports"),
    Page("test-code-setup"),
    Page("prepared"),
    Page("import-prepared"),
    Page("prepared-template"),
    Page("login-details"),
    Page("login-details-ticked", "POST", {"all_matching": "{count}"}),
    Page("login-details-ticked", "POST", {"ids": "{ids}"}),
    Page("login-details-list", "POST", {"whose": "all"}),
    Page("login-details-print", "POST", {"whose": "all"}),
    Page("login-details-print-six", "POST", {"whose": "all"}),
    Page("login-details-csv", "POST", {"whose": "all"}),
    Page("login-details-pdf", "POST", {"whose": "all"}),
    Page("login-details-pdf-six", "POST", {"whose": "all"}),
    Page("hall-papers"),
    Page("hall-papers-pdf", "POST", {"one_paper": "attendance"}),
    Page("hall-papers-pdf", "POST", {"one_paper": "slips"}),
    Page("hall-papers-xlsx", "POST"),
    Page("key-list", "POST", {"whose": "all"}),
    Page("renew-password"),
    Page("reveal-login"),
    Page("monitor"),
    Page("monitor-test"),
    Page("monitor-live"),
    Page("monitor-csv", "POST"),
    Page("monitor-xlsx", "POST", {"by_room": "1"}),
    Page("monitor-candidate"),
    Page("door"),
    Page("door", "GET", {"list": "missing"}),
    Page("door-people"),
    Page("door-spare"),
    Page("door-absent"),
    Page("correct-attendance"),
    Page("spare-logins"),
    Page("join-spare"),
    Page("monitor-incident", "POST", {"all_matching": "{count}"}),
    Page("monitor-incident", "POST", {"ids": "{ids}"}),
    Page("monitor-incident-check", "POST", {"all_matching": "{count}", **INCIDENT}),
    Page("deliver-test", exam="sso"),
    Page("candidates", exam="sso"),
    Page("candidate", exam="sso"),
    Page("candidates-one-time-login", "POST", {"all_matching": "{count}"}, exam="sso"),
    Page("candidates-one-time-login", "POST", {"ids": "{ids}"}, exam="sso"),
    Page("candidates-one-time-login-take-back", "POST", {"all_matching": "{count}"}, exam="sso"),
    Page("one-time-logins", exam="sso"),
    Page("one-time-logins-given", exam="sso"),
    Page("login-details", exam="sso"),
    Page("login-details-list", "POST", {"whose": "all"}, exam="sso"),
    Page("login-details-pdf", "POST", {"whose": "all"}, exam="sso"),
    Page("key-list", "POST", {"whose": "all"}, exam="sso"),
    Page("key-list-csv", "POST", {"whose": "all"}, exam="sso"),
    Page("monitor-key-list", "POST", exam="sso"),
    Page("reveal-login", exam="sso"),
    Page("monitor-test", exam="sso"),
    Page("monitor-candidate", exam="sso"),
    Page("results", "GET", {"who": "1"}, exam="handed in"),
    Page("grade-scale", exam="handed in"),
    Page("grade"),
    Page("grade-test", exam="handed in"),
    Page("grade-csv", "POST", exam="handed in"),
    Page("grade-xlsx", "POST", exam="handed in"),
    Page("grade-submission", exam="handed in"),
]
FROM_THERE = "shows who comes from there; tests/pages/roster/test_roster.py counts"
STORES = "stores something and leads to a page that is asked above"
ONE_PERSON = "is about one candidate's own row; tests/pages/sitting/test_sitting.py counts"
A_DRAFT = "is about an uploaded list; tests/pages/imports/test_imports.py counts"
# Addresses that take a test and are not asked above, each with the reason.
ELSEWHERE = {
    "add-from-test": "asks the same of few and many; tests/intake/test_copying.py",
    "add-from-test-save": STORES,
    "move-end-save": STORES,
    "archive-test": "asks a question and stores; tests/pages/tests/test_putting_away.py",
    "restore-test": STORES,
    "candidates-extra-time-save": STORES,
    "candidates-location-save": STORES,
    "candidates-remove-confirmed": STORES,
    "spread-save": STORES,
    "spread-undo": "is about one spreading; tests/pages/candidates/test_spread.py counts",
    "candidates-one-time-login-give": STORES,
    "candidates-one-time-login-take-back-confirmed": STORES,
    "monitor-incident-save": STORES,
    "monitor-seat": ONE_PERSON,
    "monitor-columns": STORES,
    "door-marks": STORES,
    "door-mark": STORES,
    "door-seat": STORES,
    "door-spare-take-back": STORES,
    "door-absent-take-back": STORES,
    "spare-logins-take-back": STORES,
    "spare-logins-make": STORES,
    "spare-logins-remove": STORES,
    "key-list-share": STORES,
    "void-slips-taken-out": STORES,
    "hall-contacts": STORES,
    "candidates-columns": STORES,
    "share-names": STORES,
    "grade-next": "leads on to grade-submission; tests/pages/grade/test_overview.py",
    "results-download": "is of an exam that is over; tests/pages/results/test_results.py counts",
    "candidate-versions": ONE_PERSON,
    "candidate-version": ONE_PERSON,
    "candidate-version-restore": STORES,
    "arrange-one-time": "shows rows that were sent, not candidates; tests/pages/adding/test_adding.py counts",
    "arrange-generated": "shows rows that were sent, not candidates; tests/pages/adding/test_adding.py counts",
    "sit": ONE_PERSON,
    "sit-write-here": ONE_PERSON,
    "sit-start": ONE_PERSON,
    "sit-answer": ONE_PERSON,
    "sit-seen": ONE_PERSON,
    "sit-submit": ONE_PERSON,
    # permanent users and lists of them
    "add-permanent-selected": STORES,
    "add-permanent-all": STORES,
    "add-permanent-list": STORES,
    "add-new-members": STORES,
    "list-changes": "is about one list; tests/pages/user_lists/test_user_lists.py counts",
    # uploaded lists
    "import-preview": A_DRAFT,
    "confirm-import": A_DRAFT,
    "cancel-import": A_DRAFT,
    "mend-import": A_DRAFT,
    "read-import-again": A_DRAFT,
    "assign-columns": A_DRAFT,
    "download-wrong-rows": A_DRAFT,
    "upload-mended-rows": A_DRAFT,
    "roster": FROM_THERE,
    "roster-connect": "asks a student system; nobody stands on it",
    "roster-connect-save": STORES,
    "roster-look": STORES,
    "roster-apply": STORES,
    "roster-take": STORES,
    "roster-by-itself": STORES,
    "roster-disconnect": "is about the connection",
    "test-code": "counts who joins; tests/pages/test_code/test_joiners.py counts",
    "test-code-live": "counts who joins; tests/pages/test_code/test_joiners.py counts",
    "test-code-large": "is about the code",
    "test-code-replace": "is about the code",
    "test-code-approve": STORES,
    "test-code-refuse": "is about those who wait; tests/pages/test_code/test_joiners.py",
    "test-code-refuse-save": STORES,
    "test-code-let-in": STORES,
    "prepared-add": "is about one person",
    "prepared-person": "is about one person",
    "prepared-remove": "is about one person",
    "undo-import": "is about one import; tests/intake/test_undoing.py counts",
    "undo-import-confirmed": "is about one import; tests/intake/test_undoing.py counts",
}


def test_every_address_that_takes_a_test_is_asked_or_named_with_the_reason() -> None:
    asked = {page.name for page in PAGES}
    assert {name for name, parts in PARAMETERS.items() if "test_id" in parts} <= asked | set(ELSEWHERE)
    assert asked & set(ELSEWHERE) == set()
    assert asked | set(ELSEWHERE) <= set(PARAMETERS)


@pytest.fixture
def everybody(db: None) -> User:
    """One person with every role, so that one browser can open every page."""
    return User.objects.create_user("everybody", None, is_planner=True, is_invigilator=True, is_grader=True)


Exams = dict[str, dict[int, Test]]


@pytest.fixture
def exams(everybody: User) -> Exams:
    """Exams with few and with many candidates.

    Open, not yet activated, open with everybody's answer handed in, and open with everybody writing who logged in
    with a one-time login instead of SSO.
    """
    made = {
        state: {count: an_exam(everybody, state, count) for count in COUNTS}
        for state in ("open", "planned", "handed in", "sso")
    }
    with connection.cursor() as cursor:
        # PostgreSQL plans for tables that are empty until then, which takes seconds a page. By name: an ANALYZE of
        # everything locks catalogs that the databases of the other test processes share.
        for model in (User, Test, Candidate, Submission):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    return made


def an_exam(everybody: User, state: str, count: int) -> Test:
    test = make_test(planner=everybody, name=f"Exam with {count}, {state}")
    contribute(test, everybody, Role.INVIGILATOR)
    contribute(test, everybody, Role.GRADER)
    if state == "sso":
        writing = add_sso(test, everybody, *(f"{number:04}" for number in range(count)), location=("Vesthall", "V1"))
        open_now(activated(test, everybody))
        give_one_time_logins(test=test, public_ids=[one.public_id for one in writing], by=everybody)
        Candidate.objects.of_test(test).update(started_at=timezone.now())
        return test
    add_many(test, everybody, count)
    if state == "planned":
        return test
    open_now(activated(test, everybody))
    if state == "handed in":
        now = timezone.now()
        candidates = Candidate.objects.filter(test=test)
        candidates.update(started_at=now - timedelta(minutes=5), submitted_at=now)
        Submission.objects.bulk_create(Submission(candidate=candidate, answer="Yes.") for candidate in candidates)
    return test


def queries(browser: Client, page: Page, test: Test) -> int:
    """Return how many queries one page takes."""
    ids = list(Candidate.objects.filter(test=test).values_list("public_id", flat=True))
    objects = {
        "test_id": test.public_id,
        "candidate": ids[0],
        "contributor": test.contributors.latest("pk").public_id,
        "kind": page.kind,
        "ending": page.kind,
    }
    opens, ends = test.window
    words = {"count": len(ids), "left": 1500 - len(ids), "ids": ",".join(ids), "end": ends.isoformat()}
    words["later"] = opens + timedelta(days=30)
    sent = {key: value.format(**words) for key, value in page.data.items()}
    address = reverse(page.name, kwargs={key: objects[key] for key in PARAMETERS[page.name]})
    ask = browser.get if page.method == "GET" else browser.post
    with CaptureQueriesContext(connection) as captured:
        answer = ask(address, sent)
    assert answer.status_code == 200, f"{page}: {answer.status_code} {answer.content[:2000]!r}"
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


@pytest.mark.slow
def test_pages_ask_as_often_with_many_candidates_as_with_few(
    exams: Exams, everybody: User, client_of: Callable[[User | None], Client]
) -> None:
    browser = client_of(everybody)
    grown = {}
    for page in PAGES:
        queries(browser, page, exams[page.exam][COUNTS[0]])  # warms what is kept per process
        few, many = (queries(browser, page, exams[page.exam][count]) for count in COUNTS)
        if few != many:  # the first visit of a test notes that it was looked at
            many = queries(browser, page, exams[page.exam][COUNTS[1]])
        if few != many:
            grown[str(page)] = (few, many)
    assert grown == {}
