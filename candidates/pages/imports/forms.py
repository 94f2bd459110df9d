"""What is mended in the preview of a list of candidates, how it is read again, and the confirmation of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.authentication_types import enabled_types
from candidates.intake.assigning import IGNORE, as_format
from candidates.intake.columns import Mapped, MappedRow, map_columns
from candidates.intake.drafts import columns_read
from candidates.intake.findings import Typed
from candidates.intake.found import Found
from candidates.intake.headings import PROBLEM
from candidates.intake.kinds import NUMBERS, Header, kind_of
from candidates.intake.mending import PreviewAction, Ticks
from candidates.intake.reading import Reading, read_upload
from candidates.intake.wrong_rows import heading_for
from candidates.models import Import
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.imports.reading_words import sheet_name
from candidates.pages.shared.base import DeliverForm
from candidates.tabular.decoding import ONE_BYTE, Alternative
from candidates.tabular.exporting import unguard_formula
from candidates.tabular.table import Delimiter, Table, UnreadableFile, delimiter_name
from candidates.text import whole_number

_CELL = re.compile(r"cell-([0-9]{1,7})-([a-z_]*)")
_USE = re.compile(r"([0-9]{1,7})-([a-z_]*)")
_KEY = re.compile(r"[0-9a-z]{1,16}")
"""Chosen for lists by user name of permanent users."""
HEADER_ROWS = 30
NO_HEADER = "none"


class MendedRowsForm(DeliverForm):
    """The file with the wrong rows, mended: each row says by its last column which row of the list it is."""

    file = forms.FileField(
        label=gettext_lazy("File with the fixed rows"),
        allow_empty_file=True,
        help_text=gettext_lazy("The file you downloaded here, with its column Problem. Other rows stay as they are."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )

    def __init__(
        self,
        *args: Any,
        draft: Import,
        wrong: Collection[int],
        cut_short: bool = False,
        **kwargs: Any,
    ) -> None:
        """Build the form; `wrong` are the rows that have a problem or are left out: only those may be replaced."""
        super().__init__(*args, **kwargs)
        self.draft = draft
        self.spec, self.bounds = kind_of(draft).spec(draft), kind_of(draft).bounds
        self.wrong = wrong
        self.cut_short = cut_short
        self.mended: dict[int, dict[str, str]] = {}
        self.letters: tuple[str, ...] = ()

    def clean_file(self) -> UploadedFile[bytes] | None:
        """Read the rows. Raises ValidationError with the sentence that says what is wrong."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if self.cut_short:
            raise ValidationError(_("The file is larger than the one that was downloaded here."))
        try:
            table = self._table(file.read(), file.name or "")
            mapped = map_columns(table, self.spec, formats=[as_format(columns_read(self.draft))])
        except UnreadableFile as refusal:
            raise ValidationError(refusal.message) from refusal
        for row in mapped.rows:
            self._take(row)
        if not any(heading_for(self.draft) == cell for row in table.rows for cell in row.cells):
            message = _("These are the wrong rows of another list. Upload them where you downloaded them.")
            raise ValidationError(message)
        self._refuse_missing(mapped)
        self.letters = table.letters if table.confirm_letters else ()
        return file

    def _refuse_missing(self, mapped: Mapped) -> None:
        """Raise ValidationError where a column of the list is not in the file any more: its cells would be emptied."""
        read = {one.field for one in columns_read(self.draft)} - {IGNORE, PROBLEM}
        if gone := [name for name in self.spec.fields if name in read and name not in mapped.fields]:
            message = _("The file has no column %(names)s any more. Keep the headings as they were downloaded.")
            raise ValidationError(message % {"names": ", ".join(map(self.spec.words.label, gone))})

    def _table(self, data: bytes, name: str) -> Table:
        """Read the file; where its encoding can only be guessed, that of the list is meant (D14)."""
        table = read_upload(data, name, bounds=self.bounds)
        if table.encoding != self.draft.encoding and {table.encoding, self.draft.encoding} <= ONE_BYTE:
            table = read_upload(data, name, reading=Reading(encoding=self.draft.encoding), bounds=self.bounds)
        return table

    def _take(self, row: MappedRow) -> None:
        """Keep one row. Raises ValidationError where it is nobody's, comes twice, or is not what was typed."""
        found = {"row": row.number, "mends": row.mends}
        if not row.mends:
            message = _(
                "Row %(row)d does not say in the column Problem which row of the list it is. Keep that column as "
                "it was downloaded; a list of other rows is a new import."
            )
            raise ValidationError(message % found)
        if row.mends not in self.wrong:
            message = _(
                "Row %(row)d would replace row %(mends)d of the list, which is right or not there. Take it out."
            )
            raise ValidationError(message % found)
        if row.mends in self.mended:
            message = _("Row %(row)d is a second one for row %(mends)d of the list. Keep one of them.")
            raise ValidationError(message % found)
        if odd := [self.spec.words.label(name) for name, kind in row.kinds.items() if kind != "hidden"]:
            message = _("Row %(row)d: the spreadsheet changed %(columns)s. Type it as text, and upload the file again.")
            raise ValidationError(message % {**found, "columns": ", ".join(odd)})
        if self.bounds.for_users and row.surplus:  # of which nothing is kept: one may be a password
            message = _("Row %(row)d has more cells than the file has columns. Perhaps a name holds the separator.")
            raise ValidationError(message % found)
        values = {name: unguard_formula(value) for name, value in row.values.items()}
        self.mended[row.mends] = {**values, "": unguard_formula(row.surplus)}


