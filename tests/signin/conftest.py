"""Two scripted providers, a candidate at each, and somebody else whose session must outlive every refusal."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django.test import Client

from candidates import fetching
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.models import AuditEvent, SsoIdentity, Test, User
from candidates.signin.sso import caching, providers
from tests.factories import activated, make_test, open_now
from tests.support.scripted_provider import ScriptedProvider
from tests.support.sso_visits import come_back, start

EPPN = "eduPersonPrincipalName"
ANNA: dict[str, Any] = {"sub": "campus-subject-of-anna", EPPN: "anna@havnes.example", "name": "Anna Canary"}
BJORN: dict[str, Any] = {"sub": "entra-subject-of-bjorn", "oid": "Oid-Of-Bjorn", "name": "Bjorn Canary"}


@pytest.fixture(scope="session")
def _campus() -> Iterator[ScriptedProvider]:
    with ScriptedProvider("campus") as running:
        yield running


@pytest.fixture(scope="session")
def _entra() -> Iterator[ScriptedProvider]:
    with ScriptedProvider("entra") as running:
        yield running


@pytest.fixture
def _setups(
    _campus: ScriptedProvider, _entra: ScriptedProvider, settings: Any
) -> Iterator[dict[str, ScriptedProvider]]:
    for provider in (_campus, _entra):
        provider.reset()
    settings.AUTHENTICATION_TYPES = [_campus.setup(claim=EPPN), _entra.setup(claim="oid", comparison="exact")]
    providers.forget_all()
    yield {"campus": _campus, "entra": _entra}
    providers.forget_all()
    for provider in (_campus, _entra):
        provider.reset()


@pytest.fixture
def campus(_setups: dict[str, ScriptedProvider]) -> ScriptedProvider:
    """The provider whose IDs are ePPNs and are folded."""
    return _setups["campus"]


@pytest.fixture
def entra(_setups: dict[str, ScriptedProvider]) -> ScriptedProvider:
    """The provider whose IDs are its own and are compared to the letter."""
    return _setups["entra"]


def put_on(test: Test, by: User, *people: tuple[str, str]) -> list[User]:
    """Put people on the test by their authentication type and SSO user ID, and return their accounts."""
    rows = [
        CandidateRow(number, f"S{number}-{slug}", 0, sso_user_id=person, authentication_type=slug)
        for number, (slug, person) in enumerate(people, 1)
    ]
    add_candidates(test=test, rows=rows, by=by, source="test")
    test.refresh_from_db()
    return [User.objects.get(candidacies__test=test, candidacies__sso_user_id=person) for _slug, person in people]


@pytest.fixture
def people(planner: User) -> dict[str, User]:
    """Anna of the campus and Bjorn of Entra, on an exam that is open."""
    exam = make_test(planner=planner)
    anna, bjorn = put_on(exam, planner, ("campus", "Anna@Havnes.example"), ("entra", BJORN["oid"]))
    open_now(activated(exam, planner))
    return {"anna": anna, "bjorn": bjorn}


@pytest.fixture
def anna(people: dict[str, User]) -> User:
    """Anna, who has never logged in."""
    return people["anna"]


@pytest.fixture
def bjorn(people: dict[str, User]) -> User:
    """Bjorn, who has never logged in."""
    return people["bjorn"]


class Witness:
    """A planner's browser in which somebody tries to log in: nothing may change, and nothing may be told."""

    def __init__(self, planner: User, scripted: list[ScriptedProvider], log: pytest.LogCaptureFixture) -> None:
        self.planner = planner
        self.providers = scripted
        self.log = log
        self.client = Client()
        self.client.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
        self.key = self.client.session.session_key
        self.stored = self._stored()
        self.events = set(AuditEvent.objects.values_list("pk", flat=True))
        log.clear()

    def _stored(self) -> list[object]:
        identities = SsoIdentity.objects.order_by("pk").values_list("pk", "user", "sso_key", "sso_user_id", "subject")
        return [User.objects.count(), list(identities)]

    def another_case(self) -> ScriptedProvider:
        """Let the providers be ordinary again and nothing known of them; return the campus."""
        for provider in self.providers:
            provider.reset()
        providers.forget_all()
        self.log.clear()
        return self.providers[0]

    def untouched(self) -> bool:
        """Say whether the planner is logged in by the same session as before."""
        session = self.client.session
        same = session.session_key == self.key and session.get(SESSION_KEY) == str(self.planner.pk)
        return same and self.client.get("/").headers["Location"] == "/deliver/tests/"

    def told(self) -> str:
        """Return what logs and audit say since the start."""
        rows = AuditEvent.objects.exclude(pk__in=self.events).values("action", "actor_name", "detail", "test_name")
        lines = "\n".join(logging.Formatter("{name} {message}", style="{").format(one) for one in self.log.records)
        return f"{json.dumps(list(rows))}\n{lines}"

    def secrets(self) -> list[str]:
        """Return what logs and audit must not hold: codes, tokens, states, nonces, people."""
        found = [
            value
            for person in (ANNA, BJORN)
            for value in (person["sub"], person["name"], person.get(EPPN, "anna@"), person.get("oid", "Oid-Of"))
        ]
        for provider in self.providers:
            found += [*provider.issued, provider.client_secret]
            found += [grant.request.get(key, "") for grant in provider.grants.values() for key in ("state", "nonce")]
        return [value for value in found if value]

    def check(self, response: HttpResponse, *statuses: int) -> str:
        """Assert a refusal of one of these statuses that changed and told nothing; return its page."""
        page = response.content.decode()
        assert response.status_code in (statuses or (403,)), (response.status_code, page[-2000:])
        assert "You are not logged in" in page
        assert self._stored() == self.stored
        assert not AuditEvent.objects.exclude(pk__in=self.events).filter(action=AuditEvent.Action.LOGIN).exists()
        told = self.told()
        assert not [secret for secret in self.secrets() if secret.casefold() in told.casefold()]
        assert self.untouched()
        return page


@pytest.fixture
def witness(
    planner: User,
    people: dict[str, User],
    campus: ScriptedProvider,
    entra: ScriptedProvider,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Witness]:
    """A browser in which the planner is logged in, and everything that was stored before."""
    caplog.set_level(logging.DEBUG)
    apart = [logging.getLogger(name) for name in ("django", "axes")]  # they do not hand on what they log
    for logger in apart:
        logger.addHandler(caplog.handler)
    yield Witness(planner, [campus, entra], caplog)
    for logger in apart:
        logger.removeHandler(caplog.handler)


def coming_back(witness: Witness, provider: ScriptedProvider, person: dict[str, Any]) -> Callable[[], Any]:
    """Return how to come back from an ordinary start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "SECONDS", 3.0)  # on a busy machine the start must not be what is too slow
        visit = start(witness.client, provider.slug)
    query = {"code": provider.authorise(visit.request, userinfo=person, sub=person["sub"]), "state": visit.state}
    return lambda: come_back(witness.client, provider.slug, query)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> float:
    """Wait for a provider for less than half a second: a test of what hangs is to be quick."""
    monkeypatch.setattr(fetching, "SECONDS", 0.4)
    return fetching.SECONDS


@pytest.fixture
def forward(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that moves the clocks of circuits and of what is kept."""
    moved = [0.0]
    monkeypatch.setattr(caching, "clock", lambda: time.monotonic() + moved[0])

    def move(seconds: float) -> None:
        moved[0] += seconds

    return move


def logged_in_as(client: Client) -> str | None:
    """Return the key of who is logged in in this browser, as sessions have it."""
    found: str | None = client.session.get(SESSION_KEY)
    return found
