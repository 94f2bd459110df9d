"""Change the own password: from My account, or at once where somebody else has set it."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from candidates import audit
from candidates.access import own_password_page, person
from candidates.errors import Refused
from candidates.pages.account.forms import OwnPasswordForm
from candidates.signin.devices import end_sessions_of
from candidates.signin.own_password import change_own_password, check_own_password


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
