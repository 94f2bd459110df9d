"""Demo tests at the addresses of a test: everybody who is logged in may try them, and nothing is stored.

Whether somebody has started stands in the address alone.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from candidates.lifecycle.sitting import MAX_ANSWER_LENGTH, word_count
from candidates.models import Test
from candidates.pages.sitting.forms import AnswerForm
from candidates.pages.sitting.rows import script_words, to_the_second
from candidates.timing import Standing, demo_is_open


def show(request: HttpRequest, test: Test) -> HttpResponse:
    """Show a demo test: before, during or after, as the address says."""
    context: dict[str, Any] = {"test": test, "demo": True, "open": demo_is_open(test, timezone.now())}
    if not context["open"] or not request.GET.keys() & {"started", "submitted"}:
        return render(request, "sitting/before.html", context)
    if "submitted" in request.GET:
        return render(request, "sitting/after.html", context)
    return render(request, "sitting/sit.html", context | _writing(""))


def start(test: Test) -> HttpResponse:
    """Open a demo test."""
    return redirect(f"{reverse('sit', args=[test.public_id])}?started")


def save(request: HttpRequest, test: Test) -> HttpResponse:
    """Answer as if the text had been saved, and keep nothing."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"code": "refused", "sentence": ""}, status=422)
    if request.headers.get("Accept") != "application/json":
        context = {"test": test, "demo": True} | _writing(form.cleaned_data["answer"])
        return render(request, "sitting/sit.html", context)
    now = to_the_second(timezone.now())
    return JsonResponse(
        {
            "code": "saved",
            "revision": form.cleaned_data["base"] + 1,
            "saved": now,
            "standing": str(Standing.IN_PROGRESS),
        }
    )


def submit(request: HttpRequest, test: Test) -> HttpResponse:
    """Ask "Submit your answer?", then show that a demo test keeps nothing."""
    if request.method == "POST" and "answer" not in request.POST:
        return redirect(f"{reverse('sit', args=[test.public_id])}?submitted")
    words = word_count(request.POST["answer"]) if "answer" in request.POST else None
    return render(request, "sitting/submit.html", {"test": test, "demo": True, "words": words})


def _writing(answer: str) -> dict[str, Any]:
    form = AnswerForm(initial={"answer": answer, "base": 0, "candidate": "demo"})
    return {
        "form": form,
        "words": word_count(answer),
        "saved": "",
        "since": to_the_second(timezone.now()),
        "longest": MAX_ANSWER_LENGTH,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "script_words": script_words(),
    }
