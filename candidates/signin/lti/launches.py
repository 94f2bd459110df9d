"""A launch: what this browser was sent to the platform with, what it comes back with, and that it counts once."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeGuard

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from candidates.models import LtiCourse, UsedLaunch
from candidates.models.lti import MAX_COURSE_TITLE_LENGTH, MAX_LTI_ADDRESS_LENGTH, MAX_LTI_LENGTH
from candidates.signin.lti.platforms import Platform
from candidates.signin.lti.roles import is_staff
from candidates.signin.sso.backend import algorithm_and_key, check_nonce, verified
from candidates.signin.sso.identities import name_of
from candidates.signin.sso.refusals import SsoRefused, Why
from inspera_deliver.roster_sources import wrong_address

STATE_SECONDS = 600
"""From the platform's link until the platform sends the person back: it asks nobody anything on the way."""
KEPT = timedelta(seconds=STATE_SECONDS * 2)
MAX_TOKEN = 64 * 1024
SALT = "lti-launch"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"


@dataclass(frozen=True, slots=True)
class Started:
    """What a launch is begun with. `secret` stays in the browser, in a cookie of that name."""

    state: str
    nonce: str
    cookie: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Launch:
    """What a platform says of a launch, verified."""

    subject: str
    name: str
    deployment: str
    is_staff: bool
    course: dict[str, str] | None  # of LtiCourse; None where its people cannot be asked for


def start_launch(slug: str) -> Started:
    """Return what a launch is begun with; nothing is stored, since anybody can begin one (docs/decisions/0023)."""
    nonce, secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    state = TimestampSigner(salt=SALT).sign_object({"to": slug, "nonce": nonce, "by": _digest(secret)})
    return Started(state, nonce, _cookie_of(nonce), secret)


def nonce_of(slug: str, state: str, cookies: Mapping[str, str]) -> str:
    """Return the nonce of a state that this browser began at this platform a moment ago. Raises SsoRefused."""
    try:
        begun = TimestampSigner(salt=SALT).unsign_object(state, max_age=STATE_SECONDS)
    except BadSignature as error:
        raise SsoRefused(Why.STATE, "signature") from error
    nonce = str(begun["nonce"])
    if begun["to"] != slug:
        raise SsoRefused(Why.STATE, "platform")
    if not constant_time_compare(_digest(cookies.get(_cookie_of(nonce), "")), str(begun["by"])):
        raise SsoRefused(Why.STATE, "browser")
    return nonce


def cookie_of(state: str) -> str:
    """Return the name of a state's cookie, so that it can be taken away; "" for what is no state."""
    try:
        return _cookie_of(str(TimestampSigner(salt=SALT).unsign_object(state)["nonce"]))
    except BadSignature:
        return ""


def read_launch(platform: Platform, token: str, nonce: str) -> Launch:
    """Return what a platform says of a launch, in a token made for it. Raises SsoRefused."""
    if len(token) > MAX_TOKEN:
        raise SsoRefused(Why.TOKEN, "large")
    claims = verified(platform, token, algorithm_and_key(platform, token))
    check_nonce(claims, nonce)
    deployment = claims.get(f"{CLAIM}deployment_id")
    if not isinstance(deployment, str) or deployment not in platform.registration.deployments:
        raise SsoRefused(Why.TOKEN, "deployment_id")
    if claims.get(f"{CLAIM}version") != "1.3.0":
        raise SsoRefused(Why.TOKEN, "version")
    if claims.get(f"{CLAIM}message_type") != "LtiResourceLinkRequest":
        raise SsoRefused(Why.TOKEN, "message_type")
    roles = claims.get(f"{CLAIM}roles")
    return Launch(
        subject=claims["sub"],
        name=name_of(claims),
        deployment=deployment,
        is_staff=isinstance(roles, list) and is_staff(role for role in roles if isinstance(role, str)),
        course=_course_of(claims),
    )


def _course_of(claims: Mapping[str, Any]) -> dict[str, str] | None:
    course, service = claims.get(f"{CLAIM}context"), claims.get(MEMBERS)
    if not isinstance(course, dict) or not isinstance(service, dict):
        return None
    key, url = course.get("id"), service.get("context_memberships_url")
    if not _is_plain(key, MAX_LTI_LENGTH) or not _is_plain(url, MAX_LTI_ADDRESS_LENGTH):
        return None
    if not url.isascii() or " " in url or "#" in url or wrong_address(url):
        return None
    return {
        "context_id": key,
        "members_url": url,
        "title": _words(course.get("title"), MAX_COURSE_TITLE_LENGTH),
        "code": _words(course.get("label"), MAX_LTI_LENGTH),
    }


def _is_plain(value: object, longest: int) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable() and bool(value.strip())


def _words(value: object, longest: int) -> str:
    """Return a text of the platform in one line, "" where there is none."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text[:longest].strip() if text.isprintable() else ""


def note_course(platform: Platform, launch: Launch) -> LtiCourse | None:
    """Keep where a launch came from, so that a planner can choose the course; one that says the same writes nothing.

    The platform has signed it, so it does not matter who came.
    """
    if launch.course is None:
        return None
    key: dict[str, Any] = {
        "platform_id": platform.row,
        "deployment_id": launch.deployment,
        "context_id": launch.course["context_id"],
    }
    told = {name: value for name, value in launch.course.items() if name != "context_id"}
    known = LtiCourse.objects.filter(**key).first()
    if known is None or any(getattr(known, name) != value for name, value in told.items()):
        # the first launches of a course may come at the same moment: the unique constraint makes them one row
        known, _made = LtiCourse.objects.update_or_create(**key, defaults={**told, "told_at": timezone.now()})
    return known


def use_launch(nonce: str) -> None:
    """Let a launch count, inside the transaction of its login. Raises SsoRefused where it has counted before.

    Closes the race of two requests with one state: the constraint lets one of them in.
    """
    try:
        with transaction.atomic():
            UsedLaunch.objects.create(digest=_digest(nonce))
    except IntegrityError as error:
        raise SsoRefused(Why.STATE, "used") from error


def forget_used_launches() -> int:
    """Delete launches whose state has expired long ago, and return how many."""
    gone, _per_model = UsedLaunch.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return gone


def _cookie_of(nonce: str) -> str:
    """Return a cookie's name for each launch: two tabs may launch at the same moment."""
    return f"{settings.LAUNCH_COOKIE_NAME}-{_digest(nonce)[:12]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
