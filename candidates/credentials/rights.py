"""Who may open or replace a permanent user's password, which works on all tests of the person; and its record."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.access import Role, tests_of
from candidates.credentials.purging import ABANDONED_AFTER
from candidates.models import AuditEvent, Candidate, Test, User
from candidates.models.candidates import MAX_EXTRA_MINUTES, CandidateQuerySet
from candidates.timing import is_over

# Values of PERMANENT_PASSWORDS_BY, beside planners of all tests; administrators always may.
ADMINISTRATORS, ANY_PLANNER = "administrators", "any_planner"


class _Place(NamedTuple):
    """One place of a permanent user on a test that somebody does not plan, in the order of _COLUMNS. Times are UTC."""

    user_id: int
    test_id: int
    started_at: datetime | None
    submitted_at: datetime | None
    logged_in_at: datetime | None
    last_seen_at: datetime | None
    extra_minutes: int
    incident_minutes: int


def withheld_from(by: User, accounts: Collection[int]) -> set[int]:
    """Return the permanent users among these accounts whose password this person may neither open nor replace.

    Those who have a test that is not over for them and that this person does not plan. Two queries at most. Where
    something is opened, call it under the lock of the accounts: whoever adds them to a test locks them too.
    """
    if not accounts or by.is_administrator or settings.PERMANENT_PASSWORDS_BY == ANY_PLANNER:
        return set()
    if settings.PERMANENT_PASSWORDS_BY == ADMINISTRATORS:
        return set(accounts)
    now = timezone.now()
    # A rough bound first, in SQL: only the few tests of these weeks remain, whose ends are looked at one by one.
    latest = now - timedelta(minutes=2 * MAX_EXTRA_MINUTES)
    unfinished = Q(test__activated_at=None, test__ends_at__gt=now - ABANDONED_AFTER) | Q(
        test__activated_at__isnull=False, submitted_at=None, test__ends_at__gt=latest
    )
    rows = (
        Candidate.objects.filter(unfinished, kind=Candidate.Kind.PERMANENT, user__in=accounts)
        .exclude(test__in=tests_of(by, Role.PLANNER).values("pk"))
        .order_by()
    )
    places = [_Place._make(row) for row in rows.values_list(*_Place._fields)]
    tests = Test.objects.defer("questions", "information").in_bulk({place.test_id for place in places})
    return {place.user_id for place in places if _is_unfinished(place, tests[place.test_id], now)}


def _is_unfinished(place: _Place, test: Test, now: datetime) -> bool:
    """Say whether a test is still to come for somebody, or goes on; one that is deactivated may be postponed (D7)."""
    return not test.is_activated or not is_over(place, test, now=now)


def withheld_words(count: int) -> str:
    """Return why some passwords of permanent users are left out, and whom to ask; other tests are not named."""
    if settings.PERMANENT_PASSWORDS_BY == ADMINISTRATORS:
        words = ngettext(
            "The login of %(n)d permanent user is left out: only administrators give out passwords that work on "
            "several tests. Ask an administrator.",
            "The logins of %(n)d permanent users are left out: only administrators give out passwords that work on "
            "several tests. Ask an administrator.",
            count,
        )
    else:
        words = ngettext(
            "The login of %(n)d permanent user is left out: it works on a test that you do not plan as well. Ask an "
            "administrator, or somebody who plans all tests of this person.",
            "The logins of %(n)d permanent users are left out: they work on tests that you do not plan as well. Ask "
            "an administrator, or somebody who plans all tests of these people.",
            count,
        )
    return words % {"n": count}


def withheld_one_words(candidate_id: str) -> str:
    """Return why somebody may neither see nor replace the password of one permanent user, and whom to ask."""
    if settings.PERMANENT_PASSWORDS_BY == ADMINISTRATORS:
        words = _(
            "%(id)s is a permanent user, whose password works on all tests of the person. Only administrators give "
            "it out or replace it. Ask an administrator."
        )
    else:
        words = _(
            "%(id)s is a permanent user and is on another test as well, which you do not plan. The password works "
            "there too, so you can neither see nor replace it. Ask an administrator, or somebody who plans all tests "
            "of this person."
        )
    return words % {"id": candidate_id}


def lock_permanent(candidates: CandidateQuerySet) -> set[int]:
    """Lock the accounts of the permanent users among candidates of one test, and return them; inside a transaction.

    Closes the race with whoever adds one of them to another test (intake/door.py) and locks them too: that one waits,
    or is seen by the check that follows. In the order of keys, and after the test.
    """
    permanent = candidates.filter(kind=Candidate.Kind.PERMANENT).order_by().values("user")
    accounts = User.objects.select_for_update(no_key=True).filter(pk__in=permanent).order_by("pk")
    return set(accounts.values_list("pk", flat=True))


def record_on_their_tests(
    action: AuditEvent.Action, *, by: User | None, accounts: Collection[int], where: str, but: Test | None = None
) -> None:
    """Record that passwords of permanent users were opened or replaced, in the history of all of their tests.

    `but` is the test on whose page it was done, which has its own row. `where` says where that was without naming a
    test, since planners of one test must not learn of others. One row for each test, in two statements.
    """
    if not accounts:
        return
    places = Candidate.objects.filter(kind=Candidate.Kind.PERMANENT, user__in=accounts).order_by("test", "pk")
    if but is not None:
        places = places.exclude(test=but)
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for test, name, public_id in places.values_list("test", "test__name", "public_id"):
        found[test, name].append(public_id)
    audit.record_on_tests(action, by=by, rows=found, where=where)
