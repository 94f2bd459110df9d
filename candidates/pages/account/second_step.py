"""Two-step login: setting it up, switching it off, and new recovery codes."""

from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from candidates import audit
from candidates.access import person, staff_page
from candidates.credentials.sealing import SealBroken
from candidates.errors import Refused
from candidates.models import AuditEvent
from candidates.pages.account.forms import AskedAgainForm, SetUpAgainForm, SetUpForm
from candidates.signin import second_step
from candidates.signin.own_password import check_own_password, password_entered_recently


@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def set_up(request: HttpRequest) -> HttpResponse:
    """Show a key for an app, and switch the second step on with the first code that fits."""
    user = person(request)
    is_on = second_step.has_second_step(user)
    # who finds a machine open must not lock its owner out with another phone
    form_class = SetUpForm if password_entered_recently(request) and not is_on else SetUpAgainForm
    sealed = request.POST.get("sealed", "") or second_step.new_sealed_key(user)
    form = form_class(request.POST if request.method == "POST" else None, initial={"sealed": sealed})
    if form.is_bound and form.is_valid() and _password_fits(request, form, audit.Action.TWO_STEP_SET_UP):
        try:
            codes = second_step.set_up(user, sealed, form.cleaned_data["code"])
        except Refused as refused:
            form.add_error(refused.about or None, refused.sentence)
        else:
            request.session[second_step.PASSED] = True
            messages.success(
                request, _("Two-step login is on. From the next login on you are asked for a code from your app.")
            )
            return _codes_shown(request, codes)
    try:
        key, address = second_step.key_to_type(user, sealed), second_step.app_address(user, sealed)
    except SealBroken:  # of somebody else, or from before a change of keys
        return redirect("two-step")
    context = {
        "form": form,
        "is_on": is_on,
        "is_held": second_step.is_required(user) and not is_on,
        "key": " ".join(key[n : n + 4] for n in range(0, len(key), 4)),
        "qr": _drawn(address),
        "trail": _trail(_("Two-step login")),
    }
    response = render(request, "account/two_step.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response


@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def switch_off(request: HttpRequest) -> HttpResponse:
    """Ask for the password, and switch the second step off."""
    user = person(request)
    if not second_step.has_second_step(user):
        return redirect("account")
    if second_step.is_required(user):
        messages.error(
            request, _("All staff log in with it here, so it stays on. You can set up another phone instead.")
        )
        return redirect("two-step")
    form = AskedAgainForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _password_fits(request, form, audit.Action.TWO_STEP_REMOVED):
        try:
            second_step.remove(user, by=user)
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            request.session.pop(second_step.PASSED, None)
            messages.success(request, _("Two-step login is off. From now on your password alone opens everything."))
        return redirect("account")
    context = {
        "form": form,
        "question": _("Switch two-step login off?"),
        "lede": _("From then on your password alone opens everything. The recovery codes stop working as well."),
        "button": _("Switch it off"),
        "cancel_url": reverse("account"),
        "trail": _trail(_("Two-step login")),
    }
    return render(request, "components/confirm.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def new_codes(request: HttpRequest) -> HttpResponse:
    """Ask for the password, and make new recovery codes."""
    if not second_step.has_second_step(person(request)):
        return redirect("account")
    form = AskedAgainForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _password_fits(request, form, audit.Action.RECOVERY_CODES_MADE):
        try:
            return _codes_shown(request, second_step.renew_recovery_codes(person(request)))
        except Refused as refused:
            messages.error(request, refused.sentence)
            return redirect("account")
    context = {
        "form": form,
        "question": _("Make 10 new recovery codes?"),
        "lede": _("The codes that you have kept stop working at once."),
        "button": _("Make 10 new codes"),
        "calm": True,
        "cancel_url": reverse("account"),
        "trail": _trail(_("Recovery codes")),
    }
    return render(request, "components/confirm.html", context, status=422 if form.errors else 200)


@sensitive_variables()
def _password_fits(request: HttpRequest, form: Any, for_what: AuditEvent.Action) -> bool:
    """Say whether the form needs no password, or has the right one; else say in it that it is wrong."""
    if not isinstance(form, AskedAgainForm):
        return True
    typed = form.cleaned_data["current_password"]
    if check_own_password(request, person(request), typed, for_what=for_what) is not None:
        return True
    form.refuse()
    return False


def _codes_shown(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = {"codes": codes, "trail": _trail(_("Recovery codes"))}
    response = render(request, "account/recovery_codes.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _drawn(address: str) -> SafeString:
    """Return the QR code as svg; not by credentials/qr.py, which remembers what it has drawn, and this is a secret."""
    code = segno.make(address, error="m", micro=False)
    return mark_safe(code.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None))  # noqa: S308  drawn by segno


def _trail(here: str) -> list[tuple[str, str]]:
    return [(_("My account"), reverse("account")), (here, "")]
