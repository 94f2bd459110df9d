"""Two-step login: set up, checked, renewed and removed (RFC 6238, with the arithmetic of django-otp).

Between password and code a note in the session says who is half logged in: it opens nothing and expires soon.
"""

import base64
import re
import secrets
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django_otp.oath import TOTP

from candidates import audit
from candidates.access import person
from candidates.credentials.sealing import SealBroken, seal, unseal
from candidates.credentials.verifier import make_verifier, matches
from candidates.errors import Refused
from candidates.models import RecoveryCode, SecondStep, User
from candidates.models.ids import random_symbols
from candidates.text import fold

KEY_BYTES = 20  # as long as the digest of RFC 6238
PRODUCT = "Deliver"
CODES = 10
CODE_LENGTH = 8
MAX_WRONG = 5
WRONG_WITHIN = timedelta(minutes=10)
CLOCKS_APART = 1  # time steps of 30 seconds, to either side
_SIX_DIGITS = re.compile(r"[0-9]{6}")


class Answer(Enum):
    """What became of a code that somebody typed."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"  # too many wrong ones: this one was not checked
    REMOVED = "removed"  # an administrator has removed the second step meanwhile


def second_step_of(user: User) -> SecondStep | None:
    """Return the second step that somebody has set up; whoever sits tests has none."""
    return None if user.is_candidate else SecondStep.objects.filter(user=user).first()


def has_second_step(user: User) -> bool:
    """Say whether a login of this person needs a code; candidates never do."""
    return not user.is_candidate and SecondStep.objects.filter(user=user).exists()


def is_required(user: User) -> bool:
    """Say whether the settings want this person to have a second step."""
    return settings.STAFF_TOTP == "required" and not user.is_candidate


def new_sealed_key(user: User) -> str:
    """Return a new key for an app, sealed for this person: the page carries it until a code of it was right."""
    return seal(_owner(user), secrets.token_hex(KEY_BYTES))


@sensitive_variables()
def key_to_type(user: User, sealed: str) -> str:
    """Return the key of an app as people type it, in base32. Raises SealBroken where it is sealed for somebody else."""
    return base64.b32encode(bytes.fromhex(unseal(sealed, _owner(user)))).decode()


@sensitive_variables()
def app_address(user: User, sealed: str) -> str:
    """Return what the QR code for an app holds. Raises SealBroken where it was sealed for somebody else."""
    issuer = f"{PRODUCT} {settings.ORGANISATION}".strip().replace(":", " ")
    asked = urlencode({"secret": key_to_type(user, sealed), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(user.username)}?{asked}"


@sensitive_variables()
def set_up(user: User, sealed: str, typed: str) -> list[str]:
    """Switch the second step on, replacing a former one, and return the recovery codes, which are shown only now.

    Raises Refused where the code is wrong or the page belongs to somebody else.
    """
    try:
        step = _step_of(unseal(sealed, _owner(user)), typed, after=0)
    except SealBroken as error:
        raise Refused(_("This page is too old. Load it again, and read its new code with your app.")) from error
    if step is None:
        raise Refused(
            _(
                "This code is not right. Type the newest one that the app shows; the clock of your phone has to be "
                "right."
            ),
            about="code",
        )
    with transaction.atomic():
        # Lock the account first: of two set-ups at the same moment the second replaces the first completely.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if former := _locked(user):
            former.delete()
        made = SecondStep.objects.create(user=user, sealed_key=sealed, last_step=step)
        codes = _new_codes(made)
        audit.record(audit.Action.TWO_STEP_SET_UP, by=user, count=1)
    return codes


@sensitive_variables()
def answer_of(user: User, typed: str, *, recovery: bool = False) -> Answer:
    """Check a code of the app, or a recovery code, which works once."""
    with transaction.atomic():
        # Lock the row: simultaneous guesses are counted one by one, and a code that is sent twice is accepted once.
        found = _locked(user)
        if found is None:
            return Answer.REMOVED
        now = timezone.now()
        if found.wrong_since is None or now - found.wrong_since >= WRONG_WITHIN:
            found.wrong, found.wrong_since = 0, now
        if found.wrong >= MAX_WRONG:
            return Answer.WAIT
        detail = {"what": "recovery code" if recovery else "code"}
        if _takes_recovery_code(found, typed) if recovery else _takes_code(found, typed):
            found.wrong, found.wrong_since = 0, None
            if recovery:
                detail["left"] = str(found.recovery_codes.count())
                audit.record_if_possible(audit.Action.RECOVERY_CODE_USED, by=user, count=1, detail=detail)
        else:
            found.wrong += 1
            audit.record_if_possible(audit.Action.TWO_STEP_REFUSED, by=user, refused=True, detail=detail)
        found.save(update_fields=["wrong", "wrong_since", "last_step"])
        return Answer.WRONG if found.wrong else Answer.RIGHT


def waits_until(user: User) -> datetime | None:
    """Return when codes of this person are checked again, None where they are checked now."""
    found = SecondStep.objects.filter(user=user, wrong__gte=MAX_WRONG).first()
    return found.wrong_since + WRONG_WITHIN if found and found.wrong_since else None


@sensitive_variables()
def renew_recovery_codes(user: User) -> list[str]:
    """Make new recovery codes, which replace the old ones, and return them: they are shown only now.

    Raises Refused where two-step login is off.
    """
    with transaction.atomic():
        found = _locked(user)
        if found is None:
            raise Refused(_("Two-step login is off. Nothing was changed."))
        found.recovery_codes.all().delete()
        codes = _new_codes(found)
        audit.record(audit.Action.RECOVERY_CODES_MADE, by=user, count=CODES)
    return codes


def remove(user: User, *, by: User) -> None:
    """Switch a person's second step off. Raises Refused where there is none."""
    with transaction.atomic():
        found = _locked(user)
        if found is None:
            raise Refused(_("Two-step login is off already. Nothing was changed."))
        found.delete()
        audit.record(audit.Action.TWO_STEP_REMOVED, by=by, count=1, detail={"account": user.username})


