"""The own account: the page with its devices, logging out on other ones, and changing the password."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib import auth, messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates import audit
from candidates.access import account_page, own_password_page, person
from candidates.errors import Refused
from candidates.models import Session, User
from candidates.pages.account.forms import OwnPasswordForm
from candidates.signin import devices
from candidates.signin.devices import device_words, end_sessions_of, name_of
from candidates.signin.own_password import change_own_password, check_own_password
from candidates.signin.second_step import is_required, second_step_of
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
    context |= {"second_step": second_step_of(user)}
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


@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@own_password_page
def change_password(request: HttpRequest) -> HttpResponse:
    """Show the form, and on POST store the new password: this session goes on, all others end."""
    user = person(request)
    form = OwnPasswordForm(request.POST if request.method == "POST" else None, user=user)
    was_held = user.must_change_password
    if form.is_bound and form.is_valid() and _changed(request, form):
        messages.success(request, _("Your password is changed. You are logged out on every other device."))
        return redirect("home" if was_held else "account")
    lede = _("A new one logs you out on every other device.")
    if was_held:
        lede = _("Somebody else knows the password that you have. Choose your own, then you can go on.")
    context = {
        "form": form,
        "heading": _("Choose a password of your own") if was_held else _("Change password"),
        "lede": lede,
        "submit": _("Change password"),
        "cancel_url": "" if was_held else reverse("account"),
        "trail": [] if was_held else [(_("My account"), reverse("account")), (_("Change password"), "")],
    }
    return render(request, "account/change_password.html", context, status=422 if form.errors else 200)


@sensitive_variables()
def _changed(request: HttpRequest, form: OwnPasswordForm) -> bool:
    """Store the new password, or say in the form why not."""
    typed = form.cleaned_data
    action = audit.Action.PASSWORD_CHANGED
    user = check_own_password(request, person(request), typed["current_password"], for_what=action)
    if user is None:
        form.refuse()
        return False
    try:
        change_own_password(user, typed["new_password"])
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return False
    update_session_auth_hash(request, user)
    end_sessions_of(user.pk, but=request.session.session_key)  # they open nothing any more, and are listed nowhere
    return True


ROLES = (
    ("is_planner", gettext_lazy("planner")),
    ("is_invigilator", gettext_lazy("invigilator")),
    ("is_grader", gettext_lazy("grader")),
    ("is_administrator", gettext_lazy("administrator")),
)


@dataclass(frozen=True, slots=True)
class Device:
    """One place where somebody is logged in; `name` is what a form calls it by."""

    name: str
    words: str
    address: str
    used_at: datetime | None
    is_this: bool


def device_lines(sessions: Iterable[Session], *, this: str | None) -> list[Device]:
    """Return a line for each session, first the one that asks, whose key is `this`: nothing was used later."""
    return [
        Device(
            name=name_of(one.session_key),
            words=device_words(one.device),
            address=one.address or _("not known"),
            used_at=one.last_used_at,
            is_this=one.session_key == this,
        )
        for one in sorted(sessions, key=lambda one: one.session_key != this)
    ]


def who_words(user: User) -> str:
    """Return "Ingrid Solheim, planner and grader." or the name alone."""
    roles = [str(words) for role, words in ROLES if getattr(user, role)]
    name = str(user)
    return f"{name}, {get_text_list(roles, _('and'))}." if roles else f"{capfirst(name)}."
