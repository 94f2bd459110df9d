"""What belongs to logging in: SSO identities, sealed passwords, printed slips, second steps, sessions."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import MAX_SSO_LENGTH, VERIFIER, User
from candidates.models.tests import Test


class SealedPassword(models.Model):
    """A sealed copy of a password, so that it can be shown: bound to its user, purged some time after the test."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="sealed_password")
    token = models.CharField(max_length=400)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="sealed_password_is_a_token",
                condition=Q(token__startswith="gAAAA"),  # noqa: S106  how every Fernet token begins
            ),
        ]

    def __str__(self) -> str:
        return f"sealed password of user {self.user_id}"


class SlipPrint(models.Model):
    """One print or PDF of slips of a test; each candidate refers to the last one with their slip."""

    class Layout(models.TextChoices):
        """How many slips a page holds."""

        PAGE = "page", _("One per page")
        COMPACT = "compact", _("Six per page")

    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="slip_prints")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    layout = models.CharField(max_length=8, choices=Layout)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="slip_print_layout_known", condition=Q(layout__in=["page", "compact"])),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.layout}"


class SecondStep(models.Model):
    """The key of somebody's app, sealed under CREDENTIAL_KEYS; the row is made once a code was right.

    `last_step` is the time step of the newest accepted code: none is accepted twice. `wrong` counts the wrong
    codes since `wrong_since`.
    """

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="second_step")
    sealed_key = models.CharField(max_length=400)
    since = models.DateTimeField(default=timezone.now)
    last_step = models.BigIntegerField(default=0)
    wrong = models.PositiveSmallIntegerField(default=0)
    wrong_since = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="second_step_key_is_sealed", condition=Q(sealed_key__startswith="gAAAA")),
        ]

    def __str__(self) -> str:
        return f"second step of user {self.user_id}"


class RecoveryCode(models.Model):
    """A code that works once, stored as a keyed digest: it is shown when it is made, and never again."""

    second_step = models.ForeignKey(SecondStep, on_delete=models.CASCADE, related_name="recovery_codes")
    verifier = models.CharField(max_length=256)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="recovery_code_is_a_digest", condition=Q(verifier__startswith=f"{VERIFIER}$")),
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions in the words of the field."""

    def of_accounts(self, *accounts: int | None) -> "SessionQuerySet":
        """Return the sessions of these accounts; None is nobody's."""
        return self.filter(user__in=[key for key in accounts if key is not None])

    def alive(self) -> "SessionQuerySet":
        """Return those that have not expired."""
        return self.filter(expire_date__gt=timezone.now())

    def used_since(self, moment: datetime) -> "SessionQuerySet":
        """Return those that were used at or after a time (UTC), the latest use first."""
        return self.filter(last_used_at__gte=moment).order_by("-last_used_at", "-logged_in_at")


class Session(AbstractBaseSession):
    """One session. Its key is in the browser's cookie, and never on a page or in a log.

    `expire_date`: for staff SESSION_IDLE_MINUTES after the last use, for others SESSION_COOKIE_AGE after the login. A
    new password or a deactivation ends the session with the next request all the same.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    logged_in_at = models.DateTimeField(null=True)
    # not written at every use (USE_WRITTEN_EVERY in signin/sessions.py)
    last_used_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=60, blank=True)  # "Firefox on Windows"

    objects: ClassVar[Any] = SessionQuerySet.as_manager()  # type: ignore[assignment]  # no store of Django uses it

    class Meta(AbstractBaseSession.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="session_of_a_person_says_when",
                condition=Q(user__isnull=True) | Q(logged_in_at__isnull=False, last_used_at__isnull=False),
            ),
        ]

    @classmethod
    def get_session_store_class(cls) -> type:
        """Return what reads and writes these rows."""
        store: type = import_string(f"{settings.SESSION_ENGINE}.SessionStore")  # it imports the models
        return store


class SsoIdentity(models.Model):
    """A person's ID of one authentication type; `subject` is the provider's own id, pinned at the first login.

    A `subject` belongs to one issuer: at another issuer the same one may be somebody else's (OpenID Connect Core 1.0,
    section 5.7). `refused_at` is when another account than the pinned one last came with this SSO user ID.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sso_identities")
    authentication_type = models.CharField(max_length=50)
    sso_user_id = models.CharField(max_length=MAX_SSO_LENGTH)
    sso_key = models.CharField(max_length=MAX_SSO_LENGTH)  # folded by the rule of the authentication type
    subject = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001  NULL is "not pinned yet", and not unique
    pinned_issuer = models.CharField(max_length=255, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("person of an institution (SSO)")
        verbose_name_plural = _("people of institutions (SSO)")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-refused_at"], condition=Q(refused_at__isnull=False), name="sso_identity_refused"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["authentication_type", "sso_key"], name="sso_identity_once_per_type"),
            models.UniqueConstraint(
                fields=["authentication_type", "pinned_issuer", "subject"],
                condition=Q(subject__isnull=False),
                name="sso_subject_once_per_type",
            ),
            models.CheckConstraint(
                name="sso_identity_is_named", condition=~Q(authentication_type="") & ~Q(sso_user_id="") & ~Q(sso_key="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authentication_type}: {self.sso_user_id}"
