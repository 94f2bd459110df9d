"""Purge sealed copies some time after the test, and bring login details under the newest keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from candidates import audit
from candidates.credentials.keys import newest_verifier_key
from candidates.credentials.sealing import SealBroken, resealed, unseal
from candidates.credentials.verifier import renewed
from candidates.lifecycle.stages import last_end, longest_extra_seconds
from candidates.models import Candidate, SealedPassword, Test, User
from candidates.models.accounts import VERIFIER

# A deactivated test that was not activated again by then is not postponed but given up.
ABANDONED_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: login details changed, copies that no key opens, verifiers that still name an older key."""

    changed: int
    not_opened: int
    older_verifiers: int


def purge_due(*, now: datetime | None = None) -> int:
    """Delete the sealed copies of tests whose last effective end is LOGIN_DETAILS_HOURS past; return how many went.

    Idempotent, one transaction for each test. The verifier stays: candidates still reach the Archive with the same
    password (D10). A deactivated test has not taken place: its planner may postpone it and activate it again, with the
    slips that are printed already (D7), and meanwhile nobody logs in with them. A year after its standard end nobody
    postpones it any more, and it counts as over.
    """
    now = now or timezone.now()
    moment = now - timedelta(hours=settings.LOGIN_DETAILS_HOURS)
    due = Test.objects.filter(
        Q(activated_at__isnull=False, ends_at__lte=moment) | Q(ends_at__lte=now - ABANDONED_AFTER),
        _has_copies(made_at__lte=moment),
    )
    return sum(_purge(key, moment, now) for key in due.order_by("pk").values_list("pk", flat=True))


def _purge(key: int, moment: datetime, now: datetime) -> int:
    """Purge one test if it is over: its last effective end is not after the moment, or it is abandoned (UTC)."""
    with transaction.atomic():
        # The lock of the test's row first, then the end is looked at: a planner who moves the end, or gives time, at
        # this moment is seen here or waits.
        test = Test.objects.select_for_update(no_key=True).get(pk=key)
        if not _is_over(test, moment, now):
            return 0
        # A password that was given after the test, for the Archive, can be handed over as long as any other.
        accounts = Candidate.objects.of_test(test).slip_accounts()
        due = SealedPassword.objects.filter(user__in=accounts, made_at__lte=moment)
        count, _details = due.delete()
        audit.record(audit.Action.DETAILS_PURGED, by=None, test=test, count=count)
    return count


def _is_over(test: Test, moment: datetime, now: datetime) -> bool:
    if test.ends_at is None:
        return False
    if not test.is_activated:
        return test.ends_at <= now - ABANDONED_AFTER
    end = last_end(test, longest_extra_seconds(test))
    return end is not None and end <= moment


def rotate_keys() -> Rotated:
    """Seal every copy under the newest key and renew its verifier, and say what is left under older keys.

    One transaction for each test: a rerun after a stop finishes, a second run changes nothing. Passwords on paper stay
    as they are and nobody is logged out. Verifiers whose copy is purged keep their key, which has to stay in
    VERIFIER_KEYS as long as one names it.
    """
    changed = not_opened = 0
    tests = Test.objects.filter(_has_copies(token__isnull=False)).order_by("pk")
    for key in [*tests.values_list("pk", flat=True), None]:
        done, failed = _rotate(key)
        changed += done
        not_opened += failed
    return Rotated(changed, not_opened, _older_verifiers().count())


def _rotate(key: int | None) -> tuple[int, int]:
    """Rotate the login details of one test, None: of people who are on no test; return (changed, not opened)."""
    users: list[User] = []
    copies: list[SealedPassword] = []
    changed = not_opened = 0
    with transaction.atomic():
        # The lock of the test's row, as everywhere: a new password or a removal at this moment is seen here or waits,
        # and nobody waits for us in another order.
        test = Test.objects.select_for_update(no_key=True).get(pk=key) if key is not None else None
        on_test = {"user__in": Candidate.objects.of_test(test).slip_accounts()} if test else NOBODYS
        for sealed in SealedPassword.objects.filter(**on_test).select_related("user"):
            user = sealed.user
            try:
                password = unseal(sealed.token, user.username)
                token = resealed(sealed.token)
            except SealBroken:
                not_opened += 1
                continue
            verifier = renewed(user.password, user.username, password)
            changed += token != sealed.token or verifier != user.password
            if token != sealed.token:
                sealed.token = token
                copies.append(sealed)
            if verifier != user.password:
                user.password = verifier
                users.append(user)
        SealedPassword.objects.bulk_update(copies, ["token"], batch_size=BATCH)
        User.objects.bulk_update(users, ["password"], batch_size=BATCH)
        if changed or not_opened:
            detail = {"not_opened": not_opened}
            audit.record(audit.Action.KEYS_ROTATED, by=None, test=test, count=changed, detail=detail)
    return changed, not_opened


def _older_verifiers() -> QuerySet[User]:
    """Return those whose password is checked under a key that is not the newest."""
    # "$" stands in a verifier as a separator only
    newest = f"${newest_verifier_key().key_id}$"
    return User.objects.filter(password__startswith=f"{VERIFIER}$").exclude(password__contains=newest)


def _has_copies(**wanted: object) -> Q:
    """Return the condition of tests with candidates whose sealed copy is as wanted: the own one, or a slip's.

    Two sub-selects, each of which begins at the copies, of which there are few: one with "or" would read everybody.
    """
    found = Q()
    for account in ("user", "one_time_login"):
        conditions = {f"{account}__sealed_password__{name}": value for name, value in wanted.items()}
        found |= Q(pk__in=Candidate.objects.filter(**conditions).order_by().values("test"))
    return found


NOBODYS = {"user__candidacies": None, "user__stands_in_for": None}
BATCH = 250  # rows of one bulk UPDATE
