"""Log in through an institution: the way there, the way back, and what is said where it comes to nothing."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.base import UpdateError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import View
from mozilla_django_oidc.utils import absolutify
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from candidates.models import User
from candidates.signin.events import note_sso_refusal
from candidates.signin.hash_slots import BUSY_SECONDS
from candidates.signin.sessions import SESSION_PRIOR_PROVIDERS, AccountGone, login_in_one_commit
from candidates.signin.sso.backend import SsoReturn
from candidates.signin.sso.providers import Provider, login_types, provider_of
from candidates.signin.sso.refusals import SsoRefused, Why
from candidates.site.addresses import page_after_login

STATES = "oidc_states"  # where the library keeps what was started in this browser
SESSION_TYPE = "sso_type"  # through which provider the person of this session came
SESSION_NAME = "sso_user_id"  # and as whom: the account's own name says nothing to anybody


def the_provider(slug: str) -> Provider:
    """Return the provider of an address. Raises Http404 where nobody can log in through it."""
    provider = provider_of(slug)
    if provider is None:
        raise Http404
    return provider


class Start(OIDCAuthenticationRequestView):
    """Send somebody to the provider; `?again` has the provider ask who it is, whoever is logged in there.

    A GET that stores what this browser has started (state, nonce, PKCE) in its session: a form would have to name in
    advance every host that a provider leads through, or the browser stops on the way (CSP form-action).
    """

    provider: Provider

    def __init__(self, **parts: Any) -> None:
        """Take no settings: there is no single provider (O11)."""
        View.__init__(self, **parts)

    def get_settings(self, attr: str, *args: Any) -> Any:
        """Return a setting of the library, the provider's own where it has one."""
        if attr == "OIDC_AUTHENTICATION_CALLBACK_URL":
            return "login"  # any address without parts; get_extra_params puts in the provider's own
        if attr == "OIDC_RP_SCOPES":
            return self.provider.client.scopes
        return super().get_settings(attr, *args)

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Redirect to the provider, or say at once that it does not answer."""
        self.provider = the_provider(slug)
        try:
            address = self.provider.addresses().authorization
            self.provider.refuse_if_down()
        except SsoRefused as refused:
            return not_let_through(request, self.provider, refused)
        self.OIDC_OP_AUTH_ENDPOINT = urlunsplit(urlsplit(address)._replace(query=""))
        self.OIDC_RP_CLIENT_ID = self.provider.client.client_id
        response: HttpResponse = super().get(request)
        self._bind(request, parse_qs(urlsplit(response["Location"]).query)["state"][0])
        return response

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        """Return what goes along, last of all: the redirect address of this provider alone."""
        provider = self.provider
        asked = parse_qsl(urlsplit(provider.known_addresses().authorization).query)
        # what the library has put in, and above all the state, is not the discovery document's to change
        params = {name: value for name, value in asked if name not in {"response_type", "scope", "client_id", "state"}}
        check_own_password = "again" in request.GET or SESSION_PRIOR_PROVIDERS in request.session
        prompt = provider.client.prompt or ("login" if check_own_password else "")
        if prompt:
            params["prompt"] = prompt
        return {**params, "redirect_uri": absolutify(request, reverse("sso-callback", args=[provider.kind.slug]))}

    def _bind(self, request: HttpRequest, state: str) -> None:
        """Put the provider and the wanted page into the state: two tabs may log in at two providers (O9, R16, R42)."""
        wanted = request.session.pop("oidc_login_next", None) or ""
        started = {"provider": self.provider.kind.slug, "next": wanted if wanted.isprintable() else ""}
        request.session[STATES][state] |= started
        request.session.modified = True


class Callback(OIDCAuthenticationCallbackView):
    """Take back who was sent to the provider by this browser, and nobody else.

    Whoever is logged in here stays so until somebody else has been let in (O9).
    """

    arrival: SsoReturn
    started: dict[str, str]

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Log in who comes back with a state that this browser started at this provider."""
        self.arrival = SsoReturn(the_provider(slug))
        state = request.GET.get("state", "")
        started = request.session.get(STATES, {}).get(state)
        if not started or started.get("provider") != slug:
            return self._refuse(SsoRefused(Why.STATE))
        self.started = started
        if not self.arrival.take_slot():
            return one_moment(request, self.arrival.provider)
        try:
            return self._arrive(request, state)
        finally:
            self.arrival.release_slot()

    def _arrive(self, request: HttpRequest, state: str) -> HttpResponse:
        provider = self.arrival.provider
        try:
            provider.refuse_if_down()
            provider.known_addresses()
            provider.known_keys()
        except SsoRefused as refused:  # nothing is used up yet: the same address may work in a moment
            return not_let_through(request, provider, refused)
        try:
            check_sender(request, provider)
        except SsoRefused as refused:
            del request.session[STATES][state]  # used up, whatever it was used for (R14)
            request.session.modified = True
            return self._refuse(refused)
        request.sso_return = self.arrival  # type: ignore[attr-defined]  # the backend asks for it
        try:
            response: HttpResponse = super().get(request)
        except UpdateError:
            # another tab of this browser logged in at this very moment, and with its session went this state
            return self._refuse(SsoRefused(Why.STATE))
        return response

    def login_success(self) -> HttpResponse:
        """Log in with a session of its own, as the login page does (C22, C23), and go where the person wanted."""
        user: User = self.user
        try:
            let_in(self.request, user, slug=self.arrival.provider.kind.slug, name=self.arrival.sso_user_id)
        except AccountGone:
            return self._refuse(SsoRefused(Why.INACTIVE))
        return HttpResponseRedirect(page_after_login(user, self.started["next"]))

    def login_failure(self) -> HttpResponse:
        """Say why; the audit has it from Django's own signal."""
        return not_logged_in(self.request, self.arrival.provider, self.arrival.refused or SsoRefused(Why.STATE))

    def _refuse(self, refused: SsoRefused) -> HttpResponse:
        """Refuse what does not get as far as the backend."""
        note_sso_refusal(self.arrival.provider.kind.slug, refused)
        return not_logged_in(self.request, self.arrival.provider, refused)


