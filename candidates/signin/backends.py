"""Who logs in with what."""

import unicodedata
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from candidates.credentials.verifier import matches, renewed
from candidates.models import User
from candidates.models.accounts import is_generated_name
from candidates.models.compiled import A_NUMBER, A_TEXT, CompiledQuery
from candidates.signin import hash_slots
from candidates.signin.hashers import check_password
from candidates.text import MAX_TYPED, fold

# Asked at every login, and at every request of somebody who is logged in.
_named = CompiledQuery(lambda name: User.objects.filter(username=name), A_TEXT)
_with_key = CompiledQuery(lambda key: User.objects.filter(pk=key), A_NUMBER)


class AccountBackend(ModelBackend):
    """Accounts of our own table, found without building a query each time."""

    def get_user(self, user_id: int) -> User | None:
        """Return who is logged in, None where the account is gone or not active any more."""
        user = next(iter(_with_key(user_id)), None)
        return user if user is not None and self.user_can_authenticate(user) else None


class OneTimeBackend(AccountBackend):
    """Generated logins: user names of the reserved shape, and nothing else.

    Sessions end by ModelBackend's own means: `get_user` asks `is_active` at every request, and a new verifier in
    User.password changes the session hash (docs/fault-cases.md H6).
    """

    @sensitive_variables()
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user of a generated login; None where the name has another shape.

        Raises PermissionDenied for a wrong login of that shape, so that no slower check follows: an unknown name, an
        inactive account and a wrong password cost one query and one digest each (docs/fault-cases.md H4, C18).
        """
        if username is None or password is None or len(username) > MAX_TYPED:
            return None
        name = fold(username)
        if not is_generated_name(name):
            return None
        typed = fold(password) if len(password) <= MAX_TYPED else ""
        user = next(iter(_named(name)), None)
        right = matches(user.password if user else "", name, typed)
        if right and user is not None and self.user_can_authenticate(user):
            _store(user, renewed(user.password, name, typed))
            return user
        raise PermissionDenied


class PasswordBackend(AccountBackend):
    """Logins with a chosen user name: staff, and permanent users."""

    @sensitive_variables()
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user, after one query and one slow hash whatever is wrong.

        At a successful login a password that is stored under an older key or by a cheaper hash is stored anew.
        """
        if username is None or password is None or len(username) > MAX_TYPED or len(password) > MAX_TYPED:
            return None
        name = User.normalize_username(username)
        if not is_text(name) or not is_text(password):
            return None
        user = next(iter(_named(name)), None)
        is_right, better = check_password(password, user.password if user else "", name)
        hash_slots.hashing.note_checked(right=is_right)
        if user is None or not is_right or not self.user_can_authenticate(user):
            return None
        _store(user, better() if better else user.password)
        return user


def _store(user: User, password: str) -> None:
    """Store the same password by a newer key or hash, unless somebody has given a new password meanwhile."""
    if password == user.password:
        return
    # Conditional on what was checked: a new password stays, and the session of this login is then invalid.
    if User.objects.filter(pk=user.pk, password=user.password).update(password=password):
        user.password = password


def is_text(typed: str) -> bool:
    """Say whether a database and a hasher can handle a text: no NUL, no lone surrogate (C21)."""
    return "\x00" not in typed and not any(unicodedata.category(char) == "Cs" for char in typed)
