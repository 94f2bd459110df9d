"""1500 logins through two providers on the production server, and local logins while a provider is slow (P2)."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median, quantiles
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.models import Candidate, User
from tests.benchmarks.support import Report
from tests.factories import activated, add_many, make_staff, make_test, open_now, password_of
from tests.support.production_server import ProductionServer
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_server import Call
from tests.support.scripted_tokens import public_jwk

PEOPLE = 1500
PARALLEL = 100  # browsers that are on their way at a moment; this process plays them and both providers
LOCAL = 200
THREADS = ("--workers", "2", "--worker-class", "gthread", "--threads", "16")
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
SLOW_SECONDS = 2.0


class SlowProvider(ScriptedProvider):
    """A provider that takes two seconds to take a code, as long as `is_slow`."""

    is_slow = False

    def answer(self, call: Call) -> tuple[int, object]:
        """Answer as ever, late."""
        if self.is_slow and call.endpoint == "token":
            time.sleep(SLOW_SECONDS)
        return super().answer(call)


@pytest.fixture(scope="module")
def providers() -> Iterator[dict[str, SlowProvider]]:
    public_jwk("rsa")  # made once, before a hundred threads ask for it
    campus, entra = SlowProvider("campus"), SlowProvider("entra")
    with campus, entra:
        yield {"campus": campus, "entra": entra}


def environment(providers: dict[str, SlowProvider]) -> dict[str, str]:
    settings: dict[str, str] = {"ALLOWED_HOSTS": "127.0.0.1"}
    for slug, provider in providers.items():
        name = f"SSO_{slug.upper()}"
        settings |= {
            f"{name}_ISSUER": provider.issuer,
            f"{name}_CLIENT_ID": provider.client_id,
            f"{name}_CLIENT_SECRET": provider.client_secret,
            f"{name}_CLAIM": "person",
        }
    return settings


@pytest.fixture
def planner(transactional_db: None) -> User:
    return make_staff("planner", is_planner=True)


def sso_people(planner: User) -> list[tuple[str, str]]:
    people = [("campus" if n % 2 else "entra", f"person{n}@havnes.example") for n in range(1, PEOPLE + 1)]
    test = make_test(planner=planner)
    rows = [
        CandidateRow(n, f"{n:04}", 0, sso_user_id=person, authentication_type=slug)
        for n, (slug, person) in enumerate(people, 1)
    ]
    add_candidates(test=test, rows=rows, by=planner, source="test")
    open_now(activated(test, planner))
    return people


def through_sso(address: str, provider: SlowProvider, person: str) -> float:
    """Log in as a browser does, and return how long it took until the Dashboard was there, in seconds."""
    with requests.Session() as browser:
        browser.headers["Connection"] = "close"  # a browser would try again where the server has closed meanwhile
        began = time.monotonic()
        there = browser.get(f"{address}/sso/{provider.slug}/start/", allow_redirects=False, timeout=60)
        assert there.status_code == 302, there.text[:500]
        asked = dict(parse_qsl(urlsplit(there.headers["Location"]).query))
        back = {"code": provider.authorise(asked, sub=f"sub of {person}", person=person), "state": asked["state"]}
        for _try in range(60):
            answer = browser.get(f"{address}/sso/{provider.slug}/callback/", params=back, timeout=60)
            if "One moment" not in answer.text:
                break
            time.sleep(3)  # as the page says
        assert answer.url == f"{address}/dashboard/", answer.text[:2000]
        assert person in answer.text
        return time.monotonic() - began


def locally(address: str, username: str, password: str) -> float:
    """Log in with a slip, and return how long the login page and the login took, in seconds."""
    with requests.Session() as browser:
        browser.headers["Connection"] = "close"  # a browser would try again where the server has closed meanwhile
        began = time.monotonic()
        page = browser.get(f"{address}/login/", timeout=60)
        found = CSRF.search(page.text)
        assert found is not None
        typed = {"csrfmiddlewaretoken": found[1], "username": username, "password": password}
        answer = browser.post(f"{address}/login/", data=typed, timeout=60)
        assert answer.url == f"{address}/dashboard/", answer.text[:500]
        return time.monotonic() - began


def all_at_once(acts: Sequence[Callable[[], float]], parallel: int) -> list[float]:
    with ThreadPoolExecutor(parallel) as pool:
        return list(pool.map(lambda act: act(), acts))


def p95(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=20)[18]


def test_1500_people_log_in_through_two_providers(planner: User, providers: dict[str, SlowProvider]) -> None:
    people = sso_people(planner)
    with ProductionServer(*THREADS, **environment(providers)) as server:
        began = time.monotonic()
        taken = all_at_once(
            [partial(through_sso, server.address, providers[slug], person) for slug, person in people],
            PARALLEL,
        )
        in_all = time.monotonic() - began
    calls = sum((Counter(provider.calls) for provider in providers.values()), Counter[str]())
    print(f"\nSSO logins: median {median(taken):.2f} s, p95 {p95(taken):.2f} s, max {max(taken):.2f} s; calls {calls}")
    report = Report("Logging in through SSO")
    report.at_most_ms(f"{PEOPLE} logins, {PARALLEL} at a time, in all", in_all, 90_000)
    report.show()
    assert sum(calls.values()) <= 2 * PEOPLE


def test_a_slow_provider_costs_local_logins_nothing(planner: User, providers: dict[str, SlowProvider]) -> None:
    people = sso_people(planner)[:PARALLEL]
    test = make_test(planner=planner, name="Local")
    add_many(test, planner, 2 * LOCAL)
    open_now(activated(test, planner))
    slips = [
        (candidate.user.username, password_of(candidate))
        for candidate in Candidate.objects.of_test(test).select_related("user")
        if candidate.user is not None
    ]
    with ProductionServer(*THREADS, **environment(providers)) as server:

        def local(some: Sequence[tuple[str, str]]) -> list[float]:
            return all_at_once([partial(locally, server.address, *slip) for slip in some], 20)

        beside = local(slips[:LOCAL])
        for provider in providers.values():
            provider.is_slow = True
        with ThreadPoolExecutor(PARALLEL) as pool:
            waiting = [pool.submit(through_sso, server.address, providers[slug], person) for slug, person in people]
            time.sleep(1)
            taken = local(slips[LOCAL:])
            slow = [one.result() for one in waiting]
    report = Report("Local logins while 100 people log in through providers that take 2 s")
    report.at_most_ms("local login, p95", p95(taken), 3000)
    report.at_most_times("local login, median", median(taken), "while no provider is slow", median(beside), 4)
    report.at_most_ms("SSO login through a slow provider, max", max(slow), 60_000)
    report.show()
