"""The page of a test: before, during and after. Demo tests have the same addresses and store nothing."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import demo_test, person, place_of
from candidates.credentials.draft_keys import draft_keys
from candidates.errors import Conflict, Refused
from candidates.lifecycle import sitting
from candidates.lifecycle.sitting import answer_of
from candidates.models import Candidate, Submission, Test
from candidates.models.submissions import RESTORED
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.own_place import card_facts
from candidates.pages.sitting import demo_tests
from candidates.pages.sitting.forms import AnswerForm, SubmitForm
from candidates.pages.sitting.rows import (
    also_on,
    clock_of,
    receipt_facts,
    receipt_of,
    script_words,
    to_the_second,
)
from candidates.signin.devices import name_of
from candidates.signin.sessions import comes_by_itself
from candidates.timing import Standing, end_of, opens_in


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a save or a submission ended: `code` for the page's script, `sentence` for people."""

    code: str
    sentence: str = ""
    saved: sitting.Saved | None = None
    other: Submission | None = None

    @property
    def status(self) -> int:
        """Return the status of the answer."""
        return {"saved": 200, "refused": 422}.get(self.code, 409)


@require_safe
def sit(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the test as it is for this person now."""
    place = _place(request, test_id)
    return demo_tests.show(request, place) if isinstance(place, Test) else _page(request, place)


@require_POST
def start(request: HttpRequest, test_id: str) -> HttpResponse:
    """Open the test; the questions are shown from now on."""
    place = _place(request, test_id, texts=False)
    if isinstance(place, Test):
        return demo_tests.start(place)
    try:
        sitting.start(candidate=place, by=person(request))
    except Refused as refusal:
        return _page(request, place, Outcome("ended", refusal.sentence))
    return redirect("sit", test_id)


@require_POST
@sensitive_post_parameters("answer")
def save(request: HttpRequest, test_id: str) -> HttpResponse:
    """Save the answer as it is typed (JSON), or by the button that is there without script."""
    place = _place(request, test_id, texts=False)
    if isinstance(place, Test):
        return demo_tests.save(request, place)
    form = AnswerForm(request.POST)
    outcome = _attempt(request, place, form)
    if request.headers.get("Accept") == "application/json":
        return _as_json(place, outcome)
    if outcome.saved is None:
        return _page(request, place, outcome, form)
    messages.success(request, _("Saved %(time)s.") % {"time": to_the_second(outcome.saved.saved_at)})
    return redirect("sit", test_id)


@require_POST
@comes_by_itself
def seen(request: HttpRequest, test_id: str) -> JsonResponse:
    """Take the sign of life of the open page; the answer tells how much time is left."""
    place = _place(request, test_id, texts=False)
    if isinstance(place, Test):
        return JsonResponse({"standing": str(Standing.IN_PROGRESS)})
    clock = clock_of(place, now=timezone.now())
    if place.submitted_at is None:
        sitting.note_seen(candidates=[place], logged_in=True)
    # What the page does not know of, an idle page learns by this: another device has written, or a planner.
    revision = place.submission.revision if place.started_at else 0
    found = sitting.devices_of(place, session_key=request.session.session_key)
    also = {
        "also_on": also_on(found.others),
        "elsewhere": sitting.elsewhere_sentence(found.newest) if found.newest else "",
    }
    return JsonResponse({"candidate": place.public_id, "revision": revision, **also, **clock.as_json()})


@require_POST
@sensitive_post_parameters("answer")
def write_here(request: HttpRequest, test_id: str) -> HttpResponse:
    """Let this device be the one that writes, and save what stands on its page as `save` does."""
    place = _place(request, test_id, texts=False)
    if isinstance(place, Candidate):
        sitting.write_here(place, session_key=request.session.session_key)
    return save(request, test_id)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("answer")
def submit(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask whether to hand in; hand in where that was answered.

    The page of the test posts its answer here: it is saved, then the question is asked.
    """
    place = _place(request, test_id, texts=False)
    if isinstance(place, Test):
        return demo_tests.submit(request, place)
    if request.method != "POST":
        return _confirm_page(request, place)
    if "answer" in request.POST:
        form = AnswerForm(request.POST)
        outcome = _attempt(request, place, form)
        return redirect("sit-submit", test_id) if outcome.saved else _page(request, place, outcome, form)
    outcome = _attempt(request, place, SubmitForm(request.POST))
    if outcome.code in {"conflict", "refused", "other", "elsewhere"}:
        return _confirm_page(request, place, outcome)
    return redirect("sit", test_id)


def _place(request: HttpRequest, test_id: str, *, texts: bool = True) -> Candidate | Test:
    """Return the person's own place on the test, or a demo test. Raises Http404 for everything else (C9).

    Without `texts` what the test says is left in the database until a page shows it after all.
    """
    if person(request).is_candidate:
        try:
            return place_of(person(request), test_id, texts=texts)
        except Http404:
            pass
    return demo_test(test_id)


@sensitive_variables("data", "form")
def _attempt(request: HttpRequest, place: Candidate, form: DeliverForm) -> Outcome:
    """Save or hand in what a form holds, and say how that ended."""
    if not form.is_valid():
        return Outcome("refused", " ".join(str(text) for texts in form.errors.values() for text in texts))
    data = form.cleaned_data
    if data["candidate"] != place.public_id:
        return Outcome("other", _("Somebody else is logged in in this browser now, so nothing was saved here."))
    try:
        sitting.refuse_older(place, session_key=request.session.session_key)
        if "answer" in data:
            saved = sitting.save_answer(
                candidate=place, answer=data["answer"], base_revision=data["base"], device=_device(request)
            )
            return Outcome("saved", saved=saved)
        sitting.submit(candidate=place, answer=None, base_revision=data["base"], by=person(request))
    except Conflict as conflict:
        return Outcome("conflict", conflict.sentence, other=conflict.stored)
    except sitting.WritesElsewhere as elsewhere:
        return Outcome("elsewhere", elsewhere.sentence)
    except sitting.Ended as ended:
        place.refresh_from_db(fields=["submitted_at"])  # another window may have submitted since it was read
        return Outcome("ended", ended.sentence)
    except Refused as refusal:
        return Outcome("refused", refusal.sentence)
    return Outcome("submitted")


def _device(request: HttpRequest) -> str:
    """Return the name of the login that asks."""
    return name_of(request.session.session_key or "")


def _as_json(place: Candidate, outcome: Outcome) -> JsonResponse:
    answer: dict[str, Any] = {
        "code": outcome.code,
        "sentence": outcome.sentence,
        **clock_of(place, now=timezone.now()).as_json(),
    }
    if outcome.saved:
        answer |= {"revision": outcome.saved.revision, "saved": to_the_second(outcome.saved.saved_at)}
    if outcome.other:
        answer |= {
            "revision": outcome.other.revision,
            "answer": outcome.other.answer,
            "saved": to_the_second(outcome.other.saved_at),
            "restored": outcome.other.device == RESTORED,
        }
    return JsonResponse(answer, status=outcome.status)


def _page(
    request: HttpRequest, place: Candidate, outcome: Outcome | None = None, form: AnswerForm | None = None
) -> HttpResponse:
    """Show the test before, during or after, with what was refused and what was typed."""
    now = timezone.now()
    clock = clock_of(place, now=now)
    context: dict[str, Any] = {"test": place.test, "place": place, "clock": clock, "outcome": outcome, "now": now}
    context["error"] = outcome is not None
    status = outcome.status if outcome else 200
    if clock.standing == Standing.IN_PROGRESS:
        context["also_on"] = also_on(sitting.devices_of(place, session_key=request.session.session_key).others)
        return render(request, "sitting/sit.html", context | _writing(place, outcome, form), status=status)
    if clock.standing in {Standing.DUE, Standing.UPCOMING}:
        context |= {"facts": card_facts(place, clock.standing, now), "opens_in": opens_in(place.test, now)}
        return render(request, "sitting/before.html", context, status=status)
    receipt = receipt_of(place, now=now)
    context["draft_keys"] = draft_keys(place)
    context |= {"receipt": receipt, "facts": receipt_facts(place, receipt) if receipt else []}
    context["typed"] = form["answer"].value() if form and outcome and outcome.code == "ended" else ""
    return render(request, "sitting/after.html", context, status=status)


def _writing(place: Candidate, outcome: Outcome | None, typed: AnswerForm | None) -> dict[str, Any]:
    """Return what the page needs to write on: what is stored, or what was typed and not stored."""
    saved = outcome.other if outcome and outcome.other else answer_of(place)
    answer = typed["answer"].value() if typed else saved.answer
    form = AnswerForm(initial={"answer": answer, "base": saved.revision, "candidate": place.public_id})
    return {
        "form": form,
        "words": sitting.word_count(answer or ""),
        "saved": to_the_second(saved.saved_at),
        "since": to_the_second(saved.saved_at or timezone.now()),
        "left": end_of(place, place.test) - timezone.now(),
        "longest": sitting.MAX_ANSWER_LENGTH,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "draft_keys": draft_keys(place),
        "script_words": script_words(),
    }


def _confirm_page(request: HttpRequest, place: Candidate, outcome: Outcome | None = None) -> HttpResponse:
    """Ask "Submit your answer?" with the number of words; only a test in progress can be submitted."""
    now = timezone.now()
    clock = clock_of(place, now=now)
    if clock.standing != Standing.IN_PROGRESS:
        return redirect("sit", place.test.public_id)
    saved = answer_of(place)
    context = {
        "test": place.test,
        "place": place,
        "clock": clock,
        "now": now,
        "left": end_of(place, place.test) - now,
        "outcome": outcome,
        "error": outcome is not None,
        "words": sitting.word_count(saved.answer),
        "saved": to_the_second(saved.saved_at),
        "hidden": SubmitForm(initial={"base": saved.revision, "candidate": place.public_id}),
        "script_words": script_words(),
    }
    return render(request, "sitting/submit.html", context, status=outcome.status if outcome else 200)
