"""Keys of other systems, and clients that come with them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from candidates.api.quotas import places
from candidates.models import AccessKey, Scope, User
from candidates.signin.access_keys import make_key
from tests.factories import make_staff


@dataclass
class System:
    """Another system with its key, which it sends with each call."""

    key: AccessKey
    secret: str

    def __post_init__(self) -> None:
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; `body` goes as JSON, and headers are named with underscores."""
        sent = {"Authorization": f"Bearer {self.secret}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        data = "" if body is None else json.dumps(body)
        return self.client.generic(method, path, data, "application/json", headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)


SystemOf = Callable[..., System]


@pytest.fixture(autouse=True)
def _no_calls_counted() -> Iterator[None]:
    places.forget()
    yield
    places.forget()


@pytest.fixture
def administrator_of_keys(db) -> User:
    return make_staff("keys", "Arne Lund", is_administrator=True)


@pytest.fixture
def system_of(administrator_of_keys: User) -> SystemOf:
    """Make a key with these scopes, all where none is named; of all tests unless told otherwise."""

    def make(*scopes: Scope, name: str = "Exam office script", all_tests: bool = True, days: int = 90) -> System:
        expires_at = timezone.now() + timedelta(days=days)
        return System(
            *make_key(
                name=name,
                scopes=scopes or tuple(Scope),
                all_tests=all_tests,
                expires_at=expires_at,
                by=administrator_of_keys,
            )
        )

    return make
