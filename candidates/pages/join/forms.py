"""A test code, as somebody types it."""

from django import forms
from django.utils.translation import gettext_lazy

from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.joining import CODE_WIDGET, code_help

MAX_TYPED = 40
"""Characters of a code that a link fills in: more than any code has with all its spaces."""


class CodeForm(DeliverForm):
    """The code of a test; whether it is one is said by the test alone."""

    code = forms.CharField(
        label=gettext_lazy("Test code"),
        error_messages={"required": gettext_lazy("Type the test code.")},
        widget=CODE_WIDGET,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = code_help()
