"""The same pages of the same exam of 1500, alone in the database and among 5,000 tests with 2,000,000 candidates.

For PostgreSQL: `make bench-scale`. SCALE_TESTS=500 makes a tenth of it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from time import perf_counter
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.authentication_types import enabled_types
from candidates.credentials.purging import purge_due
from candidates.intake.door import add_candidates
from candidates.intake.drafts import expire
from candidates.intake.findings import CandidateRow
from candidates.intake.importing import confirm, preview
from candidates.lifecycle.activation import activate
from candidates.models import AuditEvent, Candidate, Import, Location, SsoIdentity, Test, User
from candidates.pages.shared.finding import Sought, people_of
from candidates.signin.sso.identities import pinned_person
from tests.benchmarks import scale
from tests.benchmarks.support import Report, measure_each
from tests.factories import (
    Role,
    activated,
    add_many,
    add_sso,
    contribute,
    give_logins,
    make_permanent,
    make_staff,
    make_test,
    open_now,
    password_of,
)
from tests.intake.lists import waiting
from tests.support.permanent import put_on

N = 1500
RUNS = 7
TESTS = int(os.environ.get("SCALE_TESTS", scale.TESTS))
LIMIT = 2
NOISE = 0.005  # seconds by which a page of two milliseconds may differ
CHOSEN = "a long winter evening"
SEEN = "campus"

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="millions of candidates are for PostgreSQL: make bench-scale"
)


@dataclass
class World:
    """The exam whose pages are measured, the people who ask for them, and numbers for what must be new each time."""

    planner: User
    keeper: User  # plans 500 tests
    exam: Test
    sso_exam: Test
    names: Iterator[tuple[str, str]]  # logins of the exam that nobody has used
    number: Iterator[int] = field(default_factory=lambda: count(1))
    browsers: dict[str, Client] = field(default_factory=dict)

    def browser(self, user: User) -> Client:
        """Return the browser in which somebody is logged in."""
        if user.username not in self.browsers:
            client = self.browsers[user.username] = Client(raise_request_exception=True)
            client.force_login(user, backend="candidates.signin.backends.PasswordBackend")
        return self.browsers[user.username]


def a_world() -> World:
    """Make the exam, its people, a planner of 20 tests and one of 500, by the product's own functions."""
    Location.objects.bulk_create(Location(building=f"House {n // 20}", room=f"R{n}") for n in range(1, 401))
    # as many to choose from as there will be, and as many rows on a page of the audit
    User.objects.bulk_create(
        User(
            username=f"member.{n}",
            name=f"Member {n}",
            password="!",
            is_planner=n % 3 == 0,
            is_invigilator=n % 3 == 1,
            is_grader=n % 3 == 2,
        )
        for n in range(1500)
    )
    refused_before = {"action": "login_refused", "outcome": "refused", "detail": {"name_digest": "0" * 32}}
    AuditEvent.objects.bulk_create(AuditEvent(**refused_before) for _row in range(200))
    planner, keeper = (
        make_staff(name, is_planner=True, is_invigilator=True, is_grader=True) for name in ("planner", "keeper")
    )
    make_staff("administrator", is_administrator=True)
    for number in range(18):
        make_test(planner=planner, name=f"Small test {number}")
    for number in range(500):
        contribute(
            make_test(name=f"Test {number} of many", opens_in=timedelta(days=number - 400)), keeper, Role.PLANNER
        )
    exam = make_test(planner=planner, name="The exam")
    contribute(exam, planner, Role.INVIGILATOR)
    contribute(exam, planner, Role.GRADER)
    add_many(exam, planner, N - 2)
    for username in ("chosen", "chosen.too"):
        person = make_permanent(username=username, password=CHOSEN)
        put_on(person, exam, username)
    exam = open_now(activated(exam, planner))
    sso_exam = make_test(planner=planner, name="The exam through SSO")
    writing = add_sso(sso_exam, planner, *(f"{number:04}" for number in range(200)))
    sso_exam = open_now(activated(sso_exam, planner))
    give_logins(sso_exam, planner, *writing[:50])
    one_time = Candidate.objects.of_test(exam).filter(kind="one_time").select_related("user")
    logins = [(one.user.username, password_of(one)) for one in one_time[:400] if one.user]
    return World(planner, keeper, exam, sso_exam, iter(logins))


