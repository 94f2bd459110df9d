"""Webhooks for administrators: which system is told of what, the last deliveries, and what to do when one fails."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import administrator_page, person, webhook_of
from candidates.operations.webhooks.subscriptions import go_on, pause, remove
from candidates.pages.shared.recorded import needs_record
from candidates.pages.webhooks.rows import delivery_rows, host_of, kept_words, state_of, webhook_rows
from candidates.text import when


@require_safe
@administrator_page
def list_webhooks(request: HttpRequest) -> HttpResponse:
    """Show who is told of what happens."""
    context = {"rows": webhook_rows(), "trail": _trail(_("Webhooks"))}
    return render(request, "webhooks/list.html", context)


@require_safe
@administrator_page
def show_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Show a webhook with its last deliveries."""
    one = webhook_of(webhook_id)
    state, shape = state_of(one)
    facts = [
        {"term": _("State"), "value": state, "shape": shape},
        {"term": _("Events"), "value": ", ".join(str(event.label) for event in one.events)},
        {"term": _("Made"), "value": when(one.made_at)},
        *([{"term": _("Last failure"), "value": one.said}] if one.failures else []),
    ]
    context = {
        "webhook": one,
        "facts": facts,
        "system": one.made_by.name if one.made_by else "",
        "rows": delivery_rows(one),
        "kept": kept_words(),
        "trail": _trail(host_of(one), below=True),
    }
    return render(request, "webhooks/show.html", context)


@require_POST
@needs_record
@administrator_page
def pause_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Send nothing until somebody lets it go on."""
    one = webhook_of(webhook_id)
    pause(one, by=person(request))
    messages.success(request, _("The webhook is paused. What happens meanwhile is sent when it goes on."))
    return redirect("webhook", one.public_id)


@require_POST
@needs_record
@administrator_page
def go_on_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Try again at once, also what was given up."""
    one = webhook_of(webhook_id)
    go_on(one, by=person(request))
    messages.success(request, _("The worker sends again within seconds."))
    return redirect("webhook", one.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@administrator_page
def remove_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Ask, and on POST remove a webhook."""
    one = webhook_of(webhook_id)
    if request.method == "POST":
        remove(one, by=person(request))
        messages.success(request, _("The webhook is removed."))
        return redirect("webhooks")
    context = {
        "question": _("Remove the webhook to %(host)s?") % {"host": host_of(one)},
        "lede": one.target,
        "consequence": _("The system is told of nothing from now on. It can ask for a new one through the API."),
        "button": _("Remove the webhook"),
        "cancel_url": reverse("webhook", args=[one.public_id]),
        "trail": _trail(_("Remove"), below=True),
    }
    return render(request, "components/confirm.html", context)


def _trail(here: str, *, below: bool = False) -> list[tuple[str, str]]:
    above = [(_("Access keys"), reverse("access-keys"))]
    return [*above, *([(_("Webhooks"), reverse("webhooks"))] if below else []), (here, "")]
