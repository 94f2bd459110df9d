"""Pages that say the same to everybody, signed in or not."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Show the way through the product for each kind of person."""
    return render(request, "pages/help.html")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show what was checked, what is known to be missing, and whom to tell."""
    return render(request, "pages/accessibility.html")
