"""Where somebody is logged in, for the person's own eyes and for Monitor, and logging out there."""

from datetime import timedelta

from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from candidates import audit
from candidates.models import Session, User

IN_USE = timedelta(minutes=5)
"""How long after its last written use a device counts as in use: uses are written every few minutes only."""
MAX_DEVICES_SHOWN = 50


def devices_of(user: User) -> list[Session]:
    """Return where somebody is logged in, the latest use first, without sessions that a new password has ended."""
    bound_to = {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}
    alive = Session.objects.of_accounts(user.pk).alive().order_by("-last_used_at", "-logged_in_at")[:MAX_DEVICES_SHOWN]
    return [one for one in alive if one.get_decoded().get(HASH_SESSION_KEY) in bound_to]


def devices_in_use(*accounts: int | None) -> list[Session]:
    """Return the sessions of these accounts that are in use, the latest use first.

    A candidate's accounts are `user_id` and `one_time_login_id`. A session that a new password has ended is soon no
    longer in use, so it need not be left out.
    """
    return list(Session.objects.of_accounts(*accounts).alive().used_since(timezone.now() - IN_USE))


def sessions_in_use_and(session_key: str | None, *accounts: int | None) -> list[Session]:
    """Return the sessions of these accounts that are in use, and always the one with this key."""
    now = Q(last_used_at__gte=timezone.now() - IN_USE) | Q(pk=session_key)
    return list(Session.objects.of_accounts(*accounts).alive().filter(now).defer("session_data"))


def name_of(session_key: str) -> str:
    """Return the name of a session for pages: whoever read its key could use the session."""
    return salted_hmac("candidates.signin.devices", session_key, algorithm="sha256").hexdigest()[:32]


def devices_by_name(*accounts: int | None) -> dict[str, str]:
    """Return the devices on which these accounts are logged in, by the names of their sessions."""
    sessions = Session.objects.of_accounts(*accounts).alive()
    return {name_of(key): device for key, device in sessions.values_list("session_key", "device")}


def device_words(device: str) -> str:
    """Return what a device is called on pages."""
    return device or _("Unknown device")


def log_out_device(user: User, name: str) -> str | None:
    """End one session of the person by its name, and return the device; None where it had ended already."""
    found = next((one for one in devices_of(user) if name_of(one.session_key) == name), None)
    if found is None:
        return None
    return found.device if _log_out(user, alone=found.session_key) else None


def log_out_elsewhere(user: User, *, but: str | None) -> int:
    """End all sessions of the person but the one with this key; return how many."""
    return len(_log_out(user, but=but))


def _log_out(user: User, *, but: str | None = None, alone: str | None = None) -> list[str]:
    with transaction.atomic():
        devices = end_sessions_of(user.pk, but=but, alone=alone)
        if devices:
            detail = {"devices": devices[:MAX_DEVICES_SHOWN]}
            audit.record_if_possible(audit.Action.SESSIONS_ENDED, by=user, count=len(devices), detail=detail)
    return devices


def end_sessions_of(account: int, *, but: str | None = None, alone: str | None = None) -> list[str]:
    """End all sessions of an account, all `but` one, or one `alone`, by its key; return the devices."""
    with transaction.atomic():
        # Lock the account: two who end the same sessions would lock them in any order, and wait for each other.
        User.objects.select_for_update(no_key=True).filter(pk=account).values_list("pk").first()
        mine = Session.objects.of_accounts(account).exclude(pk=but)
        ended = mine.filter(pk=alone) if alone else mine
        devices = list(ended.order_by("-last_used_at").values_list("device", flat=True))
        ended.delete()
    return devices
