"""The SSO setups of this installation: what each is called, how its SSO user IDs are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Client:
    """What this installation is at one OpenID provider, and which claim of its answer carries the SSO user ID."""

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
    """Describe one SSO setup: its slug stands in addresses and in the database, its label on pages.

    `client` is None where nobody can log in through it: then it is for importing alone.
    """

    slug: str
    label: str
    comparison: str  # "fold" or "exact"
    client: Client | None = None

    def key(self, sso_user_id: str) -> str:
        """Return what two SSO user IDs of this type are compared by.

        ePPN, e-mail and UPN are folded (NFKC, trimmed, without case); what a provider makes itself, like `sub` and
        `oid`, is compared to the letter (docs/fault-cases.md "Rules of SSO", 8).
        """
        if self.comparison == "exact":
            return sso_user_id
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sso_user_id).casefold()).strip()


def enabled_types() -> Mapping[str, AuthenticationType]:
    """Return the SSO setups that the settings name, by slug and in the order of the settings."""
    return {
        one["slug"]: AuthenticationType(one["slug"], one["label"], one["comparison"], _client(one))
        for one in settings.AUTHENTICATION_TYPES
    }


def _client(one: Mapping[str, Any]) -> Client | None:
    if not one.get("issuer") or one.get("problems"):
        return None
    return Client(**{part.name: one[part.name] for part in fields(Client) if one.get(part.name)})


def type_label(slug: str) -> str:
    """Return the name of a type, or its slug where the settings do not know it any more."""
    found = enabled_types().get(slug)
    return found.label if found else slug
