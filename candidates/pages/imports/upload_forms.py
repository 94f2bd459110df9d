"""What is uploaded or pasted as a list of candidates, or of people who are prepared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.authentication_types import enabled_types
from candidates.intake.assigning import KnownFormat
from candidates.intake.columns import Mapped, map_columns
from candidates.intake.headings import ONE_TIME, PREPARED, SSO, Spec
from candidates.models import Test
from candidates.pages.shared.list_file import ListFileForm
from candidates.tabular.table import Table

USERNAMES = "usernames"


class ImportFileForm(ListFileForm):
    """A list of candidates for one test."""

    of: Spec = ONE_TIME

    def __init__(self, *args: Any, test: Test, formats: Sequence[KnownFormat] = (), **kwargs: Any) -> None:
        """Build the form for a test; `formats` are those by which the columns of the list may be known."""
        super().__init__(*args, spec=self.of, **kwargs)
        self.test = test
        self.formats = formats
        self.fields["file"].help_text = _("CSV or XLSX, from any spreadsheet: up to 1 MB as CSV, 5 MB as XLSX.")

    def map_rows(self, table: Table) -> Mapped:
        """Return the rows by the columns of the list. Raises UnreadableFile."""
        return map_columns(table, self.spec, formats=self.formats)

    def too_large(self) -> str:
        """Return what to do with a file of more than 5 MB."""
        return _("The file has more than 5 MB. Keep only the columns of the list and save it again.")

    def too_many(self, rows: int) -> str:
        """Return how many a test holds, and how many places are left."""
        message = _("%(count)d rows are more than a test holds (1500): this test has room for %(left)d more.")
        return message % {"count": rows, "left": self.test.places_left}

    @property
    def authentication_type(self) -> str:
        """Return the slug of the SSO setup that was chosen, "" for lists of another kind."""
        return str(self.cleaned_data.get("authentication_type", ""))


class SsoImportForm(ImportFileForm):
    """A list for CSV import (SSO), and the setup whose user IDs it holds (docs/domain.md §7)."""

    of = SSO

    authentication_type = forms.ChoiceField(  # type: ignore[assignment]  # the field; its value is in cleaned_data
        label=gettext_lazy("Authentication type"),
        help_text=gettext_lazy("The institution that these people log in through."),
    )
    field_order = ("authentication_type", "file", "paste")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the setups that are switched on; of several none is assumed."""
        super().__init__(*args, **kwargs)
        self.fields["authentication_type"].choices = type_choices()  # type: ignore[attr-defined]


class PreparedImportForm(ImportFileForm):
    """A list of what is prepared for people, and by what they are known: an SSO setup, or user names."""

    of = PREPARED

    who = forms.ChoiceField(
        label=gettext_lazy("Logs in with"), help_text=gettext_lazy("All people of one list log in alike.")
    )
    field_order = ("who", "file", "paste")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the setups that are switched on, and user names; of several none is assumed."""
        super().__init__(*args, **kwargs)
        types = [(one.slug, one.label) for one in enabled_types().values()]
        choices = [*types, (USERNAMES, _("Username and password (permanent users)"))]
        self.fields["who"].choices = choices if not types else [("", _("Choose")), *choices]  # type: ignore[attr-defined]

    def too_many(self, rows: int) -> str:
        """Return for how many something can be prepared."""
        return _("%(count)d rows are more than a test holds (1500).") % {"count": rows}

    @property
    def authentication_type(self) -> str:
        """Return the slug of the SSO setup that was chosen, "" for user names."""
        chosen = str(self.cleaned_data["who"])
        return "" if chosen == USERNAMES else chosen


def type_choices() -> list[tuple[str, str]]:
    """Return the SSO setups to choose from."""
    found = [(one.slug, one.label) for one in enabled_types().values()]
    return found if len(found) == 1 else [("", _("Choose")), *found]
