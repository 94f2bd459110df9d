"""Student systems for administrators: how each is doing, what is wrong in the settings, and whether it answers."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import administrator_page, person, roster_identity_of
from candidates.authentication_types import type_label
from candidates.errors import Refused
from candidates.pages.sources.rows import sources_page
from candidates.rosters.asking import test_connection
from candidates.rosters.source import SourceError
from candidates.rosters.sources import setups
from candidates.signin.sso.binding import release_person


@require_safe
@administrator_page
def list_sources(request: HttpRequest) -> HttpResponse:
    """Show every student system of the settings; asks none of them."""
    return render(request, "sources/list.html", {"page": sources_page()})


@require_POST
@administrator_page
def try_source(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask one student system for something small, and say what came back."""
    setup = setups().get(slug)
    if setup is None:
        raise Http404
    try:
        said = test_connection(slug, by=person(request))
    except SourceError as error:
        failed = _("%(label)s does not answer as it should. %(why)s")
        messages.error(request, failed % {"label": setup["label"], "why": error})
    else:
        messages.success(request, _("%(label)s answers. %(said)s") % {"label": setup["label"], "said": said})
    return redirect("sources")


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def release(request: HttpRequest, identity: str) -> HttpResponse:
    """Ask, and on POST let the next account that comes as this person have the places."""
    found = roster_identity_of(identity)
    label = type_label(found.authentication_type)
    if request.method == "POST":
        try:
            release_person(found, by=person(request))
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            outcome = _("The next account of %(label)s that comes as %(id)s is let in.")
            messages.success(request, outcome % {"label": label, "id": found.login})
        return redirect("sources")
    context = {
        "question": _("Let another account of %(label)s log in as %(id)s?") % {"label": label, "id": found.login},
        "lede": _("Do this only when %(label)s confirms that both accounts are the same person’s.") % {"label": label},
        "consequence": _(
            "Whichever account comes next gets the places at which nobody has started. What was started stays with the "
            "account that started it."
        ),
        "button": _("Let another account log in"),
        "cancel_url": reverse("sources"),
        "trail": [(_("Student systems"), reverse("sources")), (_("Let another account log in"), "")],
    }
    return render(request, "components/confirm.html", context)
