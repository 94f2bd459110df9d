"""What the audit holds about one test: the acts on it, and the logins of its candidates."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from candidates.candidate_ids import candidate_key
from candidates.models import AuditEvent, Candidate, JoinedSpare, Submission, Test, User
from candidates.timing import last_end, longest_extra_seconds

LOGINS = (AuditEvent.Action.LOGIN, AuditEvent.Action.LOGOUT)
BEFORE, AFTER = timedelta(hours=12), timedelta(days=1)
"""A login that serves other tests as well belongs to this one from so long before the opening until after the end."""


def acts_on(test: Test) -> QuerySet[AuditEvent]:
    """Return what was done on a test."""
    return AuditEvent.objects.filter(test=test)


def logins_for(test: Test, *, accounts: Collection[int], of_this_alone: Collection[int]) -> QuerySet[AuditEvent]:
    """Return logins and log-outs of the candidates: with a slip all, with another login those around the test."""
    near = Q(actor__in=of_this_alone)
    end = last_end(test, longest_extra_seconds(test))
    if test.opens_at is not None and end is not None:
        near |= Q(at__gte=test.opens_at - BEFORE, at__lt=end + AFTER)
    # numbers and no subquery: by them PostgreSQL asks its index for each account
    return AuditEvent.objects.filter(near, actor__in=list(accounts), action__in=LOGINS, test=None)


def joined_spares(test: Test) -> list[tuple[str, str, int | None, str]]:
    """Return public id, ID and account of every spare login that was joined, and the public id it belongs to."""
    found = JoinedSpare.objects.filter(candidate__test=test).order_by("pk")
    return list(found.values_list("public_id", "candidate_id_then", "user", "candidate__public_id"))


def removals_of(test: Test, keys: Collection[str]) -> dict[str, AuditEvent]:
    """Return the last act that removed each of these Candidate IDs (folded) from a test, where there is one."""
    kinds = (AuditEvent.Action.CANDIDATES_REMOVED, AuditEvent.Action.IMPORT_UNDONE)
    acts = acts_on(test).filter(action__in=kinds, outcome=AuditEvent.Outcome.DONE).select_related("actor")
    found: dict[str, AuditEvent] = {}
    for act in acts.order_by("at", "pk"):
        for _public_id, shown in [*act.detail.get("candidates", ()), *act.detail.get("removed", ())]:
            if candidate_key(shown) in keys:
                found[candidate_key(shown)] = act
    return found


def added_by(candidate: Candidate, *, within: timedelta) -> AuditEvent | None:
    """Return the act that put a candidate on the test, which was recorded with it; None where it is not kept."""
    acts = acts_on(candidate.test).filter(action=AuditEvent.Action.CANDIDATES_ADDED)
    same = acts.filter(at__gte=candidate.added_at, at__lt=candidate.added_at + within)
    return same.select_related("actor").order_by("at", "pk").first()


def saves_of(candidate: Candidate) -> tuple[int, datetime | None]:
    """Return how often the candidate's answer was saved, and when last (UTC); the text is not read."""
    saved = Submission.objects.filter(candidate=candidate).values_list("revision", "saved_at").first()
    return saved or (0, None)


def whole_acts(keys: Collection[int]) -> dict[int, AuditEvent]:
    """Return these acts with who did them, by key."""
    return AuditEvent.objects.select_related("actor").in_bulk(keys)


def staff_on(test: Test) -> list[User]:
    """Return who of the staff, and which other systems, did something on a test."""
    kinds = (User.Kind.STAFF, User.Kind.SYSTEM)
    return list(User.objects.filter(kind__in=kinds, pk__in=acts_on(test).order_by().values("actor")))


def people(keys: Collection[int]) -> dict[int, User]:
    """Return these people by key."""
    return User.objects.in_bulk(keys) if keys else {}