def let_in(request: HttpRequest, user: User, *, slug: str, name: str, first: Callable[[], None] | None = None) -> None:
    """Log somebody in with a session of its own; `name` stands in the head of every page.

    `first` is done in the same transaction, before anything else. Raises AccountGone.
    """
    before = came_through(request)
    with login_in_one_commit(request, user):
        if first is not None:
            first()
        if request.user.is_authenticated:
            request.session.flush()
        auth.login(request, user, backend="candidates.signin.sso.backend.SsoBackend")
        remember(request, [one for one in before if one != slug])
        request.session[SESSION_TYPE] = slug
        request.session[SESSION_NAME] = name


def check_sender(request: HttpRequest, provider: Provider) -> None:
    """Raise SsoRefused where the answer is another provider's (RFC 9207), an error, or none (R17, R35)."""
    sender = request.GET.get("iss")
    if sender != provider.client.issuer and (sender is not None or provider.known_addresses().names_itself):
        raise SsoRefused(Why.MIX_UP)
    if "error" in request.GET or not request.GET.get("code"):
        raise SsoRefused(Why.NOT_LOGGED_IN)


def not_logged_in(request: HttpRequest, provider: Provider, refused: SsoRefused) -> HttpResponse:
    """Say in a sentence what happened, and where to go on."""
    kind = provider.kind
    context = {
        "kind": kind,
        "sentence": refused.sentence(kind.label),
        "sso_user_id": refused.sso_user_id,
        "start_url": "" if kind.by_launch else reverse("sso-start", args=[kind.slug]),
        # who is logged in there with another account would come back with it for ever
        "other_account": refused.why in {Why.UNKNOWN, Why.OTHER_ACCOUNT, Why.CLAIM, Why.INACTIVE},
    }
    response = render(request, "signin/sso_failed.html", context, status=refused.status)
    if refused.status == 503:
        response["Retry-After"] = "30"
    return response


def not_let_through(request: HttpRequest, provider: Provider, refused: SsoRefused) -> HttpResponse:
    """Say that the provider does not answer, or let somebody wait while another person's request asks it."""
    if refused.why == Why.BUSY:
        return one_moment(request, provider)
    return not_logged_in(request, provider, refused)


def one_moment(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Let somebody wait without a place: the page comes back by itself, with the same state, which nothing used."""
    response = render(request, "signin/sso_busy.html", {"kind": provider.kind}, status=503)
    response["Retry-After"] = response["Refresh"] = str(BUSY_SECONDS)
    return response


def offers(wanted: str) -> list[dict[str, Any]]:
    """Return what the login page offers: each institution with its address, which leads on to the page wanted."""
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return [
        {
            "label": provider.kind.label,
            "url": reverse("sso-start", args=[provider.kind.slug]) + query,
            "is_down": provider.circuit.is_open,
        }
        for kind in login_types()
        if (provider := provider_of(kind.slug)) is not None
    ]


def came_through(request: HttpRequest) -> list[str]:
    """Return the providers at which somebody may still be logged in in this browser, before its session ends."""
    found = {*request.session.get(SESSION_PRIOR_PROVIDERS, ()), request.session.get(SESSION_TYPE)}
    return sorted(slug for slug in found if slug)


def remember(request: HttpRequest, slugs: Sequence[str]) -> None:
    """Keep them in the session after that one, until somebody logs in there: slips may come between."""
    if slugs:
        request.session[SESSION_PRIOR_PROVIDERS] = list(slugs)
    else:
        request.session.pop(SESSION_PRIOR_PROVIDERS, None)


def log_out_device(request: HttpRequest, slug: str | None) -> HttpResponse | None:
    """Return the page that goes on to the provider's own log-out, None for who did not come through one.

    No id_token_hint: the token would have to be kept, and would stand in an address. So a provider may ask whether to
    log out; for who does not answer, this browser has the next login ask who it is. A page and no redirect: the browser
    would stop a form that leads to another host (CSP form-action).
    """
    provider = provider_of(slug) if slug else None
    if provider is None:
        return None
    try:
        address = provider.known_addresses().end_session
    except SsoRefused:
        address = ""
    if address:
        back = {
            "client_id": provider.client.client_id,
            "post_logout_redirect_uri": absolutify(request, reverse("login")),
        }
        address += ("&" if "?" in address else "?") + urlencode(back)
    return render(request, "signin/sso_logged_out.html", {"kind": provider.kind, "provider_url": address})


start = login_not_required(Start.as_view())
callback = login_not_required(Callback.as_view())
