"""Formats of files: what the columns of lists of candidates and of files of permanent users are read as."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id

MAX_FORMAT_NAME_LENGTH = 100


class UserFileFormat(models.Model):
    """Which columns a file of permanent users has, in which order: data of the customer, edited in the product."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    name = models.CharField(_("Name"), max_length=MAX_FORMAT_NAME_LENGTH)
    has_header = models.BooleanField(_("The first row holds headings"), default=True)
    # offered first; the database lets one at most be it
    is_default = models.BooleanField(_("Use it unless somebody chooses another"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name"], name="user_file_format_name_once"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="user_file_format_one_default"
            ),
            models.CheckConstraint(name="user_file_format_is_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class UserFileColumn(models.Model):
    """One column of a format: what it holds, how the customer heads it ("" for our own heading), if it is required."""

    class Holds(models.TextChoices):
        """What a column holds."""

        FIRST_NAME = "first_name", _("First name")
        LAST_NAME = "last_name", _("Last name")
        USERNAME = "username", _("Username")
        PASSWORD = "password", _("Password")
        EMAIL = "email", _("E-mail")
        EXTERNAL_ID = "external_id", _("External ID")
        LIST_NAME = "list_name", _("List name")
        IGNORED = "ignored", _("Ignored")

    format = models.ForeignKey(UserFileFormat, on_delete=models.CASCADE, related_name="columns")
    position = models.PositiveSmallIntegerField()  # from 1
    holds = models.CharField(_("Holds"), max_length=12, choices=Holds)
    heading = models.CharField(_("Heading in the file"), max_length=100, blank=True)
    required = models.BooleanField(_("Required"), default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["format", "position"], name="user_file_column_place_once"),
            models.UniqueConstraint(
                fields=["format", "holds"], condition=~Q(holds="ignored"), name="user_file_column_once"
            ),
            models.CheckConstraint(
                name="user_file_column_known",
                condition=Q(
                    holds__in=[
                        *("first_name", "last_name", "username", "password"),
                        *("email", "external_id", "list_name", "ignored"),
                    ]
                ),
            ),
            models.CheckConstraint(
                name="user_file_column_ignored_is_not_required", condition=~Q(holds="ignored") | Q(required=False)
            ),
        ]

    def __str__(self) -> str:
        return self.heading or self.get_holds_display()


class ListFormat(models.Model):
    """What the columns of a list of candidates are read as, by their headings: remembered when one was added."""

    class Kind(models.TextChoices):
        """Which lists have the columns."""

        ONE_TIME = "one_time", _("One-time users")
        SSO = "sso", _("CSV import (SSO)")
        PREPARED = "prepared", _("Prepared people")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(_("Name"), max_length=MAX_FORMAT_NAME_LENGTH)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="list_formats")
    is_shared = models.BooleanField(_("Everybody’s lists are read by it"), default=False)
    fields = models.JSONField(default=dict)  # {folded heading: what it is read as, "" for nothing}
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "kind", "name"], name="list_format_name_once"),
            models.CheckConstraint(
                name="list_format_kind_known", condition=Q(kind__in=["one_time", "sso", "prepared"])
            ),
            models.CheckConstraint(name="list_format_is_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name
