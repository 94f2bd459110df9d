"""The learning platforms that are registered: each is asked for its keys as a provider of SSO is."""

import threading
from dataclasses import dataclass, replace

from django.conf import settings
from django.http import Http404

from candidates.authentication_types import AuthenticationType, Client, enabled_types
from candidates.fetching import Tls
from candidates.models import LtiPlatform
from candidates.signin.sso.providers import Addresses, Provider


@dataclass(frozen=True, slots=True)
class Registration:
    """What is registered of a platform."""

    issuer: str
    client_id: str
    authorization: str
    token: str
    keys: str
    token_audience: str
    deployments: frozenset[str]
    ca: str  # of the settings; "" is what the machine trusts


class Platform(Provider):
    """One platform, as this process knows it; its addresses are registered, so that only its keys are fetched."""

    def __init__(self, kind: AuthenticationType, registration: Registration, row: int) -> None:
        self.registration, self.row = registration, row
        self.tls = Tls(ca=registration.ca) if registration.ca else None
        client = Client(issuer=registration.issuer, client_id=registration.client_id, client_secret="")
        super().__init__(replace(kind, client=client), client)

    def _read_addresses(self) -> Addresses:
        return Addresses(
            authorization=self.registration.authorization,
            token=self.registration.token,
            keys=self.registration.keys,
            userinfo="",
            end_session="",
            takes_secret_in_form=False,
            names_itself=False,
        )


_platforms: dict[str, Platform] = {}
_making = threading.Lock()


def launch_type(slug: str) -> AuthenticationType:
    """Return the type of the people of a learning platform of the settings. Raises Http404 for every other slug."""
    kind = enabled_types().get(slug)
    if kind is None or not kind.by_launch:
        raise Http404
    return kind


def platform_of(slug: str) -> Platform | None:
    """Return the platform of a source, as it is registered now; None where it is not. Raises Http404 without one."""
    kind = launch_type(slug)
    row = LtiPlatform.objects.filter(source=slug).prefetch_related("deployments").first()
    if row is None:
        return None
    ca = next((one["ca"] for one in settings.ROSTER_SOURCES if one["slug"] == slug), "")
    registration = Registration(
        ca=ca,
        issuer=row.issuer,
        client_id=row.client_id,
        authorization=row.authorization_url,
        token=row.token_url,
        keys=row.keyset_url,
        token_audience=row.token_audience,
        deployments=frozenset(one.deployment_id for one in row.deployments.all()),
    )
    with _making:
        known = _platforms.get(slug)
        # Registered anew: what was fetched from the former addresses counts no longer.
        if known is None or (known.registration, known.row, known.kind.label) != (registration, row.pk, kind.label):
            known = _platforms[slug] = Platform(kind, registration, row.pk)
        return known


def forget_platforms() -> None:
    """Forget all cached keys and failures, for tests."""
    with _making:
        _platforms.clear()
