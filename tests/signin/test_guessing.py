"""Ever so many wrong passwords: they slow the guesser, never the hall behind the same address (P10, C18-C20).

They go through the real login view; the slow hash is replaced by a quick one, since these tests are about counting.
tests/benchmarks/test_bench_login.py measures with the real one. 250 guesses in the time that ten
thousand take are counted, closed and opened again as often; fewer show that both databases count alike.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from candidates import audit
from candidates.credentials.secrets import new_username
from candidates.lifecycle.removal import remove_candidates
from candidates.models import AuditEvent, Candidate, Test, User
from candidates.signin.hashers import OwaspArgon2Hasher
from candidates.signin.throttling import OWN_AFTER
from tests.conftest import Clock
from tests.factories import activated, add, make_permanent, make_staff, make_test, open_now, password_of

GUESSES = 250 if connection.vendor == "sqlite" else 60
NAMES = GUESSES // 5
LIMIT = settings.AXES_FAILURE_LIMIT
HALL = "10.0.0.1"
RIGHT = "a long winter evening"
WRONG = "a long summer evening"
# how long ten thousand tries take at the speed of one core with the real hash, some 70 a second
SECONDS_EACH = 0.015
# In one transaction PostgreSQL would keep, and look through, a version of a row for each time that it was counted up.
COMMITTED = pytest.mark.django_db(transaction=connection.vendor == "postgresql")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the hash of chosen passwords cheap."""
    monkeypatch.setattr(OwaspArgon2Hasher, "memory_cost", 8)
    monkeypatch.setattr(OwaspArgon2Hasher, "time_cost", 1)


def owner_of(username: str) -> User:
    """Make somebody of the staff who knows the password."""
    user = make_staff(username, is_planner=True)
    user.set_password(RIGHT)
    user.save()
    return user


def a_browser() -> Client:
    """Return a browser of the hall in which the login page has been opened."""
    client = Client(REMOTE_ADDR=HALL)
    client.get("/login/")
    return client


def tries(client: Client, username: str, password: str = WRONG, **more: Any) -> HttpResponse:
    return client.post("/login/", {"username": username, "password": password}, REMOTE_ADDR=HALL, **more)  # type: ignore[return-value]


def passes(clock: Clock, **by: float) -> None:
    """Let exactly so much time pass, however long the tries take on this machine."""
    clock.stop(clock.now() + timedelta(**by))


class Hall:
    """The candidates who log in behind the address of the guesser, before, amid and after the guesses."""

    def __init__(self, one_time: list[Candidate], chosen: list[str], clock: Clock) -> None:
        self.one_time = [(one.user.username, password_of(one)) for one in one_time if one.user]
        self.chosen = chosen
        self.browsers = [a_browser() for _name in chosen]  # opened before the exam
        passes(clock, seconds=OWN_AFTER.total_seconds())
        self.came = 0

    def logs_in(self) -> None:
        """Let one of each kind log in, at the first try."""
        username, password = self.one_time[self.came]
        assert tries(Client(), username, password).status_code == 302
        assert tries(self.browsers[self.came], self.chosen[self.came], RIGHT).status_code == 302
        self.came += 1


@pytest.fixture
def hall(planner: User, clock: Clock) -> Hall:
    """Three candidates with slips, and three permanent users whose login page has been open for a while."""
    exam = make_test(planner=planner)
    one_time = add(exam, planner, "0001", "0002", "0003")
    activated(exam, planner)
    for one in one_time:
        one.refresh_from_db()
    return Hall(one_time, [owner_of(f"owner.{number}").username for number in range(3)], clock)


def refused_in_the_audit() -> tuple[int, int]:
    """Return how many refused logins the audit counts, and in how many rows."""
    events = AuditEvent.objects.filter(action="login_refused", outcome="refused")
    return events.aggregate(all=Sum("count"))["all"] or 0, events.count()


@pytest.mark.slow
@COMMITTED
@pytest.mark.parametrize("cookies", ["thrown away", "kept"])
def test_many_guesses_at_one_name_are_slowed_and_the_hall_is_not(hall: Hall, clock: Clock, cookies: str) -> None:
    name, kept = "owner.0", a_browser()
    passes(clock, seconds=OWN_AFTER.total_seconds())
    hall.logs_in()  # owner.0 before the guesses
    owner = a_browser()
    passes(clock, seconds=OWN_AFTER.total_seconds())
    began, checked = clock.now(), 0
    for number in range(GUESSES):
        client = kept if cookies == "kept" else Client()
        checked += tries(client, name, headers={"X-Forwarded-For": f"203.0.113.{number % 250}"}).status_code == 422
        passes(clock, seconds=10_000 / GUESSES * SECONDS_EACH)
        if number == GUESSES // 2:
            hall.logs_in()
            assert tries(owner, name, RIGHT).status_code == 302  # the owner too, from the own browser
    hall.logs_in()
    minutes = (clock.now() - began) / timedelta(minutes=1)
    # nine tries, and a tenth that closes, in each time of cooling off
    assert checked <= (LIMIT - 1) * (1 + minutes / 6)
    assert AccessAttempt.objects.count() <= 1
    counted, rows = refused_in_the_audit()
    assert counted == GUESSES
    assert rows <= minutes + 2


