"""The cast of people and the tests they work on (fixtures for everything below this folder)."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import settings as hypothesis_settings

from candidates.models import Candidate, Location, Test, User
from candidates.signin import hash_slots
from candidates.signin.sso import providers
from tests.factories import Role, activated, add, contribute, make_staff, make_test, open_now
from tests.support import lock_order, migrated

HERE = Path(__file__).parent
OF_PAGES = {HERE, HERE / "signin", HERE / "site", HERE / "back_office"}
# What PostgreSQL may answer differently on a page; the rooms below the pages, races and faults run on both anyway.
ON_POSTGRESQL_TOO = {
    # every page, and every act in its order: each statement once
    *("test_query_counts.py", "test_planted_secrets.py", "test_sso_down_drill.py"),
    "test_demo.py::test_it_loads_once_and_everybody_can_log_in",
    *("browser/test_story.py", "pages/test_story.py"),
    # what is searched, sorted and counted: collation, empty values, patterns
    "test_alphabet.py",
    *("pages/candidates/test_candidates.py", "pages/monitor/test_monitor.py", "pages/grade/test_grade.py"),
    *("pages/permanent_users", "pages/people", "pages/user_lists"),
    *("pages/tests/test_history.py", "pages/tests/test_long_searches.py", "pages/shared/test_kept_search.py"),
    # what is typed and uploaded: NUL, half a character, numbers and dates out of all bounds
    *("pages/signin/test_signin.py", "pages/tests/test_long_windows.py"),
    *("pages/imports/test_imports.py", "pages/imports/test_user_imports.py", "pages/imports/test_assigned_columns.py"),
    *("pages/imports/test_sso_import.py", "pages/imports/test_complete_list.py"),
    *("pages/imports/test_hostile_files.py", "pages/imports/test_other_people.py"),
    "pages/candidates/test_bulk.py::test_a_location_that_says_nothing_or_two_things_is_refused",
    "pages/candidates/test_bulk.py::test_a_number_that_no_page_shows_is_refused",
    "pages/candidates/test_bulk.py::test_wrong_figures_are_refused_and_stay_in_their_field",
    "pages/sitting/test_sitting.py::test_a_revision_that_no_column_holds_is_refused_also_where_a_version_is_due",
    "pages/sitting/test_sitting.py::test_the_longest_answer_of_the_longest_characters_passes_every_way_it_is_sent",
    "pages/sitting/test_sitting.py::test_what_cannot_be_saved_is_answered_with_a_sentence",
    # what several do at the same row: locks, a constraint that fails in the middle of a transaction
    "pages/candidates/test_bulk.py::test_a_typed_location_is_made_with_its_spaces_folded",
    "pages/candidates/test_bulk.py::test_the_same_form_sent_twice_adds_once",
    "pages/test_sent_twice.py",
    *("back_office/test_accounts.py", "back_office/test_permanent_users.py", "test_last_administrator.py"),
    *("signin/test_idle.py", "signin/test_login_backends.py", "signin/test_hash_slots.py"),
    *(
        "signin/test_second_step.py",
        "signin/test_sessions.py",
        "signin/test_sso_identities.py",
        "signin/test_throttling.py",
    ),
    "pages/join/test_guessing_codes.py",
    "signin/test_lti_launches.py::test_of_two_requests_with_one_state_one_logs_in",
    "signin/test_lti_launches.py::test_who_is_on_a_test_is_logged_in_and_led_to_the_dashboard",
    *("signin/test_guessing.py", "signin/test_throttling_of_neighbours.py", "test_access.py", "test_audit.py"),
}


# Hypothesis fails an example that takes 200 ms: on a machine that does something else as well, any may.
# The same examples each time: a change is not refused for what another one left. `make search` looks for new ones.
hypothesis_settings.register_profile("same", deadline=None, derandomize=True)
hypothesis_settings.register_profile("search", deadline=None, derandomize=False, database=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# A busy machine may hold the thread of a hash up for longer; the tests of places set what they need.
hash_slots.WAIT_SECONDS = 60.0

lock_order.watch_all()


@pytest.fixture(autouse=True)
def _locks_in_order() -> Iterator[None]:
    """Fail a test in which rows were locked out of order; only PostgreSQL locks rows."""
    with lock_order.nothing_out_of_order():
        yield


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of pages and the browser's, and leave to the run on SQLite what the database has no part in."""
    for item in items:
        if HERE / "browser" in item.path.parents:
            item.add_marker(pytest.mark.browser)
        if item.path.parent in OF_PAGES or HERE / "pages" in item.path.parents:
            item.add_marker(pytest.mark.pages)
    if connection.vendor == "sqlite":
        return
    without = [item for item in items if not _touches_the_database(item) or _is_alike(item)]
    config.hook.pytest_deselected(items=without)
    items[:] = [item for item in items if item not in set(without)]


def _is_alike(item: pytest.Item) -> bool:
    """Say whether a test asks for pages, in the browser or without, that answer alike on both databases."""
    if not any(item.get_closest_marker(mark) for mark in ("pages", "browser")):
        return False
    path = item.path.relative_to(HERE)
    named = {f"{path}::{getattr(item, 'originalname', '')}", str(path), str(path.parent)}
    return named.isdisjoint(ON_POSTGRESQL_TOO)


