"""The forms of staff accounts in the back office."""

from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from candidates.models import User
from candidates.models.accounts import refuse_generated_name


class UsernameMixin:
    """Store a user name as login folds it, and refuse what the database refuses with a sentence."""

    cleaned_data: dict[str, object]

    def clean_username(self) -> str:
        """Return the folded name; raise ValidationError for a taken one and for the shape of generated names (D8)."""
        username = User.normalize_username(str(self.cleaned_data.get("username") or ""))
        taken = User.objects.filter(username=username).exclude(pk=getattr(self, "instance", User()).pk)
        if taken.exists():
            raise ValidationError(_("Somebody has this username. Names that differ only in case are the same name."))
        refuse_generated_name(username)
        return username


class StaffCreationForm(UsernameMixin, AdminUserCreationForm):  # type: ignore[type-arg]
    """Make an account."""


class StaffChangeForm(UsernameMixin, UserChangeForm):  # type: ignore[type-arg]
    """Change an account."""
