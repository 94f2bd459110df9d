"""Find the imported person whom a provider has logged in, and pin the provider's own id of the person."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from candidates.authentication_types import AuthenticationType
from candidates.models import AllowedJoiner, Candidate, Joining, JoinRequest, SsoIdentity, User
from candidates.models.accounts import MAX_FULL_NAME_LENGTH, MAX_SSO_LENGTH, no_password, username_key
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


def pinned_person(kind: AuthenticationType, *, sso_user_id: str, subject: str, name: str = "") -> User:
    """Return the candidate who has this SSO user ID, and pin the provider's `sub` at the first login.

    Never matches by e-mail, and makes an account only for who may join a test by its code (O4). Raises SsoRefused.
    """
    identity = _identity(kind, sso_user_id)
    if identity is None or not Candidate.objects.filter(user=identity.user).exists():
        if not may_come_for_a_code(kind, sso_user_id, identity.user if identity else None):
            raise SsoRefused(Why.UNKNOWN, sso_user_id=sso_user_id)
        identity = identity or _new_identity(kind, sso_user_id, name)
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


def may_come_for_a_code(kind: AuthenticationType, sso_user_id: str, known: User | None) -> bool:
    """Say whether somebody who is on no test may log in: a test takes, or is to take, such people by its code.

    Never staff, who log in with a password and perhaps a second step. Whoever waits for a test may come until it goes.
    """
    if len(kind.key(sso_user_id)) > MAX_SSO_LENGTH or (known is not None and known.kind != User.Kind.SSO):
        return False
    asked = JoinRequest.objects.filter(user=known).exclude(state=JoinRequest.State.REMOVED)
    if known is not None and asked.exists():
        return True
    open_or_to_come = Joining.objects.filter(
        code__isnull=False,
        works_until__gt=timezone.now(),
        test__activated_at__isnull=False,
        test__archived_at__isnull=True,
    )
    taking = [one for one in open_or_to_come if kind.slug in one.authentication_types]
    if any(not one.only_allowed for one in taking):
        return True
    allowed = AllowedJoiner.objects.filter(joining__in=taking, key=username_key(sso_user_id))
    exact = kind.comparison == "exact"
    return (allowed.filter(user_id=sso_user_id) if exact else allowed).exists()


def _identity(kind: AuthenticationType, sso_user_id: str) -> SsoIdentity | None:
    found = SsoIdentity.objects.filter(authentication_type=kind.slug, sso_key=kind.key(sso_user_id))
    return found.select_related("user").first()


def _new_identity(kind: AuthenticationType, sso_user_id: str, name: str) -> SsoIdentity:
    """Store an account for somebody who comes for a test code; nobody can log in with a password there."""
    try:
        with transaction.atomic():
            # the name is nothing that anybody types
            user = User.objects.create(
                username=f"sso-{secrets.token_hex(12)}", kind=User.Kind.SSO, password=no_password(), name=name
            )
            return SsoIdentity.objects.create(
                user=user, authentication_type=kind.slug, sso_key=kind.key(sso_user_id), sso_user_id=sso_user_id
            )
    except IntegrityError:
        # Closes the race of two logins of one new person, and with who imports that person: the second finds the
        # account of the first.
        found = _identity(kind, sso_user_id)
        if found is None or found.user.kind != User.Kind.SSO:
            raise SsoRefused(Why.UNKNOWN, sso_user_id=sso_user_id) from None
        return found


def name_of(claims: Mapping[str, Any]) -> str:
    """Return what the provider calls a person, by which planners know who asks to join; "" where it says nothing."""
    name = claims.get("name")
    return name.strip()[:MAX_FULL_NAME_LENGTH] if isinstance(name, str) and name.isprintable() else ""


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
