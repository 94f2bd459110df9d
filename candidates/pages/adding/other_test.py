"""Candidates from another test of the planner: choose whom, see who would come, then add them."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import person, planned_test, planner_page, tests_to_take_from
from candidates.errors import Refused
from candidates.intake.door import Added, NoRoom, RowsRefused
from candidates.intake.importing import why_nobody
from candidates.intake.other_test import Plan, Who, add_from, plan_from
from candidates.lifecycle.spares import people_on
from candidates.models import Candidate, Test
from candidates.pages.shared.base import DeliverForm, attempt, status_of
from candidates.pages.shared.left_out import left_out_words
from candidates.pages.shared.sending import sending
from candidates.pages.shared.trails import manage_trail
from candidates.pages.shared.ways_in import full_in_words, places_in_words
from candidates.text import day, plural


class OtherTestForm(DeliverForm):
    """Another test, which of its candidates come from it, and whether with their rooms."""

    other = forms.ChoiceField(label=gettext_lazy("Test"))
    who = forms.ChoiceField(
        label=gettext_lazy("Candidates"),
        choices=[(who.value, who.label) for who in Who if who != Who.NOBODY],
        widget=forms.RadioSelect,
        initial=Who.EVERYBODY,
    )
    rooms = forms.BooleanField(label=gettext_lazy("With their rooms and seats"), required=False, initial=True)

    def __init__(self, data: Any = None, *, tests: Sequence[Test]) -> None:
        """Offer the candidates of these tests."""
        super().__init__(data)
        self._tests = {test.public_id: test for test in tests}
        people = people_on(tests)
        self.fields["other"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a test")),
            *((key, f"{test.name}, {day(test.opens_at)}: {people[test.pk]}") for key, test in self._tests.items()),
        ]

    @property
    def source(self) -> Test:
        """Return the test that is chosen, of a valid form."""
        return self._tests[self.cleaned_data["other"]]

    @property
    def chosen(self) -> Who:
        """Return which candidates are chosen, of a valid form."""
        return Who(self.cleaned_data["who"])


class AddForm(OtherTestForm):
    """The same, as the page carries it that asks, with the fingerprint of what it showed."""

    other = forms.ChoiceField(widget=forms.HiddenInput)
    who = forms.ChoiceField(choices=Who.choices, widget=forms.HiddenInput)
    rooms = forms.BooleanField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def choose(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask which candidates of which test; on POST show who would come."""
    test = planned_test(person(request), test_id)
    form = OtherTestForm(request.POST if request.method == "POST" else None, tests=_sources(request, test))
    if form.is_bound and form.is_valid():
        values = (form.source, form.chosen, form.cleaned_data["rooms"])
        plan = attempt(form, partial(plan_from, values[0], to=test, who=values[1], rooms=values[2]))
        if plan is not None:
            return _ask(request, test, *values, plan=plan)
    return _show(request, test, form)


@require_POST
@planner_page
def add(request: HttpRequest, test_id: str) -> HttpResponse:
    """Add the candidates as the page showed that asked; where they are others by now, show them again."""
    test = planned_test(person(request), test_id)
    manage = reverse("candidates", args=[test_id])
    form = AddForm(request.POST, tests=_sources(request, test))
    if not form.is_valid():
        again = OtherTestForm(request.POST, tests=_sources(request, test))
        again.add_error(None, _("The page was not complete, so nobody is added. Choose again."))
        return _show(request, test, again)
    source, who, rooms = form.source, form.chosen, form.cleaned_data["rooms"]
    try:
        with sending(request, leads_to=manage):
            seen = form.cleaned_data["seen"]
            added = add_from(source, to=test, who=who, rooms=rooms, seen=seen, by=person(request))
    except Refused as refusal:
        test = planned_test(person(request), test_id)
        again = OtherTestForm(request.POST, tests=_sources(request, test))
        plan = attempt(again, partial(plan_from, source, to=test, who=who, rooms=rooms)) if again.is_valid() else None
        if plan is None:
            return _show(request, test, again)
        return _ask(request, test, source, who, rooms, plan=plan, refusal=refusal)
    messages.success(request, _added_words(added, source))
    return redirect(manage)


