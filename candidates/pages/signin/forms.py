"""The forms of the login page, and of the page that asks for a code after it."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from candidates.models import User
from candidates.models.accounts import is_generated_name
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import CodeField
from candidates.signin import hash_slots
from candidates.text import fold


class LoginForm(DeliverForm):
    """User name and password; wrong, unknown, not yet and no longer allowed get one and the same answer (C18)."""

    username = forms.CharField(
        label=_("Username"),
        help_text=_("From your slip, or the one you always use."),
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("From a slip: capitals and hyphens do not matter."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user: User | None = None
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # Whatever is typed gets the one answer of `clean`, also what could not be stored (C21).
            field.validators = []

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Log in against all backends; raise ValidationError with the same words whatever was wrong.

        Raises NoFreeSlot where a name that was chosen finds none for its slow hash: nothing was tried then.
        """
        cleaned = super().clean() or self.cleaned_data
        username, password = cleaned.get("username"), cleaned.get("password")
        if username and password:
            if not is_generated_name(fold(username)):
                hash_slots.hashing.refuse_if_full()
            user = authenticate(self.request, username=username, password=password)
            if not isinstance(user, User):
                raise _not_let_in()
            self.user = user
        return cleaned

    def refuse(self) -> None:
        """Say the same of somebody whose account is gone by now."""
        self.add_error(None, _not_let_in())

    def get_user(self) -> User | None:
        """Return who has logged in."""
        return self.user


def _not_let_in() -> ValidationError:
    return ValidationError(
        _("Username and password do not fit together. Look at your slip, or ask the invigilator."), code="login"
    )


class CodeForm(DeliverForm):
    """The second page of a login."""

    code = CodeField()


class RecoveryForm(DeliverForm):
    """The same without the phone."""

    code = forms.CharField(
        label=_("Recovery code"),
        help_text=_("One of those that you kept. Each works once; capitals and hyphens do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "otp"}
        ),
    )