def _touches_the_database(item: pytest.Item) -> bool:
    asked = {"db", "transactional_db", "live_server", "django_db_setup"}
    return item.get_closest_marker("django_db") is not None or bool(asked & set(getattr(item, "fixturenames", ())))


def pytest_collection_finish() -> None:
    """Take what collecting made out of the garbage collector's sight: it walked through 8000 tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, django_db_modify_db_settings: None) -> bool:
    """Say whether the test database is there already: as asked for, or as a copy of one that was migrated before."""
    return django_db_keepdb or migrated.lay_down()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Make the test database, and keep a copy for the next run."""
    with django_db_blocker.unblock():
        migrated.keep()


@pytest.fixture
def planner(db: None) -> User:
    """Ingrid plans the exam."""
    return make_staff("planner", "Ingrid Solheim", is_planner=True)


@pytest.fixture
def colleague(db: None) -> User:
    """Marte is a second planner of the exam."""
    return make_staff("colleague", "Marte Aune", is_planner=True)


@pytest.fixture
def stranger(db: None) -> User:
    """Sigurd has every role of staff, but not on the exam."""
    return make_staff("stranger", "Sigurd Fremmed", is_planner=True, is_invigilator=True, is_grader=True)


@pytest.fixture
def invigilator(db: None) -> User:
    """Jonas invigilates the exam, in every room."""
    return make_staff("invigilator", "Jonas Eriksen", is_invigilator=True)


@pytest.fixture
def grader(db: None) -> User:
    """Elin grades the exam."""
    return make_staff("grader", "Elin Haugland", is_grader=True)


@pytest.fixture
def administrator(db: None) -> User:
    """Arne looks after accounts, and has nothing to do with exams."""
    return make_staff("administrator", "Arne Lund", is_administrator=True)


@pytest.fixture
def exam(planner: User, colleague: User, invigilator: User, grader: User) -> Test:
    """An exam in three days, four hours long, not activated, without candidates, with all its contributors."""
    test = make_test(planner=planner)
    contribute(test, colleague, Role.PLANNER)
    contribute(test, invigilator, Role.INVIGILATOR)
    contribute(test, grader, Role.GRADER)
    return test


@pytest.fixture
def room(db: None) -> Location:
    """A room in a building."""
    return Location.objects.create(building="Vesthall", room="V101")


@pytest.fixture
def candidates(exam: Test, planner: User) -> list[Candidate]:
    """Three candidates on the exam: 0001, 0002 with 30 minutes extra time, kari."""
    return add(exam, planner, "0001", "0002", "kari", extra={"0002": 30})


@pytest.fixture
def scheduled_exam(exam: Test, candidates: list[Candidate], planner: User) -> Test:
    """The exam, activated; it opens in three days."""
    return activated(exam, planner)


@pytest.fixture
def open_exam(scheduled_exam: Test) -> Test:
    """The exam, activated; it opened ten minutes ago."""
    return open_now(scheduled_exam)


@pytest.fixture
def candidate(open_exam: Test) -> Candidate:
    """Candidate 0001 of the open exam, with a login, who has not started."""
    found: Candidate = Candidate.objects.select_related("user", "test").get(test=open_exam, candidate_id="0001")
    return found


@pytest.fixture
def client_of() -> Callable[[User | None], Client]:
    """Return a function that gives a browser in which a person is logged in (None: nobody)."""

    def make(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="candidates.signin.backends.PasswordBackend")
        return client

    return make


@contextmanager
def offering_sso() -> Iterator[None]:
    """Let both SSO setups be logged in through, at providers that are never asked; nothing listens at their issuer."""
    issuer = {"issuer": "http://127.0.0.1:9", "client_id": "deliver", "client_secret": "not-a-secret"}
    known = providers.Addresses(
        authorization="https://login.havnes.example/authorize",
        token="https://login.havnes.example/token",
        keys="https://login.havnes.example/keys",
        userinfo="https://login.havnes.example/userinfo",
        end_session="https://login.havnes.example/end",
        takes_secret_in_form=True,
        names_itself=False,
    )
    with (
        override_settings(AUTHENTICATION_TYPES=[{**one, **issuer} for one in settings.AUTHENTICATION_TYPES]),
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        for way in ("addresses", "known_addresses"):
            monkeypatch.setattr(providers.Provider, way, lambda provider: known)
        providers.forget_all()
        yield
    providers.forget_all()


@pytest.fixture
def sso_offered() -> Iterator[None]:
    """Both SSO setups can be logged in through, as long as a test takes."""
    with offering_sso():
        yield


class Clock:
    """The server's clock, as far as django.utils.timezone.now tells it."""

    def __init__(self) -> None:
        self.shift = timedelta()
        self.stopped: datetime | None = None

    def now(self) -> datetime:
        """Return the moved time (UTC)."""
        return self.stopped or datetime.now(tz=timezone.get_fixed_timezone(0)) + self.shift

    def move(self, **by: float) -> None:
        """Move the clock by a timedelta's arguments."""
        self.shift += timedelta(**by)

    def stop(self, moment: datetime) -> None:
        """Stop the clock at a moment, for what happens to the microsecond (D30)."""
        self.stopped = moment

    def set(self, moment: datetime) -> None:
        """Set the clock to a moment; it goes on from there."""
        self.shift = moment - datetime.now(tz=timezone.get_fixed_timezone(0))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that a test can move."""
    moved = Clock()
    monkeypatch.setattr(timezone, "now", moved.now)
    return moved
