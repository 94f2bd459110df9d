"""Logging in and out, and the way to each person's first page."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from candidates.access import person
from candidates.addresses import first_page
from candidates.forms.signin import LoginForm
from candidates.views import sso


class LogIn(LoginView):
    """The login page; Django's own view drops unsafe `next` addresses and gives the session a new id."""

    authentication_form = LoginForm  # type: ignore[assignment]
    template_name = "signin/login.html"

    def form_valid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override]
        """Log in with a session of its own: Django keeps the id where the same person logs in again (C22, C23)."""
        before = sso.came_through(self.request)
        if self.request.user.is_authenticated:
            self.request.session.flush()
        response = super().form_valid(form)  # type: ignore[arg-type]
        sso.remember(self.request, before)
        return response

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Add the way through each institution, to the page that was wanted."""
        context = super().get_context_data(**more)
        return context | {"sso": sso.offers(str(context[self.redirect_field_name] or ""))}

    def get_redirect_url(self) -> str:  # type: ignore[override]
        """Return where the person wanted to go, "" for addresses elsewhere and for those with control characters."""
        address = super().get_redirect_url()
        return address if address.isprintable() else ""

    def get_default_redirect_url(self) -> str:
        """Return the person's own first page at once: 1500 logins need no stop in between."""
        return reverse(first_page(person(self.request)))

    def form_invalid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override]
        """Show the page again with 422; the password is never sent back."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class LogOut(LogoutView):
    """Log out here, and at the provider through which the person came: halls share machines (traps.md O14)."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session; who came through SSO goes on to the provider."""
        slug, before = request.session.get(sso.SESSION_TYPE), sso.came_through(request)
        response = super().post(request, *args, **kwargs)
        sso.remember(request, before)
        return sso.log_out_there(request, slug) or response


log_in = LogIn.as_view()
# Also for somebody whose session has ended meanwhile: a log-in page that leads back here would lead to nothing.
log_out = login_not_required(LogOut.as_view())


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody to the first page that is theirs."""
    return redirect(first_page(person(request)) if request.user.is_authenticated else "login")