@dataclass(frozen=True)
class Act:
    """One thing to measure: what is prepared for each run, what is done, and a limit of its own in milliseconds."""

    what: str
    act: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None
    most_ms: float | None = None
    runs: int = RUNS


def page(world: World, what: str, address: str, user: User | None = None) -> Act:
    browser = world.browser(user or world.planner)

    def ask(_nothing: Any) -> None:
        answer = browser.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    return Act(what, ask)


def sought(exam: Test) -> None:
    """Search everybody of the exam as Manage candidates, Monitor and the door do."""
    people = people_of(Candidate.objects.of_test(exam)).values()
    assert len(Sought.of("aas reidun").matches([person.who for person in people])) == N


def sent(world: World, what: str, address: str, data: dict[str, str], status: int = 200) -> Act:
    browser = world.browser(world.planner)

    def send(_nothing: Any) -> None:
        answer = browser.post(address, data)
        assert answer.status_code == status, (address, answer.status_code)
        assert answer.streaming or answer.content

    return Act(what, send)


def a_browser() -> Client:
    client = Client()
    client.get("/login/")
    return client


def log_in(login: tuple[Client, str, str]) -> None:
    client, username, password = login
    assert client.post("/login/", {"username": username, "password": password}).status_code == 302


def refused(login: tuple[Client, str, str]) -> None:
    client, username, password = login
    assert client.post("/login/", {"username": username, "password": password}).status_code == 422


def signing_in(world: World) -> Iterator[Act]:
    yield Act("login page", lambda client: client.get("/login/"), Client)
    yield Act("log in, one-time", log_in, lambda: (a_browser(), *next(world.names)))
    yield Act("log in, permanent", log_in, lambda: (a_browser(), "chosen", CHOSEN))
    yield Act("refused, one-time name", refused, lambda: (a_browser(), next(world.names)[0], "x"))
    yield Act("refused, chosen name", refused, lambda: (a_browser(), f"nobody.{next(world.number)}", "x"))
    kind = enabled_types()[SEEN]
    first = SsoIdentity.objects.filter(sso_user_id="0007@uni.example").get()
    subject = first.subject or "subject"
    yield Act("who comes through SSO", lambda _: pinned_person(kind, sso_user_id="0007@uni.example", subject=subject))
    one = User.objects.get(username="chosen")
    yield page(world, "Dashboard, permanent", "/dashboard/", one)
    yield page(world, "Archive, permanent", "/dashboard/archive/", one)


def sitting(world: World) -> Iterator[Act]:
    address = f"/test/{world.exam.public_id}/"

    def came() -> Client:
        client = a_browser()
        log_in((client, *next(world.names)))
        return client

    def started() -> Client:
        client = came()
        assert client.post(f"{address}start/").status_code == 302
        return client

    def place(client: Client) -> dict[str, str]:
        candidate = Candidate.objects.get(user_id=client.session["_auth_user_id"])
        return {"answer": "An answer. " * 50, "base": "0", "candidate": candidate.public_id}

    def do(what: str, status: int, prepared: tuple[Client, dict[str, str]]) -> None:
        client, data = prepared
        answer = client.post(f"{address}{what}/", data, headers={"Accept": "application/json"})
        assert answer.status_code == status, (what, answer.status_code, answer.content[:500])

    def with_place(prepare: Callable[[], Client]) -> tuple[Client, dict[str, str]]:
        client = prepare()
        return client, place(client)

    yield Act("Dashboard, one-time", lambda client: client.get("/dashboard/"), came)
    yield Act("test page before the start", lambda client: client.get(address), came)
    yield Act("start", lambda client: client.post(f"{address}start/"), came)
    yield Act("writing page", lambda client: client.get(address), started)
    yield Act("save", partial(do, "answer", 200), partial(with_place, started))
    yield Act("seen", lambda client: client.post("/dashboard/seen/"), came)


