"""What django-axes counts, and what it leaves alone (traps.md T1, T2)."""

import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from candidates.credentials.secrets import is_generated_name
from candidates.folding import fold
from candidates.models import User


def typed_username(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """Return the user name of a login attempt as it was typed."""
    return str((credentials or {}).get("username") or request.POST.get("username", ""))


def digest_of_username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return a keyed digest of the folded name: people type passwords into the wrong field, and axes stores this."""
    name = User.normalize_username(typed_username(request, credentials))
    message = b"axes" + name.encode("utf-8", "surrogatepass")
    return hmac.digest(settings.SECRET_KEY.encode(), message, "sha256").hex()[:32]


def needs_no_throttle(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> bool:
    """Say whether guessing needs no brake: empty names, and generated logins, whose 64 bits nobody guesses.

    Nobody can lock a candidate out of an exam by typing wrong passwords.
    """
    name = typed_username(request, credentials)
    return not name.strip() or is_generated_name(fold(name))
