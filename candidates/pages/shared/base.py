"""How every form looks and speaks: label, help, field, message, and the product's own words."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.errors import Refused
from candidates.text import Grouped

Twin = TypeVar("Twin", bound=forms.BaseForm)
Done = TypeVar("Done")
MAX_LINE = 1000
"""Characters of a field of one line that says nothing else; mostly what it holds has a sentence for less."""
MAX_HIDDEN = 200_000
"""Characters of a hidden field that says nothing else: what a page of 3000 rows carries is a fifth of it."""
CHOSEN = (forms.Select, forms.RadioSelect, forms.CheckboxSelectMultiple)
# Codes whose texts Django words in another tone (docs/look.md "Words").
WORDS: dict[str, Promise | str] = {
    "max_length": gettext_lazy("Use at most %(limit_value)s characters. These are %(show_value)s."),
    "min_length": gettext_lazy("Use at least %(limit_value)s characters. These are %(show_value)s."),
    "min_value": gettext_lazy("Write %(limit_value)s or more."),
    "max_value": gettext_lazy("Write %(limit_value)s or less."),
    "null_characters_not_allowed": gettext_lazy(
        "There is a character in it that cannot be stored. Type the text again."
    ),
}


class Longest(MaxLengthValidator):
    """Django's bound of a text, whose sentence writes its numbers as all others do."""

    def __call__(self, value: Any) -> None:
        """Raise ValidationError for a text that is longer."""
        try:
            super().__call__(value)
        except ValidationError as error:
            shown = error.params or {}
            error.params = {name: Grouped(shown[name]) for name in ("limit_value", "show_value")}
            raise


class DeliverBoundField(forms.BoundField):
    """A field of a form as the page shows it."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Add the look's class, and leave out the attributes that would cut what is typed without a word."""
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        if not widget.is_hidden:
            attrs["class"] = f"ds-input {widget.attrs.get('class', '')}".strip()
        # False leaves the attribute out, also where the widget carries it.
        return attrs | {"maxlength": False, "minlength": False}

    @property
    def anchor(self) -> str:
        """Return the id of the first input of this field, for the error summary's link."""
        return self.id_for_label or f"{self.auto_id}_0"


class DeliverMixin(forms.BaseForm):
    """The look and the words, for forms that are built on another form (``class X(DeliverMixin, ModelForm)``)."""

    bound_field_class = DeliverBoundField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build the form and give its fields the product's words where they still have Django's."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            speak(field)
            bound(field)


class DeliverForm(DeliverMixin, forms.Form):
    """A form in the look and the words of the product."""

    def show_refusal(self, refusal: Refused) -> None:
        """Say why the act was refused, at the field that it is about."""
        field = refusal.about if refusal.about in self.fields else None
        self.add_error(field, ValidationError(refusal.sentence, code="refused"))


def attempt(form: DeliverForm, act: Callable[[], Done]) -> Done | None:
    """Do the act and return what it returns; None where it was refused, with the reason in the form."""
    try:
        return act()
    except Refused as refusal:
        form.show_refusal(refusal)
    return None


def status_of(form: DeliverForm) -> int:
    """Return 200 for a fresh form, 409 for one that clashed with what is stored, 422 for one with problems."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return 409 if codes & {"refused", "conflict"} else 422 if form.is_bound else 200


def with_errors_of(hidden: forms.BaseForm, visible: Twin) -> Twin:
    """Return the form in which the figures can be changed, with what is wrong with its hidden twin added."""
    for name, errors in hidden.errors.items():
        if not visible.errors.get(name):
            visible.add_error(name if name in visible.fields else None, list(errors))
    return visible


def speak(field: forms.Field) -> None:
    """Replace Django's own error texts of a field by the product's, and leave texts that somebody wrote for it."""
    for code, text in WORDS.items():
        field.error_messages.setdefault(code, text)  # type: ignore[arg-type]  # lazy text is text
    if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
        field.error_messages["required"] = _missing(field.widget)
    if "invalid_choice" in field.error_messages:
        default = type(field).default_error_messages.get("invalid_choice")
        if field.error_messages["invalid_choice"] == default:
            field.error_messages["invalid_choice"] = (
                # the value is a key here, which means nothing to anybody
                _("What was chosen is not in the list any more. Choose from it again.")
                if isinstance(field, forms.ModelChoiceField)
                else _("Choose from the list. “%(value)s” is not in it.")
            )


def bound(field: forms.Field) -> None:
    """Give a field of text that has no longest length one; texts of several lines say theirs themselves."""
    if isinstance(field, forms.CharField) and field.max_length is None and not isinstance(field.widget, forms.Textarea):
        field.max_length = MAX_HIDDEN if field.widget.is_hidden else MAX_LINE
        field.validators = [*field.validators, MaxLengthValidator(field.max_length)]
    field.validators = [
        Longest(one.limit_value) if type(one) is MaxLengthValidator else one for one in field.validators
    ]


def problems(*forms_: forms.BaseForm) -> Iterator[tuple[str, str]]:
    """Yield (href, text) for every problem of bound forms, in the order of the fields; "" for no field."""
    for form in forms_:
        for text in form.non_field_errors():
            yield "", str(text)
        for field in form:
            anchor = "" if field.is_hidden else getattr(field, "anchor", field.id_for_label)
            for text in field.errors:
                yield (f"#{anchor}" if anchor else ""), f"{field.label}: {text}"


def _missing(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return _("Tick this box.")
    if isinstance(widget, forms.FileInput):
        return _("Choose a file.")
    if isinstance(widget, CHOSEN):
        return _("Choose from the list.")
    return _("Fill this in.")
