"""The permanent users of the installation: the list, one of them, and what administrators do with one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import administrator_page, permanent_user_of, permanent_users_page, person
from candidates.credentials.renewing import give_new_password
from candidates.errors import Conflict, Refused
from candidates.lifecycle import erasing, permanent_users
from candidates.models import PermanentUser
from candidates.pages.permanent_users.forms import FilterForm, RenameForm
from candidates.pages.permanent_users.rows import found_users, user_page
from candidates.pages.shared.kept_search import say_if_cut
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.recorded import needs_record
from candidates.timing import writing_now


@require_safe
@permanent_users_page
def list_users(request: HttpRequest) -> HttpResponse:
    """Show the permanent users that match the filters of the address, 50 at a time."""
    user = person(request)
    found = found_users(user, request.GET)
    say_if_cut(request)
    filters = FilterForm(
        lists=[(one.public_id, one.name) for one in found.lists],
        sees_all=user.is_administrator,
        q=found.wanted.q,
        status=found.wanted.status,
        list=found.wanted.list,
    )
    context = {"found": found, "filters": filters, "is_administrator": user.is_administrator, "ways": _ways(request)}
    return render(request, "permanent_users/list.html", context)


@require_safe
@permanent_users_page
def show_user(request: HttpRequest, user_id: str) -> HttpResponse:
    """Show one permanent user, with the tests that the viewer plans."""
    return the_page(request, permanent_user_of(user_id))


def the_page(request: HttpRequest, found: PermanentUser, *, refusal: str = "", status: int = 200) -> HttpResponse:
    """Render one permanent user's page, with `refusal` on top where an act was not done."""
    viewer = person(request)
    context = {
        "one": found,
        "page": user_page(found, viewer),
        "is_administrator": viewer.is_administrator,
        "refusal": refusal,
        "trail": trail_of(found.full_name),
    }
    return render(request, "permanent_users/user.html", context, status=status)


def trail_of(*here: str, page: str = "") -> list[tuple[str, str]]:
    """Return the breadcrumbs: the list, and what lies below it; `page` is the address of all but the last."""
    return [(_("Permanent users"), reverse("permanent-users")), *((name, page) for name in here[:-1]), (here[-1], "")]


def _ways(request: HttpRequest) -> dict[str, str]:
    """Return where else permanent users are dealt with, as far as this person may."""
    names = ["user-lists"]
    names += ["user-import", "user-formats", "people"] if person(request).is_administrator else []
    return {name.replace("-", "_"): reverse(name) for name in names}


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def rename(request: HttpRequest, user_id: str) -> HttpResponse:
    """Show the names, e-mail and external ID of a permanent user, and store what was changed."""
    found = permanent_user_of(user_id)
    form = RenameForm(request.POST if request.method == "POST" else None, user=found)
    if form.is_bound and form.is_valid() and (changed := _renamed(request, form, found)) is not None:
        if changed:
            messages.success(request, _("%(name)s is changed.") % {"name": permanent_user_of(user_id).full_name})
        else:
            messages.info(request, _("Nothing was changed."))
        return redirect("permanent-user", user_id)
    context = _context(found, _("Change %(name)s"), _("Change"))
    context |= {"form": form, "heading": context["question"], "submit": _("Save")}
    return render(request, "permanent_users/rename.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def deactivate(request: HttpRequest, user_id: str) -> HttpResponse:
    """Ask, and on POST keep a permanent user out."""
    found = permanent_user_of(user_id)
    if request.method == "POST":
        outcome = _("%(name)s cannot log in any more, and is logged out.")
        return _set_active(request, found, allowed=False, outcome=outcome)
    context = _context(found, _("Deactivate %(name)s?"), _("Deactivate"))
    context["writing"] = writing_now(found.user)
    return render(request, "permanent_users/deactivate.html", context)


@require_POST
@administrator_page
def reactivate(request: HttpRequest, user_id: str) -> HttpResponse:
    """Let a permanent user in again."""
    outcome = _("%(name)s can log in again, with the same username and password.")
    return _set_active(request, permanent_user_of(user_id), allowed=True, outcome=outcome)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@administrator_page
@asks_password
@sensitive_variables()
def new_password(request: HttpRequest, user_id: str) -> HttpResponse:
    """Ask, and on POST give a new password and show it, this once."""
    found = permanent_user_of(user_id)
    context = _context(found, _("Give %(name)s a new password?"), _("New password"))
    if request.method != "POST":
        context["writing"] = writing_now(found.user)
        return render(request, "permanent_users/new_password.html", context)
    context["login"] = give_new_password(person=found, by=person(request))
    response = render(request, "permanent_users/new_password_shown.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def delete(request: HttpRequest, user_id: str) -> HttpResponse:
    """Ask, and on POST delete a permanent user."""
    found = permanent_user_of(user_id)
    if request.method == "POST":
        try:
            erasing.delete(person=found, by=person(request))
        except Refused as refusal:
            return the_page(request, found, refusal=refusal.sentence, status=409)
        messages.success(request, _("The user is deleted."))
        return redirect("permanent-users")
    tests = erasing.tests_of_person(found.user)
    if reason := erasing.why_not_deleted(tests):
        return the_page(request, found, refusal=reason, status=409)
    context = _context(found, _("Delete %(name)s for good?"), _("Delete"))
    context["consequence"] = erasing.consequence_of_deletion(tests)
    return render(request, "permanent_users/delete.html", context)


def _renamed(request: HttpRequest, form: RenameForm, found: PermanentUser) -> tuple[str, ...] | None:
    """Store the form; return what was changed, or None with the reason in the form."""
    try:
        return permanent_users.rename(person=found, old=form.old, new=form.new, by=person(request))
    except Conflict as conflict:
        form.show_what_is_stored(conflict)
    except Refused as refusal:
        form.add_error(refusal.about or None, refusal.sentence)
    return None


def _set_active(request: HttpRequest, found: PermanentUser, *, allowed: bool, outcome: str) -> HttpResponse:
    try:
        permanent_users.set_person_active(person=found, allowed=allowed, by=person(request))
        messages.success(request, outcome % {"name": found.full_name})
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("permanent-user", found.public_id)


def _context(found: PermanentUser, question: str, here: str) -> dict[str, Any]:
    page = reverse("permanent-user", args=[found.public_id])
    return {
        "one": found,
        "question": question % {"name": found.full_name},
        "button": question.rstrip("?") % {"name": found.full_name},
        "lede": found.user.shown_username,
        "cancel_url": page,
        "trail": trail_of(found.full_name, here, page=page),
    }
