"""Adding one-time users by typing them or by letting the product number them. Nothing is stored before Save."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import person, planned_test, planner_page
from candidates.errors import Refused
from candidates.intake.door import Added, NoRoom
from candidates.intake.typed import TypedRefused, TypedRow, add_typed, check_typed, generate, renumbered
from candidates.models import Test
from candidates.pages.adding.forms import (
    CountForm,
    RowsLost,
    has_more,
    notices_in_words,
    read_after,
    read_drop,
    read_meant,
    read_rows,
)
from candidates.pages.adding.rows import Trouble, no_room, rows_page
from candidates.pages.shared.sending import sending
from candidates.pages.shared.ways_in import way_page

TYPED, GENERATED = "add-one-time", "add-generated"


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def add_one_time(request: HttpRequest, test_id: str) -> HttpResponse:
    """Add the candidates whose IDs are typed; an empty ID means the next generated one."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        return _save(request, test, TYPED)
    return _show(request, test, TYPED, [TypedRow()])


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def add_generated(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show as many generated rows as were asked for (`?n=`), and add them as they were edited."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        return _save(request, test, GENERATED)
    form = CountForm(request.GET if "n" in request.GET else None)
    if not form.is_valid():
        return _show(request, test, GENERATED, [], form=form)
    try:
        rows = generate(test=test, count=form.cleaned_data["n"])
    except NoRoom as full:
        return _show(request, test, GENERATED, [], form=form, trouble=no_room(form.cleaned_data["n"], full))
    return _show(request, test, GENERATED, rows, form=form)


@require_POST
@planner_page
def arrange_one_time(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the typed rows again with one more, or without the one that was taken out. Stores nothing."""
    test = planned_test(person(request), test_id)
    try:
        rows = read_drop(request.POST, read_rows(request.POST))
    except RowsLost as lost:
        return _show(request, test, TYPED, [TypedRow()], trouble=Trouble(lost.sentence))
    if "another" in request.POST:
        rows = [*rows, TypedRow()]
    return _show(request, test, TYPED, rows or [TypedRow()], meant=read_meant(request.POST))


@require_POST
@planner_page
def arrange_generated(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the generated rows again without one, or with new numbers for those that are taken. Stores nothing."""
    test = planned_test(person(request), test_id)
    try:
        rows = read_drop(request.POST, read_rows(request.POST))
    except RowsLost as lost:
        return _show(request, test, GENERATED, [], trouble=Trouble(lost.sentence))
    if "renumber" in request.POST:
        rows = renumbered(test=test, rows=rows)
    meant = read_meant(request.POST)
    checked = check_typed(test=test, rows=rows, meant=meant)
    trouble = Trouble(problems=checked.problems, warnings=checked.warnings) if checked.problems else None
    return _show(request, test, GENERATED, rows, trouble=trouble, meant=meant)


def _save(request: HttpRequest, test: Test, way: str) -> HttpResponse:
    """Add the rows that were sent, or show them again with what is wrong."""
    rows: list[TypedRow] = []
    source, meant = "typed" if way == TYPED else "generated", read_meant(request.POST)
    try:
        rows = read_rows(request.POST)
        with sending(request) as sent:
            added, warnings = add_typed(
                test=test,
                rows=rows,
                after=read_after(request.POST),
                by=person(request),
                source=source,
                meant=meant,
            )
            sent.leads_to = reverse("candidates", args=[test.public_id])
    except RowsLost as lost:
        return _show(request, test, way, rows, trouble=Trouble(lost.sentence))
    except TypedRefused as refused:
        trouble = Trouble(problems=refused.problems, warnings=refused.warnings)
        return _show(request, test, way, rows, trouble=trouble, meant=meant)
    except NoRoom as full:
        return _show(request, test, way, rows, trouble=no_room(len(rows), full), meant=meant)
    except Refused as refusal:
        return _show(request, test, way, rows, trouble=Trouble(refusal.sentence), meant=meant)
    messages.success(request, added_words(added))
    if warnings:
        messages.warning(request, notices_in_words(warnings))
    return redirect("candidates", test.public_id)


def added_words(added: Added) -> str:
    """Return the message after adding: how many, and whether they can log in already (D5)."""
    words = ngettext("%(n)d candidate added.", "%(n)d candidates added.", added.count) % {"n": added.count}
    if added.with_login_details:
        return words + " " + _("The test is activated, so they have a username and password already.")
    return words


def _show(
    request: HttpRequest,
    test: Test,
    way: str,
    rows: Sequence[TypedRow],
    *,
    form: CountForm | None = None,
    trouble: Trouble | None = None,
    meant: Collection[str] = (),
) -> HttpResponse:
    """Render one of the two pages with rows; 422 where something is wrong."""
    wrong = trouble is not None or (form is not None and bool(form.errors))
    # typed one by one each row has them; of many generated ones where they are asked for, or were filled in
    sent = request.POST if request.method == "POST" else request.GET
    more = way == TYPED or has_more(sent) or any(row.name or row.reference or row.seat for row in rows)
    context: dict[str, Any] = {
        **way_page(test, way),
        **rows_page(test, rows, trouble, meant, more=more),
        "form": form or CountForm(initial={"n": len(rows) or None, "more": more}),
        "arrange_url": reverse("arrange-one-time" if way == TYPED else "arrange-generated", args=[test.public_id]),
        "error": wrong,
    }
    template = "adding/typed.html" if way == TYPED else "adding/generated.html"
    return render(request, template, context, status=422 if wrong else 200)