class ReadingForm(DeliverForm):
    """How the list is to be read instead: encoding, separator, header, and for SSO the authentication type."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), required=False)
    delimiter = forms.ChoiceField(label=gettext_lazy("Separator"), required=False)
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    header = forms.ChoiceField(label=gettext_lazy("Header"))
    fill_down = forms.ChoiceField(label=gettext_lazy("Merged cells"), required=False)
    from_above = forms.ChoiceField(label=gettext_lazy("Rows without a location"), required=False)
    hidden_columns = forms.ChoiceField(label=gettext_lazy("Hidden columns"), required=False)
    authentication_type = forms.ChoiceField(label=gettext_lazy("Authentication type"))

    def __init__(self, *args: Any, draft: Import, alternatives: Sequence[Alternative], **kwargs: Any) -> None:
        """Offer what the list can be read as; a workbook has no encoding, and a separator only where it was split."""
        kwargs.setdefault("initial", reading_now(draft))
        super().__init__(*args, **kwargs)
        self._choose("encoding", [(one.encoding, one.encoding) for one in alternatives])
        delimiters: tuple[Delimiter, ...] = (",", ";", "\t", "|", "")
        self.draft = draft
        found = self.found = Found.of(draft)
        is_text = bool(draft.encoding) or not draft.file_name or bool(found.split or found.not_split)
        self._choose("delimiter", [(one or "none", delimiter_name(one)) for one in delimiters] if is_text else [])
        rows = sorted({*range(1, HEADER_ROWS + 1), *((draft.header_row,) if draft.header_row else ())})
        self._choose(
            "header",
            [(NO_HEADER, _("None, columns in the usual order")), *((str(n), _("Row %(n)d") % {"n": n}) for n in rows)],
        )
        self._choose("sheet", [(str(number), sheet_name(found, number)) for number, _title, _hidden in found.sheets])
        merged = bool(found.filled or found.not_filled)
        self._choose("fill_down", [("yes", _("Fill them down")), ("no", _("Leave rows empty"))] if merged else [])
        gaps = bool(found.gaps or found.filled_from_above)
        self._choose("from_above", [("no", _("Have none")), ("yes", _("As the row above"))] if gaps else [])
        hidden = bool(found.hidden_columns or found.left_out_columns)
        self._choose("hidden_columns", [("in", _("Read them")), ("out", _("Leave them out"))] if hidden else [])
        types = [(one.slug, one.label) for one in enabled_types().values()]
        self._choose("authentication_type", types if draft.authentication_type else [])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer the choices, or take the field out where there is nothing to choose."""
        if len(choices) > 1:
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields[name]

    @property
    def reading(self) -> Reading:
        """Return the encoding and separator that were chosen."""
        delimiter = self.cleaned_data.get("delimiter")
        chosen: Delimiter | None = ("" if delimiter == "none" else delimiter) if delimiter else None
        sheet = int(self.cleaned_data.get("sheet") or self.found.sheet)
        return Reading(
            encoding=self.cleaned_data.get("encoding") or "",
            delimiter=chosen,
            split=chosen if chosen is not None and chosen != self.draft.delimiter else self.found.split,
            sheet=sheet,
            hidden_columns=self.cleaned_data.get("hidden_columns") != "out",
            fill_down=self.cleaned_data.get("fill_down") != "no",
            fill_from_above=self.cleaned_data.get("from_above") == "yes",
        )

    @property
    def header_row(self) -> Header:
        """Return the row that is the header, None for a list without one; in another sheet it is to be found."""
        header = self.cleaned_data["header"]
        if self.reading.sheet != self.found.sheet:
            return "find"
        return None if header == NO_HEADER else int(header)


