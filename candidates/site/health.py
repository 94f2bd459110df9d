"""Health, for machines: plain words, no session, nothing about people or versions.

Answered before everything else (candidates.site.middleware.HealthMiddleware).
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from candidates.operations.health import why_not_ready


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that the process answers, whatever else is down."""
    return _plain(_("alive"), 200)


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether people can be sent here; 503 with the reason where not."""
    reason = why_not_ready()
    return _plain(_("not ready: %(reason)s") % {"reason": reason}, 503) if reason else _plain(_("ready"), 200)


def _plain(words: str, status: int) -> HttpResponse:
    return HttpResponse(
        f"{words}\n", status=status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


urlpatterns: list[URLPattern] = [
    path("health/", live, name="health"),
    path("health/ready/", ready, name="health-ready"),
]
