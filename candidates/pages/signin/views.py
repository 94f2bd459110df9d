"""Logging in and out, and the way to each person's first page."""

from typing import Any, cast

from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from candidates import audit
from candidates.access import person
from candidates.models import User
from candidates.pages.signin import sso
from candidates.pages.signin.forms import LoginForm
from candidates.signin import second_step
from candidates.signin.events import note_refusal
from candidates.signin.hash_slots import BUSY_SECONDS, WAITS, NoFreeSlot
from candidates.signin.reasons import give_reason, sentence_for, take_reason
from candidates.signin.second_step import has_second_step
from candidates.signin.sessions import AccountGone, SessionStore, login_in_one_commit
from candidates.signin.throttling import keep_browser
from candidates.site.addresses import first_page, page_after_login
from candidates.site.errors import no_free_slot


@method_decorator(login_not_required, name="dispatch")  # Django's own mark is on the dispatch that ours replaces
class LogIn(LoginView):
    """The login page; Django's own view drops unsafe `next` addresses and gives the session a new id."""

    authentication_form = LoginForm  # type: ignore[assignment]
    template_name = "signin/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and give the browser what its tries are counted by; the page's script gets addresses in JSON."""
        response = super().dispatch(request, *args, **kwargs)
        if _by_script(request) and "Location" in response:
            response = JsonResponse({"address": response["Location"]})
        keep_browser(request, response)
        take_reason(request, response)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Log in; who finds no place for a slow hash keeps the page, whose script tries again with what was typed."""
        form = cast(LoginForm, self.get_form())
        try:
            is_right = form.is_valid()
        except NoFreeSlot:
            return self._without_a_place(form)
        return self.form_valid(form) if is_right else self.form_invalid(form)

    def _without_a_place(self, form: LoginForm) -> HttpResponse:
        """Answer 503: in JSON to the script, else with the page and the name, and never with the password."""
        if _by_script(self.request):
            return no_free_slot(self.request)
        self.request.META[WAITS] = True
        response = self.render_to_response(self.get_context_data(form=form, no_free_slot=True), status=503)
        response["Retry-After"] = str(BUSY_SECONDS)
        return response

    def form_valid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override]
        """Log in with a session of its own: Django keeps the id where the same person logs in again (C22, C23)."""
        user = cast(User, form.get_user())
        if has_second_step(user):
            second_step.begin_half_login(self.request, user, self.get_redirect_url())
            # whoever stops here knows the password, and is perhaps not its owner
            audit.record_if_possible(audit.Action.PASSWORD_RIGHT, by=user)
            return redirect("login-code")
        try:
            enter(self.request, user)
        except AccountGone:
            note_refusal(self, {}, self.request)
            form.refuse()
            return self.form_invalid(form)
        # after the commit: what is asked for the address would hold up everybody else who writes into SQLite
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Add the way through each institution, to the page that was wanted, and why somebody has to log in again."""
        context = super().get_context_data(**more)
        context["why"] = sentence_for(self.request)
        return context | {"sso": sso.offers(str(context[self.redirect_field_name] or ""))}

    def get_redirect_url(self) -> str:  # type: ignore[override]
        """Return where the person wanted to go, "" for addresses elsewhere and for those with control characters."""
        address = super().get_redirect_url()
        return address if address.isprintable() else ""

    def get_success_url(self) -> str:
        """Return the page that was wanted, else the person's first one at once: 1500 logins need no stop between."""
        return page_after_login(person(self.request), self.get_redirect_url())

    def form_invalid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override]
        """Show the page again with 422; the password is never sent back."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


def enter(request: HttpRequest, user: User, *, by_code: bool = False) -> None:
    """Log somebody in with a session of its own. Raises AccountGone where the account is not there any more."""
    before = sso.came_through(request)
    with login_in_one_commit(request, user):
        if not user.is_candidate:
            # Before the row of a session, as who ends sessions does; that somebody logs in is written into the account.
            User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
        if request.user.is_authenticated:
            request.session.flush()
        auth.login(request, user)
        sso.remember(request, before)
        if by_code:
            request.session[second_step.PASSED] = True


class LogOut(LogoutView):
    """Log out here, and at the provider through which the person came: halls share machines (O14)."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session; who came through SSO goes on to the provider."""
        slug, before = request.session.get(sso.SESSION_TYPE), sso.came_through(request)
        response = super().post(request, *args, **kwargs)
        sso.remember(request, before)
        return sso.log_out_device(request, slug) or response


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


log_in = LogIn.as_view()
# Also for somebody whose session has ended meanwhile: a log-in page that leads back here would lead to nothing.
log_out = login_not_required(LogOut.as_view())


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody to the first page that is theirs."""
    if request.user.is_authenticated:
        return redirect(first_page(person(request)))
    response = redirect("login")
    give_reason(response, was_idle=cast(SessionStore, request.session).was_idle)
    return response
