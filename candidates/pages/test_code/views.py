"""The way in which candidates come on a test, and its code: set up, shown large, replaced."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from candidates.access import by_name, lists_of, person, planned_test, planner_page
from candidates.credentials.qr import qr_svg
from candidates.errors import Refused
from candidates.lifecycle.joining import joining_of, replace_code, set_joining, why_way_stays
from candidates.models import Joining, PermanentUserList, Test, User
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.joining_words import how_it_works, log_in_words
from candidates.pages.shared.trails import trail_of
from candidates.pages.test_code.forms import SetupForm
from candidates.pages.test_code.rows import code_trail
from candidates.timing import stage_of

QR_MILLIMETRES = 70


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def change_setup(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask how candidates come on the test; on POST store it."""
    test = planned_test(person(request), test_id)
    if test.is_demo:
        return redirect("deliver-test", test_id)
    joining = joining_of(test)
    form = SetupForm(
        request.POST if request.method == "POST" else None,
        test=test,
        joining=joining,
        lists=_lists_to_choose(person(request), joining),
    )
    if form.is_bound and form.is_valid():

        def act() -> bool:
            set_joining(test=test, setup=form.setup, by=person(request), seen=form.cleaned_data["seen"])
            return True

        if attempt(form, act):
            messages.success(request, _outcome(test, by_code=form.by_code))
            return redirect("test-code" if form.by_code else "deliver-test", test_id)
    context = {
        "test": test,
        "stage": stage_of(test),
        "form": form,
        "locked": why_way_stays(test) if joining else "",
        "trail": trail_of(test, _("How candidates join")),
    }
    return render(request, "test_code/set_up.html", context, status=status_of(form))


def _outcome(test: Test, *, by_code: bool) -> str:
    if not by_code:
        return _("Planners add the candidates of this test.")
    if test.is_activated:
        return _("Candidates join this test by its code.")
    return _("Candidates join this test by a code, which is made when you activate it.")


def _lists_to_choose(user: User, joining: Joining | None) -> list[PermanentUserList]:
    """Return the lists that the planner may use, and those that are chosen already, by name."""
    chosen = list(joining.lists.all()) if joining else []
    return by_name(list({one.pk: one for one in [*lists_of(user), *chosen]}.values()))


@require_safe
@planner_page
def show_large(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the code as large as a projector needs it, with the address at which it is typed."""
    test = planned_test(person(request), test_id)
    joining = joining_of(test)
    if joining is None or not joining.code:
        return redirect("test-code" if joining else "deliver-test", test_id)
    address = join_address(request)
    said = {"address": address}
    context = {
        "test": test,
        "joining": joining,
        "works": how_it_works(joining, test),
        "ways": log_in_words(joining),
        "address": address,
        "short_address": address.partition("://")[2],
        "qr": qr_svg(address, millimetres=QR_MILLIMETRES, label=_("QR code of the address %(address)s") % said),
        "trail": code_trail(test, _("For the projector")),
    }
    return render(request, "test_code/large.html", context)


def join_address(request: HttpRequest) -> str:
    """Return the address at which candidates type the code: of the installation, or of this request."""
    known, path = urlsplit(settings.LOGIN_ADDRESS), reverse("join")
    return f"{known.scheme}://{known.netloc}{path}" if known.netloc else request.build_absolute_uri(path)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def replace(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask whether the test gets another code; on POST make it."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        try:
            replace_code(test=test, by=person(request))
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, _("The test has a new code. The former one does not work any more."))
        return redirect("test-code", test_id)
    joining = joining_of(test)
    if joining is None or not joining.code:
        return redirect("test-code" if joining else "deliver-test", test_id)
    context = {
        "test": test,
        "question": _("Make a new code?"),
        "lede": test.name,
        "consequence": _(
            "%(code)s does not work any more from that moment. Who has joined stays on the test, and who waits goes on "
            "waiting. Show the new code to those who are still to come."
        )
        % {"code": joining.shown_code},
        "button": _("Make a new code"),
        "calm": True,
        "cancel_url": reverse("test-code", args=[test_id]),
        "trail": code_trail(test, _("New code")),
    }
    return render(request, "components/confirm.html", context)
