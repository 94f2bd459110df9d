"""The forms of the own account: a new password, and two-step login."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from candidates.models import User
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import CodeField


class AskedAgainForm(DeliverForm):
    """The own password, before something that changes or weakens the login; who it is, the view asks."""

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


class OwnPasswordForm(AskedAgainForm):
    """The current password and a new one."""

    new_password = forms.CharField(
        label=gettext_lazy("New password"),
        help_text=gettext_lazy("At least 12 characters. Several words are easiest to remember."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "w-20"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["new_password"].validators = []

    @sensitive_variables()
    def clean_new_password(self) -> str:
        """Return it; raise ValidationError for a weak one and for the one that the person has."""
        new = str(self.cleaned_data["new_password"])
        validate_password(new, self.user)
        if new == self.cleaned_data.get("current_password"):
            raise forms.ValidationError(_("This is your current password. Choose another one."))
        return new


class SetUpForm(DeliverForm):
    """The first code of an app; `sealed` is the key that the page shows, sealed for this person."""

    sealed = forms.CharField(widget=forms.HiddenInput)
    code = CodeField()


class SetUpAgainForm(AskedAgainForm, SetUpForm):
    """The same where a second step is there already, or the password was typed long ago: it needs that as well."""

    field_order = ("sealed", "code", "current_password")
