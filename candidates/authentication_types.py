"""The SSO setups of this installation: their names, providers, and how SSO user IDs are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Client:
    """The registration of this installation at one OpenID provider, and the claim that holds the SSO user ID."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str = "openid profile"
    claim: str = "sub"
    claim_prefix: str = ""
    algorithm: str = "RS256"
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class AuthenticationType:
    """One SSO setup: its slug is used in addresses and in the database, its label on pages.

    `client` is None where nobody can log in through it: then it is for imports only.
    """

    slug: str
    label: str
    comparison: str  # "fold" or "exact"
    client: Client | None = None
    pattern: str = (
        ""  # a regular expression for the whole of an ID; "" where the setup does not say what one looks like
    )
    by_launch: bool = False  # people come by links of a learning platform (LTI), and never by the login page

    def key(self, sso_user_id: str) -> str:
        """Return the key by which SSO user IDs of this type are compared.

        ePPN, e-mail and UPN are folded (NFKC, trimmed, without case); what a provider makes itself, like `sub` and
        `oid`, is compared to the letter (docs/fault-cases.md "Rules of SSO", 8).
        """
        if self.comparison == "exact":
            return sso_user_id
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sso_user_id).casefold()).strip()

    def fits(self, sso_user_id: str) -> bool:
        """Tell whether an SSO user ID looks as the setup says; without capitals where they do not count."""
        flags = 0 if self.comparison == "exact" else re.IGNORECASE
        return not self.pattern or re.fullmatch(self.pattern, sso_user_id, flags) is not None


def enabled_types() -> Mapping[str, AuthenticationType]:
    """Return the SSO setups that the settings name, by slug and in the order of the settings."""
    return {
        one["slug"]: AuthenticationType(
            one["slug"],
            one["label"],
            one["comparison"],
            _client(one),
            one.get("pattern", ""),
            one.get("by_launch", False),
        )
        for one in settings.AUTHENTICATION_TYPES
    }


def _client(one: Mapping[str, Any]) -> Client | None:
    if not one.get("issuer") or one.get("problems"):
        return None
    return Client(**{part.name: one[part.name] for part in fields(Client) if one.get(part.name)})


def type_label(slug: str) -> str:
    """Return the label of a type, or its slug where the settings no longer have it."""
    found = enabled_types().get(slug)
    return found.label if found else slug
