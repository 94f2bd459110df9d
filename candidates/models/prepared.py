"""What is prepared for people before they join a test by its code."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_REFERENCE_LENGTH, MAX_SSO_LENGTH, User
from candidates.models.candidates import MAX_EXTRA_MINUTES, MAX_KEY_LENGTH, Candidate
from candidates.models.ids import new_public_id
from candidates.models.imports import Import
from candidates.models.locations import MAX_SEAT_LENGTH, Location
from candidates.models.tests import Test


class PreparedPersonQuerySet(models.QuerySet["PreparedPerson"]):
    """Prepared people in the words of the field."""

    def of_test(self, test: Test) -> PreparedPersonQuerySet:
        """Return who is prepared for one test."""
        return self.filter(test=test)

    def of_person(self, user: User) -> PreparedPersonQuerySet:
        """Return what is prepared for one person, on every test: of permanent users and people of institutions."""
        wanted = Q(joined_as__user=user)
        if user.kind == User.Kind.PERMANENT:
            wanted |= Q(authentication_type="", person_key=user.username)
        for slug, key in user.sso_identities.values_list("authentication_type", "sso_key"):
            wanted |= Q(authentication_type=slug, person_key=key)
        return self.filter(wanted)

    def waiting(self) -> PreparedPersonQuerySet:
        """Return those who have not joined: what is prepared for them is still to be given."""
        return self.filter(joined_at__isnull=True)

    def forget_who(self) -> None:
        """Delete the names and private references, those too to which an undone list would go back."""
        found = self.exclude(name="", private_reference="", before={})
        for one in found.exclude(before={}).only("pk", "before"):
            self.filter(pk=one.pk).update(before={**one.before, "name": "", "private_reference": ""})
        found.update(name="", private_reference="")


class PreparedPerson(models.Model):
    """What somebody gets who joins the test by its code, by SSO user ID or by user name of a permanent user.

    Once the person has joined, the row says as whom; the candidate is changed like every other one from then on.
    """

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="prepared")
    # "" for permanent users
    authentication_type = models.CharField(_("Authentication type"), max_length=50, blank=True)
    # the SSO user ID or the user name as it was written, and as it is compared
    person = models.CharField(_("User ID"), max_length=MAX_SSO_LENGTH)
    person_key = models.CharField(max_length=MAX_SSO_LENGTH, editable=False)
    # empty: the next generated one
    candidate_id = models.CharField(_("Candidate ID"), max_length=MAX_ID_LENGTH, blank=True)
    candidate_key = models.CharField(max_length=MAX_KEY_LENGTH, blank=True, editable=False)
    extra_minutes = models.PositiveIntegerField(_("Extra time (minutes)"), default=0)
    # PROTECT: without the location the seat would be another one
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    seat = models.CharField(_("Seat"), max_length=MAX_SEAT_LENGTH, blank=True)
    # for planners, papers and the hall; never shown to graders
    name = models.CharField(_("Name"), max_length=MAX_NAME_LENGTH, blank=True)
    private_reference = models.CharField(_("Private reference"), max_length=MAX_REFERENCE_LENGTH, blank=True)
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    # The list that brought the row, and the one that changed it last with what stood there before; a change by hand
    # takes the latter away.
    imported_by = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="prepared")
    changed_by = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="prepared_changes")
    before = models.JSONField(default=dict)
    joined_at = models.DateTimeField(null=True, editable=False)
    joined_as = models.OneToOneField(
        Candidate, null=True, on_delete=models.SET_NULL, related_name="prepared", editable=False
    )
    # fields that somebody else had when the person joined, with a space between
    missed = models.CharField(max_length=60, blank=True, editable=False)

    objects: ClassVar[Any] = PreparedPersonQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["person_key"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["test", "authentication_type", "person_key"], name="prepared_person_once_per_test"
            ),
            # who has joined has a place on the test, whose own constraints hold from then on
            models.UniqueConstraint(
                fields=["test", "candidate_key"],
                condition=Q(joined_at__isnull=True) & ~Q(candidate_key=""),
                name="prepared_id_once_per_test",
            ),
            models.UniqueConstraint(
                fields=["test", "location", "seat"],
                condition=Q(joined_at__isnull=True) & ~Q(seat=""),
                name="prepared_seat_once_per_room",
            ),
            models.UniqueConstraint(
                fields=["test", "seat"],
                condition=Q(joined_at__isnull=True, location__isnull=True) & ~Q(seat=""),
                name="prepared_seat_once_without_room",
            ),
            models.CheckConstraint(name="prepared_is_for_somebody", condition=~Q(person="") & ~Q(person_key="")),
            models.CheckConstraint(
                name="prepared_id_has_its_key",
                condition=Q(candidate_id="", candidate_key="") | (~Q(candidate_id="") & ~Q(candidate_key="")),
            ),
            models.CheckConstraint(
                name="prepared_extra_time_in_bounds", condition=Q(extra_minutes__lte=MAX_EXTRA_MINUTES)
            ),
            models.CheckConstraint(
                name="prepared_candidate_has_joined",
                condition=Q(joined_at__isnull=False) | Q(joined_as__isnull=True, missed=""),
            ),
        ]

    def __str__(self) -> str:
        return self.person
