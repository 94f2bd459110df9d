"""The place of one person on one test."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable, RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import (
    MAX_ID_LENGTH,
    MAX_NAME_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_SSO_LENGTH,
    VERIFIER,
    User,
)
from candidates.models.ids import new_public_id
from candidates.models.imports import Import
from candidates.models.locations import MAX_SEAT_LENGTH, Location
from candidates.models.tests import Test

MAX_KEY_LENGTH = 3 * MAX_ID_LENGTH
"""Characters of the folded ID: NFKC may turn one character into eighteen."""
# The limit of the database, one week, which no setting can exceed.
MAX_EXTRA_MINUTES = 7 * 24 * 60


def slip_column(column: str) -> Combinable:
    """Return a column of the account on the slip: of an SSO candidate the one-time login, else the own account."""
    below = f"__{column}" if column else ""
    return Case(When(kind=Value("sso"), then=F(f"one_time_login{below}")), default=F(f"user{below}"))


# A permanent user whose password this system made. For candidates of one test only: over all tests this would read
# every account.
MADE_HERE = Q(kind="permanent", user__password__startswith=f"{VERIFIER}$")
# A spare login that is nobody yet: not given to anybody at the door, and never used.
UNUSED_SPARE = Q(is_spare=True, given_at__isnull=True, logged_in_at__isnull=True, started_at__isnull=True)
HAS_SLIP = Q(kind="one_time", user__isnull=False) | Q(one_time_login__isnull=False) | MADE_HERE


# A union instead of "or", for which SQLite would read all candidates. Raw SQL, since every request of a one-time user
# runs this query, and Django takes longer to build it than the database to answer it. A one-time login does not work
# for a deactivated person (R27, C17). No joins: PostgreSQL plans them longer than it looks for the row.
PLACES_OF_SLIP = """
SELECT id FROM candidates_candidate WHERE user_id = %s
UNION ALL
SELECT place.id FROM candidates_candidate place
WHERE place.one_time_login_id = %s AND (SELECT is_active FROM candidates_user person WHERE person.id = place.user_id)
"""
# The places of of_person() that are not submitted. Raw SQL, since building the query takes an eighth of a login.
NOTE_SLIP = f"""
UPDATE candidates_candidate SET logged_in_at = COALESCE(logged_in_at, %s), last_seen_at = %s
WHERE submitted_at IS NULL AND id IN ({PLACES_OF_SLIP})
AND (SELECT activated_at FROM candidates_test WHERE candidates_test.id = test_id) IS NOT NULL
"""  # noqa: S608  no value is in it


class CandidateQuerySet(models.QuerySet["Candidate"]):
    """Candidates in the words of the field."""

    def of_test(self, test: Test) -> "CandidateQuerySet":
        """Return the candidates of one test."""
        return self.filter(test=test)

    def watched_from(self, rooms: Collection[Location]) -> "CandidateQuerySet":
        """Return the candidates of these rooms and those without one; without any rooms everybody."""
        return self.filter(Q(location__in=rooms) | Q(location__isnull=True)) if rooms else self

    def people(self) -> "CandidateQuerySet":
        """Return the candidates who are somebody: all but spare logins that nobody has or used."""
        return self.exclude(UNUSED_SPARE)

    def unused_spares(self) -> "CandidateQuerySet":
        """Return the spare logins that are left: nobody has them, and nobody logged in with them."""
        return self.filter(UNUSED_SPARE)

    def of_person(self, user: User) -> "CandidateQuerySet":
        """Return the places on activated tests that a login opens: the person's own, or the one of a slip (C10)."""
        mine = Q(user=user)
        if user.kind == User.Kind.ONE_TIME:
            # Only these can be one-time logins that stand in for SSO.
            mine = Q(pk__in=RawSQL(PLACES_OF_SLIP, [user.pk, user.pk]))  # noqa: S611  the keys are parameters
        return self.filter(mine, test__activated_at__isnull=False).select_related("test")

    def note_login_with_slip(self, user: User, *, at: datetime) -> None:
        """Store when (UTC) somebody logged in with this one-time login."""
        now = connection.ops.adapt_datetimefield_value(at)
        with connection.cursor() as cursor:
            cursor.execute(NOTE_SLIP, [now, now, user.pk, user.pk])

    def lock_in_order(self) -> None:
        """Lock these rows in the order of their keys, inside a transaction and before an UPDATE of more than one.

        For acts on one person's places, which do not lock a test: an UPDATE locks its rows in any order, so two of them
        could deadlock.
        """
        list(self.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))

    def update_in_order(self, keys: Sequence[int], **columns: Any) -> None:
        """Update the places with these keys, locked in order; a single one by a single statement."""
        found = self.filter(pk__in=keys)
        with transaction.atomic() if len(keys) > 1 else nullcontext():
            if len(keys) > 1:
                found.lock_in_order()
            found.update(**columns)

    def with_slip(self) -> "CandidateQuerySet":
        """Return the candidates with a username and password of ours; for candidates of one test only.

        These are one-time users, SSO candidates with a one-time login, and permanent users whose password we made.
        """
        return self.filter(HAS_SLIP)

    def slip_accounts(self) -> "models.QuerySet[Candidate, int]":
        """Return the keys of the accounts on the slips of these candidates, as a sub-select.

        Permanent users with an imported password are among them, but have no sealed copy. One column, so that accounts
        are found by `pk__in` with an index.
        """
        named = self.annotate(slip_account=slip_column("")).filter(slip_account__isnull=False)
        return named.order_by().values_list("slip_account", flat=True)


