"""Write audit rows: the only functions that do."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from candidates.models import AuditEvent, SealedRow, Test, User
from candidates.outage import describe_error

logger = logging.getLogger(__name__)

# The client's address; set by the middleware, so that the rooms below pages know nothing of requests.
request_address: ContextVar[str | None] = ContextVar("request_address", default=None)

Action = AuditEvent.Action

# Keys of a detail that hold the user name of a staff member whom the act concerned.
NAME_KEYS: dict[str, list[AuditEvent.Action]] = {
    "account": [Action.ACCOUNT_CHANGED, Action.TWO_STEP_REMOVED],
    "user": [Action.CONTRIBUTOR_ADDED, Action.CONTRIBUTOR_REMOVED, Action.USER_LIST_SHARED],
    "before": [Action.USER_LIST_SHARED],
    "handed_over_from": [Action.CONTRIBUTOR_ADDED],
}
# Key of a detail that says where an act was done, if not on a page of its test.
ELSEWHERE = "elsewhere"
BATCH_SIZE = 500  # rows of one statement

# Looking at the same thing again within this time makes no further row.
ONE_ROW_WITHIN = timedelta(hours=12)
# Like refused logins within this time share a row, and so do the searches of one person.
COUNTED_TOGETHER = timedelta(minutes=1)
# Names tried from one address within that time that have a row of their own; further ones share one.
MAX_NAMES_PER_ADDRESS = 200
# Newest rows that are searched: each attempt costs the same, however many there were before.
MAX_ROWS_SEARCHED = 1000


class NotRecorded(DatabaseError):
    """The audit row could not be written; what caused it is the error's cause."""


def record(
    action: AuditEvent.Action,
    *,
    by: User | None,
    test: Test | None = None,
    count: int = 0,
    detail: Mapping[str, Any] | None = None,
    refused: bool = False,
) -> AuditEvent:
    """Store one act.

    Where the act shows something secret this is called first, so that a log that cannot be written refuses the view
    (C61, P13). `detail` never holds a password, an answer, or what somebody typed as a password. Raises
    NotRecorded where the row cannot be written.
    """
    try:
        return AuditEvent.objects.create(
            action=action,
            outcome=AuditEvent.Outcome.REFUSED if refused else AuditEvent.Outcome.DONE,
            actor=by,
            actor_name=by.username if by else "",
            address=request_address.get(),
            test=test,
            test_name=test.name if test else "",
            count=count,
            detail=dict(detail or {}),
        )
    except DatabaseError as error:
        raise NotRecorded(action) from error


