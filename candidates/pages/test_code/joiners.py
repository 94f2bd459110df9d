"""Who joins a test by its code: who waits, is let in, refused, and let in again."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from candidates import audit
from candidates.access import person, planned_test, planner_page
from candidates.errors import Refused
from candidates.intake.joining import LetIn, approve, let_in_again
from candidates.lifecycle.joining import joining_of, refuse
from candidates.models import Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.base import status_of
from candidates.pages.shared.joining_words import how_it_works, log_in_words, who_words, window_words
from candidates.pages.shared.ticked import boxes
from candidates.pages.shared.trails import trail_of
from candidates.pages.test_code.forms import RefusalForm
from candidates.pages.test_code.rows import Person, code_trail, figures, joiners_of
from candidates.signin.sessions import comes_by_itself
from candidates.timing import stage_of


@require_safe
@planner_page
def show_joiners(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the code, who waits, and how candidates join."""
    test = planned_test(person(request), test_id)
    joining = joining_of(test)
    if joining is None:
        return redirect("test-code-setup" if not test.is_demo else "deliver-test", test_id)
    people = joiners_of(test)
    if people.asked or people.queued or people.out:
        audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=test)
    context = {
        "test": test,
        "stage": stage_of(test),
        "joining": joining,
        "people": people,
        **figures(test, joining),
        "works": how_it_works(joining, test),
        "ways": log_in_words(joining),
        "window": window_words(joining),
        "who": who_words(joining),
        "trail": trail_of(test, _("Test code")),
    }
    return render(request, "test_code/joiners.html", context)


@require_safe
@comes_by_itself
@planner_page
def live(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show how many have joined and wait by now; the page asks for it again and again."""
    test = planned_test(person(request), test_id)
    joining = joining_of(test)
    if joining is None:
        return redirect("deliver-test", test_id)
    now, shown = figures(test, joining), request.GET.get("shown")
    return render(request, "test_code/counts.html", {"test": test, **now, "news": shown and shown != now["mark"]})


def _chosen(request: HttpRequest) -> list[str]:
    """Return the public ids that a button, a hidden field or boxes name."""
    one = str(request.POST.get("one", ""))
    ids = [one] if one else boxes(request.POST)
    return [text for text in ids if "\0" not in text][:MAX_CANDIDATES]


@require_POST
@planner_page
def approve_some(request: HttpRequest, test_id: str) -> HttpResponse:
    """Let in who was chosen among those who wait."""
    return _let_in(request, planned_test(person(request), test_id), approve)


@require_POST
@planner_page
def let_in(request: HttpRequest, test_id: str) -> HttpResponse:
    """Let in who was refused or removed."""
    return _let_in(request, planned_test(person(request), test_id), let_in_again)


def _let_in(request: HttpRequest, test: Test, act: Callable[..., LetIn]) -> HttpResponse:
    ids = _chosen(request)
    try:
        if not ids:
            raise Refused(_("Nobody is ticked, so nothing was changed. Tick people first."))
        done = act(test=test, public_ids=ids, by=person(request))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _let_in_words(done))
    return redirect("test-code", test.public_id)


def _let_in_words(done: LetIn) -> str:
    said = []
    if done.joined:
        words = ngettext("%(n)d person is on the test now.", "%(n)d people are on the test now.", done.joined)
        said.append(words % {"n": done.joined})
    if done.queued:
        words = ngettext(
            "%(n)d is on the waiting list: the test is full, or the account may not log in.",
            "%(n)d are on the waiting list: the test is full, or the accounts may not log in.",
            done.queued,
        )
        said.append(words % {"n": done.queued})
    return " ".join(said)


@require_POST
@planner_page
def ask_to_refuse(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask what is said to those who are to be refused."""
    test = planned_test(person(request), test_id)
    ids = _chosen(request)
    waiting = _waiting(test, ids)
    if not waiting:
        sentence = _("Nobody is ticked, so nothing was changed. Tick people first.")
        messages.error(request, sentence if not ids else _("Nobody of them waits any more. Nothing was changed."))
        return redirect("test-code", test_id)
    return _ask(request, test, waiting, RefusalForm())


def _waiting(test: Test, ids: Sequence[str]) -> list[Person]:
    people, chosen = joiners_of(test), set(ids)
    return [one for one in (*people.asked, *people.queued) if one.public_id in chosen]


def _ask(request: HttpRequest, test: Test, waiting: Sequence[Person], form: RefusalForm) -> HttpResponse:
    audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=test)
    words = {"n": len(waiting), "name": waiting[0].name or waiting[0].logs_in_with}
    context = {
        "test": test,
        "form": form,
        "waiting": waiting,
        "ids": ",".join(one.public_id for one in waiting),
        "question": ngettext("Refuse %(name)s?", "Refuse %(n)d people?", len(waiting)) % words,
        "lede": test.name,
        "consequence": _("They are not on the test, and see that they were refused. They can ask again with the code."),
        "button": ngettext("Refuse %(name)s", "Refuse %(n)d people", len(waiting)) % words,
        "action": reverse("test-code-refuse-save", args=[test.public_id]),
        "cancel_url": reverse("test-code", args=[test.public_id]),
        "trail": code_trail(test, _("Refuse")),
    }
    return render(request, "test_code/refuse.html", context, status=status_of(form))


@require_POST
@planner_page
def refuse_some(request: HttpRequest, test_id: str) -> HttpResponse:
    """Refuse people who wait, with a sentence or without."""
    test = planned_test(person(request), test_id)
    ids, form = _chosen(request), RefusalForm(request.POST)
    if not form.is_valid() and (waiting := _waiting(test, ids)):
        return _ask(request, test, waiting, form)
    try:
        count = refuse(test=test, public_ids=ids, sentence=form.cleaned_data.get("sentence", ""), by=person(request))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        words = ngettext("%(n)d person is refused.", "%(n)d people are refused.", count)
        messages.success(request, words % {"n": count})
    return redirect("test-code", test_id)
