"""A list of one-time users as a file or pasted rows, and the confirmation of its preview."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.forms.base import DeliverForm
from candidates.intake.columns import ONE_TIME, Mapped, map_columns
from candidates.intake.reading import read_paste, read_upload
from candidates.intake.table import Table, UnreadableFile
from candidates.models import ImportDraft, Test
from candidates.models.tests import MAX_CANDIDATES


class ImportFileForm(DeliverForm):
    """A file or pasted rows, one of them. Valid where the list could be read; its rows are judged by the preview."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("CSV or XLSX, from any spreadsheet: up to 1 MB as CSV, 5 MB as XLSX."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
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

    def __init__(self, *args: Any, test: Test, cut_short: bool = False, **kwargs: Any) -> None:
        """Build the form; `cut_short` says that a file was too large to arrive at all."""
        super().__init__(*args, **kwargs)
        # A NUL is a problem of its cell like every other character that nobody sees (C39), not of the whole text.
        paste = self.fields["paste"]
        paste.validators = [v for v in paste.validators if not isinstance(v, ProhibitNullCharactersValidator)]
        self.test = test
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
            message = _("The file has more than 5 MB. Keep only the columns of the list and save it again.")
            raise ValidationError({"file": message})
        if file is not None and paste.strip():
            raise ValidationError({"file": _("There are a file and pasted rows. Send one of them.")})
        if file is None and not paste.strip():
            raise ValidationError({"file": _("Choose a file, or paste rows below.")})
        field = "paste" if file is None else "file"
        try:
            self._read(file, paste)
        except UnreadableFile as refusal:
            raise ValidationError({field: refusal.message}) from refusal
        if self.mapped.total > MAX_CANDIDATES:
            message = _("%(count)d rows are more than a test holds (1500): this test has room for %(left)d more.")
            found = {"count": self.mapped.total, "left": self.test.places_left}
            raise ValidationError({field: message % found})
        return cleaned

    def _read(self, file: UploadedFile[bytes] | None, paste: str) -> None:
        if file is None:
            self.data_read = paste.encode("utf-8", "replace")
            self.table = read_paste(paste)
        else:
            self.data_read = file.read()
            self.file_name = file.name or _("File without a name")
            self.table = read_upload(self.data_read, self.file_name)
        self.mapped = map_columns(self.table, ONE_TIME)


class ConfirmForm(DeliverForm):
    """The confirmation of a preview: the letters, where the encoding was guessed, and what was seen."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    letters = forms.BooleanField(
        label=gettext_lazy("The letters are right"),
        error_messages={"required": gettext_lazy("Look at the letters and tick this box if they are right.")},
    )

    def __init__(self, *args: Any, draft: ImportDraft, **kwargs: Any) -> None:
        """Ask about the letters only where there are words to look at."""
        super().__init__(*args, **kwargs)
        if not draft.letters_to_confirm:
            del self.fields["letters"]