def _sources(request: HttpRequest, test: Test) -> list[Test]:
    return list(tests_to_take_from(person(request), test))


def _show(request: HttpRequest, test: Test, form: OtherTestForm) -> HttpResponse:
    context = {
        "form": form,
        "test": test,
        "heading": _("Candidates from another test"),
        "lede": places_in_words(test),
        "submit": _("Continue"),
        "note": _("You see who would come before anybody is added."),
        "cancel_url": reverse("candidates", args=[test.public_id]),
        "closed": why_nobody(test) or ("" if test.places_left else full_in_words()),
        "none": len(form.fields["other"].choices) == 1,  # type: ignore[attr-defined]
        "trail": [*manage_trail(test), (_("From another test"), "")],
    }
    return render(request, "adding/other_test.html", context, status=status_of(form))


def _ask(
    request: HttpRequest,
    test: Test,
    source: Test,
    who: Who,
    rooms: bool,
    *,
    plan: Plan,
    refusal: Refused | None = None,
) -> HttpResponse:
    """Show who would come and who would not, and ask; more than there is room for cannot be added."""
    fits = len(plan.rows) <= test.places_left
    if not fits:
        refusal = NoRoom(len(plan.rows), test.places_left)
    words = {"who": plural(len(plan.rows), "candidate"), "test": source.name}
    question = _("Add %(who)s from “%(test)s”?") if plan.rows else _("Nobody would come from “%(test)s”")
    problems = _problems(refusal)
    initial = {"other": source.public_id, "who": who.value, "rooms": rooms, "seen": plan.fingerprint}
    tests = [source]
    context = {
        "test": test,
        "plan": plan,
        "question": question % words,
        "lede": places_in_words(test),
        "facts": _facts(plan),
        "fits": fits and bool(plan.rows),
        "said": left_out_words(plan),
        "button": _("Add %(who)s") % words,
        "calm": True,
        "problems": [("", sentence) for sentence in problems],
        "error": bool(problems),
        "confirmed": AddForm(initial | {"rooms": "on" if rooms else ""}, tests=tests),
        "action": reverse("add-from-test-save", args=[test.public_id]),
        "cancel_url": reverse("add-from-test", args=[test.public_id]),
        "trail": [*manage_trail(test), (_("From another test"), "")],
    }
    return render(request, "adding/other_test_check.html", context, status=409 if problems else 200)


def _facts(plan: Plan) -> list[dict[str, Any]]:
    """Return how many come of each kind, with extra time, and in how many rooms; what is none is left out."""
    kinds = Counter("sso" if row.sso_user_id else "permanent" if row.account else "one_time" for row in plan.rows)
    counted = [(str(Candidate.Kind(kind).label), kinds[kind]) for kind in ("sso", "one_time", "permanent")]
    counted.append((_("With extra time"), sum(row.extra_minutes > 0 for row in plan.rows)))
    counted.append((_("Rooms"), len({row.location for row in plan.rows if row.location})))
    return [{"term": term, "value": count} for term, count in counted if count]


def _problems(refusal: Refused | None) -> list[str]:
    if isinstance(refusal, RowsRefused):
        return [f"{one.cell}: {one.message}" for one in refusal.problems[:10]]
    return [refusal.sentence] if refusal is not None else []


def _added_words(added: Added, source: Test) -> str:
    words = ngettext("%(n)d candidate added from “%(test)s”.", "%(n)d candidates added from “%(test)s”.", added.count)
    said = words % {"n": added.count, "test": source.name}
    if added.with_login_details:
        said += " " + _("The test is activated, so the one-time users have a username and password already.")
    return said
