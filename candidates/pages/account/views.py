"""The own account: the page, and logging out on other devices. Each further section has a module of its own."""

from typing import Any, cast

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from candidates.access import account_page, person
from candidates.models import SecondStep
from candidates.pages.account.forms import OwnPasswordForm
from candidates.pages.account.rows import device_lines, device_words, who_words
from candidates.signin import devices
from candidates.signin.second_step import is_required
from candidates.signin.sessions import SessionStore, comes_by_itself


@require_safe
@account_page
def show(request: HttpRequest) -> HttpResponse:
    """Show the own account."""
    return the_page(request)


def the_page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    """Render the page; a section whose form was refused comes back with `more` and a status."""
    user = person(request)
    lines = device_lines(devices.devices_of(user), this=request.session.session_key)
    context = {"who": who_words(user), "devices": lines, "others": sum(not line.is_this for line in lines)}
    context |= {"second_step": SecondStep.objects.filter(user=user).first() if not user.is_candidate else None}
    context |= {"needs_second_step": is_required(user)}
    if user.chooses_password:
        context["password_form"] = OwnPasswordForm(user=user)
    return render(request, "account/account.html", context | more, status=status)


@require_POST
@comes_by_itself
def here(request: HttpRequest) -> HttpResponse:
    """Take that somebody types, presses or scrolls on an open page, which is a use; 409 says that it came too late.

    It looks on where the session is over, so that a Monitor that goes on is not lost by it.
    """
    session = cast(SessionStore, request.session)
    if session.is_over:
        return HttpResponse(status=409)
    if session.use_may_be_due:
        session.note_use(person(request))
    return HttpResponse(status=204)


@require_POST
@account_page
def log_out_device(request: HttpRequest) -> HttpResponse:
    """Log out on one device."""
    device = devices.log_out_device(person(request), request.POST.get("out", ""))
    if device is None:
        messages.info(request, _("That device is logged out already."))
    else:
        messages.success(request, _("Logged out: %(device)s.") % {"device": device_words(device)})
    return redirect("account")


@require_POST
@account_page
def log_out_others(request: HttpRequest) -> HttpResponse:
    """Log out on all devices but this one."""
    n = devices.log_out_elsewhere(person(request), but=request.session.session_key)
    words = ngettext("Logged out on %(n)d other device.", "Logged out on %(n)d other devices.", n) % {"n": n}
    messages.success(request, words if n else _("You are logged in nowhere else."))
    return redirect("account")


@require_POST
@account_page
def log_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Log out on all devices and on this one, and lead to the login page."""
    devices.log_out_elsewhere(person(request), but=request.session.session_key)
    auth.logout(request)
    return redirect("login")
