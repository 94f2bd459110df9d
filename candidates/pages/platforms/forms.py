"""What an administrator copies from the learning platform's own registration."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models import LtiPlatform
from candidates.models.lti import MAX_LTI_ADDRESS_LENGTH, MAX_LTI_LENGTH
from candidates.pages.shared.base import DeliverForm
from inspera_deliver.roster_sources import wrong_address

MAX_DEPLOYMENTS = 20


class AddressField(forms.CharField):
    """An https address that the server asks, or sends people to."""

    def __init__(self, *, longest: int = MAX_LTI_ADDRESS_LENGTH, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"class": "w-40", "autocomplete": "off", "inputmode": "url"}))
        super().__init__(max_length=longest, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the address; raise ValidationError for what is none."""
        text = super().clean(value)
        if text and (wrong_address(text) or not text.isascii() or not text.isprintable() or set(' "<>#\\') & set(text)):
            raise ValidationError(_("Copy the whole address. It begins with https://."), code="address")
        return text


def _name(label: Any, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "w-20", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=MAX_LTI_LENGTH, widget=widget, **more)


class PlatformForm(DeliverForm):
    """The platform, its addresses, and the deployments that may launch."""

    issuer = AddressField(
        longest=MAX_LTI_LENGTH,
        label=gettext_lazy("Issuer"),
        help_text=gettext_lazy("Also called platform ID. It is compared to the letter, also a slash at its end."),
    )
    client_id = _name(gettext_lazy("Client ID"))
    deployments = forms.CharField(
        label=gettext_lazy("Deployment IDs"),
        max_length=MAX_DEPLOYMENTS * (MAX_LTI_LENGTH + 2),
        help_text=gettext_lazy("One per line. Launches of other deployments are refused."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "w-20"}),
    )
    authorization_url = AddressField(
        label=gettext_lazy("Authorisation address"),
        help_text=gettext_lazy("Also called authentication request URL or OIDC authorisation endpoint."),
    )
    token_url = AddressField(
        label=gettext_lazy("Token address"), help_text=gettext_lazy("Also called access token URL.")
    )
    keyset_url = AddressField(
        label=gettext_lazy("Keyset address"),
        help_text=gettext_lazy("Also called public keyset URL or JWKS. The platform’s public keys are there."),
    )
    token_audience = AddressField(
        label=gettext_lazy("Audience of token requests"),
        required=False,
        help_text=gettext_lazy("Leave it empty unless the platform names one, as Brightspace does."),
    )

    def clean_deployments(self) -> list[str]:
        """Return the ids, each once; raise ValidationError for too many or too long ones."""
        found = list(dict.fromkeys(line.strip() for line in self.cleaned_data["deployments"].splitlines()))
        ids = [one for one in found if one]
        if len(ids) > MAX_DEPLOYMENTS:
            raise ValidationError(_("Use at most %(most)d deployments."), params={"most": MAX_DEPLOYMENTS}, code="many")
        if any(len(one) > MAX_LTI_LENGTH or not one.isprintable() for one in ids):
            raise ValidationError(_("Write one deployment ID per line, as the platform shows it."), code="unreadable")
        return ids


def initial_of(platform: LtiPlatform | None) -> dict[str, Any]:
    """Return what the fields of a registered platform hold."""
    if platform is None:
        return {}
    names = ("issuer", "client_id", "authorization_url", "token_url", "keyset_url", "token_audience")
    ids = "\n".join(one.deployment_id for one in platform.deployments.all())
    return {name: getattr(platform, name) for name in names} | {"deployments": ids}
