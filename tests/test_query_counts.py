"""No page asks the database more often with 1500 candidates than with ten."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.models import Candidate, Test, User
from tests.factories import Role, activated, add_many, contribute, make_test, open_now

# name of the address, method, and what is posted
PAGES = [
    ("deliver-tests", "GET", {}),
    ("deliver-test", "GET", {}),
    ("candidates", "GET", {}),
    ("candidates-extra-time", "POST", {"all_matching": "{count}"}),
    ("candidates-location", "POST", {"all_matching": "{count}"}),
    ("candidates-remove", "POST", {"all_matching": "{count}"}),
    ("add-one-time", "GET", {}),
    ("add-generated", "GET", {}),
    ("add-from-file", "GET", {}),
    ("add-from-sso", "GET", {}),
    ("imports", "GET", {}),
    ("login-details", "GET", {}),
    ("login-details-list", "POST", {"whose": "all"}),
    ("login-details-print", "POST", {"whose": "all"}),
    ("login-details-print-six", "POST", {"whose": "all"}),
    ("login-details-csv", "POST", {"whose": "all"}),
    ("login-details-pdf", "POST", {"whose": "all"}),
    ("monitor", "GET", {}),
    ("monitor-test", "GET", {}),
    ("monitor-live", "GET", {}),
    ("monitor-csv", "POST", {}),
    ("grade", "GET", {}),
    ("grade-test", "GET", {}),
    ("grade-csv", "POST", {}),
]


@pytest.fixture
def everybody(db: None) -> User:
    """One person with every role, so that one browser can open every page."""
    return User.objects.create_user("everybody", None, is_planner=True, is_invigilator=True, is_grader=True)


@pytest.fixture
def exams(everybody: User) -> dict[int, Test]:
    """Two open exams, one with ten candidates and one with 1500."""
    made = {}
    for count in (10, 1500):
        test = make_test(planner=everybody, name=f"Exam with {count}")
        contribute(test, everybody, Role.INVIGILATOR)
        contribute(test, everybody, Role.GRADER)
        add_many(test, everybody, count)
        made[count] = open_now(activated(test, everybody))
    return made


def queries(browser: Client, name: str, method: str, data: dict[str, str], test: Test) -> int:
    """Return how many queries one page takes; the first visit warms what is kept per process."""
    kwargs = {} if name in {"deliver-tests", "monitor", "grade"} else {"test_id": test.public_id}
    count = Candidate.objects.filter(test=test).count()
    sent = {key: value.format(count=count) for key, value in data.items()}
    ask = browser.get if method == "GET" else browser.post
    for _visit in range(2):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = ask(reverse(name, kwargs=kwargs), sent)
        assert answer.status_code == 200, answer.content[:2000]
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


def test_pages_ask_as_often_with_1500_candidates_as_with_ten(
    exams: dict[int, Test], everybody: User, client_of: Callable[[User | None], Client]
) -> None:
    browser = client_of(everybody)
    grown = {}
    for name, method, data in PAGES:
        few, many = (queries(browser, name, method, data, exams[count]) for count in (10, 1500))
        if few != many:
            grown[name] = (few, many)
    assert grown == {}