@pytest.mark.slow
@COMMITTED
def test_guesses_spread_over_a_hall_close_nothing(hall: Hall, clock: Clock) -> None:
    names = [*hall.chosen, *(f"somebody.{number}" for number in range(NAMES - 3))]
    hall.logs_in()
    guesser = a_browser()
    passes(clock, seconds=OWN_AFTER.total_seconds())
    checked = 0
    for number in range(GUESSES):
        checked += tries(guesser, names[number % NAMES]).status_code == 422
        passes(clock, seconds=SECONDS_EACH)
        if number == GUESSES // 2:
            hall.logs_in()
    hall.logs_in()
    # fewer than ten at each name: the names are what bounds it, each try pays for a slow hash
    assert checked == GUESSES
    assert AccessAttempt.objects.count() <= NAMES
    counted, rows = refused_in_the_audit()
    assert counted == GUESSES
    assert rows <= GUESSES / 2
    # axes reads the real clock, which the moved one is a minute ahead of, or less on a slow machine
    AccessAttempt.objects.update(attempt_time=datetime.now(UTC) - timedelta(minutes=7))
    tries(guesser, "somebody.else")
    assert AccessAttempt.objects.count() == 1  # who fails next sweeps out what has cooled off


@pytest.mark.slow
@COMMITTED
def test_guesses_at_one_slip_find_nothing_and_close_nothing(hall: Hall, clock: Clock) -> None:
    username, password = hall.one_time[0]
    for number in range(GUESSES):
        assert tries(Client(), username, f"{number:013}").status_code == 422
        passes(clock, seconds=0.002)
    assert not AccessAttempt.objects.exists()
    assert tries(Client(), username, password).status_code == 302
    counted, rows = refused_in_the_audit()
    assert (counted, rows) == (GUESSES, 1)


def test_refused_logins_are_counted_apart_by_name_and_address_and_minute(hall: Hall, clock: Clock) -> None:
    for _time in range(3):
        tries(Client(), "owner.0")
    tries(Client(), "owner.1")
    tries(Client(), " OWNER.1")
    Client().post("/login/", {"username": "owner.0", "password": WRONG}, REMOTE_ADDR="10.0.0.2")
    passes(clock, seconds=61)
    tries(Client(), "owner.0")
    counts = AuditEvent.objects.filter(action="login_refused").order_by("pk").values_list("count", flat=True)
    assert list(counts) == [3, 2, 1, 1]


