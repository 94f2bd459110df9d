"""Candidates who come by themselves, by test code (docs/domain.md E14)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import MAX_SSO_LENGTH, User
from candidates.models.candidates import Candidate
from candidates.models.ids import new_public_id
from candidates.models.logins import SsoIdentity
from candidates.models.permanent_users import PermanentUserList
from candidates.models.test_codes import CODE_LENGTH, show_code
from candidates.models.tests import FIRST_MOMENT, LAST_MOMENT, MAX_CANDIDATES, Test

MAX_SENTENCE_LENGTH = 300
MAX_ALLOWED = 5000  # user IDs that may join, of whom 1500 can


class Joining(models.Model):
    """How people join one test by its code. A test without this row has candidates that planners add."""

    class Permanent(models.TextChoices):
        """Which permanent users may join."""

        NONE = "none", _("None")
        ALL = "all", _("All")
        LISTS = "lists", _("Those on these lists")

    test = models.OneToOneField(Test, primary_key=True, on_delete=models.CASCADE, related_name="joining")
    # As test_codes.py stores it; made when the test is activated, and no secret: joining needs a login.
    code = models.CharField(max_length=CODE_LENGTH, null=True, editable=False)  # noqa: DJ001  NULL is "not made yet", and not unique
    code_made_at = models.DateTimeField(null=True, editable=False)
    works_from = models.DateTimeField(_("From"))
    works_until = models.DateTimeField(_("Until"))
    max_joiners = models.PositiveIntegerField(_("At most"), default=MAX_CANDIDATES)
    # Who joined and is on the test; written by conditional updates while the test's row is locked.
    joined_count = models.PositiveIntegerField(default=0, editable=False)
    last_turn = models.PositiveIntegerField(default=0, editable=False)
    approves_each = models.BooleanField(default=False)
    authentication_types = models.JSONField(default=list)  # slugs of those whose people may join
    permanent = models.CharField(max_length=5, choices=Permanent, default=Permanent.NONE)
    lists = models.ManyToManyField(PermanentUserList, through="JoiningList", related_name="+")
    only_allowed = models.BooleanField(default=False)  # of all these, those of AllowedJoiner alone

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code"], name="joining_code_once"),
            models.CheckConstraint(
                name="joining_code_is_whole",
                condition=Q(code__isnull=True, code_made_at__isnull=True)
                | (Q(Exact(Length("code"), CODE_LENGTH)) & Q(code__isnull=False, code_made_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="joining_ends_after_it_begins",
                condition=Q(works_until__gt=F("works_from"), works_from__gte=FIRST_MOMENT, works_until__lt=LAST_MOMENT),
            ),
            models.CheckConstraint(
                name="joining_holds_1500", condition=Q(max_joiners__gte=1, max_joiners__lte=MAX_CANDIDATES)
            ),
            models.CheckConstraint(
                name="joining_within_its_cap", condition=Q(joined_count__gte=0, joined_count__lte=F("max_joiners"))
            ),
            models.CheckConstraint(name="joining_permanent_known", condition=Q(permanent__in=["none", "all", "lists"])),
        ]

    def __str__(self) -> str:
        return f"joining {self.test_id}"

    @property
    def shown_code(self) -> str:
        """Return the code as people read it, "" before it is made."""
        return show_code(self.code) if self.code else ""

    @property
    def places_left(self) -> int:
        return self.max_joiners - self.joined_count


class JoiningList(models.Model):
    """A list of permanent users who may join a test."""

    joining = models.ForeignKey(Joining, on_delete=models.CASCADE, related_name="+")
    list = models.ForeignKey(PermanentUserList, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["joining", "list"], name="joining_list_once"),
        ]

    def __str__(self) -> str:
        return f"{self.list_id} of {self.joining_id}"


class AllowedJoiner(models.Model):
    """An SSO user ID or a user name that may join, as it was pasted; `key` is folded."""

    joining = models.ForeignKey(Joining, on_delete=models.CASCADE, related_name="allowed", db_index=False)
    key = models.CharField(max_length=MAX_SSO_LENGTH)
    user_id = models.CharField(max_length=MAX_SSO_LENGTH)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["joining", "key", "user_id"], name="allowed_joiner_once"),
            models.CheckConstraint(name="allowed_joiner_is_named", condition=~Q(key="") & ~Q(user_id="")),
        ]

    def __str__(self) -> str:
        return self.user_id


class JoinRequest(models.Model):
    """One person who typed the code of one test, and what became of it."""

    class State(models.TextChoices):
        """Where the person stands."""

        ASKED = "asked", _("Waits to be let in")
        QUEUED = "queued", _("On the waiting list")
        JOINED = "joined", _("Joined")
        REFUSED = "refused", _("Refused")
        REMOVED = "removed", _("Removed")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    # no index of its own: three others begin with it
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="join_requests", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="join_requests")
    # by which the person logs in; NULL for a permanent user
    identity = models.ForeignKey(SsoIdentity, null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State)
    # Who asked first is let in first; a new turn for who asks again.
    turn = models.PositiveIntegerField()
    candidate = models.OneToOneField(Candidate, null=True, on_delete=models.CASCADE, related_name="join_request")
    sentence = models.CharField(_("Why"), max_length=MAX_SENTENCE_LENGTH, blank=True)  # to who was refused
    asked_at = models.DateTimeField(default=timezone.now)
    # of who asks: when the person was refused before
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar[list[Any]] = ["turn"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["test", "user"], name="join_request_once_per_person"),
            models.UniqueConstraint(fields=["test", "turn"], name="join_request_has_its_turn"),
            models.CheckConstraint(
                name="join_request_state_known",
                condition=Q(state__in=["asked", "queued", "joined", "refused", "removed"]),
            ),
            models.CheckConstraint(
                name="join_request_joined_is_a_candidate",
                condition=Q(state="joined", candidate__isnull=False) | (~Q(state="joined") & Q(candidate__isnull=True)),
            ),
            models.CheckConstraint(
                name="join_request_sentence_is_to_who_was_refused", condition=Q(sentence="") | Q(state="refused")
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def logs_in_with(self) -> str:
        """Return the SSO user ID or the user name; reads identity and account."""
        return self.identity.sso_user_id if self.identity else self.user.shown_username
