"""How candidates join a test, as a planner chooses it, and what is said to somebody who is refused."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from candidates.authentication_types import enabled_types
from candidates.intake.cells import CellProblem, trim
from candidates.intake.sso_ids import clean_sso_user_id
from candidates.lifecycle.joining import Setup, mark_of
from candidates.models import Joining, PermanentUserList, Test
from candidates.models.accounts import MAX_SSO_LENGTH, username_key
from candidates.models.joining import MAX_ALLOWED, MAX_SENTENCE_LENGTH
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import DateTimeField, LongTextField, WholeNumberField
from candidates.tabular.hidden import without_hidden
from candidates.text import Grouped

ADD, CODE = "add", "code"
EACH, AT_ONCE = "each", "at_once"
BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=30)  # of the opening: when a new code works
MAX_ALLOWED_LENGTH = 200_000
MOST_NAMED = 5  # of user IDs that cannot be right
Permanent = Joining.Permanent


class SetupForm(DeliverForm):
    """The way in which candidates come on a test, and who may join by its code, when, and how."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Candidates"),
        widget=forms.RadioSelect,
        choices=[
            (ADD, gettext_lazy("Planners add the candidates")),
            (CODE, gettext_lazy("Candidates join by test code")),
        ],
    )
    works_from = DateTimeField(label=gettext_lazy("From"), required=False)
    works_until = DateTimeField(label=gettext_lazy("Until"), required=False)
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Who may join"), widget=forms.CheckboxSelectMultiple, required=False
    )
    permanent = forms.ChoiceField(
        label=gettext_lazy("Permanent users"), widget=forms.RadioSelect, required=False, choices=Permanent.choices
    )
    lists = forms.MultipleChoiceField(
        label=gettext_lazy("Lists of permanent users"), widget=forms.CheckboxSelectMultiple, required=False
    )
    only_allowed = forms.BooleanField(
        label=gettext_lazy("Of these, only those with the user IDs below"), required=False
    )
    allowed = LongTextField(
        label=gettext_lazy("User IDs that may join"),
        required=False,
        max_length=MAX_ALLOWED_LENGTH,
        help_text=gettext_lazy("SSO user IDs or usernames, one per line. Others are told that they may not join."),
        widget=forms.Textarea(attrs={"rows": 5, "autocapitalize": "none", "spellcheck": "false"}),
    )
    max_joiners = WholeNumberField(
        label=gettext_lazy("At most"),
        required=False,
        min_value=1,
        max_value=MAX_CANDIDATES,
        help_text=gettext_lazy("Who comes when it is full is on a waiting list, in the order of asking."),
    )
    letting_in = forms.ChoiceField(
        label=gettext_lazy("Letting in"),
        widget=forms.RadioSelect,
        required=False,
        choices=[(EACH, gettext_lazy("Approve each")), (AT_ONCE, gettext_lazy("Let in at once"))],
    )
    # what the page showed as stored
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, test: Test, joining: Joining | None, lists: Sequence[PermanentUserList]):
        """Build the form of this test: as stored, or as is usual for a test that has no code yet."""
        self._lists = {one.public_id: one for one in lists}
        super().__init__(data, initial=_initial(test, joining) | {"seen": mark_of(joining)})
        types = [(one.slug, _("Who logs in with %(name)s") % {"name": one.label}) for one in enabled_types().values()]
        self.fields["types"].choices = types  # type: ignore[attr-defined]
        self.fields["lists"].choices = [(one.public_id, one.name) for one in lists]  # type: ignore[attr-defined]
        if not lists:
            del self.fields["lists"]
            kept = Permanent.LISTS if joining is not None and joining.permanent == Permanent.LISTS else None
            choices = [one for one in Permanent.choices if one[0] in (Permanent.NONE, Permanent.ALL, kept)]
            self.fields["permanent"].choices = choices  # type: ignore[attr-defined]

    @property
    def by_code(self) -> bool:
        """Say whether a valid form chooses the code."""
        return bool(self.cleaned_data["mode"] == CODE)

    @property
    def setup(self) -> Setup | None:
        """Return what a valid form chooses; None: planners add the candidates."""
        cleaned = self.cleaned_data
        if not self.by_code:
            return None
        return Setup(
            works_from=cleaned["works_from"],
            works_until=cleaned["works_until"],
            max_joiners=cleaned["max_joiners"],
            approves_each=cleaned["letting_in"] == EACH,
            authentication_types=tuple(cleaned["types"]),
            permanent=cleaned["permanent"],
            lists=tuple(self._lists[one] for one in cleaned.get("lists", ())),
            allowed=tuple(cleaned["allowed"]) if cleaned["only_allowed"] else None,
        )

    def clean_allowed(self) -> list[str]:
        """Return the user IDs as lists are read, each once; raise ValidationError where one cannot be one.

        What nobody can see is left out: it comes along with what is pasted.
        """
        pieces = (trim(without_hidden(piece)) for piece in re.split(r"[\n,;\t]", self.cleaned_data["allowed"]))
        found = list(dict.fromkeys(piece for piece in pieces if piece))
        if len(found) > MAX_ALLOWED:
            words = _("These are %(n)s user IDs. Use at most %(most)s.")
            raise ValidationError(words % {"n": Grouped(len(found)), "most": Grouped(MAX_ALLOWED)}, code="too_many")
        cleaned, problems = dict[str, None](), list[ValidationError]()
        for piece in found:
            try:
                cleaned[_user_id(piece)] = None
            except ValidationError as problem:
                problems.append(problem)
        if problems:
            more = ngettext("%(n)d more cannot be right.", "%(n)d more cannot be right.", len(problems) - MOST_NAMED)
            rest = [more % {"n": len(problems) - MOST_NAMED}] if len(problems) > MOST_NAMED else []
            raise ValidationError([*problems[:MOST_NAMED], *rest])
        return list(cleaned)

    def clean(self) -> dict[str, Any]:
        """Check what belongs together; where planners add the candidates, nothing else counts."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("mode") == ADD:
            for name in set(self.errors) - {"mode", "seen"}:
                del self.errors[name]
            return cleaned
        if "mode" not in cleaned:
            return cleaned
        for name in ("works_from", "works_until"):
            if name in cleaned and cleaned[name] is None:
                self.add_error(name, ValidationError(_("Write a date and a time."), code="required"))
        if "max_joiners" in cleaned and cleaned["max_joiners"] is None:
            self.add_error("max_joiners", ValidationError(_("Fill this in."), code="required"))
        for name in ("letting_in", "permanent"):
            if name in cleaned and not cleaned[name]:
                self.add_error(name, ValidationError(_("Choose one of these."), code="required"))
        begins, ends = cleaned.get("works_from"), cleaned.get("works_until")
        if begins and ends and ends <= begins:
            words = _("Choose a moment after the code begins to work.")
            self.add_error("works_until", ValidationError(words, code="order"))
        self._check_who(cleaned)
        return cleaned

    def _check_who(self, cleaned: dict[str, Any]) -> None:
        permanent = cleaned.get("permanent")
        if "types" in cleaned and not cleaned["types"] and permanent == Permanent.NONE:
            words = _("Choose who may join: with nobody ticked the code lets nobody in.")
            self.add_error("types", ValidationError(words, code="nobody"))
        if permanent == Permanent.LISTS and not cleaned.get("lists") and not self.errors.get("lists"):
            about = "lists" if "lists" in self.fields else "permanent"
            self.add_error(about, ValidationError(_("Tick at least one list, or choose otherwise."), code="nobody"))
        if cleaned.get("only_allowed") and "allowed" in cleaned and not cleaned["allowed"]:
            words = _("Write the user IDs that may join, or untick the box above.")
            self.add_error("allowed", ValidationError(words, code="nobody"))


def _user_id(typed: str) -> str:
    """Return a user ID by the rules of lists. Raises ValidationError."""
    if max(len(typed), len(username_key(typed))) > MAX_SSO_LENGTH:
        words = _("This is too long for a user ID: %(start)s… Write one per line.")
        raise ValidationError(words % {"start": typed[:40]}, code="too_long")
    try:
        return clean_sso_user_id(typed)
    except CellProblem as problem:
        words = f"“{typed}”: {problem.message}"
        if problem.proposal:
            words += " " + _("It could be: %(proposal)s") % {"proposal": problem.proposal}
        raise ValidationError(words, code="wrong") from problem


def _initial(test: Test, joining: Joining | None) -> dict[str, Any]:
    if joining is not None:
        return {
            "mode": CODE,
            "works_from": joining.works_from,
            "works_until": joining.works_until,
            "types": joining.authentication_types,
            "permanent": joining.permanent,
            "lists": [one.public_id for one in joining.lists.all()],
            "only_allowed": joining.only_allowed,
            "allowed": "\n".join(joining.allowed.order_by("pk").values_list("user_id", flat=True)),
            "max_joiners": joining.max_joiners,
            "letting_in": EACH if joining.approves_each else AT_ONCE,
        }
    return {
        "mode": ADD,
        "works_from": test.opens_at and test.opens_at - BEFORE,
        "works_until": test.opens_at and test.opens_at + AFTER,
        "types": list(enabled_types()),
        "permanent": Permanent.NONE,
        "max_joiners": MAX_CANDIDATES,
        "letting_in": EACH,
    }


class RefusalForm(DeliverForm):
    """What is said to people who are refused; may stay empty."""

    sentence = forms.CharField(
        label=gettext_lazy("A sentence to them (optional)"),
        required=False,
        max_length=MAX_SENTENCE_LENGTH,
        help_text=gettext_lazy("They see it beside the test’s name. Without one they are told that they were refused."),
    )
