"""Bind people whom a student system named by a claim to the SSO user ID of their first login."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.authentication_types import AuthenticationType
from candidates.errors import Refused
from candidates.models import Candidate, ImportedRemoval, RosterIdentity, SsoIdentity, User
from candidates.models.accounts import MAX_SSO_LENGTH, no_password
from inspera_deliver.roster_sources import CHOSEN_BY_PEOPLE

MADE_BY_PROVIDERS = {"sub", "oid"}  # compared to the letter
MAX_VALUES = 20
MAX_REFUSED_SHOWN = 50


def login_key(claim: str, login: str) -> str:
    """Return the key by which values of a claim are compared."""
    if claim in MADE_BY_PROVIDERS:
        return login[:MAX_SSO_LENGTH]
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).casefold()).strip()
    return folded[:MAX_SSO_LENGTH]


def claims_of(kind: AuthenticationType) -> set[str]:
    """Return the claims by which people of this setup may be waited for."""
    own = kind.client.claim if kind.client else "sub"
    named = {one["claim"] or own for one in settings.ROSTER_SOURCES if one["authentication_type"] == kind.slug}
    return named - CHOSEN_BY_PEOPLE


def somebody_waits(kind: AuthenticationType, sso_user_id: str) -> bool:
    """Say whether this may be somebody's first login: anybody's while somebody waits, else that of who is unknown."""
    if not claims_of(kind):
        return False
    named = RosterIdentity.objects.filter(authentication_type=kind.slug)
    if named.filter(bound_at__isnull=True).exists():
        return True
    known = SsoIdentity.objects.filter(authentication_type=kind.slug, sso_key=kind.key(sso_user_id))
    return not known.exists() and named.exists()


def bind(kind: AuthenticationType, *, sso_user_id: str, subject: str, claims: Mapping[str, Any]) -> None:
    """Give the places that wait for these claims to the person who logs in with this SSO user ID.

    Changes nothing for whom the pin would refuse: that login is refused afterwards. Where the person is on one of the
    tests already, or another account has been bound with the claim, the row says so, for administrators.
    """
    wanted = Q()
    for claim in claims_of(kind):
        keys = [login_key(claim, value) for value in _values(claims.get(claim))]
        if keys:
            wanted |= Q(claim=claim, login_key__in=keys)
    for _try in range(2) if wanted else ():
        try:
            return _bind(kind, wanted, sso_user_id, subject)
        except IntegrityError:
            # Closes the race with who imports the same SSO user ID at this moment: it is found in the next round.
            continue


def _bind(kind: AuthenticationType, wanted: Q, sso_user_id: str, subject: str) -> None:
    with transaction.atomic():
        # The lock of the rows closes the race of two first logins, and with who puts these people on a test.
        rows = RosterIdentity.objects.filter(wanted, authentication_type=kind.slug).order_by("pk")
        found = list(rows.select_for_update(of=("self",), no_key=True))
        if not found:
            return
        known = SsoIdentity.objects.filter(authentication_type=kind.slug, sso_key=kind.key(sso_user_id))
        identity = known.select_related("user").first()
        if identity is not None and not _may_bind(kind, identity, subject):
            return
        for one in found:
            if one.bound_at is not None:
                # the same person again, or somebody else with that claim
                if identity is None or identity.user_id != one.user_id:
                    RosterIdentity.objects.filter(pk=one.pk).update(refused_at=timezone.now())
                continue
            if identity is None:
                identity = SsoIdentity.objects.create(
                    user_id=one.user_id,
                    authentication_type=kind.slug,
                    sso_key=kind.key(sso_user_id),
                    sso_user_id=sso_user_id,
                )
            _bind_one(one, identity)


def _may_bind(kind: AuthenticationType, identity: SsoIdentity, subject: str) -> bool:
    """Say whether the account that logs in is, or becomes, the one that is pinned to the SSO user ID."""
    issuer = kind.client.issuer if kind.client else ""
    is_free = identity.subject is None or identity.pinned_issuer != issuer
    return identity.user.kind == User.Kind.SSO and identity.user.is_active and (is_free or identity.subject == subject)


def _bind_one(one: RosterIdentity, identity: SsoIdentity) -> None:
    places = Candidate.objects.filter(user_id=one.user_id, is_identity_pending=True)
    rows = list(places.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", "test"))
    refused_at, taken = None, set[int]()
    if one.user_id != identity.user_id:
        tests = [test for _pk, test in rows]
        theirs = Candidate.objects.filter(user=identity.user_id, test__in=tests)
        works = identity.user.contributions.filter(test__in=tests)
        taken = {*theirs.values_list("test", flat=True), *works.values_list("test", flat=True)}
    if taken:
        # once per test: an administrator, or a planner who removes one of the two, decides; the other tests do not wait
        refused_at = timezone.now()
        rows = [(pk, test) for pk, test in rows if test not in taken]
        if not rows:
            RosterIdentity.objects.filter(pk=one.pk).update(refused_at=refused_at)
            return
    Candidate.objects.filter(pk__in=[pk for pk, _test in rows]).update(
        user=identity.user_id, sso_user_id=identity.sso_user_id, is_identity_pending=False
    )
    # whom undoing brings back comes back as this person
    waiting = ImportedRemoval.objects.filter(user=one.user_id, sso_user_id="").order_by("pk")
    for pk in waiting.values_list("pk", flat=True):
        ImportedRemoval.objects.filter(pk=pk).update(user=identity.user_id, sso_user_id=identity.sso_user_id)
    RosterIdentity.objects.filter(pk=one.pk).update(
        user=identity.user_id, bound_at=timezone.now(), refused_at=refused_at
    )
    detail = {"sso": identity.authentication_type, "claim": one.claim, "roster_identity": one.public_id}
    audit.record(audit.Action.ROSTER_PERSON_BOUND, by=identity.user, count=len(rows), detail=detail)


def _values(found: object) -> list[str]:
    """Return the texts of a claim, which some providers send as a list; a number is nobody's (R22)."""
    values = found if isinstance(found, list) else [found]
    return [one for one in values[:MAX_VALUES] if isinstance(one, str) and one.strip() and one.isprintable()]


