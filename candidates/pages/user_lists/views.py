"""Lists of permanent users: all of them, one of them, and what its owner does with it."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import (
    owned_list,
    permanent_users_page,
    person,
    planned_test,
    planner_page,
    shared_with,
    transferable_list,
    usable_list,
    visible_list,
)
from candidates.errors import Refused
from candidates.intake.selecting import keep_list, left_out
from candidates.lifecycle.user_lists import (
    delete_list,
    hand_over_list,
    make_list,
    rename_list,
    share_list,
    unshare_list,
)
from candidates.models import Import, PermanentUserList
from candidates.pages.shared.base import DeliverForm, attempt, status_of
from candidates.pages.shared.kept_search import asked_search, keep_search
from candidates.pages.shared.sending import sending
from candidates.pages.user_lists.forms import EDIT, HandOverForm, ListNameForm, ShareForm, ToTestForm
from candidates.pages.user_lists.people import left_out_words, pasted_people
from candidates.pages.user_lists.rows import list_page, list_trail, lists_page, lists_trail, tests_to_add_to


@require_safe
@permanent_users_page
def show_lists(request: HttpRequest) -> HttpResponse:
    """Show my lists, and those that others share with me."""
    return render(request, "user_lists/lists.html", lists_page(person(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@permanent_users_page
def new_list(request: HttpRequest) -> HttpResponse:
    """Make a list; its members are added on its page."""
    form = ListNameForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():

        def make() -> PermanentUserList:
            with sending(request) as sent:
                one = make_list(name=form.cleaned_data["name"], by=person(request))
                sent.leads_to = reverse("user-list-find", args=[one.public_id])
                return one

        made = attempt(form, make)
        if made is not None:
            messages.success(request, _("The list %(name)s is made. Add its members now.") % {"name": made.name})
            return redirect("user-list-find", made.public_id)
    context = {"heading": _("New list"), "submit": _("Make the list"), "cancel_url": reverse("user-lists")}
    return _form(request, form, {**context, "trail": lists_trail(_("New list"))})


@require_http_methods(["GET", "HEAD", "POST"])
@permanent_users_page
def show_list(request: HttpRequest, list_id: str) -> HttpResponse:
    """Show the members of a list; a POST carries a search and who is ticked, and leads to the page that shows both."""
    user = person(request)
    one = visible_list(user, list_id)
    if request.method == "POST":
        return keep_search(request, pasted_people(request, one))
    asked = asked_search(request)
    context = list_page(one, user, asked.search, asked.ticked) | {"notice": asked.notice}
    return render(request, "user_lists/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permanent_users_page
def rename(request: HttpRequest, list_id: str) -> HttpResponse:
    """Give an own list another name."""
    user = person(request)
    one = owned_list(user, list_id)
    data = request.POST if request.method == "POST" else None
    form = ListNameForm(data, initial={"name": one.name})
    if form.is_bound and form.is_valid():
        name = form.cleaned_data["name"]
        if attempt(form, partial(_done, rename_list, one=one, name=name, by=user)):
            messages.success(request, _("The list is called %(name)s now.") % {"name": name})
            return redirect("user-list", one.public_id)
    return _form(request, form, _page(one, _("Rename the list"), _("Save")))


@require_http_methods(["GET", "HEAD", "POST"])
@permanent_users_page
def delete(request: HttpRequest, list_id: str) -> HttpResponse:
    """Ask, and on POST delete an own list: neither its members nor candidates go with it."""
    user = person(request)
    one = owned_list(user, list_id)
    if request.method == "POST":
        try:
            delete_list(one=one, by=user)
        except Refused as refusal:
            messages.warning(request, refusal.sentence)
        else:
            messages.success(request, _("The list %(name)s is deleted.") % {"name": one.name})
        return redirect("user-lists")
    size = one.memberships.count()
    lede = ngettext("It has %(n)d member.", "It has %(n)d members.", size) % {"n": size}
    context = {
        "question": _("Delete the list %(name)s?") % {"name": one.name},
        "lede": lede,
        "consequence": _(
            "Its members stay permanent users, and candidates who were added by it stay on their tests. With whom it "
            "was shared, and what changed in it since it was added to tests, is forgotten. Where it waits to be "
            "confirmed for a test, it has to be selected again."
        ),
        "button": _("Delete the list"),
    }
    return render(request, "components/confirm.html", {**_page(one, _("Delete")), **context})


@require_http_methods(["GET", "HEAD", "POST"])
@permanent_users_page
def share(request: HttpRequest, list_id: str) -> HttpResponse:
    """Share an own list with another planner, to use or to edit; show with whom it is shared."""
    user = person(request)
    one = owned_list(user, list_id)
    form = ShareForm(request.POST if request.method == "POST" else None, one=one)
    if form.is_bound and form.is_valid():
        who, edits = form.cleaned_data["person"], form.cleaned_data["how"] == EDIT
        if attempt(form, partial(_done, share_list, one=one, user=who, edits=edits, by=user)):
            said = _("%(name)s may use and edit the list.") if edits else _("%(name)s may use the list.")
            messages.success(request, said % {"name": who})
            return redirect("user-list-share", one.public_id)
    context = _page(one, _("Share the list"), _("Share")) | {"form": form, "shares": shared_with(one)}
    return render(request, "user_lists/share.html", context, status=status_of(form))


@require_POST
@permanent_users_page
def unshare(request: HttpRequest, list_id: str) -> HttpResponse:
    """Take an own list away from somebody."""
    user = person(request)
    one = owned_list(user, list_id)
    who = next((share.user for share in shared_with(one) if str(share.user_id) == request.POST.get("person")), None)
    try:
        if who is None:
            raise Refused(_("The list is not shared with this person any more. Nothing was changed."))
        unshare_list(one=one, user=who, by=user)
    except Refused as refusal:
        messages.warning(request, refusal.sentence)
    else:
        messages.success(request, _("The list is not shared with %(name)s any more.") % {"name": who})
    return redirect("user-list-share", one.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@permanent_users_page
def hand_over(request: HttpRequest, list_id: str) -> HttpResponse:
    """Give a list to somebody else: an own one, or as an administrator one of somebody who has left."""
    user = person(request)
    one = transferable_list(user, list_id)
    form = HandOverForm(request.POST if request.method == "POST" else None, one=one)
    if form.is_bound and form.is_valid():
        to, keeps = form.cleaned_data["person"], form.cleaned_data["keeps"]
        if attempt(form, partial(_done, hand_over_list, one=one, to=to, keeps=keeps, by=user)):
            messages.success(request, _("%(name)s now keeps the list %(list)s.") % {"name": to, "list": one.name})
            return redirect("user-lists")
    return _form(request, form, _page(one, _("Hand over the list"), _("Hand over")))


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def add_to_test(request: HttpRequest, list_id: str) -> HttpResponse:
    """Choose one of my tests, and lead to the preview of all members of the list."""
    user = person(request)
    one = usable_list(user, list_id)
    form = ToTestForm(request.POST if request.method == "POST" else None, tests=tests_to_add_to(user))
    if form.is_bound and form.is_valid():
        test = planned_test(user, form.cleaned_data["test"])

        def keep() -> Import:
            with sending(request) as sent:
                draft = keep_list(test=test, by=user, wanted=one)
                sent.leads_to = reverse("import-preview", args=[test.public_id, draft.public_id])
                return draft

        draft = attempt(form, keep)
        if draft is not None:
            if words := left_out_words(left_out(one)):
                messages.warning(request, words)
            return redirect("import-preview", test.public_id, draft.public_id)
    note = _("You see everybody once more before they are added.")
    return _form(request, form, _page(one, _("Add the list to a test"), _("Continue")) | {"note": note})


def _done(act: Any, **keywords: Any) -> bool:
    """Do something that returns nothing, and say that it is done."""
    act(**keywords)
    return True


def _page(one: PermanentUserList, heading: str, submit: str = "") -> dict[str, Any]:
    back = reverse("user-list", args=[one.public_id])
    return {
        "one": one,
        "heading": heading,
        "lede": one.name,
        "submit": submit,
        "cancel_url": back,
        "trail": list_trail(one, heading),
    }


def _form(request: HttpRequest, form: DeliverForm, context: dict[str, Any]) -> HttpResponse:
    return render(request, "components/form_page.html", {**context, "form": form}, status=status_of(form))
