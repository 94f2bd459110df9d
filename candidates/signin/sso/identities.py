"""Find the imported person whom a provider has logged in, and pin the provider's own id of the person."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from candidates.authentication_types import AuthenticationType
from candidates.models import Candidate, SsoIdentity, User
from candidates.models.accounts import MAX_SSO_LENGTH
from candidates.signin.sso.refusals import SsoRefused, Why

UNVERIFIED = (False, "false")  # some send it as text


def sso_user_id_of(kind: AuthenticationType, claims: Mapping[str, Any]) -> str | None:
    """Return the SSO user ID that the claims carry, None where they do not have the claim at all.

    Raises SsoRefused for a claim that is not text, since a number or a list as text could be another person's ID (R22
    to R24), and for an unverified e-mail address, which anybody could have typed there (O2). Of a list the one entry
    with the setup's prefix counts, as in Feide's `userid_sec`.
    """
    client = kind.client
    if client is None or client.claim not in claims:
        return None
    if client.claim == "email" and claims.get("email_verified") in UNVERIFIED:
        raise SsoRefused(Why.CLAIM, "email_verified")
    value = claims[client.claim]
    if client.claim_prefix:
        entries = value if isinstance(value, list) else [value]
        fitting = [entry for entry in entries if isinstance(entry, str) and entry.startswith(client.claim_prefix)]
        value = fitting[0].removeprefix(client.claim_prefix) if len(fitting) == 1 else None
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > MAX_SSO_LENGTH:
        raise SsoRefused(Why.CLAIM, client.claim)
    return value


def pinned_person(kind: AuthenticationType, *, sso_user_id: str, subject: str) -> User:
    """Return the candidate who has this SSO user ID, and pin the provider's `sub` at the first login.

    Never matches by e-mail and never makes an account (O4). Raises SsoRefused.
    """
    identity = (
        SsoIdentity.objects.filter(authentication_type=kind.slug, sso_key=kind.key(sso_user_id))
        .select_related("user")
        .first()
    )
    if identity is None or not Candidate.objects.filter(user=identity.user).exists():
        raise SsoRefused(Why.UNKNOWN, sso_user_id=sso_user_id)
    if not identity.user.is_active:
        raise SsoRefused(Why.INACTIVE)  # before the pin: a login that is refused changes nothing
    # Another issuer has other accounts: a setup that has moved to one finds no pin.
    issuer = kind.client.issuer if kind.client else ""
    if (identity.subject, identity.pinned_issuer) != (subject, issuer) and not _pinned(identity, subject, issuer):
        # both, so that administrators see who has the account and who was refused
        holder = Q(subject=subject, pinned_issuer=issuer)
        both = SsoIdentity.objects.filter(Q(pk=identity.pk) | holder, authentication_type=kind.slug)
        with transaction.atomic():
            # in the order of their keys: each of the two may be refused because of the other at the same moment
            keys = list(both.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
            SsoIdentity.objects.filter(pk__in=keys).update(refused_at=timezone.now())
        raise SsoRefused(Why.OTHER_ACCOUNT, sso_user_id=sso_user_id)
    return identity.user


def _pinned(identity: SsoIdentity, subject: str, issuer: str) -> bool:
    """Pin an account to an identity without one of this issuer, and say whether this account is pinned now."""
    try:
        with transaction.atomic():
            # Conditional: of two accounts that come with one SSO user ID at the same moment one is pinned, and the
            # other sees that. The unique constraint stops an account that belongs to another identity.
            free = Q(subject__isnull=True) | ~Q(pinned_issuer=issuer)
            SsoIdentity.objects.filter(free, pk=identity.pk).update(
                subject=subject, pinned_issuer=issuer, pinned_at=timezone.now()
            )
    except IntegrityError:
        return False
    return SsoIdentity.objects.filter(pk=identity.pk, subject=subject, pinned_issuer=issuer).exists()
