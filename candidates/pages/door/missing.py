"""Everybody who is missing at a door, marked absent in one press, and taken back."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import monitor_page, person
from candidates.errors import Refused
from candidates.lifecycle.missing import mark_missing_absent, take_press_back
from candidates.pages.door.forms import AbsentForm
from candidates.pages.door.views import desk_of, page_of


@require_http_methods(["GET", "HEAD", "POST"])
@monitor_page
def mark(request: HttpRequest, test_id: str) -> HttpResponse:
    """Count who is missing at this door, and mark them absent in one press."""
    desk = desk_of(request, test_id)
    if request.method != "POST":
        context = page_of(request, desk, desk.door()) | {"press": uuid4()}
        context["has_begun"] = timezone.now() >= desk.test.window[0]
        return render(request, "door/absent.html", context)
    form = AbsentForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nobody was marked: the page was not sent whole. Count once more."))
        return redirect(desk.address("door-absent"))
    who, press = form.public_ids, form.cleaned_data["press"]
    try:
        done = mark_missing_absent(test=desk.test, public_ids=who, press=press, by=person(request), rooms=desk.bound)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect(desk.address())
    words = ngettext("%(n)d is marked absent.", "%(n)d are marked absent.", done) % {"n": done}
    if done:
        messages.success(request, words + " " + _("Who comes after all is marked present as always."))
    else:
        messages.info(request, _("Nobody of them is missing any more: somebody else has marked them. Nothing changed."))
    return redirect(desk.address())


@require_POST
@monitor_page
def take_back(request: HttpRequest, test_id: str) -> HttpResponse:
    """Take back what one press has marked absent, but for those of whom more is known since."""
    desk = desk_of(request, test_id)
    press = request.POST.get("press", "").replace("\0", "")
    try:
        done = take_press_back(test=desk.test, press=press, by=person(request), rooms=desk.bound)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        words = ngettext("%(n)d is not marked any more.", "%(n)d are not marked any more.", done)
        messages.success(request, words % {"n": done})
    return redirect(desk.address())
