"""What administrators do with one permanent user: one action, one address to post to."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import administrator_page, permanent_user_of, person
from candidates.credentials.renewing import give_new_password
from candidates.errors import Conflict, Refused
from candidates.lifecycle import erasing, permanent_users
from candidates.models import PermanentUser
from candidates.pages.login_details.views import needs_record
from candidates.pages.permanent_users.forms import RenameForm
from candidates.pages.permanent_users.views import the_page, trail_of
from candidates.pages.shared.password_again import asks_password
from candidates.timing import writing_now


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
        return _let_in(request, found, allowed=False, outcome=_("%(name)s cannot log in any more, and is logged out."))
    context = _context(found, _("Deactivate %(name)s?"), _("Deactivate"))
    context["writing"] = writing_now(found.user)
    return render(request, "permanent_users/deactivate.html", context)


@require_POST
@administrator_page
def reactivate(request: HttpRequest, user_id: str) -> HttpResponse:
    """Let a permanent user in again."""
    outcome = _("%(name)s can log in again, with the same username and password.")
    return _let_in(request, permanent_user_of(user_id), allowed=True, outcome=outcome)


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


def _let_in(request: HttpRequest, found: PermanentUser, *, allowed: bool, outcome: str) -> HttpResponse:
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
