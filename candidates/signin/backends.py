"""Who logs in with what."""

import unicodedata
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from candidates.credentials.secrets import is_generated_name
from candidates.credentials.verifier import matches
from candidates.folding import LONGEST_TYPED, fold
from candidates.models import User


class OneTimeBackend(ModelBackend):
    """Generated logins: user names of the reserved shape, and nothing else.

    Sessions end by ModelBackend's own means: `get_user` asks `is_active` at every request, and a new verifier in
    User.password changes the session hash (traps.md H6).
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user of a generated login; None where the name has another shape.

        Raises PermissionDenied for a wrong login of the shape, so that no slower check follows: unknown, inactive and
        wrong cost one query and one digest each (traps.md H4, C18).
        """
        if username is None or password is None or len(username) > LONGEST_TYPED:
            return None
        name = fold(username)
        if not is_generated_name(name):
            return None
        user = User.objects.filter(username=name).first()
        right = matches(user.password if user else "", name, fold(password) if len(password) <= LONGEST_TYPED else "")
        if right and user is not None and self.user_can_authenticate(user):
            return user
        raise PermissionDenied


class PasswordBackend(ModelBackend):
    """Everyone who chose a password: staff, and permanent users whose password came with the import."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user; one slow hash whether the name is known or not (Django's own equal-time behaviour)."""
        if username is None or password is None or len(username) > LONGEST_TYPED or len(password) > LONGEST_TYPED:
            return None
        name = User.normalize_username(username)
        if not _is_text(name) or not _is_text(password):
            return None
        found = super().authenticate(request, username=name, password=password)
        return found if isinstance(found, User) else None


def _is_text(typed: str) -> bool:
    """Say whether a database and a hasher can take it: no NUL, no half of a surrogate pair (traps.md C21)."""
    return "\x00" not in typed and not any(unicodedata.category(char) == "Cs" for char in typed)
