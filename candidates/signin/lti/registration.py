"""Register the learning platform of a source, for administrators."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.models import LtiCourse, LtiDeployment, LtiPlatform, SsoIdentity, User
from candidates.signin.lti.platforms import Platform, launch_type
from candidates.signin.sso.refusals import SsoRefused


def registration_of(slug: str) -> LtiPlatform | None:
    """Return what is registered of the platform of a source. Raises Http404 for a slug that is none."""
    launch_type(slug)
    return LtiPlatform.objects.filter(source=slug).prefetch_related("deployments").first()


def register(slug: str, *, deployments: Sequence[str], by: User, **values: str) -> LtiPlatform:
    """Store and return what an administrator has registered. Raises Refused.

    People are known by the ids of one issuer: at another one the same id may be somebody else's.
    """
    with transaction.atomic():
        before = LtiPlatform.objects.select_for_update().filter(source=slug).first()
        others = LtiPlatform.objects.filter(issuer=values["issuer"], client_id=values["client_id"])
        if other := others.exclude(source=slug).first():
            words = _("This platform is registered already, for %(source)s.")
            raise Refused(words % {"source": other.source}, about="client_id")
        moves = before is not None and before.issuer != values["issuer"]
        if before is not None and moves and SsoIdentity.objects.filter(authentication_type=slug).exists():
            raise Refused(
                _(
                    "People of %(issuer)s have places on tests here, and another issuer’s people would get in as them. "
                    "Set up another student system for the other issuer."
                )
                % {"issuer": before.issuer},
                about="issuer",
            )
        values_now = {**values, "registered_at": timezone.now(), "registered_by": by}
        try:
            with transaction.atomic():
                row, _made = LtiPlatform.objects.update_or_create(source=slug, defaults=values_now)
        except IntegrityError as error:  # registered for another source at this very moment
            raise Refused(_("This platform was registered for another student system just now.")) from error
        if moves:  # courses of the former platform, to which the new one's tokens must not go
            LtiCourse.objects.filter(platform=row).delete()
        LtiDeployment.objects.filter(platform=row).exclude(deployment_id__in=deployments).delete()
        known = set(LtiDeployment.objects.filter(platform=row).values_list("deployment_id", flat=True))
        LtiDeployment.objects.bulk_create(
            LtiDeployment(platform=row, deployment_id=one) for one in deployments if one not in known
        )
        detail = {"source": slug, "deployments": list(deployments), **values}
        audit.record(audit.Action.LTI_PLATFORM_REGISTERED, by=by, detail=detail)
        return row


def try_keys(platform: Platform) -> str:
    """Fetch the platform's keys now, and return the result as a sentence. Raises Refused."""
    label = platform.kind.label
    try:
        keys = platform.try_connection()
    except SsoRefused as refused:
        words = _("%(label)s: its keys cannot be fetched (%(about)s). Check the keyset address.")
        raise Refused(words % {"label": label, "about": refused.about}) from refused
    if not keys:
        raise Refused(_("%(label)s answers at the keyset address, but with no RSA key for RS256.") % {"label": label})
    return _("%(label)s answers at the keyset address, with a usable key.") % {"label": label}
