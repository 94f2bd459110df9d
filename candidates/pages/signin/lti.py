"""Log in by a link of a learning platform (LTI 1.3): the way there, the way back, and the keys that it may look up."""

from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.base import UpdateError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from mozilla_django_oidc.utils import absolutify

from candidates.models import LtiCourse
from candidates.pages.signin.sso import let_in, not_logged_in
from candidates.signin.events import note_sso_refusal
from candidates.signin.hash_slots import BUSY_SECONDS
from candidates.signin.lti import launches
from candidates.signin.lti.keys import KeysUnusable, signing_keys
from candidates.signin.lti.launches import Launch
from candidates.signin.lti.platforms import Platform, launch_type, platform_of
from candidates.signin.sessions import AccountGone
from candidates.signin.sso.backend import SsoReturn
from candidates.signin.sso.identities import pinned_person
from candidates.signin.sso.refusals import SsoRefused, Why
from candidates.site.addresses import page_after_login

# What a platform sends with its link; the rest is not carried on.
LINK = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "client_id", "lti_deployment_id")
FRAMES = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})


def the_platform(slug: str) -> Platform:
    """Return the platform of an address. Raises Http404 where none is registered."""
    platform = platform_of(slug)
    if platform is None:
        raise Http404
    return platform


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Send who has opened a link of the platform back there, to say who it is; stores nothing but a cookie.

    Exams are shown in no other site's frame, where anything could lie over them and cookies are kept back: there a
    page leads on to a window of its own.
    """
    platform = the_platform(slug)
    sent = request.POST if request.method == "POST" else request.GET
    if request.headers.get("Sec-Fetch-Dest") in FRAMES:
        return in_a_window(request, platform, sent)
    try:
        _check_link(platform, sent)
    except SsoRefused as refused:
        return _refuse(request, platform, refused)
    begun = launches.start_launch(slug)
    address = urlsplit(platform.registration.authorization)
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.registration.client_id,
        "redirect_uri": absolutify(request, reverse("lti-launch", args=[slug])),
        "state": begun.state,
        "nonce": begun.nonce,
        "login_hint": sent["login_hint"],
    }
    if hint := sent.get("lti_message_hint"):
        asked["lti_message_hint"] = hint
    query = {**dict(parse_qsl(address.query)), **asked}
    response = HttpResponseRedirect(urlunsplit(address._replace(query=urlencode(query))))
    response.set_cookie(
        begun.cookie,
        begun.secret,
        max_age=launches.STATE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _check_link(platform: Platform, sent: QueryDict) -> None:
    """Raise SsoRefused where a link is not one of this platform."""
    registered = platform.registration
    if not sent.get("iss") or not sent.get("login_hint"):  # opened by hand, and not by the platform
        raise SsoRefused(Why.STATE, "login_hint")
    if sent["iss"] != registered.issuer or sent.get("client_id", registered.client_id) != registered.client_id:
        raise SsoRefused(Why.MIX_UP, "iss")
    deployment = sent.get("lti_deployment_id")
    if deployment is not None and deployment not in registered.deployments:
        raise SsoRefused(Why.MIX_UP, "lti_deployment_id")


def in_a_window(request: HttpRequest, platform: Platform, sent: QueryDict) -> HttpResponse:
    """Show, in a frame of the platform, a link that opens a window of its own."""
    carried = urlencode({name: sent[name] for name in LINK if name in sent})
    address = f"{reverse('lti-start', args=[platform.kind.slug])}?{carried}"

    @xframe_options_exempt
    @csp_replace({"frame-ancestors": ["*"]})
    def shown(request: HttpRequest) -> HttpResponse:
        return render(request, "signin/lti_window.html", {"kind": platform.kind, "address": address})

    return cast(HttpResponse, shown(request))


@csrf_exempt
@login_not_required
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def launch(request: HttpRequest, slug: str) -> HttpResponse:
    """Take back who was sent to the platform by this browser, and nobody else.

    Another site's form brings no cookie of ours (SameSite=Lax). So the first answer sends the same fields again, from
    here: then it is known which browser comes, and who is logged in there.
    """
    platform = the_platform(slug)
    if "again" not in request.POST:
        return _again(request, platform, status=200)
    arrival = SsoReturn(platform)
    try:
        nonce = launches.nonce_of(slug, request.POST.get("state", ""), request.COOKIES)
        if "error" in request.POST or not request.POST.get("id_token"):
            raise SsoRefused(Why.NOT_LOGGED_IN, "error" if "error" in request.POST else "id_token")
        if not arrival.take_slot():
            raise SsoRefused(Why.BUSY)
        platform.refuse_if_down()
        found = launches.read_launch(platform, request.POST["id_token"], nonce)
        arrival.release_slot()
        return _arrive(request, arrival, found, nonce)
    except UpdateError:  # another tab of this browser logged in at this very moment
        return _refuse(request, platform, SsoRefused(Why.STATE))
    except SsoRefused as refused:
        if refused.why == Why.BUSY:
            return _again(request, platform, status=503)
        return _refuse(request, platform, refused)
    finally:
        arrival.release_slot()


def _arrive(request: HttpRequest, arrival: SsoReturn, found: Launch, nonce: str) -> HttpResponse:
    """Log in who has a place on a test, and lead to the Dashboard. Raises SsoRefused."""
    platform: Platform = arrival.provider  # type: ignore[assignment]  # made of one in `launch`
    kind = platform.kind
    course = launches.note_course(platform, found)
    try:
        # The platform's own id of the person is what both the list and the launch have: never an e-mail address.
        user = pinned_person(kind, sso_user_id=found.subject, subject=found.subject, name=found.name)
    except SsoRefused as refused:
        if found.is_staff and course is not None and refused.why == Why.UNKNOWN:
            return _course_is_known(request, platform, course)
        raise
    request.sso_return = arrival  # type: ignore[attr-defined]  # the audit asks by which way somebody came
    name = found.name or found.subject
    try:
        let_in(request, user, slug=kind.slug, name=name, first=lambda: launches.use_launch(nonce))
    except AccountGone as error:
        raise SsoRefused(Why.INACTIVE) from error
    response = HttpResponseRedirect(page_after_login(user, ""))
    return _without_cookie(request, response)


def _course_is_known(request: HttpRequest, platform: Platform, course: LtiCourse) -> HttpResponse:
    """Tell a teacher, who has no place on a test, that planners can now take the people of the course."""
    context = {"kind": platform.kind, "course": course}
    return _without_cookie(request, render(request, "signin/lti_course.html", context))


def _again(request: HttpRequest, platform: Platform, *, status: int) -> HttpResponse:
    """Send the same fields once more, by script or by a button; 503 waits a moment before, since many come."""
    # one that is too long is refused as such, and not sent to and fro before
    fields = {
        name: request.POST[name][: launches.MAX_TOKEN + 1]
        for name in ("state", "id_token", "error")
        if name in request.POST
    }
    context = {"kind": platform.kind, "fields": fields, "is_busy": status == 503, "seconds": BUSY_SECONDS}
    response = render(request, "signin/lti_again.html", context, status=status)
    if status == 503:
        response["Retry-After"] = str(BUSY_SECONDS)
    return response


def _refuse(request: HttpRequest, platform: Platform, refused: SsoRefused) -> HttpResponse:
    """Say why nobody is logged in, in the words of the SSO login."""
    note_sso_refusal(platform.kind.slug, refused)
    return _without_cookie(request, not_logged_in(request, platform, refused))


def _without_cookie(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Take away the cookie of this launch, which has come to its end."""
    name = launches.cookie_of(request.POST.get("state", ""))
    if name in request.COOKIES:
        response.delete_cookie(name, samesite="Lax")
    return response


@login_not_required
@require_safe
def keys(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the public halves of the keys that sign what goes to a platform; there is one list for each source."""
    launch_type(slug)
    path = next(one["key"] for one in settings.ROSTER_SOURCES if one["slug"] == slug)
    try:
        shown = [key.public for key in signing_keys(path)] if path else []
    except KeysUnusable:
        shown = []
    return JsonResponse({"keys": shown})
