"""The filters of a test's history."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.pages.shared.base import DeliverForm
from candidates.pages.tests.history_rows import CANDIDATES, KINDS, History


class HistoryForm(DeliverForm):
    """What is shown of the history; unbound, so that it never refuses."""

    q = forms.CharField(
        label=gettext_lazy("Candidate ID"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    who = forms.ChoiceField(label=gettext_lazy("Who"))
    kind = forms.ChoiceField(label=gettext_lazy("What"))
    day = forms.CharField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    use_required_attribute = False

    def __init__(self, history: History) -> None:
        """Offer who did something on the test, and the kinds of acts."""
        wanted = history.wanted
        super().__init__(initial={"q": wanted.q, "who": wanted.who, "kind": wanted.kind, "day": wanted.day})
        people = [("", _("Everybody")), (CANDIDATES, _("Candidates")), *history.staff]
        self.fields["who"].choices = people  # type: ignore[attr-defined]
        kinds = [("", _("Everything")), *((key, label) for key, (label, _acts) in KINDS.items())]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
