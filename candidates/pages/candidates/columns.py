"""The columns of Manage candidates: which there are, and which somebody wants to see; remembered in the session."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.candidate_lines import CandidateLine
from candidates.pages.shared.searching import NAME, PRIVATE_REFERENCE

REMEMBERED = "candidate_columns"


@dataclass(frozen=True, slots=True)
class Column:
    """A column beside the Candidate ID. `fills` is the field without which it says nothing at first."""

    key: str
    label: Promise | str
    at_first: bool = True
    fills: str = ""


COLUMNS = (
    Column("name", NAME, fills="name"),
    Column("kind", gettext_lazy("Kind")),
    Column("login", gettext_lazy("Logs in with")),
    Column("place", gettext_lazy("Location")),
    Column("seat", gettext_lazy("Seat"), fills="seat"),
    Column("extra", gettext_lazy("Extra time")),
    Column("end", gettext_lazy("Ends")),
    Column("reference", PRIVATE_REFERENCE, at_first=False),
    Column("added", gettext_lazy("Added"), at_first=False),
)


class ColumnsForm(DeliverForm):
    """The columns that somebody wants to see; none but the Candidate ID is a choice, too."""

    col = forms.MultipleChoiceField(required=False, choices=[(column.key, column.label) for column in COLUMNS])


def shown_columns(remembered: Sequence[str] | None, everybody: Sequence[CandidateLine]) -> list[Column]:
    """Return the columns that are on: the remembered ones, else those at first that say something on this test."""
    if remembered is not None:
        return [column for column in COLUMNS if column.key in remembered]
    return [
        column
        for column in COLUMNS
        if column.at_first and (not column.fills or any(getattr(line, column.fills) for line in everybody))
    ]
