"""The lists that were added to a test, and undoing one of them as one act."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from candidates.access import import_of, person, planned_test, planner_page
from candidates.errors import Refused
from candidates.intake.prepared_undoing import undo_prepared, undoing_prepared
from candidates.intake.undoing import undo_import, undoing_of
from candidates.models import Import, Test, User
from candidates.pages.imports.history_rows import history_page, undo_page, undo_prepared_page, undone_words
from candidates.pages.imports.prepared_words import prepared_undone_words


@require_safe
@planner_page
def list_imports(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show which lists were added to the test: who, when, from which file, how many."""
    user = person(request)
    test = planned_test(user, test_id)
    return render(request, "imports/history.html", history_page(test, user))


@require_safe
@planner_page
def undo_import_page(request: HttpRequest, test_id: str, import_id: str) -> HttpResponse:
    """Ask before an import is undone, and say what goes and what is kept."""
    user = person(request)
    test = planned_test(user, test_id)
    record = import_of(test, import_id)
    return render(request, "imports/undo.html", _page(test, user, record))


@require_POST
@planner_page
def undo_import_confirmed(request: HttpRequest, test_id: str, import_id: str) -> HttpResponse:
    """Undo the import, all of it or nothing."""
    user = person(request)
    test = planned_test(user, test_id)
    record = import_of(test, import_id)
    try:
        if record.kind == Import.Kind.PREPARED:
            words = prepared_undone_words(undo_prepared(record=record, by=user))
        else:
            words = undone_words(undo_import(record=record, by=user))
    except Refused as refused:
        # the page says why, from what is stored now
        context = _page(test, user, import_of(test, import_id), refused.sentence)
        return render(request, "imports/undo.html", context, status=409)
    messages.success(request, words)
    return redirect("imports", test.public_id)


def _page(test: Test, user: User, record: Import, refusal: str = "") -> dict[str, Any]:
    if record.kind == Import.Kind.PREPARED:
        return undo_prepared_page(test, user, record, undoing_prepared(record), refusal)
    return undo_page(test, user, record, undoing_of(record), refusal)