def test_of_ever_new_names_few_have_rows_and_a_try_looks_at_few(
    hall: Hall, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MAX_NAMES_PER_ADDRESS", 5)
    guesser = Client()
    for _ in range(20):
        tries(guesser, new_username())
    for _ in range(2):
        # from elsewhere: by the name all the same
        guesser.post("/login/", {"username": "6czep34v", "password": WRONG}, REMOTE_ADDR="10.0.0.2")
    found = AuditEvent.objects.filter(action="login_refused").order_by("pk")
    assert list(found.values_list("count", flat=True)) == [1, 1, 1, 1, 1, 15, 2]
    assert [event.detail.get("names") for event in found] == [*[None] * 5, "many", None]
    passes(clock, minutes=1)
    tries(guesser, new_username())
    assert AuditEvent.objects.latest("pk").detail.get("names") is None
    with CaptureQueriesContext(connection) as captured:
        tries(guesser, new_username())
    asked = [one["sql"] for one in captured if '"candidates_auditevent"' in one["sql"]]
    assert all(f"LIMIT {audit.MAX_ROWS_SEARCHED}" in sql for sql in asked if not sql.startswith("INSERT"))
    assert [sql.split()[0] for sql in asked] == ["SELECT", "SELECT", "INSERT"]


def test_refused_logins_through_sso_are_counted_in_one_row(db: None, sso_offered: None) -> None:
    for _time in range(20):
        assert Client().get("/sso/campus/callback/?code=guess&state=guess").status_code == 400
    assert [event.count for event in AuditEvent.objects.filter(action="login_refused")] == [20]


@pytest.mark.slow
@COMMITTED
def test_a_store_of_tries_that_is_lost_again_and_again_still_bounds_the_guesser(hall: Hall) -> None:
    name, client, checked, losses = "owner.0", a_browser(), 0, 5
    for _loss in range(losses):
        AccessAttempt.objects.all().delete()
        checked += sum(tries(client, name).status_code == 422 for _try in range(2 * LIMIT))
    assert checked == (LIMIT - 1) * losses
    hall.logs_in()


@pytest.fixture
def names(planner: User, db: None) -> dict[str, dict[str, str]]:
    """Return, for each public shape of name, a name for each thing that can stand behind it."""
    make_permanent(username="keyed", password=RIGHT)
    make_permanent(username="made")
    gone = make_permanent(username="inactive", password=RIGHT).user
    User.objects.filter(pk=gone.pk).update(is_active=False)
    owner_of("staff")
    User.objects.create(username="sso.only", kind="sso", password="!")
    exam, later = make_test(planner=planner), make_test(planner=planner, name="Not activated")
    one_time = add(exam, planner, "0001", "0002", "0003")
    waiting = add(later, planner, "0001")
    activated(exam, planner)
    activated(later, planner)
    Test.objects.filter(pk=later.pk).update(activated_at=None)
    for one in (*one_time, *waiting):
        one.refresh_from_db()
    accounts = [one.user.username for one in (*one_time, *waiting) if one.user]
    User.objects.filter(username=accounts[1]).update(is_active=False)
    remove_candidates(test=Test.objects.get(pk=exam.pk), public_ids=[one_time[2].public_id], by=planner)
    open_now(exam)
    chosen = ("keyed", "made", "inactive", "staff", "sso.only", "unknown")
    generated = dict(zip(("known", "inactive", "removed", "not activated"), accounts, strict=True))
    return {
        "chosen": {name: name for name in chosen},
        "generated": {**generated, "permanent": make_permanent().user.username, "unknown": new_username()},
    }


def told(answer: HttpResponse, username: str) -> tuple[int, str, int, dict[str, str]]:
    """Return all that an answer tells: status, text, length, headers; but for the name that was typed, and tokens."""
    page = answer.content.decode()
    assert page.count(username) <= 1
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", page.replace(f'value="{username}"', ""))
    cookies = {f"cookie {key}": str(len(cookie.value)) for key, cookie in answer.cookies.items()}
    moments = {"Content-Length", "Expires", "X-Request-ID"}
    plain = {key: "" if key in moments else value for key, value in answer.items()}
    return answer.status_code, text, len(page) - len(username) * page.count(username), {**plain, **cookies}


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["chosen", "generated"])
def test_answers_are_equal_whatever_stands_behind_a_name(
    names: dict[str, dict[str, str]], shape: str, clock: Clock
) -> None:
    """Text, status, length, headers, and the statements that the database sees; also once the throttle has closed."""
    clock.stop(clock.now())  # the seconds that are left of a wait stand on the page
    seen: dict[str, list[Any]] = {}
    for what, username in names[shape].items():
        answers = []
        client = a_browser()
        for _time in range(LIMIT + 2):
            with CaptureQueriesContext(connection) as captured:
                answer = tries(client, username)
            statements = [_shape_of(query["sql"]) for query in captured]
            answers.append((*told(answer, username), statements))
        seen[what] = answers
    statuses = {what: [answer[0] for answer in answers] for what, answers in seen.items()}
    closing = [422] * (LIMIT - 1) + [429] * 3 if shape == "chosen" else [422] * (LIMIT + 2)
    assert statuses == dict.fromkeys(seen, closing)
    first = next(iter(seen.values()))
    for what, answers in seen.items():
        for number, (one, expected) in enumerate(zip(answers, first, strict=True)):
            assert one == expected, (what, number)


def _shape_of(sql: str) -> str:
    """Return a statement without its values."""
    return re.sub(r"\d+", "0", re.sub(r"'(?:[^']|'')*'", "''", sql))


def test_a_right_password_of_who_may_not_log_in_answers_like_a_wrong_one(planner: User, clock: Clock) -> None:
    gone = owner_of("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    clock.stop(clock.now())
    right, wrong = (told(tries(a_browser(), "gone", password), "gone") for password in (RIGHT, WRONG))
    assert right == wrong


@pytest.mark.parametrize("behind", [False, True], ids=["no proxy", "behind a proxy"])
def test_made_up_addresses_give_no_further_tries(
    behind: bool, settings: Any, clock: Clock, db: None, client_of: Callable[[User | None], Client]
) -> None:
    settings.BEHIND_PROXY = behind
    owner_of("staff")
    answers = []
    for number in range(LIMIT + 5):
        # what the guesser sends comes first; a proxy appends the address that it saw
        forwarded = f"203.0.113.{number}, 198.51.100.7" if behind else f"203.0.113.{number}"
        answers.append(tries(Client(), "staff", headers={"X-Forwarded-For": forwarded}).status_code)
    assert answers == [422] * (LIMIT - 1) + [429] * 6
    assert {str(event.address) for event in AuditEvent.objects.filter(action="login_refused")} == {
        "198.51.100.7" if behind else HALL
    }