class Candidate(models.Model):
    """The place of one person on exactly one test (docs/domain.md §1)."""

    class Kind(models.TextChoices):
        """How a candidate logs in."""

        ONE_TIME = "one_time", _("One-time")
        SSO = "sso", _("SSO")
        PERMANENT = "permanent", _("Permanent")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    # no index of its own: four others begin with it
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="candidates", db_index=False)
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind)
    candidate_id = models.CharField(_("Candidate ID"), max_length=MAX_ID_LENGTH)
    # NFKC and case-folded: what clashes is judged on (D2)
    candidate_key = models.CharField(max_length=MAX_KEY_LENGTH, editable=False)
    # numbers in their own order, then text: what lists are sorted by
    sort_key = models.CharField(max_length=MAX_KEY_LENGTH + 12, editable=False)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="candidacies")
    # A second login, on paper, that opens this one place while SSO is down; `user` stays the person (D20).
    one_time_login = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="stands_in_for", editable=False
    )
    authentication_type = models.CharField(_("Authentication type"), max_length=50, blank=True)
    sso_user_id = models.CharField(_("SSO user ID"), max_length=MAX_SSO_LENGTH, blank=True)
    # A student system has named the person by what a claim of the SSO setup says: the first login with that claim tells
    # the SSO user ID (RosterIdentity). The account has no login of its own until then.
    is_identity_pending = models.BooleanField(default=False, db_default=False, editable=False)
    # never shown to graders (D19)
    private_reference = models.CharField(_("Private reference"), max_length=MAX_REFERENCE_LENGTH, blank=True)
    # For planners, papers and the hall; never shown to graders. "Aas, Reidun" where it came in two parts.
    name = models.CharField(_("Name"), max_length=MAX_NAME_LENGTH, blank=True)
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.SET_NULL, related_name="candidates")
    # In the location; whoever changes that takes the seat away, or gives another one.
    seat = models.CharField(_("Seat"), max_length=MAX_SEAT_LENGTH, blank=True)
    # A one-time login that is on the test without a person, for who is not on the list: given at the door to somebody
    # whose name is written then, and joined with the right candidate afterwards. It counts for the 1500.
    is_spare = models.BooleanField(default=False, db_default=False, editable=False)
    given_at = models.DateTimeField(null=True, blank=True, editable=False)
    # the list that put the candidate on the test; empty for those who were typed or generated
    imported_by = models.ForeignKey(
        Import, null=True, blank=True, on_delete=models.SET_NULL, related_name="candidates", editable=False
    )
    extra_minutes = models.PositiveIntegerField(_("Extra time (minutes)"), default=0)
    incident_minutes = models.PositiveIntegerField(_("Incident time (minutes)"), default=0)
    # Both together, kept by the database itself: the last effective end of a test is one look into an index.
    extra_seconds = models.GeneratedField(
        expression=(F("extra_minutes") + F("incident_minutes")) * 60,
        output_field=models.PositiveIntegerField(),
        db_persist=True,
    )
    slip_version = models.PositiveSmallIntegerField(default=1, editable=False)
    slip_printed_version = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    # The printing that put the slip on paper last; its index, below, has no rows of candidates without one.
    slip_print = models.ForeignKey(
        "candidates.SlipPrint",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="candidates",
        db_index=False,
        editable=False,
    )
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    # Progress (docs/domain.md §10)
    logged_in_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = CandidateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[Any]] = ["sort_key"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["test", "sort_key"], name="candidate_in_order"),
            models.Index(F("test"), F("extra_seconds").desc(), name="candidate_longest_extra"),
            # for the deletion of a test with its prints, which looks for the candidates of each
            models.Index(fields=["slip_print"], condition=Q(slip_print__isnull=False), name="candidate_by_print"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["test", "candidate_key"], name="candidate_id_once_per_test"),
            models.UniqueConstraint(
                fields=["test", "user"], condition=Q(user__isnull=False), name="candidate_person_once_per_test"
            ),
            models.UniqueConstraint(
                fields=["test", "location", "seat"], condition=~Q(seat=""), name="candidate_seat_once_per_room"
            ),
            # nulls are distinct to a unique constraint
            models.UniqueConstraint(
                fields=["test", "seat"],
                condition=Q(location__isnull=True) & ~Q(seat=""),
                name="candidate_seat_once_without_room",
            ),
            models.CheckConstraint(
                name="candidate_id_is_not_empty", condition=~Q(candidate_id="") & ~Q(candidate_key="")
            ),
            models.CheckConstraint(
                name="candidate_kind_agrees_with_columns",
                condition=Q(kind="one_time", authentication_type="", sso_user_id="")
                | (
                    Q(kind="sso", user__isnull=False)
                    & ~Q(authentication_type="")
                    & (
                        Q(is_identity_pending=True, sso_user_id="")
                        | (Q(is_identity_pending=False) & ~Q(sso_user_id=""))
                    )
                )
                | Q(kind="permanent", user__isnull=False, authentication_type="", sso_user_id=""),
            ),
            models.CheckConstraint(
                name="candidate_identity_pending_is_sso", condition=Q(is_identity_pending=False) | Q(kind="sso")
            ),
            models.CheckConstraint(
                name="candidate_spare_is_one_time",
                condition=Q(is_spare=False, given_at__isnull=True) | Q(is_spare=True, kind="one_time"),
            ),
            models.CheckConstraint(
                name="candidate_one_time_login_is_for_sso", condition=Q(one_time_login__isnull=True) | Q(kind="sso")
            ),
            models.CheckConstraint(
                name="candidate_extra_time_in_bounds",
                condition=Q(extra_minutes__lte=MAX_EXTRA_MINUTES, incident_minutes__lte=MAX_EXTRA_MINUTES),
            ),
            models.CheckConstraint(
                name="candidate_submits_after_starting",
                # without started_at__isnull the comparison would be unknown, which a check lets pass
                condition=Q(submitted_at__isnull=True) | Q(started_at__isnull=False, submitted_at__gte=F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.candidate_id

    @property
    def is_unused_spare(self) -> bool:
        """Say whether this is a spare login that is nobody yet; the same as UNUSED_SPARE."""
        return self.is_spare and self.given_at is None and self.logged_in_at is None and self.started_at is None

    @property
    def has_slip(self) -> bool:
        """Say whether the candidate has a username and password of ours; reads a permanent user's account."""
        if self.kind == self.Kind.PERMANENT:
            return self.user is not None and self.user.has_made_password
        return self.slip_account_id is not None

    @property
    def slip_account_id(self) -> int | None:
        """Return the key of the account on the candidate's slip; None without one."""
        return self.one_time_login_id if self.kind == self.Kind.SSO else self.user_id
