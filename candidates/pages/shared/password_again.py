"""Ask staff for the own password once more before secrets are opened or made: one decorator, and the page it shows.

What was sent travels in the page that asks, and is kept nowhere: after the password a button sends it where it was
meant to go, so that files are saved and pages open as they would have. A page that can be opened is opened anew, so
that nothing is carried that somebody may have typed into it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from candidates import audit
from candidates.access import account_page, person
from candidates.pages.shared.base import DeliverForm
from candidates.signin.own_password import check_own_password, password_entered_recently
from candidates.site.addresses import nearest_page, takes_get

View = Callable[..., Any]
NOT_CARRIED = "csrfmiddlewaretoken"


class PasswordAgainForm(DeliverForm):
    """The own password once more; who it is, the view asks."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "w-20"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].validators = []  # it is right or wrong, and nothing else

    def refuse(self) -> None:
        """Say that it is wrong."""
        self.add_error("password", _("This is not your password. Type the one you logged in with."))


def asks_password(view: View, *, only_if: Callable[..., bool] | None = None) -> View:
    """Guard a view that opens or makes login details: who typed the own password long ago types it again first.

    `only_if` says of a request whether it asks for something that needs that.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **parts: Any) -> Any:
        if password_entered_recently(request) or (only_if and not only_if(request, *arguments, **parts)):
            return view(request, *arguments, **parts)
        sent = request.POST.copy()
        sent.pop(NOT_CARRIED, None)
        carried = "" if takes_get(resolve(request.path).func) else sent.urlencode()
        return _ask(request, PasswordAgainForm(), request.get_full_path(), carried, status=403)

    guarded.asks_password = True  # type: ignore[attr-defined]  # the page leads on to such views alone
    return guarded


@sensitive_post_parameters("password")
@sensitive_variables()
@require_POST
@account_page
def password_again(request: HttpRequest) -> HttpResponse:
    """Check the password, and lead on to what was asked for."""
    to, carried = request.POST.get("to", ""), request.POST.get("carried", "")
    if not _asks(to):
        return HttpResponseRedirect("/")
    form = PasswordAgainForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data["password"]
        if check_own_password(request, person(request), typed, for_what=audit.Action.PASSWORD_ASKED):
            audit.record_if_possible(audit.Action.PASSWORD_ASKED, by=person(request))
            return _go_on(request, to, carried)
        form.refuse()
    return _ask(request, form, to, carried, status=422)


def _ask(request: HttpRequest, form: PasswordAgainForm, to: str, carried: str, *, status: int) -> HttpResponse:
    context = _context(to) | {"form": form, "to": to, "carried": carried}
    context["has_password"] = person(request).has_usable_password()
    return render(request, "account/password_again.html", context, status=status)


def _go_on(request: HttpRequest, to: str, carried: str) -> HttpResponse:
    """Open the page that was asked for, or show the button that sends to it what was sent before."""
    if takes_get(resolve(_path(to)).func):
        return HttpResponseRedirect(to)
    sent = [(name, value) for name, values in QueryDict(carried).lists() for value in values if name != NOT_CARRIED]
    return render(request, "account/go_on.html", _context(to) | {"to": to, "sent": sent})


def _context(to: str) -> dict[str, Any]:
    """Return how long a password counts, and the page to go back to: the one above what was asked for."""
    path = _path(to)
    above = path.rstrip("/").rpartition("/")[0] + "/"
    return {"minutes": settings.REAUTHENTICATE_MINUTES, "cancel_url": nearest_page(above)}


def _asks(to: str) -> bool:
    """Say whether an address is one of ours that asks for the password."""
    if not (to.startswith("/") and to.isprintable() and url_has_allowed_host_and_scheme(to, None)):
        return False
    try:
        return getattr(resolve(_path(to)).func, "asks_password", False)
    except Resolver404:
        return False


def _path(address: str) -> str:
    return address.partition("?")[0]
