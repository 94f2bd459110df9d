"""Logging in and out, and the way to each person's first page."""

from typing import Any, cast

from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from candidates import audit
from candidates.access import person
from candidates.models import User
from candidates.pages.signin import sso
from candidates.pages.signin.forms import CodeForm, LoginForm, RecoveryForm
from candidates.signin import second_step
from candidates.signin.events import note_refusal
from candidates.signin.hash_slots import BUSY_SECONDS, WAITS, NoFreeSlot
from candidates.signin.reasons import NO_CODE, NO_SECOND_STEP, clear_reason_cookie, reason_sentence, set_reason_cookie
from candidates.signin.second_step import Answer, has_second_step
from candidates.signin.sessions import AccountGone, SessionStore, login_in_one_commit
from candidates.signin.throttling import set_browser_cookie
from candidates.site.addresses import first_page, page_after_login
from candidates.site.errors import no_free_slot
from candidates.text import clock, zone

BACKEND = "candidates.signin.backends.PasswordBackend"


@method_decorator(login_not_required, name="dispatch")  # Django's own mark is on the dispatch that ours replaces
class LogIn(LoginView):
    """The login page; Django's own view drops unsafe `next` addresses and gives the session a new id."""

    authentication_form = LoginForm  # type: ignore[assignment]
    template_name = "signin/login.html"
    http_method_names = ("get", "head", "options", "post")  # Django takes a PUT for a try

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and give the browser what its tries are counted by; the page's script gets addresses in JSON."""
        response = super().dispatch(request, *args, **kwargs)
        if _by_script(request) and "Location" in response:
            response = JsonResponse({"address": response["Location"]})
        set_browser_cookie(request, response)
        clear_reason_cookie(request, response)
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
        context["why"] = reason_sentence(self.request)
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
        if request.user.is_authenticated:
            request.session.flush()
        auth.login(request, user)
        sso.remember(request, before)
        if by_code:
            request.session[second_step.PASSED] = True


@login_not_required
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Ask who has typed the right password for a code, and let in who types it."""
    user = second_step.half_logged_in(request)
    if user is None:
        return _log_in_again(NO_CODE)
    recovery = "recovery" in request.GET
    form = (RecoveryForm if recovery else CodeForm)(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        answer = second_step.answer_of(user, form.cleaned_data["code"], recovery=recovery)
        if answer is Answer.RIGHT:
            return _let_in(request, user)
        if answer is Answer.REMOVED:
            second_step.end_half_login(request)
            return _log_in_again(NO_SECOND_STEP)
        status = 429 if answer is Answer.WAIT else 422
        form.add_error("code", _why_not(user, answer, recovery=recovery))
    context = {"form": form, "recovery": recovery}
    return render(request, "signin/code.html", context, status=422 if form.errors and status == 200 else status)


def _log_in_again(reason: str) -> HttpResponse:
    response = redirect("login")
    set_reason_cookie(response, was_idle=False, other=reason)
    return response


def _let_in(request: HttpRequest, user: User) -> HttpResponse:
    wanted = second_step.end_half_login(request)
    user.backend = BACKEND  # by which the password was found right
    try:
        enter(request, user, by_code=True)
    except AccountGone:
        return _log_in_again(NO_CODE)
    return HttpResponseRedirect(page_after_login(user, wanted))


def _why_not(user: User, answer: Answer, *, recovery: bool) -> str:
    if answer is Answer.WAIT and (until := second_step.waits_until(user)):
        words = _("There were too many wrong codes. Wait until %(when)s (%(zone)s), then try again.")
        return words % {"when": clock(until), "zone": zone()}
    if recovery:
        return _("This is not one of your recovery codes, or it was used already. Take another one.")
    return _("This code is not right, or it was used already. Type the newest one that the app shows.")


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
    set_reason_cookie(response, was_idle=cast(SessionStore, request.session).was_idle)
    return response
