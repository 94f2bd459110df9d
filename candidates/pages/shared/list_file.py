"""A list as a file or pasted rows: what uploads of candidates and of permanent users have in common."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.intake.columns import Mapped
from candidates.intake.found import read_list
from candidates.intake.headings import Spec
from candidates.intake.reading import CANDIDATE_BOUNDS, read_paste
from candidates.pages.shared.base import DeliverForm
from candidates.tabular.table import Bounds, Table, UnreadableFile


class ListFileForm(DeliverForm):
    """A file or pasted rows, one of them. Valid where the list could be read; its rows are judged by the preview."""

    bounds: Bounds = CANDIDATE_BOUNDS

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xlsm,.xltx,.xltm"}),
    )
    paste = forms.CharField(
        label=gettext_lazy("Paste rows"),
        required=False,
        strip=False,
        help_text=gettext_lazy("Copy the cells in your spreadsheet and paste them here."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )

    table: Table
    mapped: Mapped

    def __init__(self, *args: Any, spec: Spec, cut_short: bool = False, **kwargs: Any) -> None:
        """Build the form; `cut_short` says that a file was too large to arrive at all."""
        super().__init__(*args, **kwargs)
        # A NUL is a problem of its cell like every other character that nobody sees (C39), not of the whole text.
        paste = self.fields["paste"]
        paste.validators = [v for v in paste.validators if not isinstance(v, ProhibitNullCharactersValidator)]
        self.spec = spec
        self.cut_short = cut_short
        self.data_read = b""
        self.file_name = ""

    def clean(self) -> dict[str, Any]:
        """Read the list. Raises ValidationError, at the field, with the sentence that says what is wrong."""
        cleaned = super().clean() or self.cleaned_data
        file, paste = cleaned.get("file"), cleaned.get("paste") or ""
        if self.errors:
            return cleaned
        if self.cut_short:
            raise ValidationError({"file": self.too_large()})
        if file is not None and paste.strip():
            raise ValidationError({"file": _("There is a file, and there are pasted rows. Send one of them.")})
        if file is None and not paste.strip():
            raise ValidationError({"file": _("Choose a file, or paste rows below.")})
        field = "paste" if file is None else "file"
        try:
            self._read(file, paste)
        except UnreadableFile as refusal:
            raise ValidationError({field: refusal.message}) from refusal
        if self.mapped.total > self.bounds.rows:
            raise ValidationError({field: self.too_many(self.mapped.total)})
        return cleaned

    def too_large(self) -> str:
        """Return the sentence about a file of which more came than is taken."""
        raise NotImplementedError

    def too_many(self, rows: int) -> str:
        """Return the sentence about a list with more rows than are taken."""
        raise NotImplementedError

    def _read(self, file: UploadedFile[bytes] | None, paste: str) -> None:
        if file is None:
            self.data_read = paste.encode("utf-8", "surrogatepass")
            self.table = read_paste(paste, bounds=self.bounds)
            self.mapped = self.map_rows(self.table)
        else:
            self.data_read = file.read()
            self.file_name = file.name or _("File without a name")
            self.table, self.mapped = read_list(
                self.data_read, self.file_name, bounds=self.bounds, spec=self.spec, map_rows=self.map_rows
            )

    def map_rows(self, table: Table) -> Mapped:
        """Return the rows by the columns of the list. Raises UnreadableFile."""
        raise NotImplementedError
