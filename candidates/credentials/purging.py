"""Purge sealed copies some time after the test, and re-seal them under the newest key."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from candidates import audit
from candidates.credentials.keys import newest_verifier_key, seal_box
from candidates.credentials.sealing import SealBroken, unseal
from candidates.credentials.verifier import ALGORITHM, make_verifier
from candidates.lifecycle.stages import last_end, longest_extra_seconds
from candidates.models import SealedPassword, Test, User

BATCH = 500


def purge_due(*, now: datetime | None = None) -> int:
    """Delete the sealed copies of tests whose last effective end is LOGIN_DETAILS_HOURS past; return how many went.

    Idempotent. The verifier stays: candidates still reach the Archive with the same password (D10).
    """
    now = now or timezone.now()
    hours = timedelta(hours=settings.LOGIN_DETAILS_HOURS)
    gone = 0
    due = Test.objects.filter(ends_at__lte=now - hours, candidates__user__sealed_password__isnull=False)
    for test in due.with_longest_extra().distinct():
        end = last_end(test, longest_extra_seconds(test))
        if end is None or end + hours > now:
            continue
        with transaction.atomic():
            count, _details = SealedPassword.objects.filter(user__candidacies__test=test).delete()
            audit.record(audit.Action.DETAILS_PURGED, by=None, test=test, count=count)
        gone += count
    return gone


def rotate_keys() -> tuple[int, int]:
    """Re-seal every copy under the newest key and renew its verifier; return (rotated, could not be opened).

    Idempotent, in batches of 500, each a transaction: a rerun after a stop finishes. Passwords on paper stay as they
    are. Verifiers whose copy is purged keep their key, which must stay in VERIFIER_KEYS as long as one names it.
    """
    newest = newest_verifier_key()
    rotated = broken = 0
    last = 0
    while True:
        with transaction.atomic():
            batch = list(
                SealedPassword.objects.select_for_update(of=("self",))
                .filter(user_id__gt=last)
                .select_related("user")
                .order_by("user_id")[:BATCH]
            )
            users = []
            for sealed in batch:
                try:
                    password = unseal(sealed.token, sealed.user.username)
                except SealBroken:
                    broken += 1
                    continue
                sealed.token = seal_box().rotate(sealed.token).decode()
                if sealed.user.password.startswith(ALGORITHM) and newest.key_id not in sealed.user.password:
                    sealed.user.password = make_verifier(sealed.user.username, password)
                    users.append(sealed.user)
                rotated += 1
            SealedPassword.objects.bulk_update(batch, ["token"])
            User.objects.bulk_update(users, ["password"])
        if len(batch) < BATCH:
            break
        last = batch[-1].user_id
    audit.record(audit.Action.KEYS_ROTATED, by=None, count=rotated, detail={"not_opened": broken})
    return rotated, broken
