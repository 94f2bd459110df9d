"""The SSO setups and their people, for administrators: what to register, whether it works, who was refused."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import administrator_page, person
from candidates.authentication_types import type_label
from candidates.errors import Refused
from candidates.lifecycle import erasing
from candidates.models import SsoIdentity
from candidates.signin.sso import setups


@require_safe
@administrator_page
def list_setups(request: HttpRequest) -> HttpResponse:
    """Show every setup, its addresses to register at the provider, and who was refused for another account."""
    lines: list[dict[str, Any]] = [
        {
            "setup": setup,
            "redirect_address": request.build_absolute_uri(reverse("sso-callback", args=[setup.kind.slug])),
            "test_url": reverse("sso-setup-test", args=[setup.kind.slug]),
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
    context = {
        "lines": lines,
        "lost": setups.people_without_setup(),
        "refused": refused,
        "after_logout": request.build_absolute_uri(reverse("login")),
    }
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


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def delete_person(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Ask, and on POST delete somebody who logs in through an institution."""
    identity = setups.identity_of(slug, username)
    if request.method == "POST":
        try:
            erasing.delete_sso_person(identity=identity, by=person(request))
        except Refused as refusal:
            return _ask_to_delete(request, identity, refusal.sentence)
        messages.success(request, _("The person is deleted."))
        return redirect("admin:candidates_ssoidentity_changelist")
    tests = erasing.tests_of_person(identity.user)
    return _ask_to_delete(request, identity, erasing.why_not_deleted(tests), erasing.consequence_of_deletion(tests))


def _ask_to_delete(request: HttpRequest, identity: SsoIdentity, refusal: str, consequence: str = "") -> HttpResponse:
    """Render the question, or `refusal` in its place."""
    names = {"label": type_label(identity.authentication_type), "id": identity.sso_user_id}
    context = {
        "question": (_("%(id)s of %(label)s is not deleted") if refusal else _("Delete %(id)s of %(label)s for good?"))
        % names,
        "button": _("Delete %(id)s for good") % names,
        "lede": _("Somebody who logs in through %(label)s.") % names,
        "again": _(
            "Anyone who later comes from %(label)s as %(id)s is unknown until a planner imports that person again."
        )
        % names,
        "consequence": consequence,
        "refusal": refusal,
        "can_deactivate": identity.user.is_active,
        "deactivate_url": _to_deactivate(identity),
        "cancel_url": reverse("admin:candidates_ssoidentity_changelist"),
        "trail": [(_("SSO setups"), reverse("sso-setups")), (_("Delete a person"), "")],
    }
    return render(request, "sso_setups/delete_person.html", context, status=409 if refusal else 200)


def _to_deactivate(identity: SsoIdentity) -> str:
    """Return where this person is deactivated, by the key: who somebody is there belongs into no address of ours."""
    return f"{reverse('admin:candidates_ssoidentity_changelist')}?id__exact={identity.pk}"
