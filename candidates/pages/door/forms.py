"""What is sent from the door: marks of a phone, one mark of a button, and to whom a spare login is given."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.lifecycle.attendance import MAX_MARKS_AT_ONCE, NewMark
from candidates.lifecycle.spares import has_void_slip
from candidates.models import AttendanceMark, Candidate, IdCheck, Presence
from candidates.models.accounts import MAX_NAME_LENGTH, MAX_REFERENCE_LENGTH
from candidates.models.attendance import MAX_NOTE_LENGTH
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.base import DeliverForm

About = AttendanceMark.About
VALUES: dict[str, list[str]] = {About.PRESENCE: Presence.values, About.ID_CHECK: IdCheck.values, About.NOTE: [""]}
NONCE = re.compile(r"[0-9a-z-]{8,36}")
LAST = 253_402_300_799_000  # milliseconds of the last moment that a calendar has
MAX_ECHO = 100  # characters of a number that is none
SHOW = "show"


@dataclass(frozen=True, slots=True)
class NoMark:
    """What a phone sent in the place of a mark: its number, as far as there is one, and what is wrong with it."""

    nonce: str
    sentence: str


class MarksForm(forms.Form):
    """Marks of a phone: a JSON list of objects, checked one by one, so that a wrong one costs itself alone."""

    marks = forms.CharField(max_length=MAX_MARKS_AT_ONCE * (MAX_NOTE_LENGTH * 6 + 300))

    def clean_marks(self) -> list[NewMark | NoMark]:
        """Return what was sent, one by one. Raises ValidationError for what is no list of marks, or too long."""
        try:
            sent = json.loads(self.cleaned_data["marks"])
        except (ValueError, RecursionError) as error:
            raise ValidationError(NOT_OURS) from error
        if not isinstance(sent, list) or len(sent) > MAX_MARKS_AT_ONCE:
            raise ValidationError(NOT_OURS)
        return [_mark(one) for one in sent]


NOT_OURS = gettext_lazy("This is not what the door desk sends. Load the page again.")
NO_MARK = gettext_lazy("This is no mark that the door desk knows. Load the page again, and mark it once more.")


def _mark(sent: Any) -> NewMark | NoMark:
    if not isinstance(sent, dict):
        return NoMark("", str(NO_MARK))
    texts = {name: sent.get(name, "") for name in ("key", "about", "value", "nonce", "text")}
    at = sent.get("at")
    nonce = texts["nonce"] if isinstance(texts["nonce"], str) else ""
    wrong = NoMark(nonce.encode(errors="replace").decode()[:MAX_ECHO], str(NO_MARK))
    if not all(isinstance(text, str) and "\0" not in text for text in texts.values()) or type(at) is not int:
        return wrong
    # Half of a character that a phone has cut is no text for a database. The other marks beside it are not given up.
    texts = {name: text.encode(errors="replace").decode() for name, text in texts.items()}
    text = texts["text"].strip() if texts["about"] == About.NOTE else ""
    known = texts["value"] in VALUES.get(texts["about"], ()) and NONCE.fullmatch(texts["nonce"])
    fits = 0 <= at <= LAST and len(texts["key"]) <= 16
    if not known or not fits or (texts["about"] == About.NOTE and not text):
        return wrong
    if len(text) > MAX_NOTE_LENGTH:
        sentence = _("The note has %(n)d characters, and %(most)d are kept. Write it shorter.")
        return NoMark(texts["nonce"], sentence % {"n": len(text), "most": MAX_NOTE_LENGTH})
    moment = datetime.fromtimestamp(at / 1000, tz=UTC)
    return NewMark(texts["key"], texts["about"], texts["value"], texts["nonce"], moment, text)


class MarkForm(DeliverForm):
    """One button of the page, pressed without the script: "presence:present", or a note."""

    candidate = forms.CharField(max_length=16, widget=forms.HiddenInput)
    mark = forms.ChoiceField(
        choices=[(f"{about}:{value}", value) for about, values in VALUES.items() for value in values],
        widget=forms.HiddenInput,
    )
    text = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=MAX_NOTE_LENGTH)

    def clean(self) -> dict[str, Any] | None:
        """Refuse a note without a word."""
        data = super().clean() or {}
        if data.get("mark") == f"{About.NOTE}:" and not data.get("text"):
            self.add_error("text", _("Write the note, then save it."))
        return data

    def new_mark(self, at: datetime) -> NewMark:
        """Return the mark that the button makes."""
        about, _colon, value = self.cleaned_data["mark"].partition(":")
        text = self.cleaned_data["text"] if about == About.NOTE else ""
        return NewMark(self.cleaned_data["candidate"], about, value, str(uuid4()), at, text)


class AbsentForm(forms.Form):
    """Who was missing as the page counted them, by public id, and the number of the press."""

    who = forms.CharField(max_length=MAX_CANDIDATES * 17)
    press = forms.RegexField(regex=NONCE)

    @property
    def public_ids(self) -> list[str]:
        """Return whom the page counted."""
        return str(self.cleaned_data["who"]).split()


class SpareForm(DeliverForm):
    """To whom a spare login is given."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("As on the ID card. Planners see it, graders never do."),
        max_length=MAX_NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "words"}),
    )
    private_reference = forms.CharField(
        label=gettext_lazy("Student number"),
        help_text=gettext_lazy("If there is one on the card"),
        required=False,
        max_length=MAX_REFERENCE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "w-20"}),
    )
    spare = forms.ChoiceField(
        label=gettext_lazy("Spare slip that you hand over"),
        widget=forms.Select(attrs={"class": "w-20"}),
        error_messages={"invalid_choice": gettext_lazy("Somebody else has this spare login now. Choose another one.")},
    )

    def __init__(self, *args: Any, left: list[Candidate], logins: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of one that was taken back the slip does not work any more: it comes last.
        ordered = sorted(left, key=has_void_slip)
        choices = [(one.public_id, _words_of(one)) for one in ordered]
        if choices:
            first = choices[0]
            choices[0] = (first[0], _("%(id)s, the next one") % {"id": first[1]})
            if logins:
                choices.append((SHOW, _("No slip here: show the login")))
        self.fields["spare"].choices = choices  # type: ignore[attr-defined]  # a choice field has them


class CorrectionForm(DeliverForm):
    """What was true after all, and why it is corrected."""

    presence = forms.ChoiceField(label=gettext_lazy("Attendance"), choices=Presence.choices, widget=forms.RadioSelect)
    id_check = forms.ChoiceField(label=gettext_lazy("ID check"), choices=IdCheck.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Why it is corrected"),
        help_text=gettext_lazy("It stands in the record with your name."),
        max_length=MAX_NOTE_LENGTH,
    )


def _words_of(spare: Candidate) -> str:
    if not has_void_slip(spare):
        return spare.candidate_id
    return _("%(id)s, whose slip is void: show the login") % {"id": spare.candidate_id}
