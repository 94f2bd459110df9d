"""Purge sealed copies some time after the test, and rotate the keys of login details."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from candidates import audit
from candidates.credentials.keys import newest_seal_key, newest_verifier_key
from candidates.credentials.sealing import SealBroken, can_open, is_sealed_by, resealed, unseal
from candidates.credentials.verifier import renewed
from candidates.models import (
    Candidate,
    Import,
    RecoveryCode,
    SealedPassword,
    SecondStep,
    Subscription,
    Test,
    User,
    UserFileColumn,
)
from candidates.models.accounts import KEYED, VERIFIER
from candidates.timing import last_end, longest_extra_seconds

# A deactivated test that was not activated again by then is not postponed but given up.
ABANDONED_AFTER = timedelta(days=365)
_PASSWORD = UserFileColumn.Holds.PASSWORD.value


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many login details a rotation changed, copies no key opens, and verifiers still use an older key.

    `older_imports` counts the unfinished imports of users whose passwords were read under an older key.
    """

    changed: int
    not_opened: int
    older_verifiers: int
    older_imports: int


def purge_due(*, now: datetime | None = None) -> int:
    """Delete the sealed copies of tests whose last effective end is LOGIN_DETAILS_HOURS past; return how many went.

    Idempotent, one transaction for each test. The verifier stays: candidates still reach the Archive with the same
    password (D10). A permanent user's copy is deleted with the last test that the person is on. A deactivated test
    has not taken place: its planner may postpone it and activate it again with the printed slips (D7). Nobody logs in
    with these meanwhile. A year after its standard end it counts as over.
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
        # Lock the test's row, then look at its end: a planner who moves the end or gives time at this moment waits, or
        # is seen here.
        test = Test.objects.select_for_update(no_key=True).filter(pk=key).first()
        if test is None or not _is_over(test, moment, now):
            return 0
        # A password given after the test, for the Archive, is kept as many hours as any other.
        accounts = Candidate.objects.of_test(test).slip_accounts()
        due = SealedPassword.objects.filter(user__in=accounts, made_at__lte=moment)
        due = due.exclude(user__in=_needed_elsewhere(test, moment, now))
        owners = _locked(list(due.order_by().values_list("user", flat=True)))
        count, _details = SealedPassword.objects.filter(user__in=owners, made_at__lte=moment).delete()
        if count:
            audit.record(audit.Action.DETAILS_PURGED, by=None, test=test, count=count)
    return count


def _needed_elsewhere(test: Test, moment: datetime, now: datetime) -> list[int]:
    """Return the permanent users of a test who are also on one that is not over: one password serves all tests."""
    permanent = Candidate.objects.filter(kind=Candidate.Kind.PERMANENT).order_by()
    here = permanent.filter(test=test, user__sealed_password__isnull=False).values("user")
    places = permanent.filter(user__in=here).exclude(test=test)
    others = Test.objects.with_longest_extra().filter(pk__in=places.values("test")).defer("questions", "information")
    ahead = [other.pk for other in others.order_by() if not _is_over(other, moment, now)]
    return list(places.filter(test__in=ahead).values_list("user", flat=True)) if ahead else []


def is_past_showing(test: Test, *, now: datetime) -> bool:
    """Say whether a test is over and its passwords are no longer shown (D10); an abandoned one counts as over."""
    return past_showing_from(test) <= now


def past_showing_from(test: Test) -> datetime:
    """Return when (UTC) the passwords of a test stop being shown; every test with candidates has an end."""
    end = last_end(test, longest_extra_seconds(test)) if test.is_activated else None
    if end is None:
        return test.window[1] + ABANDONED_AFTER
    return end + timedelta(hours=settings.LOGIN_DETAILS_HOURS)


def _is_over(test: Test, moment: datetime, now: datetime) -> bool:
    if test.ends_at is None:
        return False
    if not test.is_activated:
        return test.ends_at <= now - ABANDONED_AFTER
    end = last_end(test, longest_extra_seconds(test))
    return end is not None and end <= moment


def rotate_keys() -> Rotated:
    """Seal every copy under the newest key, renew its verifier, and return what is left under older keys.

    One transaction for each test: a run that was stopped can be finished by another, a second run changes nothing.
    Printed passwords stay valid and nobody is logged out. A verifier whose copy is purged keeps its key, which must
    stay in VERIFIER_KEYS as long as one uses it.
    """
    changed = not_opened = 0
    tests = Test.objects.filter(_has_copies(token__isnull=False)).order_by("pk")
    for key in tests.values_list("pk", flat=True):
        done, failed = _rotate_test(key)
        changed += done
        not_opened += failed
    # and of people who are on no test, of whom there may be very many
    last = 0
    others = _of_people_on_no_test().order_by("pk").values_list("pk", flat=True)
    while keys := list(others.filter(pk__gt=last)[:PEOPLE_AT_ONCE]):
        last = keys[-1]
        with transaction.atomic():
            done, failed = _rotate(_of_people_on_no_test().filter(pk__in=keys))
        changed += done
        not_opened += failed
    for rotate in (_rotate_second_steps, _rotate_subscriptions):
        done, failed = rotate()
        changed += done
        not_opened += failed
    older = _older_verifiers().count() + _older_recovery_codes().count()
    return Rotated(changed, not_opened, older, _older_imports())


def _rotate_test(key: int) -> tuple[int, int]:
    """Rotate the login details of one test; return (changed, not opened)."""
    with transaction.atomic():
        # Lock the test's row, as everywhere: a new password or a removal at this moment waits, or is seen here.
        test = Test.objects.select_for_update(no_key=True).filter(pk=key).first()
        if test is None:
            return 0, 0
        accounts = Candidate.objects.of_test(test).slip_accounts()
        return _rotate(SealedPassword.objects.filter(user__in=accounts), test)


def _rotate(found: QuerySet[SealedPassword], test: Test | None = None) -> tuple[int, int]:
    """Rotate these login details inside a transaction; return (changed, not opened)."""
    users: list[User] = []
    copies: list[SealedPassword] = []
    changed = not_opened = 0
    accounts = _locked(list(found.order_by().values_list("user", flat=True)))
    for sealed in SealedPassword.objects.filter(user__in=accounts):
        user = accounts[sealed.user_id]
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


def _rotate_second_steps() -> tuple[int, int]:
    """Seal the keys of two-step logins under the newest key; return (changed, not opened)."""
    changed = not_opened = 0
    for key in SecondStep.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            # the row's lock: a code that is taken at this moment, or another phone, is seen here or waits
            found = SecondStep.objects.select_for_update(of=("self",), no_key=True).filter(pk=key).first()
            try:
                sealed = resealed(found.sealed_key) if found else ""
            except SealBroken:
                not_opened += 1
                continue
            if found and sealed != found.sealed_key:
                changed += SecondStep.objects.filter(pk=key).update(sealed_key=sealed)
    if changed or not_opened:
        detail = {"not_opened": not_opened, "what": "two-step logins"}
        audit.record(audit.Action.KEYS_ROTATED, by=None, count=changed, detail=detail)
    return changed, not_opened


def _rotate_subscriptions() -> tuple[int, int]:
    """Seal the secrets of webhooks under the newest key; return (changed, not opened)."""
    changed = not_opened = 0
    for key, secret in Subscription.objects.order_by("pk").values_list("pk", "sealed_secret"):
        try:
            sealed = resealed(secret)
        except SealBroken:
            not_opened += 1
            continue
        if sealed != secret:  # a secret never changes, so nothing is to be locked
            changed += Subscription.objects.filter(pk=key).update(sealed_secret=sealed)
    if changed or not_opened:
        detail = {"not_opened": not_opened, "what": "webhooks"}
        audit.record(audit.Action.KEYS_ROTATED, by=None, count=changed, detail=detail)
    return changed, not_opened


def _locked(owners: Sequence[int]) -> dict[int, User]:
    """Return these accounts by key, locked in the order of their keys, inside a transaction.

    Locked before their copies are read: a permanent user is on several tests, and gets a new or an imported password
    without the lock of any test.
    """
    return User.objects.select_for_update(no_key=True).filter(pk__in=owners).order_by("pk").in_bulk()


def _of_people_on_no_test() -> QuerySet[SealedPassword]:
    """Return the copies of people who are on no test."""
    return SealedPassword.objects.filter(user__candidacies=None, user__stands_in_for=None)


def rotation_is_due() -> bool:
    """Say whether rotate_keys would change anything; only signatures are checked, up to the first that is older."""
    if _older_verifiers().filter(sealed_password__isnull=False).exists():
        return True
    newest = newest_seal_key()
    tokens = SealedPassword.objects.order_by().values_list("token", flat=True)
    keys = SecondStep.objects.order_by().values_list("sealed_key", flat=True)
    secrets = Subscription.objects.order_by().values_list("sealed_secret", flat=True)
    all_of_them = chain(tokens.iterator(), keys.iterator(), secrets.iterator())
    return any(not is_sealed_by(newest, token) and can_open(token) for token in all_of_them)


def _older_verifiers() -> QuerySet[User]:
    """Return the accounts whose password is checked under an older key, whether it was made here or imported."""
    # "$" stands in what is stored as a separator only
    newest = f"${newest_verifier_key().key_id}$"
    keyed = Q(password__startswith=f"{VERIFIER}$") | Q(password__startswith=f"{KEYED}$")
    return User.objects.filter(keyed).exclude(password__contains=newest)


def _older_recovery_codes() -> QuerySet[RecoveryCode]:
    """Return the recovery codes that are checked under an older key: they work until that key or the codes change."""
    return RecoveryCode.objects.exclude(verifier__contains=f"${newest_verifier_key().key_id}$")


def _older_imports() -> int:
    """Return how many imports of users will store passwords under an older key.

    All passwords of a file are read in one request, so the first one tells.
    """
    newest = newest_verifier_key().key_id
    unfinished = Import.objects.of_users().filter(finished_at=None, has_passwords=True).defer("report", "mends")
    with_column = [one for one in unfinished if any(column[0] == _PASSWORD for column in one.columns)]
    firsts = (next(_digests(one), None) for one in with_column)
    return sum(digest is not None and digest.partition("$")[0] != newest for digest in firsts)


def _digests(one: Import) -> Iterator[str]:
    for rows in one.chunks.order_by("number").values_list("rows", flat=True).iterator(chunk_size=1):
        for _number, values, *_rest in rows:
            if digest := values.get(_PASSWORD):
                yield digest


def _has_copies(**wanted: object) -> Q:
    """Return the condition of tests with a candidate whose sealed copy is as wanted: their own, or a slip's.

    Two sub-selects, because each begins at the copies, of which there are few: one with "or" would read everybody.
    """
    found = Q()
    for account in ("user", "one_time_login"):
        conditions = {f"{account}__sealed_password__{name}": value for name, value in wanted.items()}
        found |= Q(pk__in=Candidate.objects.filter(**conditions).order_by().values("test"))
    return found


PEOPLE_AT_ONCE = 1000  # people who are on no test, in one transaction
BATCH = 250  # rows of one bulk UPDATE
