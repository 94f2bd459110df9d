"""Keys with which other systems call the API, what they may do, and what they have sent."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id
from candidates.models.tests import Test

MAX_SYSTEM_LENGTH = 100
MAX_EXTERNAL_ID_LENGTH = 255
DIGEST_LENGTH = 64  # SHA-256 in hex: a key has 148 random bits, which nobody tries out


def known_scopes() -> list[tuple[str, Any]]:
    """Return what a key may do; migrations refer to this function, so that other words need none."""
    return Scope.choices


class Scope(models.TextChoices):
    """What a key may do: on the tests that it may reach, and with permanent users."""

    TESTS_READ = "tests:read", _("Read tests")
    TESTS_WRITE = "tests:write", _("Make, change and activate tests")
    CANDIDATES_READ = "candidates:read", _("Read candidates")
    CANDIDATES_WRITE = "candidates:write", _("Add, change and remove candidates")
    NAMES_READ = "names:read", _("Read who candidates are")
    LOGINS_READ = "logins:read", _("Open login details")
    RESULTS_READ = "results:read", _("Read results")
    HISTORY_READ = "history:read", _("Read the history of tests")
    USERS_WRITE = "users:write", _("Add permanent users")


class AccessKey(models.Model):
    """A key of a named system. Only its digest is kept; `public_id` names it (`client_id`) and opens nothing."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=MAX_SYSTEM_LENGTH)
    # the name, folded: keys of one system share the tests that it has made, so that a key can be replaced
    system = models.CharField(max_length=MAX_SYSTEM_LENGTH * 3, db_index=True)
    # who acts, in the audit and wherever an act names somebody; nobody can log in to it
    account = models.OneToOneField(User, on_delete=models.PROTECT, related_name="access_key")
    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True)
    all_tests = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # written once a minute at most
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="access_key_is_named", condition=~Q(name="") & ~Q(system="")),
            models.CheckConstraint(name="access_key_has_a_digest", condition=~Q(digest="")),
            models.CheckConstraint(name="access_key_expires", condition=Q(expires_at__gt=F("made_at"))),
            models.CheckConstraint(
                name="access_key_revoked_by_somebody",
                condition=Q(revoked_at__isnull=False) | Q(revoked_by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AccessKeyScope(models.Model):
    """One thing that a key may do."""

    key = models.ForeignKey(AccessKey, on_delete=models.CASCADE, related_name="scopes")
    scope = models.CharField(max_length=20, choices=known_scopes)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key", "scope"], name="access_key_scope_once"),
            models.CheckConstraint(
                name="access_key_scope_known",
                condition=Q(
                    scope__in=[
                        *("tests:read", "tests:write", "candidates:read", "candidates:write", "names:read"),
                        *("logins:read", "results:read", "history:read", "users:write"),
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.scope


class AccessToken(models.Model):
    """A bearer token that a key was exchanged for; it ends with the key or before."""

    key = models.ForeignKey(AccessKey, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="access_token_has_a_digest", condition=~Q(digest="")),
            models.CheckConstraint(name="access_token_expires", condition=Q(expires_at__gt=F("made_at"))),
        ]

    def __str__(self) -> str:
        return f"token of {self.key_id}"


class ExternalTest(models.Model):
    """A test that another system has made, by the id that it has there."""

    test = models.OneToOneField(Test, on_delete=models.CASCADE, related_name="external")
    system = models.CharField(max_length=MAX_SYSTEM_LENGTH * 3)  # AccessKey.system
    external_id = models.CharField(max_length=MAX_EXTERNAL_ID_LENGTH)
    made_by = models.ForeignKey(AccessKey, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["system", "external_id"], name="external_test_once_per_system"),
            models.CheckConstraint(name="external_test_has_an_id", condition=~Q(external_id="")),
        ]

    def __str__(self) -> str:
        return self.external_id


class AnsweredCall(models.Model):
    """A call that changed something and what it was answered, so that it counts once however often it is sent."""

    key = models.ForeignKey(AccessKey, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)  # the header Idempotency-Key
    fingerprint = models.CharField(max_length=DIGEST_LENGTH)  # of method, address and body
    at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key", "name"], name="answered_call_counts_once"),
            models.CheckConstraint(name="answered_call_is_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name
