"""A file of permanent users: its upload, what is mended in its preview, and its confirmation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from candidates.intake.accounts.cleaning import clean_list_name
from candidates.intake.accounts.formats import Format
from candidates.intake.accounts.headings import PASSWORD, usual_field_of
from candidates.intake.accounts.reading import OtherOrder, map_users
from candidates.intake.columns import IGNORED, Mapped
from candidates.intake.reading import USER_BOUNDS
from candidates.models import PermanentUserList
from candidates.pages.shared.fields import clean_as_cell
from candidates.pages.shared.list_file import ListFileForm
from candidates.tabular.table import Table

_SEPARATOR = re.compile("[\t;,|]")
_HEADING_LINES = 10


class UserFileForm(ListFileForm):
    """A file or pasted rows of permanent users, and the list that they are put on."""

    bounds = USER_BOUNDS

    add_to = forms.ChoiceField(
        label=gettext_lazy("Add to list"),
        required=False,
        help_text=gettext_lazy("Everybody in the file is put on it, also those who are known already."),
    )
    new_list = forms.CharField(
        label=gettext_lazy("Or to a new list"), required=False, help_text=gettext_lazy("Its name; the list is yours.")
    )

    def __init__(self, *args: Any, form: Format, lists: Sequence[PermanentUserList], **kwargs: Any) -> None:
        """Build the form for a format; `lists` are those that the person may put people on."""
        super().__init__(*args, spec=form.spec, **kwargs)
        self.format = form
        self.other_order = False
        self.lists = {one.public_id: one for one in lists}
        self.fields["add_to"].choices = [  # type: ignore[attr-defined]
            ("", _("No list")),
            *((one.public_id, one.name) for one in lists),
        ]
        self.fields["file"].help_text = _(
            "CSV or XLSX. As CSV up to 50 MB and 150,000 rows, as XLSX up to 5 MB and some 20,000 rows."
        )
        if not lists:
            del self.fields["add_to"]
            self.fields["new_list"].label = _("Add to a new list")

    def clean_new_list(self) -> str:
        """Return the name of the list. Raises ValidationError."""
        return clean_as_cell(self.cleaned_data["new_list"], clean_list_name)

    def clean(self) -> dict[str, Any]:
        """Read the file. Raises ValidationError."""
        cleaned = super().clean()
        if cleaned.get("add_to") and cleaned.get("new_list"):
            raise ValidationError({"new_list": _("Choose a list, or write the name of a new one: not both.")})
        return cleaned

    @property
    def chosen_list(self) -> PermanentUserList | None:
        """Return the list that was chosen."""
        return self.lists.get(self.cleaned_data.get("add_to", ""))

    def too_large(self) -> str:
        """Return what to do with a file of more than 50 MB."""
        return _("The file has more than 50 MB. Keep only the columns of the format, or divide it into several files.")

    def too_many(self, rows: int) -> str:
        """Return how many rows are read at once."""
        message = _("The file has %(count)d rows, and %(most)d are read at once. Divide it into several files.")
        return message % {"count": rows, "most": USER_BOUNDS.rows}

    def map_rows(self, table: Table) -> Mapped:
        """Return the rows by the columns of the format. Raises UnreadableFile."""
        try:
            return map_users(table, self.format)
        except OtherOrder:
            self.other_order = True
            raise

    @sensitive_variables()
    def _may_show(self, pasted: str) -> bool:
        """Say whether pasted rows hold nothing but cells that the format reads, and none of them as a password."""
        holds = {column.holds for column in self.format.columns}
        if self.other_order or holds & {PASSWORD, IGNORED}:
            return False
        rows = [_SEPARATOR.split(line) for line in pasted.splitlines()]
        named = any(usual_field_of(cell) == PASSWORD for cells in rows[:_HEADING_LINES] for cell in cells)
        # what stands beside the columns or above them may be a password; a name with a comma is pasted once more
        heads = next((place for place, cells in enumerate(rows[:_HEADING_LINES]) if self._are_heads(cells)), 0)
        return not named and not heads and all(len(cells) <= len(self.format.columns) for cells in rows)

    def _are_heads(self, cells: list[str]) -> bool:
        return self.spec.words.is_heading_row([cell for cell in cells if cell.strip()])

    @sensitive_variables()
    def hide_passwords(self) -> None:
        """Take pasted rows out of a refused form where there may be passwords in them: no page shows one."""
        pasted = str(self.data.get("paste", ""))
        if pasted and not self._may_show(pasted):
            data: QueryDict = self.data.copy()  # type: ignore[attr-defined]  # what a browser sent
            data["paste"] = ""
            self.data = data
            words = _("The rows are not shown again, because there may be passwords in them. Paste them once more.")
            self.add_error("paste", words)

    @sensitive_variables()
    def unread(self) -> UserFileForm:
        """Return the form with what is typed in it and nothing read, to show the columns of the format.

        Pasted rows that may hold passwords are left out.
        """
        typed = {name: str(self.data.get(name, "")) for name in ("add_to", "new_list", "paste")}
        if not self._may_show(typed["paste"]):
            typed["paste"] = ""
        return UserFileForm(form=self.format, lists=list(self.lists.values()), initial=typed)