def _locked(user: User) -> SecondStep | None:
    """Return the person's second step, locked (recovery codes are locked after it); None without one."""
    return SecondStep.objects.select_for_update(of=("self",), no_key=True).filter(user=user).first()


def _owner(user: User) -> str:
    """Return the owner to whom a key is sealed: the account's key, since the user name may change."""
    return f"second step of account {user.pk}"


@sensitive_variables()
def _step_of(key: str, typed: str, *, after: int) -> int | None:
    """Return the time step of a right code that is newer than the last accepted one, else None."""
    code = fold(typed)
    if not _SIX_DIGITS.fullmatch(code):
        return None
    clock = TOTP(bytes.fromhex(key))
    clock.time = timezone.now().timestamp()
    return clock.t() if clock.verify(int(code), tolerance=CLOCKS_APART, min_t=after + 1) else None


@sensitive_variables()
def _takes_code(found: SecondStep, typed: str) -> bool:
    try:
        step = _step_of(unseal(found.sealed_key, _owner(found.user)), typed, after=found.last_step)
    except SealBroken:  # its key is missing from CREDENTIAL_KEYS: recovery codes still work
        return False
    if step is None:
        return False
    found.last_step = step
    return True


@sensitive_variables()
def _takes_recovery_code(found: SecondStep, typed: str) -> bool:
    for one in found.recovery_codes.all():
        if matches(one.verifier, _owner(found.user), fold(typed)):
            one.delete()
            return True
    return False


@sensitive_variables()
def _new_codes(found: SecondStep) -> list[str]:
    codes = [random_symbols(CODE_LENGTH) for _number in range(CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(second_step=found, verifier=make_verifier(_owner(found.user), code)) for code in codes
    )
    return [f"{code[:4]}-{code[4:]}" for code in codes]


# Keys in the session: of the half login, and of having given a code.
NOTE, PASSED = "half_login", "second_step"
HALF_LOGIN_LASTS = timedelta(minutes=5)


def begin_half_login(request: HttpRequest, user: User, wanted: str) -> None:
    """Note in the session whose password was right; `wanted` is the page to open after the code."""
    # bound to the password, as a session is: a new password ends it
    bound = user.get_session_auth_hash()
    request.session[NOTE] = {"user": user.pk, "at": timezone.now().timestamp(), "hash": bound, "next": wanted}


def half_logged_in(request: HttpRequest) -> User | None:
    """Return whose password was right within HALF_LOGIN_LASTS, else None."""
    note = request.session.get(NOTE)
    if not note or not 0 <= timezone.now().timestamp() - note["at"] <= HALF_LOGIN_LASTS.total_seconds():
        return None
    user = User.objects.filter(pk=note["user"], is_active=True).first()
    return user if user and constant_time_compare(note["hash"], user.get_session_auth_hash()) else None


def end_half_login(request: HttpRequest) -> str:
    """Remove the note, and return the page that was wanted."""
    return str(request.session.pop(NOTE, {}).get("next", ""))


# Pages that open also for somebody who has to change the password or set up a second step first.
ALWAYS_OPEN = frozenset({"logout", "admin:logout", "account-here"})


def required_page(request: HttpRequest) -> str:
    """Return the name of the page that this person must complete before any other opens, "" for none."""
    user = person(request)
    if user.must_change_password:
        return "change-password"
    if is_required(user) and not (request.session.get(PASSED) or has_second_step(user)):
        return "two-step"
    return ""
