"""SSO setups for administrators: their state, a test of the connection, and releasing an SSO user ID."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.authentication_types import AuthenticationType, enabled_types
from candidates.errors import Refused
from candidates.models import SsoIdentity, User
from candidates.models.accounts import no_password
from candidates.signin.sso.providers import provider_of
from candidates.signin.sso.refusals import SsoRefused

MAX_REFUSED_SHOWN = 50
MAX_PEOPLE_CHECKED = 500  # the last imported people of a setup
# The short names under which people were imported. Each step of the recursion is one look into the index; SELECT
# DISTINCT would read all people.
SHORT_NAMES = """
WITH RECURSIVE short (name) AS (
    SELECT min(authentication_type) FROM candidates_ssoidentity
    UNION ALL
    SELECT (SELECT min(authentication_type) FROM candidates_ssoidentity WHERE authentication_type > name)
    FROM short WHERE name IS NOT NULL
)
SELECT name FROM short WHERE name IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """One SSO setup of the settings, what is wrong with it, and whether it does not answer now."""

    kind: AuthenticationType
    problems: Sequence[str]
    advice: Sequence[str]
    is_down: bool

    @property
    def is_for_import_alone(self) -> bool:
        """Say whether the setup has no provider on purpose."""
        return self.kind.client is None and not self.problems


def setups() -> list[Setup]:
    wrong = {one["slug"]: one for one in settings.AUTHENTICATION_TYPES}
    found = []
    for kind in enabled_types().values():
        provider = provider_of(kind.slug)
        one = wrong[kind.slug]
        found.append(
            Setup(
                kind,
                one.get("problems", ()),
                [*one.get("advice", ()), *_comparison_advice(kind)],
                provider is not None and provider.circuit.is_open,
            )
        )
    return found


def _comparison_advice(kind: AuthenticationType) -> list[str]:
    """Return advice where people were imported while the setup compared differently: their login does not find them."""
    last = SsoIdentity.objects.filter(authentication_type=kind.slug).order_by("-pk")[:MAX_PEOPLE_CHECKED]
    lost = sum(kind.key(typed) != key for typed, key in last.values_list("sso_user_id", "sso_key"))
    if not lost:
        return []
    words = ngettext(
        "%(n)d of the people imported last cannot log in: they were imported while SSO user IDs were compared in "
        "another way. Set SSO_…_COMPARE to what it was.",
        "%(n)d of the people imported last cannot log in: they were imported while SSO user IDs were compared in "
        "another way. Set SSO_…_COMPARE to what it was.",
        lost,
    )
    return [words % {"n": lost}]


def people_without_setup() -> list[str]:
    """Say how many people belong to a setup that the settings no longer have, for each of its short names."""
    with connection.cursor() as cursor:
        cursor.execute(SHORT_NAMES)
        gone = {name for (name,) in cursor.fetchall()} - enabled_types().keys()
    if not gone:
        return []
    people = SsoIdentity.objects.filter(authentication_type__in=gone)
    counts = people.order_by("authentication_type").values_list("authentication_type").annotate(count=Count("pk"))
    return [
        ngettext(
            "%(n)d person was imported under the short name %(slug)s, which the settings do not have any more, and "
            "cannot log in. Put it back into SSO_TYPES.",
            "%(n)d people were imported under the short name %(slug)s, which the settings do not have any more, and "
            "cannot log in. Put it back into SSO_TYPES.",
            count,
        )
        % {"n": count, "slug": slug}
        for slug, count in counts
    ]


def try_setup(slug: str) -> str:
    """Fetch the provider's addresses and keys now, and return the result as a sentence.

    Raises Refused with what is wrong and what to check, Http404 for a setup without a provider.
    """
    provider = provider_of(slug)
    if provider is None:
        raise Http404
    label = provider.kind.label
    try:
        keys = provider.try_connection()
    except SsoRefused as refused:
        about = {"label": label, "about": refused.about}
        raise Refused(
            _(
                "%(label)s: the connection does not work (%(about)s). Check the issuer, and whether this server may "
                "open connections to it. Local logins go on."
            )
            % about
        ) from refused
    if not keys:
        raise Refused(
            _("%(label)s answers, but has no key for %(algorithm)s. Check SSO_…_ALGORITHM.")
            % {"label": label, "algorithm": provider.client.algorithm}
        )
    words = ngettext(
        "%(label)s answers, with the right issuer and %(keys)d usable key.",
        "%(label)s answers, with the right issuer and %(keys)d usable keys.",
        keys,
    )
    return words % {"label": label, "keys": keys}


def refused_identities() -> list[SsoIdentity]:
    """Return the identities for which another account was refused, the latest first."""
    refused = SsoIdentity.objects.filter(refused_at__isnull=False).select_related("user")
    return list(refused.order_by("-refused_at")[:MAX_REFUSED_SHOWN])


def identity_of(slug: str, username: str) -> SsoIdentity:
    """Return an identity by its type and the account's user name, which is random. Raises Http404."""
    found = SsoIdentity.objects.filter(authentication_type=slug, user__username=username).select_related("user").first()
    if found is None:
        raise Http404
    return found


def set_people_active(identities: QuerySet[SsoIdentity], *, allowed: bool, by: User) -> int:
    """Reactivate or deactivate people, and return how many were changed.

    Deactivated people are logged out by the next request, and one-time logins that stand in for SSO stop too (R45).
    """
    with transaction.atomic():
        people = User.objects.filter(pk__in=identities.values("user"), kind=User.Kind.SSO, is_active=not allowed)
        # Locked in the order of their keys, so that two administrators who choose the same people cannot deadlock.
        locked = dict(people.select_for_update(no_key=True).order_by("pk").values_list("pk", "username"))
        names = sorted(locked.values())
        changed = User.objects.filter(pk__in=locked).update(is_active=allowed)
        detail = {"accounts": names, "is_active": allowed}
        audit.record(audit.Action.ACCOUNT_CHANGED, by=by, count=changed, detail=detail)
    return changed


def release(identity: SsoIdentity, *, by: User) -> None:
    """Let the next account that logs in with an SSO user ID have it, and end the sessions of the former account.

    Raises Refused where it was released already, or the next account has logged in.
    """
    with transaction.atomic():
        # Conditional on the account that the administrator saw: an account pinned since then stays.
        changed = SsoIdentity.objects.filter(pk=identity.pk, refused_at__isnull=False, subject=identity.subject).update(
            subject=None, pinned_issuer="", pinned_at=None, refused_at=None
        )
        if not changed:
            raise Refused(_("This has been released already. Nothing was changed."))
        # ends the sessions of the former account
        User.objects.filter(pk=identity.user_id).update(password=no_password())
        audit.record(audit.Action.SSO_RELEASED, by=by, detail={"sso": identity.authentication_type}, count=1)
