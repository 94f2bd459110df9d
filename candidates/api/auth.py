"""Know who calls, and what the key may do."""

from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from candidates import audit
from candidates.api.problems import Problem
from candidates.api.quotas import places
from candidates.models import AccessKey, Scope, Test
from candidates.signin.access_keys import Caller, caller_of

REALM = {"WWW-Authenticate": 'Bearer realm="api"'}


class Bearer(HttpBearer):
    """A key, or a token that it was exchanged for, in the header Authorization."""

    def __init__(self, *scopes: Scope) -> None:
        super().__init__()
        self.scopes = scopes

    def __call__(self, request: HttpRequest) -> Any:
        """Return who calls. Raises Problem: 401 without a key that works, 403 where it may not do this, 429."""
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not secret.strip():
            sentence = _("Send a key or token: Authorization: Bearer …")
            raise Problem(401, sentence, code="no_key", headers=REALM)
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Return who comes with this key or token."""
        caller = caller_of(token)
        if caller is None:
            sentence = _("The key or token is unknown, has expired or was revoked.")
            headers = {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'}
            raise Problem(401, sentence, code="invalid_token", headers=headers)
        count(request, caller.key)
        missing = [scope for scope in self.scopes if not caller.may(scope)]
        if missing:
            needed = " ".join(self.scopes)
            sentence = _("The key may not do this: it needs %(scopes)s.") % {"scopes": needed}
            headers = {"WWW-Authenticate": f'Bearer realm="api", error="insufficient_scope", scope="{needed}"'}
            raise Problem(403, sentence, code="insufficient_scope", headers=headers, members={"scope": needed})
        return caller


def count(request: HttpRequest, key: AccessKey) -> None:
    """Count a request of a key. Raises Problem where it has used up what it may."""
    request.quota_headers = places.take(key.pk)  # type: ignore[attr-defined]  # ApiMiddleware sends them
    request.counted_for = key.pk  # type: ignore[attr-defined]  # and gives the place back


def needs(*scopes: Scope, tagged: bool = False, kept: bool = True) -> dict[str, Any]:
    """Return the arguments of an operation that only keys with these scopes may call.

    `tagged` are single resources, whose entity tag is sent and understood; `kept` says that answers to calls that write
    are kept under their Idempotency-Key.
    """
    extra = {"x-scopes": [scope.value for scope in scopes], "x-tagged": tagged, "x-kept": kept}
    return {"auth": Bearer(*scopes), "openapi_extra": extra}


def sees_names(request: HttpRequest, test: Test) -> bool:
    """Say whether the key reads who the people of a test are, and record that it does (C71)."""
    if not caller(request).may(Scope.NAMES_READ):
        return False
    audit.record_once(audit.Action.REFERENCES_SEEN, by=caller(request).account, test=test)
    return True


def caller(request: HttpRequest) -> Caller:
    """Return who calls; the operation's `needs` has seen to it that somebody does."""
    return cast(Caller, request.auth)  # type: ignore[attr-defined]
