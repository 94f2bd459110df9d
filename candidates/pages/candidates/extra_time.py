"""Planned extra time for ticked candidates who have not started (D12, D29)."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from candidates.access import person
from candidates.errors import Refused
from candidates.lifecycle.accommodations import (
    Change,
    Changed,
    change_planned_time,
    refuse_after_marks,
    refuse_if_all_started,
    refuse_past_limit,
    refuse_when_finished,
)
from candidates.models import Test
from candidates.pages.candidates.bulk import ask_whom
from candidates.pages.candidates.bulk_forms import ExtraTimeForm, PastedExtraTimeForm
from candidates.pages.shared.candidate_lines import CandidateLine, end_words
from candidates.pages.shared.ticked_candidates import Ticked, for_ticked, refused, tell
from candidates.pages.shared.time_change import TimeChange, TimeForm, TimeLine
from candidates.text import plural

QUESTIONS = {
    Change.ADD: gettext_lazy("Add %(minutes)s to the extra time of %(who)s?"),
    Change.SUBTRACT: gettext_lazy("Take %(minutes)s from the extra time of %(who)s?"),
    Change.SET: gettext_lazy("Set the extra time of %(who)s to %(minutes)s?"),
}
BUTTONS = {
    Change.ADD: gettext_lazy("Add %(minutes)s to %(who)s"),
    Change.SUBTRACT: gettext_lazy("Take %(minutes)s from %(who)s"),
    Change.SET: gettext_lazy("Set %(minutes)s for %(who)s"),
}


class ExtraTimeChange(TimeChange):
    """Planned extra time: who has started keeps it."""

    form = ExtraTimeForm

    def __init__(self, request: HttpRequest, ticked: Ticked) -> None:
        super().__init__(request, ticked.test, ticked.lines)
        self.ticked = ticked

    def minutes_of(self, line: CandidateLine) -> int:
        """Return the planned extra time."""
        return line.extra_minutes

    def stays(self, line: CandidateLine) -> bool:
        """Say whether the candidate has started."""
        return line.has_started

    def store(self, form: TimeForm) -> Changed:
        """Change the extra time. Raises Refused."""
        how, minutes, seen = form.change, form.amount_asked, form.cleaned_data["seen"]
        return change_planned_time(
            test=self.test, public_ids=self.ticked.ids, how=how, minutes=minutes, by=person(self.request), seen=seen
        )

    def done(self, changed: Changed) -> HttpResponse:
        """Say whose extra time is changed, and who has started already."""
        words = _("The extra time of %(who)s is changed.") % {"who": plural(changed.count, "candidate")}
        if not changed.count:
            words = _("Nothing was changed: their extra time is that already.")
        why = _("Started already, so their extra time stays: %(ids)s. Give them incident time.")
        tell(self.request, words, changed.left, why)
        return redirect(self.ticked.list_url)

    def asking(self, form: TimeForm) -> HttpResponse:
        """Ask how the extra time is to be changed, or say why that could change nobody's."""
        try:
            refuse_when_finished(self.test)
            refuse_if_all_started([line for line in self.chosen if not line.has_started])
        except Refused as refusal:
            return self._nobody(refusal.sentence, was_sent=form.is_bound)
        context = self.ticked.context(self.request, _("Extra time")) | {
            "form": form,
            "heading": _("Extra time for %(who)s") % {"who": plural(len(self.chosen), "candidate")},
        }
        return render(self.request, "candidates/extra_time.html", context, status=422 if form.errors else 200)

    def _nobody(self, reason: str, *, was_sent: bool) -> HttpResponse:
        """Say why a form could change nobody, with the way to incident time for the same candidates."""
        one = _("The extra time of candidate %(id)s cannot be changed") % {"id": self.chosen[0].candidate_id}
        context = self.ticked.context(self.request, _("Extra time")) | refused(reason if was_sent else "")
        context["question"] = one if len(self.chosen) == 1 else _("None of them can be changed")
        context |= {"reason": reason, "incident_time_helps": incident_time_helps(self.test)}
        return render(self.request, "candidates/extra_time_nobody.html", context, status=422 if was_sent else 200)

    def confirming(self, form: TimeForm, refusal: str = "") -> HttpResponse:
        """Show old and new extra time and end of everybody who is changed."""
        changes = [one for one in self.lines(form) if not one.stays]
        how, minutes = form.change, form.amount_asked
        try:
            refuse_when_finished(self.test)
            refuse_if_all_started(changes)
            refuse_past_limit([one.minutes for one in changes], how, minutes)
        except Refused as reason:
            form.show_refusal(reason)
            return self.asking(form.visible())
        words = {"minutes": plural(minutes, "minute"), "who": plural(len(changes), "candidate")}
        context = self.ticked.context(self.request, _("Extra time")) | {
            "changes": [(one, end_words(self.test, one.new_ends_at)) for one in changes],
            "confirmed": form.to_confirm(self.lines()),
            "sum": form.sum_in_words if isinstance(form, ExtraTimeForm) else "",
            "few": few_change(changes, how, minutes),
            "question": QUESTIONS[how] % words,
            "button": BUTTONS[how] % words,
            "calm": True,  # it can be taken back, so the button is not red
            "action": self.ticked.url("candidates-extra-time-save"),
        }
        context |= refused(refusal)
        return render(self.request, "candidates/extra_time_check.html", context, status=422 if refusal else 200)


def ask_whose_time(request: HttpRequest, test: Test, problem: str) -> HttpResponse:
    """Ask whose extra time is to be changed, and how."""
    form = PastedExtraTimeForm(request.POST if problem else None, test=test)
    action = reverse("candidates-extra-time-check", args=[test.public_id])
    note = _("You see who ends when before anything is stored.")
    return ask_whom(request, test, form, problem, here=_("Extra time"), action=action, note=note)


@partial(for_ticked, asks=ask_whose_time)
def extra_time(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Ask how the extra time of the ticked candidates is to be changed."""
    return ExtraTimeChange(request, ticked).ask()


@partial(for_ticked, asks=ask_whose_time)
def check_extra_time(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Show who ends when after the change; nothing is stored yet."""
    return ExtraTimeChange(request, ticked).check()


@for_ticked
def save_extra_time(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Change the extra time as it was shown."""
    return ExtraTimeChange(request, ticked).save()


def incident_time_helps(test: Test) -> bool:
    """Say whether incident time can be given where planned extra time cannot."""
    try:
        refuse_after_marks(test)
    except Refused:
        return False
    return test.is_activated


def few_change(changes: list[TimeLine], how: Change, minutes: int) -> str:
    """Return how many really change where not everybody does, or somebody less than asked; "" where all do as asked."""
    changed = sum(one.changes for one in changes)
    said = []
    if changed < len(changes):
        sentence = ngettext("%(n)d of %(all)d changes.", "%(n)d of %(all)d change.", changed)
        said.append(sentence % {"n": changed, "all": len(changes)})
    if how is Change.SUBTRACT and any(one.minutes < minutes for one in changes):
        said.append(_("Nobody goes below 0 minutes."))
    return " ".join(said)
