"""The forms of two-step login."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.pages.shared.base import DeliverForm

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "otp"}
RECOVERY = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "otp"}


class AskedAgainForm(DeliverForm):
    """The own password, before something that weakens the login."""

    current_password = forms.CharField(
        label=gettext_lazy("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "w-20"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["current_password"].validators = []  # it is right or wrong, and nothing else

    def refuse(self) -> None:
        """Say that the password is wrong."""
        self.add_error("current_password", _("This is not your password. Type the one you logged in with."))


class SetUpForm(DeliverForm):
    """The first code of an app; `sealed` is the key that the page shows, sealed for this person."""

    sealed = forms.CharField(widget=forms.HiddenInput)
    code = forms.CharField(label=gettext_lazy("Code from the app"), widget=forms.TextInput(attrs=CODE))


class SetUpAgainForm(AskedAgainForm, SetUpForm):
    """The same where a second step is there already, or the password was typed long ago: it needs that as well."""

    field_order = ("sealed", "code", "current_password")


class CodeForm(DeliverForm):
    """The second page of a login."""

    code = forms.CharField(label=gettext_lazy("Code from the app"), widget=forms.TextInput(attrs=CODE))


class RecoveryForm(DeliverForm):
    """The same without the phone."""

    code = forms.CharField(
        label=gettext_lazy("Recovery code"),
        help_text=gettext_lazy("One of those that you kept. Each works once; capitals and hyphens do not matter."),
        widget=forms.TextInput(attrs=RECOVERY),
    )
