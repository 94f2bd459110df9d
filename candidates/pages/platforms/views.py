"""Register the learning platform of a source: what to copy there, what to copy from there, and whether it answers."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import administrator_page, person
from candidates.errors import Refused
from candidates.pages.platforms.forms import PlatformForm, initial_of
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.recorded import needs_record
from candidates.signin.lti.keys import KeysUnusable, signing_keys
from candidates.signin.lti.platforms import launch_type, platform_of
from candidates.signin.lti.registration import register, registration_of, try_keys


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@administrator_page
@asks_password
def register_platform(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what to copy, and store what the platform says: whoever sets its keys decides who logs in as whom."""
    registered = registration_of(slug)
    form = PlatformForm(request.POST or None, initial=initial_of(registered))
    label = launch_type(slug).label
    stored = None
    if form.is_bound and form.is_valid():
        stored = attempt(form, lambda: register(slug, by=person(request), **form.cleaned_data))
    if stored is not None:
        messages.success(request, _("%(label)s is registered.") % {"label": label})
        return redirect("lti-platform", slug=slug)
    context = {
        "form": form,
        "label": label,
        "slug": slug,
        "registered": registered,
        "addresses": [
            (words, request.build_absolute_uri(reverse(name, args=[slug]))) for words, name in _our_addresses()
        ],
        "trail": [(_("Student systems"), reverse("sources")), (label, "")],
        **_state_of_keys(slug),
    }
    return render(request, "platforms/platform.html", context, status=status_of(form))


@require_POST
@administrator_page
def try_platform(request: HttpRequest, slug: str) -> HttpResponse:
    """Fetch the platform's keys, and say what came of it."""
    platform = platform_of(slug)
    if platform is None:
        raise Http404
    try:
        messages.success(request, try_keys(platform))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("lti-platform", slug=slug)


def _our_addresses() -> list[tuple[str, str]]:
    return [
        (_("Login address (initiate login URL)"), "lti-start"),
        (_("Launch address (redirect and target link URL)"), "lti-launch"),
        (_("Keyset address (public keyset URL)"), "lti-keys"),
    ]


def _state_of_keys(slug: str) -> dict[str, Any]:
    """Say which of our keys signs, or why nothing can be read from the platform."""
    path = next(one["key"] for one in settings.ROSTER_SOURCES if one["slug"] == slug)
    setting = f"ROSTER_{slug.upper().replace('-', '_')}_KEY"
    if not path:
        words = _("%(setting)s is not set: people can log in, and their list cannot be read.")
        return {"key_problem": words % {"setting": setting}}
    try:
        keys = signing_keys(path)
    except KeysUnusable as problem:
        return {"key_problem": _("%(setting)s: %(why)s") % {"setting": setting, "why": problem}}
    more = len(keys) - 1
    words = ngettext("%(n)d more key is published.", "%(n)d more keys are published.", more) % {"n": more}
    return {"kid": keys[0].kid, "more_keys": words if more else ""}
