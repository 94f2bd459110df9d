"""The candidate's first pages: Dashboard and Archive."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from candidates.access import candidate_page, person
from candidates.pages.dashboard.rows import archive_of, dashboard_of, seen_on_dashboard
from candidates.pages.shared.joining import code_help, may_type_codes, waiting_for


@require_safe
@candidate_page
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the person's own tests that are not over, and the demo tests."""
    user = person(request)
    context = {
        "dashboard": dashboard_of(user),
        "now": timezone.now(),
        "types_codes": may_type_codes(user),
        "code_help": code_help(),
        "waiting": waiting_for(user),
    }
    return render(request, "dashboard/dashboard.html", context)


@require_safe
@candidate_page
def archive(request: HttpRequest) -> HttpResponse:
    """Show the person's own tests that are over."""
    return render(request, "dashboard/archive.html", {"rows": archive_of(person(request))})


@require_POST
@candidate_page
def seen(request: HttpRequest) -> JsonResponse:
    """Take the sign of life of an open Dashboard; the answer tells it when it is out of date."""
    return JsonResponse({"state": seen_on_dashboard(person(request))})