def reading_now(draft: Import) -> dict[str, str]:
    """Return how the draft is read now, as the form's values."""
    found = Found.of(draft)
    return {
        "encoding": draft.encoding,
        "delimiter": draft.delimiter or "none",
        "header": NO_HEADER if draft.header_row is None else str(draft.header_row),
        "sheet": str(found.sheet or ""),
        "fill_down": "no" if found.not_filled else "yes",
        "from_above": "yes" if found.filled_from_above else "no",
        "hidden_columns": "out" if found.left_out_columns else "in",
        "authentication_type": draft.authentication_type,
    }


class ConfirmForm(DeliverForm):
    """The confirmation of a preview: the letters, where the encoding was guessed, and what was seen."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    letters = forms.BooleanField(
        label=gettext_lazy("The letters are right"),
        error_messages={"required": gettext_lazy("Check the letters and tick this box if they are right.")},
        widget=forms.CheckboxInput(attrs={"form": "fix"}),
    )

    removing = forms.BooleanField(
        label=gettext_lazy("So many are removed"),
        error_messages={"required": gettext_lazy("Tick this box if that is right, else untick people above.")},
    )

    def __init__(self, *args: Any, draft: Import, removing: int = 0, **kwargs: Any) -> None:
        """Ask about the letters only where there are words to look at, and about removing where it is very many.

        The yes is to their number: with another one it is asked again.
        """
        super().__init__(*args, **kwargs)
        self.number = str(removing)
        if not draft.letters_to_confirm:
            del self.fields["letters"]
        if not removing:
            del self.fields["removing"]
            return
        self.fields["removing"].widget = forms.CheckboxInput(
            attrs={"value": self.number, "autocomplete": "off"}, check_test=lambda sent: str(sent) == self.number
        )

    def clean_removing(self) -> bool:
        """Take the yes to another number as none. Raises ValidationError."""
        if self.data.get("removing") != self.number:
            raise ValidationError(self.fields["removing"].error_messages["required"], code="required")
        return True


def read_cells(sent: QueryDict) -> list[Typed]:
    """Return the cells that a preview sent, with what it had shown in each; what has another name is passed over."""
    return [
        Typed(int(found[1]), found[2], str(sent[name]), sent.get(f"was-{found[1]}-{found[2]}"))
        for name in sent
        if (found := _CELL.fullmatch(name)) is not None
    ]


def read_action(sent: QueryDict) -> PreviewAction:
    """Return which button was pressed beside the typed cells, and what is to happen to people who are known."""
    use, keep = (_USE.fullmatch(sent.get(name, "")) for name in ("use", "keep"))
    return PreviewAction(
        leave_out=whole_number(sent.get("leave_out", ""), digits=7),
        use=(int(use[1]), use[2]) if use else None,
        keep=(int(keep[1]), keep[2]) if keep else None,
        make_password=whole_number(sent.get("make_password", ""), digits=7),
        for_all=NUMBERS if "generate" in sent else sent.get("repair", "") or sent.get("for_all", ""),
        take_back="take_back" in sent,
        start_over="start_over" in sent,
        existing=sent.get("existing"),
        hidden_rows=sent.get("hidden_rows", ""),
        # a box that is not ticked sends nothing: the hidden field beside it says that it was there
        change_passwords="change_passwords" in sent if "passwords_asked" in sent else None,
        is_complete="complete" in sent if "complete_asked" in sent else None,
        ticks=read_ticks(sent) if "ticks_shown" in sent else None,
    )


def read_ticks(sent: QueryDict) -> Ticks:
    """Return which changes of a complete list a page showed, and which are ticked: by the script in one field."""
    shown = frozenset(_keys(sent.get("ticks_shown", "")))
    ticked = {*sent.getlist("tick"), *sent.get("ticks", "").split(",")}
    return Ticks(shown, shown & ticked)


def _keys(text: str) -> list[str]:
    return [key for key in text.split(",")[: 2 * MAX_CANDIDATES] if _KEY.fullmatch(key)]
