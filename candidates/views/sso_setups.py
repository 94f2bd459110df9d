"""The SSO setups of the installation, for administrators: what to register, whether it works, who was refused."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import administrator_page, person
from candidates.lifecycle.errors import Refused
from candidates.signin.authentication_types import type_label
from candidates.signin.sso import setups


@require_safe
@administrator_page
def list_setups(request: HttpRequest) -> HttpResponse:
    """Show every setup, its addresses to register at the provider, and who was refused for another account."""
    lines: list[dict[str, Any]] = [
        {
            "setup": setup,
            "redirect_address": request.build_absolute_uri(reverse("sso-callback", args=[setup.slug])),
            "test_url": reverse("sso-setup-test", args=[setup.slug]),
        }
        for setup in setups.setups()
    ]
    refused = [
        {
            "identity": identity,
            "label": type_label(identity.authentication_type),
            "url": reverse("sso-release", args=[identity.authentication_type, identity.user.username]),
        }
        for identity in setups.refused_identities()
    ]
    context = {"lines": lines, "refused": refused, "after_logout": request.build_absolute_uri(reverse("login"))}
    return render(request, "sso_setups/list.html", context)


@require_POST
@administrator_page
def try_setup(request: HttpRequest, slug: str) -> HttpResponse:
    """Test the connection to a provider, and say what came of it."""
    try:
        messages.success(request, setups.try_setup(slug))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("sso-setups")


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def release(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Ask, and on POST let another account have an SSO user ID."""
    identity = setups.identity_of(slug, username)
    label = type_label(slug)
    if request.method == "POST":
        try:
            setups.release(identity, by=person(request))
            outcome = _("The next account of %(label)s that comes as %(id)s is let in.")
            messages.success(request, outcome % {"label": label, "id": identity.sso_user_id})
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        return redirect("sso-setups")
    context = {
        "question": _("Let another account of %(label)s log in as %(id)s?")
        % {"label": label, "id": identity.sso_user_id},
        "lede": _("Do this only when %(label)s confirms that both accounts are the same person's.") % {"label": label},
        "consequence": _("The account that logged in before is logged out. Whichever account comes next is let in."),
        "button": _("Let another account log in"),
        "cancel_url": reverse("sso-setups"),
        "trail": [(_("SSO setups"), reverse("sso-setups")), (_("Another account"), "")],
    }
    return render(request, "components/confirm.html", context)
