"""Keys of other systems, for administrators: the list, a new one, which is shown once, and revoking one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from candidates.access import access_key_of, administrator_page, person
from candidates.models import Scope
from candidates.pages.access_keys.forms import ALL, KeyForm
from candidates.pages.access_keys.rows import ENDS_BEFORE, keys_page, what_it_may
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.sending import sending
from candidates.signin.access_keys import make_key, revoke
from candidates.text import day


@require_safe
@administrator_page
def list_keys(request: HttpRequest) -> HttpResponse:
    """Show the keys that work, and those that no longer do."""
    return render(request, "access_keys/list.html", {"page": keys_page()})


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@administrator_page
@asks_password
@sensitive_variables()
def new_key(request: HttpRequest) -> HttpResponse:
    """Ask for a new key, and show it once where it is made."""
    form = KeyForm(request.POST or None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        with sending(request, leads_to=reverse("access-keys")):
            made = attempt(
                form,
                lambda: make_key(
                    name=data["name"],
                    scopes=[Scope(one) for one in data["scopes"]],
                    all_tests=data["tests"] == ALL,
                    expires_at=data["expires"],
                    by=person(request),
                ),
            )
        if made is not None:
            key, secret = made
            may = what_it_may(data["scopes"])
            context = {
                "key": key,
                "secret": secret,
                "lede": _("%(name)s, until %(day)s: %(may)s.")
                % {"name": key.name, "day": day(key.expires_at - ENDS_BEFORE), "may": may[:1].lower() + may[1:]},
                "trail": _trail(key.name),
            }
            response = render(request, "access_keys/made.html", context)
            response["Cache-Control"] = "no-store"
            return response
    context = {"form": form, "trail": _trail(_("Make a key"))}
    return render(request, "access_keys/new.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@administrator_page
@asks_password
def revoke_key(request: HttpRequest, key_id: str) -> HttpResponse:
    """Ask, and on POST end a key at once."""
    key = access_key_of(key_id)
    if request.method == "POST":
        if revoke(key, by=person(request)):
            messages.success(request, _("The key of %(name)s is revoked.") % {"name": key.name})
        else:
            messages.info(request, _("The key of %(name)s was revoked before.") % {"name": key.name})
        return redirect("access-keys")
    context = {
        "question": _("Revoke the key of %(name)s?") % {"name": key.name},
        "lede": _("What the system has made and sent stays."),
        "consequence": _("It gets no further answer with this key, from now on. A revoked key never works again."),
        "button": _("Revoke the key"),
        "cancel_url": reverse("access-keys"),
        "trail": _trail(_("Revoke a key")),
    }
    return render(request, "components/confirm.html", context)


def _trail(here: str) -> list[tuple[str, str]]:
    return [(_("Access keys"), reverse("access-keys")), (here, "")]
