"""Make and revoke the keys of other systems, and know a system by its key or token."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.models import AccessKey, AccessKeyScope, AccessToken, AnsweredCall, Scope, User
from candidates.models.access_keys import MAX_SYSTEM_LENGTH
from candidates.models.accounts import no_password
from candidates.models.ids import random_symbols
from candidates.text import fold

KEY_MARK, TOKEN_MARK = "dlv_", "dlt_"
GROUPS, GROUP_LENGTH = 6, 5  # 30 symbols of 31: 148 bits
MAX_LIFE = timedelta(days=366)
WARN_BEFORE = timedelta(days=30)
TOKEN_LIFE = timedelta(hours=1)
USE_WRITTEN_EVERY = timedelta(minutes=1)
CALLS_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Caller:
    """The system that calls: its key, and what that may do."""

    key: AccessKey
    scopes: frozenset[str]

    @property
    def account(self) -> User:
        """Return who acts in the audit and wherever an act names somebody."""
        return self.key.account

    def may(self, scope: Scope) -> bool:
        return scope.value in self.scopes


def digest_of(secret: str) -> str:
    """Return what is kept of a key or token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def make_key(
    *, name: str, scopes: Collection[Scope], all_tests: bool, expires_at: datetime, by: User
) -> tuple[AccessKey, str]:
    """Store a key of a system, and return it and the key itself, which nobody can show again. Raises Refused."""
    now = timezone.now()
    name = " ".join(name.split())
    if not name or len(name) > MAX_SYSTEM_LENGTH:
        raise Refused(_("Name the system in at most %(max)d characters.") % {"max": MAX_SYSTEM_LENGTH}, about="name")
    if not scopes:
        raise Refused(_("Tick at least one thing that the key may do."), about="scopes")
    if not now < expires_at <= now + MAX_LIFE:
        raise Refused(_("Choose a day after today and at most a year from now."), about="expires")
    secret = KEY_MARK + "-".join(random_symbols(GROUP_LENGTH) for _group in range(GROUPS))
    with transaction.atomic():
        key = AccessKey(name=name, system=fold(name), all_tests=all_tests, expires_at=expires_at, made_by=by)
        key.account = User.objects.create(
            username=f"access-key-{key.public_id}", name=name, kind=User.Kind.SYSTEM, password=no_password()
        )
        key.digest = digest_of(secret)
        key.save()
        AccessKeyScope.objects.bulk_create(AccessKeyScope(key=key, scope=scope) for scope in sorted(scopes))
        detail = {
            "key": key.public_id,
            "name": name,
            "scopes": sorted(scopes),
            "all_tests": all_tests,
            "expires_at": expires_at.isoformat(),
        }
        audit.record(audit.Action.ACCESS_KEY_MADE, by=by, detail=detail)
    return key, secret


def revoke(key: AccessKey, *, by: User) -> bool:
    """End a key and its tokens at once, and return whether it worked until now."""
    now = timezone.now()
    with transaction.atomic():
        # Conditional: of two who revoke at once the first stands in the row and in the audit.
        alive = AccessKey.objects.filter(pk=key.pk, revoked_at__isnull=True)
        if not alive.update(revoked_at=now, revoked_by=by):
            return False
        AccessToken.objects.filter(key=key).delete()
        audit.record(audit.Action.ACCESS_KEY_REVOKED, by=by, detail={"key": key.public_id, "name": key.name})
    return True


def caller_of(secret: str) -> Caller | None:
    """Return who comes with a key or a token; None where it is unknown, expired or revoked."""
    now, digest = timezone.now(), digest_of(secret)
    alive = _alive(now).select_related("account").prefetch_related("scopes")
    if secret.startswith(TOKEN_MARK):
        key = alive.filter(tokens__digest=digest, tokens__expires_at__gt=now).first()
    else:
        key = alive.filter(digest=digest).first()
    if key is None:
        return None
    if key.last_used_at is None or key.last_used_at <= now - USE_WRITTEN_EVERY:
        # Conditional, so that of many requests at once one writes.
        before = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_WRITTEN_EVERY)
        AccessKey.objects.filter(before, pk=key.pk).update(last_used_at=now)
    return Caller(key, frozenset(one.scope for one in key.scopes.all()))


def key_to_exchange(*, client_id: str, code: str) -> AccessKey | None:
    """Return the key that is to be exchanged; None where it does not work, or is another's."""
    return _alive(timezone.now()).filter(digest=digest_of(code), public_id=client_id).first()


def exchange(key: AccessKey) -> tuple[str, int]:
    """Return a new token for a key that works, and the seconds that it works."""
    now = timezone.now()
    token = TOKEN_MARK + secrets.token_urlsafe(32)
    expires_at = min(now + TOKEN_LIFE, key.expires_at)
    AccessToken.objects.create(key=key, digest=digest_of(token), made_at=now, expires_at=expires_at)
    return token, int((expires_at - now).total_seconds())


def _alive(now: datetime) -> QuerySet[AccessKey]:
    return AccessKey.objects.filter(revoked_at__isnull=True, expires_at__gt=now)


def forget_old() -> int:
    """Delete expired tokens, and answers to calls older than CALLS_KEPT; return how many."""
    now = timezone.now()
    return _delete(AccessToken.objects.filter(expires_at__lte=now)) + _delete(
        AnsweredCall.objects.filter(at__lt=now - CALLS_KEPT)
    )


def _delete(rows: QuerySet[Any]) -> int:
    """Delete rows in the order of their keys, so that two workers wait for each other in that order alone."""
    with transaction.atomic():
        keys = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        gone, _per_model = rows.model._default_manager.filter(pk__in=keys).delete()
    return int(gone)


def all_keys() -> list[AccessKey]:
    """Return every key, the one used last first, then the newest."""
    found = AccessKey.objects.select_related("made_by").prefetch_related("scopes")
    return list(found.order_by(F("last_used_at").desc(nulls_last=True), "-made_at", "-pk"))


def works(key: AccessKey, now: datetime) -> bool:
    """Say whether a key still opens something."""
    return key.revoked_at is None and now < key.expires_at
