"""Who is told of what happens, and what is still to be sent (webhooks)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id

MAX_TARGET_LENGTH = 500


class WebhookEvent(models.TextChoices):
    """What a subscription may ask for; the values stand in payloads."""

    TEST_ACTIVATED = "test_activated", _("Test activated")
    CANDIDATE_JOINED = "candidate_joined", _("Candidate joined")
    CANDIDATE_SUBMITTED = "candidate_submitted", _("Candidate submitted")
    TEST_FINISHED = "test_finished", _("Test finished")


class Subscription(models.Model):
    """An address that is told of acts, once it has confirmed that it wants to be.

    One column for each event, of the same name. `queued_until` is the time (UTC) before which every event is in the
    queue. `failing_since` is the first of the failures in a row, `said` the newest. A worker holds the lease while it
    sends. `made_by` is the account of an access key: the subscription is its system's.
    """

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    target = models.CharField(max_length=MAX_TARGET_LENGTH)
    sealed_secret = models.CharField(max_length=600)
    test_activated = models.BooleanField(default=False)
    candidate_joined = models.BooleanField(default=False)
    candidate_submitted = models.BooleanField(default=False)
    test_finished = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True)
    queued_until = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    said = models.CharField(max_length=200, blank=True)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["made_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="subscription_asks_for_something",
                condition=Q(test_activated=True)
                | Q(candidate_joined=True)
                | Q(candidate_submitted=True)
                | Q(test_finished=True),
            ),
            models.CheckConstraint(
                name="subscription_target_is_an_address",
                condition=Q(target__startswith="https://") | Q(target__startswith="http://"),
            ),
            models.CheckConstraint(
                name="subscription_secret_is_sealed",
                condition=Q(sealed_secret__startswith="gAAAA"),  # noqa: S106  how every Fernet token begins
            ),
            models.CheckConstraint(
                name="subscription_lease_ends",
                condition=Q(lease="", leased_until__isnull=True) | (~Q(lease="") & Q(leased_until__isnull=False)),
            ),
            models.CheckConstraint(
                name="subscription_failures_began",
                condition=Q(failures=0, failing_since__isnull=True) | Q(failures__gt=0, failing_since__isnull=False),
            ),
            models.CheckConstraint(
                name="subscription_given_up_failed", condition=Q(given_up_at__isnull=True) | Q(failures__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.target

    @property
    def status(self) -> str:
        """Return how it stands, in the words of the API."""
        if self.given_up_at:
            return "stopped"
        if self.paused_at:
            return "paused"
        return "active" if self.confirmed_at else "waiting"

    @property
    def events(self) -> list[WebhookEvent]:
        """Return what it asks for."""
        return [event for event in WebhookEvent if getattr(self, event.value)]


class Delivery(models.Model):
    """One event for one subscription: waiting, delivered, or given up.

    `source` names the act that it tells of, so that none is queued twice; `context` is the public id of the test.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        GIVEN_UP = "given_up", _("Given up")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    source = models.CharField(max_length=80)
    event = models.CharField(max_length=24, choices=WebhookEvent)
    context = models.CharField(max_length=16)
    at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["subscription", "next_try_at", "id"], condition=Q(state="waiting"), name="delivery_waiting"
            ),
            models.Index(fields=["subscription", "-at"], name="delivery_newest"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subscription", "source"], name="delivery_once_per_act"),
            models.CheckConstraint(
                name="delivery_event_known",
                condition=Q(event__in=["test_activated", "candidate_joined", "candidate_submitted", "test_finished"]),
            ),
            models.CheckConstraint(
                name="delivery_state_known", condition=Q(state__in=["waiting", "delivered", "given_up"])
            ),
            models.CheckConstraint(
                name="delivery_delivered_was_tried", condition=~Q(state="delivered") | Q(attempts__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.context}"