def record_on_tests(
    action: AuditEvent.Action,
    *,
    by: User | None,
    rows: Mapping[tuple[int, str], Sequence[str]],
    where: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Store one act in the history of each of several tests, in one statement for some hundred of them.

    `rows` are the candidates' public ids by key and name of the test; `where` says in which place else it was done.
    Raises NotRecorded where the rows cannot be written.
    """
    try:
        AuditEvent.objects.bulk_create(
            [
                AuditEvent(
                    action=action,
                    actor=by,
                    actor_name=by.username if by else "",
                    address=request_address.get(),
                    test_id=test,
                    test_name=name,
                    count=len(public_ids),
                    detail={**(detail or {}), "candidates": list(public_ids), ELSEWHERE: where},
                )
                for (test, name), public_ids in rows.items()
            ],
            batch_size=BATCH_SIZE,
        )
    except DatabaseError as error:
        raise NotRecorded(action) from error


def record_once(
    action: AuditEvent.Action,
    *,
    by: User,
    test: Test,
    detail: Mapping[str, Any] | None = None,
    refused: bool = False,
    within: timedelta = ONE_ROW_WITHIN,
) -> None:
    """Store an act that every load of a page repeats, unless the same person has a like row `within` that time.

    Two loads at the same moment may write a row each. Raises NotRecorded.
    """
    outcome = AuditEvent.Outcome.REFUSED if refused else AuditEvent.Outcome.DONE
    # the index audit_of_a_test finds the few of this kind and time
    same = AuditEvent.objects.filter(test=test, action=action, at__gt=timezone.now() - within)
    if not same.filter(actor=by, outcome=outcome, detail=dict(detail or {})).exists():
        record(action, by=by, test=test, count=0 if refused else 1, detail=detail, refused=refused)


def replace_names(accounts: Collection[int], name: str, *, by: User | None, was: str = "") -> None:
    """Replace the name of erased accounts in the audit by a made-up one; inside a transaction.

    `was` is the user name of a staff member, which acts of others may name in their detail.

    The seals stay: without its salt nobody can tell which name a seal was made of, and the row of this act says that
    the change was intended.
    """
    theirs = AuditEvent.objects.filter(actor__in=accounts)
    # Lock the rows first, in the order of their keys: the worker locks those that it is about to seal, and the last
    # statement then sees its seal.
    own = list(theirs.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    changed = theirs.update(actor_name=name)
    naming = _rename_in_details(was, name) if was else []
    for start in range(0, len(keys := [*own, *naming]), BATCH_SIZE):
        SealedRow.objects.filter(event_id__in=keys[start : start + BATCH_SIZE]).update(salt=b"")
    if keys:
        detail = {"name": name, "accounts": sorted(accounts)}
        record(Action.NAMES_REPLACED, by=by, count=changed + len(naming), detail=detail)


def _rename_in_details(was: str, name: str) -> list[int]:
    """Replace a name in the details of acts, and return the keys of these acts."""
    found = []
    for key, actions in NAME_KEYS.items():
        rows = AuditEvent.objects.filter(action__in=actions, **{f"detail__{key}": was})
        for event in rows.select_for_update(no_key=True).order_by("pk"):
            AuditEvent.objects.filter(pk=event.pk).update(detail={**event.detail, key: name})
            found.append(event.pk)
    return found


def record_if_possible(action: AuditEvent.Action, *, by: User | None, **more: Any) -> None:
    """Store an act that must not fail for want of its row: logging in and out, and handing in (C61)."""
    with if_possible(action):
        record(action, by=by, **more)


def record_refused_login(detail: Mapping[str, Any]) -> None:
    """Store a refused login, or add it to the count of a like one from the same address within COUNTED_TOGETHER.

    Ten thousand passwords tried at one name are one row a minute. Of ten thousand names tried from one address
    MAX_NAMES_PER_ADDRESS have a row each, the rest share one without a name: nobody can fill the disk or bury what
    others did.
    """
    now = timezone.now()
    same: dict[str, Any] = {"action": Action.LOGIN_REFUSED, "outcome": AuditEvent.Outcome.REFUSED}
    newest = AuditEvent.objects.filter(**same, at__gt=now - COUNTED_TOGETHER).order_by("-at").values("pk")
    same["address"] = request_address.get()
    here = AuditEvent.objects.filter(pk__in=newest[:MAX_ROWS_SEARCHED], address=same["address"])

    def counted(what: Mapping[str, Any]) -> bool:
        # Searched before writing: SQLite has one writer, who should not wait for a search. The database counts, so that
        # no attempt is lost. Two that find no row at the same moment write one each; later ones count in the newer.
        found = here.filter(detail=dict(what)).order_by("-pk").values_list("pk", flat=True).first()
        return found is not None and AuditEvent.objects.filter(pk=found).update(count=F("count") + 1) > 0

    with if_possible(Action.LOGIN_REFUSED):
        if counted(detail):
            return
        if "name_digest" in detail and here.count() >= MAX_NAMES_PER_ADDRESS:
            detail = {"name_digest": "", "names": "many"}
            if counted(detail):
                return
        AuditEvent.objects.create(**same, detail=dict(detail), at=now, count=1)


def count_search(*, by: User, times: int = 1) -> int:
    """Count searches for people in the person's row of this minute, and return the count.

    The only write on a GET: without it nobody would notice somebody who tries out numbers all night. The database
    counts, so that simultaneous searches are not lost.
    """
    now = timezone.now()
    same = AuditEvent.objects.filter(action=Action.USERS_SEARCHED, actor=by, at__gt=now - COUNTED_TOGETHER)
    newest = same.order_by("-at").values_list("pk", flat=True).first()
    if newest is not None and AuditEvent.objects.filter(pk=newest).update(count=F("count") + times):
        return AuditEvent.objects.values_list("count", flat=True).get(pk=newest)
    return record(Action.USERS_SEARCHED, by=by, count=times).count


@contextmanager
def if_possible(action: AuditEvent.Action) -> Iterator[None]:
    """Continue where the audit row cannot be written; the log names the missing act, but nobody."""
    try:
        # Inside a transaction a failed statement would undo the rest: a savepoint prevents that. Outside of one it
        # would only cost two more statements at each login.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            yield
    except DatabaseError as error:
        # Where the connection is gone, or SQLite has rolled back by itself, there is no savepoint to return to:
        # everything around it is lost, yet the outermost block would end without an error.
        if connection.in_atomic_block and connection.needs_rollback:
            raise
        log_missing_row(action, error)


def log_missing_row(action: AuditEvent.Action, error: DatabaseError) -> None:
    """Log that an act has no audit row; name the act, but nobody."""
    logger.error("Done, but not recorded in the audit: %s (%s)", action.value, describe_error(error))
