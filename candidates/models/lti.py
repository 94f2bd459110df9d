"""Learning platforms that people come from by a link (LTI 1.3), and the courses that their links told of."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models.accounts import User
from candidates.models.ids import new_public_id

MAX_LTI_LENGTH = 255  # identifiers of LTI 1.3 are at most this long
MAX_LTI_ADDRESS_LENGTH = 500
MAX_COURSE_TITLE_LENGTH = 300


class LtiPlatform(models.Model):
    """What an administrator has registered of the platform of one source of kind lti; none of it is secret.

    `source` is the source's slug in ROSTER_SOURCES, and the authentication type of the platform's people.
    """

    source = models.CharField(max_length=50, unique=True)
    issuer = models.CharField(max_length=MAX_LTI_LENGTH)
    client_id = models.CharField(max_length=MAX_LTI_LENGTH)
    authorization_url = models.CharField(max_length=MAX_LTI_ADDRESS_LENGTH)
    token_url = models.CharField(max_length=MAX_LTI_ADDRESS_LENGTH)
    keyset_url = models.CharField(max_length=MAX_LTI_ADDRESS_LENGTH)
    # whom a request for a token is addressed to, where that is not the address itself
    token_audience = models.CharField(max_length=MAX_LTI_ADDRESS_LENGTH, blank=True)
    registered_at = models.DateTimeField(default=timezone.now)
    registered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="lti_platform_registered_once"),
            models.CheckConstraint(
                name="lti_platform_is_named", condition=~Q(source="") & ~Q(issuer="") & ~Q(client_id="")
            ),
            models.CheckConstraint(
                name="lti_platform_has_addresses",
                condition=Q(authorization_url__startswith="http")
                & Q(token_url__startswith="http")  # noqa: S106  an address
                & Q(keyset_url__startswith="http"),
            ),
        ]

    def __str__(self) -> str:
        return self.source


class LtiDeployment(models.Model):
    """A deployment of the registered platform: launches of others are refused."""

    platform = models.ForeignKey(LtiPlatform, on_delete=models.CASCADE, related_name="deployments")
    deployment_id = models.CharField(max_length=MAX_LTI_LENGTH)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["platform", "deployment_id"], name="lti_deployment_once"),
            models.CheckConstraint(name="lti_deployment_is_named", condition=~Q(deployment_id="")),
        ]

    def __str__(self) -> str:
        return self.deployment_id


class LtiCourse(models.Model):
    """A course (LTI: context) whose people can be asked for: a launch from it said where."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    platform = models.ForeignKey(LtiPlatform, on_delete=models.CASCADE, related_name="courses")
    deployment_id = models.CharField(max_length=MAX_LTI_LENGTH)
    context_id = models.CharField(max_length=MAX_LTI_LENGTH)
    title = models.CharField(max_length=MAX_COURSE_TITLE_LENGTH, blank=True)
    code = models.CharField(max_length=MAX_LTI_LENGTH, blank=True)
    members_url = models.CharField(max_length=MAX_LTI_ADDRESS_LENGTH)
    told_at = models.DateTimeField(default=timezone.now)  # when a launch last said something new

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["platform", "deployment_id", "context_id"], name="lti_course_once"),
            models.CheckConstraint(
                name="lti_course_can_be_asked", condition=~Q(context_id="") & Q(members_url__startswith="http")
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.context_id


class UsedLaunch(models.Model):
    """A launch that has logged somebody in, so that it does so once: the digest of its nonce."""

    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["digest"], name="used_launch_once"),
            models.CheckConstraint(name="used_launch_has_a_digest", condition=~Q(digest="")),
        ]

    def __str__(self) -> str:
        return f"launch {self.pk}"