def planning(world: World) -> Iterator[Act]:
    exam, sso = world.exam.public_id, world.sso_exam.public_id
    test, watched = f"/deliver/tests/{exam}/", f"/monitor/tests/{exam}/"
    candidate = Candidate.objects.of_test(world.exam).values_list("public_id", flat=True)[0]
    yield page(world, "tests of a planner of 20", "/deliver/tests/")
    yield page(world, "tests of a planner of 500", "/deliver/tests/", world.keeper)
    yield page(world, "the test", test)
    yield page(world, "a new contributor", f"{test}contributors/new/")
    yield page(world, "Manage candidates, 1500", f"{test}candidates/")
    yield page(world, "Manage candidates, a search", f"{test}candidates/?q=0007")
    yield page(world, "Manage candidates, a search by words", f"{test}candidates/?q=aas+reidun")
    yield Act("a search by words among 1500", lambda _nothing: sought(world.exam), most_ms=100)
    yield page(world, "one candidate", f"{test}candidates/{candidate}/")
    yield page(world, "imports", f"{test}candidates/imports/")
    yield page(world, "add one-time users", f"{test}candidates/add/one-time/")
    yield sent(world, "download of the list", f"{test}candidates/download/csv/", {})
    yield page(world, "tests on Monitor", "/monitor/")
    yield page(world, "Monitor, 1500", watched)
    yield page(world, "Monitor, live", f"{watched}live/")
    yield page(world, "Monitor, SSO", f"/monitor/tests/{sso}/")
    yield page(world, "Monitor, one candidate", f"{watched}candidates/{candidate}/")
    yield page(world, "tests on Grade", "/grade/")
    yield page(world, "Grade, 1500", f"/grade/tests/{exam}/")
    yield page(world, "login details", f"{test}login-details/")
    yield sent(world, "login details, list", f"{test}login-details/list/", {"whose": "all"})
    yield sent(world, "login details, CSV", f"{test}login-details/csv/", {"whose": "all"})
    yield sent(world, "key list", f"/deliver/tests/{sso}/login-details/key-list/", {"whose": "all"})
    yield page(world, "one-time logins for SSO", f"/deliver/tests/{sso}/one-time-logins/")


def filling(world: World) -> Iterator[Act]:
    def empty() -> Test:
        return make_test(planner=world.planner, name=f"New {next(world.number)}")

    def rows() -> list[CandidateRow]:
        return [CandidateRow(n, f"{n:04}", 0) for n in range(1, N + 1)]

    def full() -> Test:
        test = empty()
        add_candidates(test=test, rows=rows(), by=world.planner, source="bench")
        test.refresh_from_db()
        return test

    def draft(kind: str) -> tuple[Test, Import, str]:
        test, batch = empty(), next(world.number)
        text = "".join(f"{n:04};p{n}.{batch}@uni.example;;H{n % 4};V{n % 40}\n" for n in range(1, N + 1))
        one_time = "Candidate ID;Extra time\n" + "".join(f"{n:04};\n" for n in range(1, N + 1))
        kept = waiting(test, world.planner, text if kind == "sso" else one_time, kind=kind)
        return test, kept, preview(kept).seen(test)

    def confirmed(ready: tuple[Test, Import, str]) -> None:
        _test, kept, seen = ready
        assert confirm(kept, by=world.planner, seen=seen).added == N

    def previewed(ready: tuple[Test, Import, str]) -> None:
        test, kept, _seen = ready
        address = f"/deliver/tests/{test.public_id}/candidates/imports/{kept.public_id}/"
        assert world.browser(world.planner).get(address).status_code == 200

    yield Act("preview of 1500", previewed, partial(draft, "one_time"), runs=5)
    yield Act("confirm 1500", confirmed, partial(draft, "one_time"), runs=5)
    yield Act("confirm 1500 SSO", confirmed, partial(draft, "sso"), runs=5)
    yield Act("activate 1500", lambda test: activate(test=test, by=world.planner), full, runs=5)


