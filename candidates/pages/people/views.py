"""What is kept about one person: find it, export it, erase it (administrators)."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import account_of, administrator_page, person
from candidates.errors import Refused
from candidates.lifecycle.erasing import erase_one_time_user, erase_staff
from candidates.lifecycle.everything_about import export_person
from candidates.models import User
from candidates.models.tests import MAX_TEST_NAME_LENGTH
from candidates.pages.people.rows import PersonRow, by_candidate_id, by_username, person_page
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.recorded import needs_record
from candidates.tabular.exporting import headers_of


class FindPersonForm(DeliverForm):
    """A user name, or a Candidate ID and the name of the test: whole ones, since a part would show other people."""

    username = forms.CharField(
        label=gettext_lazy("Username or SSO user ID"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("The whole name, as on a slip or as the institution sends it."),
    )
    candidate_id = forms.CharField(
        label=gettext_lazy("Or Candidate ID"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("The whole ID, with the test."),
    )
    test = forms.CharField(
        label=gettext_lazy("Test"),
        required=False,
        max_length=MAX_TEST_NAME_LENGTH,
        help_text=gettext_lazy("Its name, or a part of it."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two ways."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["username"] and (cleaned["candidate_id"] or cleaned["test"]):
            self.add_error("username", _("Write the username, or the Candidate ID and the test: not both."))
        elif not cleaned["username"] and not cleaned["candidate_id"]:
            self.add_error("username", _("Write a username, or a Candidate ID and its test."))
        elif cleaned["candidate_id"] and not cleaned["test"]:
            self.add_error("test", _("Write the name of the test as well: many tests have the same Candidate IDs."))
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@administrator_page
def find(request: HttpRequest) -> HttpResponse:
    """Find whose data is asked for. A form by POST: who somebody is does not belong into an address."""
    form = FindPersonForm(request.POST if request.method == "POST" else None)
    found: list[PersonRow] | None = None
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        if wanted["username"]:
            found = by_username(wanted["username"])
        else:
            found = by_candidate_id(wanted["candidate_id"], wanted["test"], by=person(request))
    context = {"form": form, "found": found, "trail": _trail()}
    return render(request, "people/find.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD"])
@administrator_page
def show(request: HttpRequest, key: int) -> HttpResponse:
    """Show what there is of one person, and what can be done with it."""
    return _page(request, account_of(key))


@require_POST
@needs_record
@administrator_page
@asks_password
def export(request: HttpRequest, key: int) -> HttpResponse:
    """Send everything that is kept about one person, recorded first."""
    account = account_of(key)
    pieces = export_person(user=account, by=person(request))
    name = f"person-{account.pk}-{timezone.localdate():%Y-%m-%d}.zip"
    # an answer as others are, as far as decorators and middleware are concerned
    return cast(HttpResponse, StreamingHttpResponse(pieces, headers=headers_of(name, "application/zip")))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def erase(request: HttpRequest, key: int) -> HttpResponse:
    """Ask, and on POST erase a one-time user, or staff who have left."""
    account = account_of(key)
    page = person_page(account, person(request))
    if page["refusal"] or page["erase_url"] != request.path:
        refusal = page["refusal"] or _("This person is erased on another page.")
        return _page(request, account, refusal, status=409)
    if request.method == "POST":
        act = erase_staff if account.kind == User.Kind.STAFF else erase_one_time_user
        try:
            act(account=account, by=person(request))
        except Refused as refused:
            return _page(request, account_of(key), refused.sentence, status=409)
        messages.success(request, _("The person is erased."))
        return redirect("people")
    staff = account.kind == User.Kind.STAFF
    context: dict[str, Any] = {
        "account": account,
        "question": _("Erase %(name)s for good?") % {"name": account},
        "button": _("Erase %(name)s") % {"name": account},
        "lede": account.get_kind_display(),
        "consequence": _(
            "Name, username, e-mail, roles and password are gone. Lists of permanent users pass to an administrator. "
            "Tests, marks and what was done stay, under a made-up name. This cannot be undone."
        )
        if staff
        else _(
            "Candidate ID, answer and mark stay. The private reference and the login are gone, and nothing leads from "
            "the slip to the test any more. This cannot be undone."
        ),
        "cancel_url": reverse("person", args=[account.pk]),
        "trail": [*_trail(str(account), page=reverse("person", args=[account.pk])), (_("Erase"), "")],
    }
    return render(request, "components/confirm.html", context)


def _page(request: HttpRequest, account: User, refusal: str = "", status: int = 200) -> HttpResponse:
    context = person_page(account, person(request))
    context |= {"problems": [("", refusal)] if refusal else [], "error": bool(refusal), "trail": _trail(str(account))}
    return render(request, "people/person.html", context, status=status)


def _trail(*here: str, page: str = "") -> list[tuple[str, str]]:
    found = [(_("Permanent users"), reverse("permanent-users")), (_("Data of one person"), reverse("people"))]
    return [*found, *((name, page) for name in here)] if here else [found[0], (found[1][0], "")]
