"""One-time logins that stand in for SSO while it is down: on the same test, for the same person and answer (D20)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates import audit
from candidates.credentials.issuing import end_logins, link_users, make_one_time_users
from candidates.errors import Refused
from candidates.models import AuditEvent, Candidate, Test, User
from candidates.timing import Progress, Stage, progress_of, stage_of

NOBODY = gettext_lazy(
    "No SSO candidate is chosen, so nothing was changed. One-time users have their login details already."
)


@dataclass(frozen=True, slots=True)
class GivenLogins:
    """Whose slips can be printed now, by public id: `new` ones, and those who `had` a one-time login."""

    new: tuple[str, ...]
    had: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WritingCandidate:
    """Somebody who is writing now with the one-time login: taking it back would interrupt."""

    public_id: str
    candidate_id: str


class WritingNow(Refused):
    """Somebody began to write with a one-time login after the page was shown that names who does."""


def why_none_can_be_given(test: Test) -> str:
    """Return why nobody on the test can get a one-time login now and what to do, or nothing."""
    stage = stage_of(test)
    if stage == Stage.CREATED:
        return _("One-time logins can be given once the test is activated. Activate it, then give them.")
    if stage == Stage.FINISHED:
        return _(
            "The test is Finished, so nobody needs a login to write any more. Nothing was changed. "
            "To let somebody write on, give incident time in Monitor first."
        )
    return ""


def give_one_time_logins(*, test: Test, public_ids: Collection[str], by: User) -> GivenLogins:
    """Give every chosen SSO candidate without a one-time login one, with a sealed copy to print.

    Everything else about them stays, and so does their own login. Who has a one-time login keeps it: however often this
    is done, one set is made. Raises Refused where the test is not activated or is Finished, and where no SSO candidate
    is chosen: an empty choice never means everybody.
    """
    with transaction.atomic():
        # Lock the test first, as everywhere: each of several simultaneous planners sees what the one before has given,
        # and a removal, deactivation or printing waits, or is seen here.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if reason := why_none_can_be_given(test):
            raise Refused(reason)
        chosen = _chosen(test, public_ids)
        missing = [one for one in chosen if one.one_time_login_id is None]
        if missing:
            users = make_one_time_users(len(missing))
            keys = [one.pk for one in missing]
            link_users(list(zip(keys, (user.pk for user in users), strict=True)), column="one_time_login")
            # A slip printed before belongs to a login that was taken back: the new slip gets the next version.
            Candidate.objects.filter(pk__in=keys, slip_printed_version__isnull=False).update(
                slip_version=F("slip_version") + 1
            )
            _record(audit.Action.ONE_TIME_LOGINS_GIVEN, missing, test=test, by=by)
    new = {one.pk for one in missing}
    return GivenLogins(
        new=tuple(one.public_id for one in missing), had=tuple(one.public_id for one in chosen if one.pk not in new)
    )


def take_back_one_time_logins(
    *, test: Test, public_ids: Collection[str], by: User, seen_writing: Collection[str] | None = None
) -> int:
    """End the one-time logins of the chosen candidates, and return how many ended.

    Their sessions end with the next request, and the printable copies are deleted. The candidates log in through SSO
    as before, and find everything they wrote. `seen_writing` are the public ids of those whom the confirmed page named
    as writing. Raises WritingNow where somebody else has begun to write with such a login, and Refused where none of
    the chosen has one.
    """
    with transaction.atomic():
        # As above. The candidates' rows are locked too: a start at this moment waits, or is seen here.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        chosen = [one for one in _chosen(test, public_ids, lock=True) if one.one_time_login_id is not None]
        if not chosen:
            raise Refused(_("None of them has a one-time login any more. Nothing was changed."))
        if seen_writing is not None and not {one.public_id for one in _writing(test, chosen)} <= set(seen_writing):
            raise WritingNow(_("Somebody has begun to write meanwhile. Nothing was taken back. Check who it is."))
        keys = [one.one_time_login_id for one in chosen if one.one_time_login_id is not None]
        Candidate.objects.filter(pk__in=[one.pk for one in chosen]).update(one_time_login=None)
        end_logins(keys)
        _record(audit.Action.ONE_TIME_LOGINS_TAKEN_BACK, chosen, test=test, by=by)
    return len(chosen)


def writing_with_one_time_login(test: Test, public_ids: Collection[str]) -> list[WritingCandidate]:
    """Return who of these is writing now and has logged in with the one-time login; two queries."""
    return _writing(test, [one for one in _found(test, public_ids) if one.one_time_login_id is not None])


def _writing(test: Test, candidates: Sequence[Candidate]) -> list[WritingCandidate]:
    now = timezone.now()
    busy = [one for one in candidates if progress_of(one, test, now=now) == Progress.IN_PROGRESS]
    accounts = [one.one_time_login_id for one in busy]
    used = set(
        AuditEvent.objects.filter(action=AuditEvent.Action.LOGIN, actor__in=accounts).values_list("actor", flat=True)
    )
    return [WritingCandidate(one.public_id, one.candidate_id) for one in busy if one.one_time_login_id in used]


def _chosen(test: Test, public_ids: Collection[str], *, lock: bool = False) -> list[Candidate]:
    chosen = _found(test, public_ids, lock=lock)
    if not chosen:
        raise Refused(str(NOBODY))
    return chosen


def _found(test: Test, public_ids: Collection[str], *, lock: bool = False) -> list[Candidate]:
    found = Candidate.objects.of_test(test).filter(kind=Candidate.Kind.SSO, public_id__in=public_ids).order_by("pk")
    return list(found.select_for_update(of=("self",)) if lock else found)


def _record(action: AuditEvent.Action, candidates: Sequence[Candidate], *, test: Test, by: User) -> None:
    detail = {"candidates": [one.public_id for one in candidates]}
    audit.record(action, by=by, test=test, count=len(candidates), detail=detail)