def administering(world: World) -> Iterator[Act]:
    administrator = User.objects.get(username="administrator")
    office = "/back-office/candidates/"
    yield page(world, "audit", f"{office}auditevent/", administrator)
    yield page(world, "audit, refused logins", f"{office}auditevent/?action__exact=login_refused", administrator)
    yield page(world, "audit, a day", f"{office}auditevent/?at__year={timezone.now().year}", administrator)
    yield page(world, "audit, a search", f"{office}auditevent/?q=planner", administrator)
    yield page(world, "accounts of staff", f"{office}user/", administrator)
    yield page(world, "people of institutions", f"{office}ssoidentity/", administrator)
    yield page(world, "SSO setups", "/sso/setups/", administrator)


def clearing(_world: World) -> Iterator[Act]:
    """Name what runs every hour or night: nothing is left to do in the second run."""
    # it looks at every sealed copy, in the background, and locks nothing while it looks
    yield Act("purge_login_details", lambda _: purge_due(), most_ms=5000)
    yield Act("expire_drafts", lambda _: expire(), most_ms=100)
    yield Act("clearsessions", lambda _: call_command("clearsessions"), most_ms=100)


GROUPS = (signing_in, sitting, planning, filling, administering, clearing)


@dataclass(frozen=True)
class Measured:
    """How long something took, its own limit, and its slowest query."""

    seconds: float
    most_ms: float | None
    query: str


def measured(world: World) -> dict[str, Measured]:
    found = {}
    for group in GROUPS:
        for act in group(world):
            prepared = act.prepare()
            # once before, so that what is kept per process is kept
            with CaptureQueriesContext(connection) as queries:
                act.act(prepared)
            slowest = max(queries.captured_queries, key=lambda query: float(query["time"]), default={})
            # The quickest run and not the median: the two halves lie minutes apart, and what else the machine does
            # meanwhile only ever adds.
            seconds = measure_each(act.prepare, act.act, runs=act.runs, of=min)
            found[act.what] = Measured(seconds, act.most_ms, f"{slowest.get('time')} s: {slowest.get('sql')}")
    return found


@pytest.mark.django_db(transaction=True)
def test_bench_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    # the slow hash costs the same in every database, and would hide what does not
    monkeypatch.setattr("candidates.signin.hashers.OwaspArgon2Hasher.memory_cost", 8)
    monkeypatch.setattr("candidates.signin.hashers.OwaspArgon2Hasher.time_cost", 1)
    world = a_world()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    alone = measured(world)
    start = perf_counter()
    scale.fill(TESTS)
    print(f"\nfilled in {perf_counter() - start:.0f} s")
    for size in scale.sizes():
        megabytes = (size.table_bytes + size.index_bytes) / 1e6
        each = (size.table_bytes + size.index_bytes) / size.rows
        print(f"{size.table:<32}{size.rows:>10} rows {megabytes:>8.0f} MB {each:>6.0f} bytes each, with indexes")
    among = measured(world)
    report = Report(f"The same pages among {Candidate.objects.count()} candidates on {Test.objects.count()} tests")
    for what, now in among.items():
        if now.most_ms is None:
            report.at_most_times(what, now.seconds, "alone in the database", alone[what].seconds, LIMIT, NOISE)
        else:
            report.at_most_ms(what, now.seconds, now.most_ms)
    for line in report.lines:
        if not line.kept:
            print(f"slowest query of {line.what}: {among[line.what].query}")
    report.show()
