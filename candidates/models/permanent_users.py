"""Stored accounts that are used on many tests, and the lists that planners keep of them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id


class PermanentUser(models.Model):
    """What is known of a permanent user beside the account."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="permanent_user")
    first_name = models.CharField(_("First name"), max_length=100, blank=True)
    last_name = models.CharField(_("Last name"), max_length=100, blank=True)
    external_id = models.CharField(_("External ID"), max_length=100, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="permanent_external_id_once"
            ),
            models.CheckConstraint(name="permanent_user_is_named", condition=~Q(first_name="") | ~Q(last_name="")),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class PermanentUserList(models.Model):
    """A named list of permanent users, kept by one owner and shared with others."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    name = models.CharField(_("Name"), max_length=200)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="permanent_user_lists")
    members = models.ManyToManyField(PermanentUser, through="ListMember", related_name="lists")
    shared_with = models.ManyToManyField(User, through="ListShare", related_name="shared_lists")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "name"], name="permanent_list_name_once_per_owner"),
            models.CheckConstraint(name="permanent_list_is_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class ListMember(models.Model):
    """One permanent user on one list."""

    list = models.ForeignKey(PermanentUserList, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(PermanentUser, on_delete=models.CASCADE, related_name="memberships")
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["list", "person"], name="permanent_list_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.list_id}"


class ListShare(models.Model):
    """A list that its owner shares with one other person, to use or also to edit."""

    list = models.ForeignKey(PermanentUserList, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="list_shares")
    may_edit = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["list", "user"], name="permanent_list_share_once"),
        ]

    def __str__(self) -> str:
        return f"{self.list_id} shared with {self.user_id}"
