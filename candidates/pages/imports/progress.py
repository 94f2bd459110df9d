"""How far an import of permanent users is: the page, and the part of it that changes by itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from candidates.access import administrator_page, person, planned_test_id_or_empty, started_import
from candidates.intake.accounts.storing import filled_lists
from candidates.models import Import
from candidates.pages.imports.progress_rows import progress_page
from candidates.pages.imports.views import user_import_not_found
from candidates.signin.sessions import comes_by_itself


@require_safe
@administrator_page
def progress(request: HttpRequest, user_import: str) -> HttpResponse:
    """Show how far the import is, and what came of it."""
    user = person(request)
    try:
        running = started_import(user, user_import)
    except Http404:
        return user_import_not_found(request)
    if running.status == Import.Status.WAITING:
        return redirect("user-import-preview", running.public_id)
    mine = running.owner_id == user.pk
    context = progress_page(running, mine=mine) | {
        "test_id": planned_test_id_or_empty(user, running.back_to_test),
        "filled_lists": filled_lists(running) if mine else [],
    }
    return render(request, "user_imports/progress.html", context)


@require_safe
@comes_by_itself
@administrator_page
def live(request: HttpRequest, user_import: str) -> HttpResponse:
    """Answer with the figures; when the import is over the whole page is loaded again, with what came of it."""
    user = person(request)
    running = started_import(user, user_import)
    if running.status == Import.Status.WAITING:
        return redirect("user-import-preview", running.public_id)
    context = progress_page(running, mine=running.owner_id == user.pk)
    answer = render(request, "user_imports/figures.html", context)
    if context["over"]:
        answer.headers["HX-Refresh"] = "true"
    return answer
