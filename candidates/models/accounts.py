"""Everyone who can log in."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Substr
from django.db.models.lookups import Exact, In
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from candidates.models.ids import ALPHABET
from candidates.text import fold

DIGITS = "23456789"
LETTERS = "abcdefghjkmnpqrstuvwxyz"
NAME_LENGTH = 8
# A user name that is reserved for generated logins: 8 symbols, a digit first and a letter second (D8).
GENERATED_NAME = (
    Q(Exact(Length("username"), NAME_LENGTH))
    & Q(In(Substr("username", 1, 1), list(DIGITS)))
    & Q(In(Substr("username", 2, 1), list(LETTERS)))
)

# The names that are generated; the database reserves the shape for them, whatever the last six symbols are.
_MADE_NAME = re.compile(rf"[{DIGITS}][{LETTERS}][{ALPHABET}]{{{NAME_LENGTH - 2}}}")

MAX_SSO_LENGTH = 255
MAX_NAME_LENGTH = 200
MAX_REFERENCE_LENGTH = 200
MAX_ID_LENGTH = 100
"""Characters of a Candidate ID (our decision; the public record names no limit)."""
MAX_FULL_NAME_LENGTH = 200  # both names and a space

# How User.password begins where this system made the password: `deliver_hmac_sha256$nonce$key id$digest`.
VERIFIER = "deliver_hmac_sha256"
# How it begins where the password was imported: `deliver_argon2$key id$nonce$argon2id$…` (signin/hashers.py).
KEYED = "deliver_argon2"


# Permissions of administrators in the back office, whose pages refuse more: what the product's own pages do.
ADMINISTRATORS_MAY = frozenset(
    f"candidates.{what}"
    for what in (
        *("view_user", "add_user", "change_user", "view_auditevent", "view_ssoidentity", "change_ssoidentity"),
        *("view_permanentuser", "export_permanentuser", "view_permanentuserlist"),
    )
)


def no_password() -> str:
    """Return a new unusable password ("!" marks these for Django).

    It differs each time: sessions are bound to the stored password, so setting another one ends them.
    """
    return f"!{secrets.token_hex(20)}"


def is_generated_name(folded: str) -> bool:
    """Say whether a folded user name could be a generated one."""
    return _MADE_NAME.fullmatch(folded) is not None


def username_key(typed: str) -> str:
    """Return the user name that is meant: without the hyphen that slips show in generated ones."""
    folded = fold(typed)
    return folded if is_generated_name(folded) else User.normalize_username(typed)


def show_username(username: str) -> str:
    """Return a user name as it is printed: `6cze-p34v` for a generated one, any other as it is.

    Login drops the hyphen of generated names alone.
    """
    return f"{username[:4]}-{username[4:]}" if is_generated_name(username) else username


def is_reserved_shape(username: str) -> bool:
    """Say whether a stored user name is of the reserved shape, as GENERATED_NAME tells the database."""
    return len(username) == NAME_LENGTH and username[0] in DIGITS and username[1] in LETTERS


def refuse_generated_name(username: str) -> None:
    """Raise ValidationError for a name that is reserved for generated logins, as the database does too.

    Logins drop hyphens and spaces before they choose a backend: `2b-franke` could be stored, but never log in (D8).
    """
    stored = User.normalize_username(username)
    if is_reserved_shape(stored) or is_reserved_shape(fold(stored)):
        raise ValidationError(
            _(
                "Names like this are kept for one-time users: eight symbols, with or without hyphens, a digit and then "
                "a letter first. Choose another one."
            )
        )


class UserManager(BaseUserManager["User"]):
    """Make accounts."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Store one account; `password` None means that nobody can log in with a password.

        Raises ValidationError for a name that is reserved for generated logins.
        """
        if fields.get("kind", User.Kind.STAFF) not in (User.Kind.ONE_TIME, User.Kind.PERMANENT):
            refuse_generated_name(username)
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Store one administrator with every permission of the back office.

        Raises ValidationError as create_user does.
        """
        return self.create_user(username, password, is_staff=True, is_superuser=True, is_administrator=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the account of a user name, however it is typed."""
        return self.get(username=self.model.normalize_username(username or ""))

    def staff_to_add(self) -> "models.QuerySet[User]":
        """Return the staff who can be made contributors of a test."""
        return self.filter(kind=User.Kind.STAFF, is_active=True)


class User(AbstractBaseUser, PermissionsMixin):
    """Everyone who can log in; `kind` says how.

    The system roles only give access to pages: what somebody may do on a test depends on being a contributor of that
    test (docs/domain.md §1).
    """

    class Kind(models.TextChoices):
        """How a person logs in."""

        STAFF = "staff", _("Staff")
        ONE_TIME = "one_time", _("One-time")
        PERMANENT = "permanent", _("Permanent")
        SSO = "sso", _("SSO")
        # acts for an access key; nobody can log in to it
        SYSTEM = "system", _("Other system")

    username = models.CharField(_("username"), max_length=150, unique=True)
    # longer than Django's own: a keyed hash names its key as well (signin/hashers.py)
    password = models.CharField(_("password"), max_length=256)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.STAFF)
    name = models.CharField(_("name"), max_length=MAX_FULL_NAME_LENGTH, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("may log in"), default=True)
    is_staff = models.BooleanField(_("may open the back office"), default=False)  # administrators may without it
    is_planner = models.BooleanField(_("planner"), default=False)
    is_invigilator = models.BooleanField(_("invigilator"), default=False)
    is_grader = models.BooleanField(_("grader"), default=False)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    date_joined = models.DateTimeField(_("made at"), default=timezone.now)
    password_changed_at = models.DateTimeField(_("password changed at"), null=True, blank=True)
    # somebody else knows the password: nothing opens before the person has chosen another one
    must_change_password = models.BooleanField(default=False, db_default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        indexes: ClassVar[list[models.Index]] = [
            # the few who are excluded from searches for permanent users: else each search would read all accounts
            models.Index(fields=["id"], condition=Q(kind="permanent", is_active=False), name="user_permanent_inactive"),
            # the few who can be made contributors, among all who have ever sat a test
            models.Index(fields=["username"], condition=Q(kind="staff"), name="user_staff"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="user_kind_known", condition=Q(kind__in=["staff", "one_time", "permanent", "sso", "system"])
            ),
            models.CheckConstraint(
                name="user_roles_are_for_staff",
                condition=Q(kind="staff")
                | Q(
                    is_staff=False,
                    is_superuser=False,
                    is_planner=False,
                    is_invigilator=False,
                    is_grader=False,
                    is_administrator=False,
                ),
            ),
            models.CheckConstraint(
                name="user_generated_name_is_reserved",
                condition=Q(kind__in=["one_time", "permanent"]) | ~GENERATED_NAME,
            ),
            models.CheckConstraint(
                name="user_one_time_has_generated_name",
                condition=~Q(kind="one_time") | GENERATED_NAME,
            ),
            models.CheckConstraint(
                name="user_system_cannot_log_in",
                condition=~Q(kind="system") | Q(password__startswith="!"),  # noqa: S106
            ),
            # On the morning of the exam nobody has to change the password of a slip, or an imported one.
            models.CheckConstraint(
                name="user_only_staff_must_change_password", condition=Q(kind="staff") | Q(must_change_password=False)
            ),
            # Logins with such a name are checked by the keyed digest alone: with another password they would fail.
            models.CheckConstraint(
                name="user_generated_name_has_generated_password",
                condition=~GENERATED_NAME | Q(password__startswith=f"{VERIFIER}$") | Q(password__startswith="!"),  # noqa: S106  nobody logs in with one
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.shown_username

    @classmethod
    def normalize_username(cls, username: str | None) -> str:
        """Return a user name as it is stored: NFKC, case-folded, without spaces around it.

        Login folds what is typed in the same way: a name that is stored otherwise could never log in (F9).
        """
        username = username or ""  # Django asks for the name of an account whose form was refused
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold()).strip()

    @property
    def shown_username(self) -> str:
        """Return the user name as slips show it: `6cze-p34v` for a generated one, any other as it is."""
        return show_username(self.username)

    @property
    def has_made_password(self) -> bool:
        """Say whether this system made the password, so that slips can show it while its copy is kept."""
        return self.password.startswith(f"{VERIFIER}$")

    @property
    def has_generated_name(self) -> bool:
        """Say whether the user name is of the reserved shape, as GENERATED_NAME tells the database."""
        return is_reserved_shape(self.username)

    def get_session_auth_hash(self) -> str:
        """Return the hash that the person's sessions are bound to."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same under each former SECRET_KEY."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | None) -> str:
        """Return a hash that changes with every new password, and only then.

        The nonce of a keyed password is made with the password and stays when keys are rotated: a rotation during an
        exam logs nobody out, a new password ends all sessions (docs/fault-cases.md H6).
        """
        algorithm, *parts = self.password.split("$", 3)
        nonce = {VERIFIER: 0, KEYED: 1}.get(algorithm)
        bound_to = self.password if nonce is None else f"{algorithm}${[*parts, '', ''][nonce]}"
        return salted_hmac("candidates.User.session", bound_to, secret=secret, algorithm="sha256").hexdigest()

    @property
    def chooses_password(self) -> bool:
        """Say whether the person may choose another password: staff, and permanent users with a chosen user name.

        The password of a slip belongs to its generated name, and that of an institution is not ours.
        """
        of_this_kind = self.kind in (self.Kind.STAFF, self.Kind.PERMANENT)
        return of_this_kind and self.has_usable_password() and not self.has_generated_name

    def set_password(self, raw_password: str | None) -> None:
        """Set another password, and when that was."""
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()

    def has_role(self, role: str) -> bool:
        """Say whether the person has the system role that a role on a test (Contributor.Role) requires."""
        return bool(getattr(self, f"is_{role}"))

    @property
    def can_log_in(self) -> bool:
        """Say whether the person may log in, and has a usable password."""
        return self.is_active and bool(self.password) and self.has_usable_password()

    @property
    def opens_back_office(self) -> bool:
        """Say whether the person may open the back office: administrators, and superusers of the command line."""
        return self.is_active and (self.is_administrator or self.is_staff)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Say whether the person has a permission of the back office, by role or by Django's own rules."""
        return (self.is_active and self.is_administrator and perm in ADMINISTRATORS_MAY) or super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """Say whether the person has anything to do in that part of the back office."""
        is_theirs = self.is_active and self.is_administrator and app_label == "candidates"
        return is_theirs or super().has_module_perms(app_label)

    @property
    def is_candidate(self) -> bool:
        """Say whether this person sits tests (and so has a Dashboard)."""
        return self.kind not in (self.Kind.STAFF, self.Kind.SYSTEM)
