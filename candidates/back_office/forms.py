"""The forms of staff accounts in the back office."""

from typing import Any

from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from candidates.errors import Refused
from candidates.lifecycle.contributors import LeavesTests, keep_an_administrator, keep_planners
from candidates.models import User
from candidates.models.accounts import refuse_generated_name


class UsernameMixin:
    """Store a user name as logins fold it, and refuse with a sentence what the database would refuse."""

    cleaned_data: dict[str, object]

    def clean_username(self) -> str:
        """Return the folded name; raise ValidationError for a taken one and for the shape of generated names (D8)."""
        username = User.normalize_username(str(self.cleaned_data.get("username") or ""))
        taken = User.objects.filter(username=username).exclude(pk=getattr(self, "instance", User()).pk)
        if taken.exists():
            raise ValidationError(_("Another account has this username already. Capitals make no difference."))
        refuse_generated_name(username)
        return username


class StaffCreationForm(UsernameMixin, UserCreationForm):  # type: ignore[type-arg]
    """Make an account; without a password nobody could log in with it."""


class StaffChangeForm(UsernameMixin, UserChangeForm):  # type: ignore[type-arg]
    """Change an account; `by` is who does it. Django's field with parts of the hash is left out."""

    password = None  # type: ignore[assignment]  # how Django leaves out a field of the form above
    by: User

    def clean(self) -> dict[str, Any] | None:
        """Refuse to leave the installation without an administrator, or a test without a planner, who can log in.

        Django's page runs in a transaction, so the locks are kept until the account is stored.
        """
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("is_active") and cleaned.get("is_planner")):
            try:
                keep_planners(self.instance)
            except Refused as refused:
                sentence = refused.sentence
                if isinstance(refused, LeavesTests):
                    way = reverse("hand-over-tests", args=[self.instance.pk])
                    sentence = format_html('{} <a href="{}">{}</a>', sentence, way, _("Hand over"))
                self.add_error("is_planner" if cleaned.get("is_active") else "is_active", sentence)
        if not (cleaned.get("is_active") and cleaned.get("is_administrator")):
            try:
                keep_an_administrator(self.instance, by=self.by)
            except Refused as refused:
                self.add_error("is_administrator" if cleaned.get("is_active") else "is_active", refused.sentence)
        return cleaned


class StaffPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Give an account a password; to stop logins, an account is deactivated instead."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit: bool = True) -> User:
        """Store it; the person must choose another one, which nobody else knows, at the next login."""
        self.user.must_change_password = True
        super().save(commit)
        user: User = self.user
        return user
