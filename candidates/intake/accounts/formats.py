"""Formats of a customer's files of permanent users: kept as data, edited by administrators, read by the import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.intake.accounts.headings import (
    EMAIL,
    EXTERNAL_ID,
    FIRST_NAME,
    LAST_NAME,
    LIST_NAME,
    NAMES,
    PASSWORD,
    USERNAME,
    holds_label,
    vocabulary,
)
from candidates.intake.columns import IGNORED
from candidates.intake.headings import Spec
from candidates.models import Import, User, UserFileColumn, UserFileFormat
from candidates.text import natural_key

MAX_COLUMNS = 20
USUAL = "usual"
"""Stands for the columns that are expected where no format is chosen (D16); no stored format has such an id."""
KIND = "permanent"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a format: what it holds, the customer's heading ("" for ours), if a cell must be filled."""

    holds: str
    heading: str = ""
    required: bool = False

    @property
    def label(self) -> str:
        """Return how the column is headed."""
        return self.heading or holds_label(self.holds)


@dataclass(frozen=True, slots=True)
class Format:
    """The columns of a file in their order; with `has_header` a file must begin with its headings."""

    name: str
    columns: tuple[Column, ...]
    has_header: bool = False
    public_id: str = USUAL
    is_default: bool = False

    @property
    def spec(self) -> Spec:
        """Return the columns as the reading takes them."""
        order = tuple(
            f"{IGNORED}-{place}" if column.holds == IGNORED else column.holds
            for place, column in enumerate(self.columns, start=1)
        )
        own = {name: column.heading for name, column in zip(order, self.columns, strict=True) if column.heading}
        return Spec(
            kind=KIND,
            fields=tuple(name for name in order if not name.startswith(IGNORED)),
            required=frozenset(column.holds for column in self.columns if column.required),
            words=vocabulary(own, format_name=self.name),
            order=order,
            headed=self.has_header,
        )

    @property
    def required(self) -> tuple[str, ...]:
        """Return the columns whose cells must be filled, in their order."""
        return tuple(column.holds for column in self.columns if column.required)

    def as_json(self) -> list[list[Any]]:
        """Return the columns as an import keeps them."""
        return [[column.holds, column.heading, column.required] for column in self.columns]


def usual_format() -> Format:
    """Return what is expected where nobody has said anything else: First name, Last name, Username, Password (D16)."""
    columns = (Column(FIRST_NAME), Column(LAST_NAME), Column(USERNAME), Column(PASSWORD))
    return Format(_("Usual columns"), columns)


def format_of(waiting: Import) -> Format:
    """Return the format that a file was read by."""
    columns = (Column(str(holds), str(heading), bool(must)) for holds, heading, must in waiting.columns)
    return Format(waiting.format_name, tuple(columns))


def formats() -> list[Format]:
    """Return the formats to choose from: the default first, then by name, the usual columns last."""
    every = UserFileFormat.objects.prefetch_related("columns")
    stored = sorted(every, key=lambda one: (not one.is_default, natural_key(one.name), one.pk))
    return [*(_format(one) for one in stored), usual_format()]


def _format(stored: UserFileFormat) -> Format:
    columns = tuple(Column(one.holds, one.heading, one.required) for one in stored.columns.all())
    return Format(stored.name, columns, stored.has_header, stored.public_id, stored.is_default)


def chosen_format(choices: Sequence[Format], public_id: str) -> Format:
    """Return the format with this id; without one the default, else the usual columns."""
    by_id = {one.public_id: one for one in choices}
    default = next((one for one in choices if one.is_default), by_id[USUAL])
    return by_id.get(public_id, default)


def example_of(column: Column) -> str:
    """Return what a cell of the column looks like."""
    return {
        FIRST_NAME: "Kari",
        LAST_NAME: "Nordmann",
        USERNAME: "kari.nordmann",
        PASSWORD: _("12 characters at least"),
        EMAIL: "kari.nordmann@uni.example",
        EXTERNAL_ID: "100234",
        LIST_NAME: _("Biology 2026"),
    }.get(column.holds, "…")


def save_format(form: Format, *, by: User, stored: UserFileFormat | None = None) -> UserFileFormat:
    """Store a new format, or write another in the place of a stored one.

    Raises Refused where somebody else has given the same name to another format, or deleted this one.
    """
    try:
        with transaction.atomic():
            if stored is None:
                kept = UserFileFormat.objects.create(name=form.name, has_header=form.has_header)
            else:
                # Closes the race of two who edit it: the second writes all columns after the first, never among them.
                kept = UserFileFormat.objects.select_for_update().get(pk=stored.pk)
                kept.name, kept.has_header = form.name, form.has_header
                kept.save(update_fields=["name", "has_header"])
                kept.columns.all().delete()
            UserFileColumn.objects.bulk_create(
                UserFileColumn(format=kept, position=place, holds=one.holds, heading=one.heading, required=one.required)
                for place, one in enumerate(form.columns, start=1)
            )
            what = "made" if stored is None else "changed"
            detail = {"format": kept.public_id, "what": what, "columns": form.as_json()}
            audit.record(audit.Action.USER_FORMAT_CHANGED, by=by, detail=detail)
            return kept
    except UserFileFormat.DoesNotExist as error:
        raise Refused(_("Somebody has deleted this format meanwhile. Make a new one.")) from error
    except IntegrityError as error:
        raise Refused(_("There is a format of this name already. Choose another name.")) from error


def make_default(stored: UserFileFormat, *, by: User) -> None:
    """Let this format be used unless somebody chooses another. Raises Refused where one of them just changed."""
    try:
        with transaction.atomic():
            UserFileFormat.objects.filter(is_default=True).exclude(pk=stored.pk).update(is_default=False)
            if not UserFileFormat.objects.filter(pk=stored.pk).update(is_default=True):
                raise Refused(_("Somebody has deleted this format meanwhile."))
            detail = {"format": stored.public_id, "what": "default"}
            audit.record(audit.Action.USER_FORMAT_CHANGED, by=by, detail=detail)
    except IntegrityError as error:  # two at the same moment: the database lets one be the default
        raise Refused(_("Somebody else has just chosen another default. Check the list again.")) from error


def delete_format(stored: UserFileFormat, *, by: User) -> None:
    """Delete a format; imports that were read by it keep their columns."""
    with transaction.atomic():
        # The format before its columns, as save_format locks: a deletion alone takes them the other way round.
        live = UserFileFormat.objects.select_for_update().filter(pk=stored.pk).first()
        if live is not None:
            live.delete()
            detail = {"format": stored.public_id, "what": "deleted"}
            audit.record(audit.Action.USER_FORMAT_CHANGED, by=by, detail=detail)


def names_nobody(columns: Sequence[Column]) -> bool:
    """Say whether a format has no column for a name."""
    return not any(column.holds in NAMES for column in columns)
