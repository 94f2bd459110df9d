"""Remove candidates from a test (D6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates import audit
from candidates.credentials.issuing import end_logins
from candidates.errors import Refused
from candidates.lifecycle.accommodations import Changed
from candidates.lifecycle.joining import keep_out, places_freed
from candidates.models import Candidate, Test, User
from candidates.models.accounts import no_password
from candidates.timing import Progress, Stage, progress_of, stage_of


class Why(models.TextChoices):
    """Why a candidate stays on the test."""

    STARTED = "started", gettext_lazy("has started")
    ONLINE = "online", gettext_lazy("is logged in now")
    FINISHED = "finished", gettext_lazy("the test is Finished")


class Stay(NamedTuple):
    """A candidate who cannot be removed, and why."""

    candidate: Candidate
    why: Why


def removable(test: Test, public_ids: Sequence[str], *, lock: bool = False) -> tuple[list[Candidate], list[Stay]]:
    """Return who of the chosen can be removed and who stays.

    Before activation all go, afterwards those with progress Inactive, and nobody of a Finished test
    (docs/domain.md §11, D6).
    """
    found = Candidate.objects.of_test(test).filter(public_id__in=public_ids)
    found = found.select_related("user", "location").order_by("sort_key")
    now, stage = timezone.now(), stage_of(test)
    gone: list[Candidate] = []
    stays: list[Stay] = []
    for candidate in found.select_for_update(of=("self",)) if lock else found:
        if why := why_stays(candidate, test, stage, now):
            stays.append(Stay(candidate, why))
        else:
            gone.append(candidate)
    return gone, stays


def why_stays(candidate: Candidate, test: Test, stage: Stage, now: datetime) -> Why | None:
    """Return why this candidate cannot be removed, None where nothing stands against it; `now` is UTC."""
    if stage == Stage.CREATED:
        return None
    if candidate.started_at is not None:
        return Why.STARTED
    if stage == Stage.FINISHED:
        return Why.FINISHED
    return None if progress_of(candidate, test, now=now) == Progress.INACTIVE else Why.ONLINE


def why_none_removed(stays: Sequence[Stay]) -> str:
    """Return why nobody of those who were chosen can be removed, and what to do where something helps."""
    reasons = {stay.why for stay in stays}
    if not reasons:
        return _("No candidate is ticked, so nothing was changed. Tick candidates first.")
    if Why.ONLINE in reasons:
        return _(
            "Candidates who are logged in or have started cannot be removed. Nothing was changed. Let them log out, "
            "and try again three minutes later."
        )
    if Why.FINISHED in reasons:
        return _("The test is Finished, so nobody can be removed from it. Nothing was changed.")
    return _("Candidates who have started cannot be removed. Nothing was changed.")


def remove_candidates(*, test: Test, public_ids: Sequence[str], by: User) -> Changed:
    """Remove those of the chosen candidates who can be removed; their places are free again, the others are named.

    Accounts of one-time users, and one-time logins of SSO candidates, end at once and keep their row, so that no user
    name is ever given twice (D8). Raises Refused where nobody is chosen or all chosen stay.
    """
    with transaction.atomic():
        # The lock of the test serialises with adding, activation and a moved end, those of the rows with candidates who
        # log in or start at this moment: this is seen here, or they find no row.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        gone, stays = removable(test, public_ids, lock=True)
        if not gone:
            raise Refused(why_none_removed(stays))
        audit.record(
            audit.Action.CANDIDATES_REMOVED,
            by=by,
            test=test,
            count=len(gone),
            detail=removed_detail(gone),
        )
        take_off(test, gone)
        places_freed.send(sender=Test, test=test, by=by)
    left = (_("%(id)s (%(why)s)") % {"id": stay.candidate.candidate_id, "why": stay.why.label} for stay in stays)
    return Changed(len(gone), tuple(left))


def removed_detail(gone: Sequence[Candidate]) -> dict[str, object]:
    """Return the audit detail: IDs, and the accounts of permanent users, whom a list must not offer again."""
    detail: dict[str, object] = {"candidates": [[one.public_id, one.candidate_id] for one in gone]}
    accounts = [one.user_id for one in gone if one.kind == Candidate.Kind.PERMANENT]
    return {**detail, "permanent": accounts} if accounts else detail


def take_off(test: Test, gone: Sequence[Candidate]) -> None:
    """Delete candidates of the test, end the logins that were made for it, and free the places.

    The caller has locked the test and the candidates, and records the act.
    """
    generated = [candidate for candidate in gone if candidate.kind != Candidate.Kind.PERMANENT]
    users = [candidate.slip_account_id for candidate in generated if candidate.slip_account_id is not None]
    keep_out(test, gone)
    Candidate.objects.filter(pk__in=[candidate.pk for candidate in gone]).delete()
    end_logins(users)
    _log_out_who_has_no_test(gone)
    Test.objects.filter(pk=test.pk).update(candidate_count=F("candidate_count") - len(gone))


def _log_out_who_has_no_test(gone: Sequence[Candidate]) -> None:
    """End the sessions of SSO candidates who are on no other test: they could not log in either (P9)."""
    people = [candidate.user_id for candidate in gone if candidate.user_id and candidate.kind == Candidate.Kind.SSO]
    without = User.objects.filter(pk__in=people, kind=User.Kind.SSO, candidacies__isnull=True)
    # in the order of their keys, as when administrators deactivate such people
    keys = list(without.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    User.objects.filter(pk__in=keys).update(password=no_password())
