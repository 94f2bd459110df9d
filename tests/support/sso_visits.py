"""What a browser does on its way through SSO: it goes to the provider, and comes back with what it was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

from tests.support.scripted_provider import ScriptedProvider


@dataclass(frozen=True, slots=True)
class Visit:
    """One way to the provider: where the browser was sent, and with which parameters."""

    slug: str
    address: str
    request: Mapping[str, str]

    @property
    def state(self) -> str:
        """Return what has to come back with the code."""
        return self.request["state"]

    @property
    def nonce(self) -> str:
        """Return what has to stand in the ID token."""
        return self.request["nonce"]

    @property
    def redirect_uri(self) -> str:
        """Return where the provider is to send the browser."""
        return self.request["redirect_uri"]


def ask_to_start(client: Client, slug: str, next: str | None = None, **extra: Any) -> Any:
    """Open the start address; `extra` goes to the test client (headers, host)."""
    return client.get(f"/sso/{slug}/start/", {} if next is None else {"next": next}, **extra)


def start(client: Client, slug: str, next: str | None = None, **extra: Any) -> Visit:
    """Open the start address, and return what the browser is to bring to the provider."""
    response = ask_to_start(client, slug, next, **extra)
    assert response.status_code == 302, response.status_code
    address = response["Location"]
    parts = urlsplit(address)
    return Visit(slug, address.partition("?")[0], dict(parse_qsl(parts.query, keep_blank_values=True)))


def come_back(client: Client, slug: str, query: Mapping[str, Any], **extra: Any) -> Any:
    """Open the callback address with these parameters."""
    return client.get(f"/sso/{slug}/callback/", query, **extra)


def log_in(
    client: Client,
    provider: ScriptedProvider,
    *,
    userinfo: Mapping[str, Any] | None = None,
    next: str | None = None,
    **claims: Any,
) -> Any:
    """Go there and come back as the person of these claims."""
    visit = start(client, provider.slug, next)
    code = provider.authorise(visit.request, userinfo=userinfo, **claims)
    return come_back(client, provider.slug, {"code": code, "state": visit.state})
