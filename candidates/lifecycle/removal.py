"""Take candidates off a test (D6)."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from candidates import audit
from candidates.lifecycle.accommodations import Changed
from candidates.lifecycle.errors import Refused
from candidates.models import Candidate, SealedPassword, Test, User


def removable(test: Test, public_ids: Sequence[str], *, lock: bool = False) -> tuple[list[Candidate], list[Candidate]]:
    """Return who of the chosen can be removed and who stays: after activation only those who have not started."""
    found = Candidate.objects.of_test(test).filter(public_id__in=public_ids)
    found = found.select_related("user", "location").order_by("sort_key")
    chosen = list(found.select_for_update(of=("self",)) if lock else found)
    return (
        [candidate for candidate in chosen if candidate.started_at is None],
        [candidate for candidate in chosen if candidate.started_at is not None],
    )


def remove_candidates(*, test: Test, public_ids: Sequence[str], by: User) -> Changed:
    """Remove the chosen candidates who have not started; their places are free again.

    One-time users lose their login at once and keep their row, so that no user name is ever given twice (D8).
    Raises Refused where nobody is chosen or everybody chosen has started.
    """
    with transaction.atomic():
        # The test's lock serialises with adding and activation, the rows' with candidates who start at this moment:
        # they are seen as started here, or find no row to start with.
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        gone, left = removable(test, public_ids, lock=True)
        if not gone:
            raise Refused(
                _("Candidates who have started cannot be removed. Nothing was changed.")
                if left
                else _("No candidate is ticked, so nothing was changed. Tick candidates first.")
            )
        audit.record(
            audit.Action.CANDIDATES_REMOVED,
            by=by,
            test=test,
            count=len(gone),
            detail={"candidates": [[candidate.public_id, candidate.candidate_id] for candidate in gone]},
        )
        take_off(test, gone)
    return Changed(len(gone), tuple(candidate.candidate_id for candidate in left))


def take_off(test: Test, gone: Sequence[Candidate]) -> None:
    """Delete candidates of the test, end one-time users' logins, and free the places.

    The caller holds the locks of the test's row and of theirs, and has recorded the act or does.
    """
    one_time = [candidate for candidate in gone if candidate.kind == Candidate.Kind.ONE_TIME]
    users = [candidate.user_id for candidate in one_time if candidate.user_id is not None]
    Candidate.objects.filter(pk__in=[candidate.pk for candidate in gone]).delete()
    SealedPassword.objects.filter(user__in=users).delete()
    User.objects.filter(pk__in=users).update(is_active=False, password="!")  # noqa: S106  no password at all
    Test.objects.filter(pk=test.pk).update(candidate_count=F("candidate_count") - len(gone))
