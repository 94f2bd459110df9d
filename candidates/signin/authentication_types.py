"""The SSO setups of this installation: what each is called, how its SSO user IDs are compared (traps.md section 3)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.conf import settings

Comparison = Literal["fold", "exact"]


@dataclass(frozen=True, slots=True)
class AuthenticationType:
    """Describe one SSO setup: its slug stands in addresses and in the database, its label on pages."""

    slug: str
    label: str
    comparison: Comparison

    def key(self, sso_user_id: str) -> str:
        """Return what two SSO user IDs of this type are compared by.

        ePPN, e-mail and UPN are folded (NFKC, trimmed, without case); what a provider makes itself, like `sub` and
        `oid`, is compared to the letter (traps.md section 3, item 8).
        """
        if self.comparison == "exact":
            return sso_user_id
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sso_user_id).casefold()).strip()


def enabled_types() -> Mapping[str, AuthenticationType]:
    """Return the SSO setups that the settings name, by slug and in the order of the settings."""
    return {
        one["slug"]: AuthenticationType(one["slug"], one["label"], "exact" if one["comparison"] == "exact" else "fold")
        for one in settings.AUTHENTICATION_TYPES
    }


def type_label(slug: str) -> str:
    """Return the name of a type, or its slug where the settings do not know it any more."""
    found = enabled_types().get(slug)
    return found.label if found else slug