def refused_people() -> list[RosterIdentity]:
    """Return whom another account than the bound one claimed to be, or who could not be bound, the latest first."""
    refused = RosterIdentity.objects.filter(refused_at__isnull=False).select_related("user")
    return list(refused.order_by("-refused_at")[:MAX_REFUSED_SHOWN])


def release_person(one: RosterIdentity, *, by: User) -> None:
    """Let the next account that logs in with the claim have the places at which nobody has started.

    Raises Refused where it was released already.
    """
    with transaction.atomic():
        rows = RosterIdentity.objects.select_for_update(of=("self",), no_key=True)
        live = rows.filter(pk=one.pk, refused_at__isnull=False).first()
        if live is None:
            raise Refused(_("This has been released already. Nothing was changed."))
        keys: list[int] = []
        if live.bound_at is not None:
            places = Candidate.objects.filter(enrolment__identity=live, user=live.user_id, started_at__isnull=True)
            keys = list(places.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
            # the name is nothing that anybody types
            live.user = User.objects.create(
                username=f"sso-{secrets.token_hex(12)}", kind=User.Kind.SSO, password=no_password()
            )
            Candidate.objects.filter(pk__in=keys).update(user=live.user, sso_user_id="", is_identity_pending=True)
        RosterIdentity.objects.filter(pk=live.pk).update(user=live.user, bound_at=None, refused_at=None)
        detail = {"sso": live.authentication_type, "claim": live.claim, "roster_identity": live.public_id}
        audit.record(audit.Action.ROSTER_PERSON_RELEASED, by=by, count=len(keys), detail=detail)
