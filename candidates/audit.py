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
from candidates.outage import words_for

logger = logging.getLogger(__name__)

# The address of the request that is being answered; set by the middleware, so that rooms know nothing of requests.
from_address: ContextVar[str | None] = ContextVar("from_address", default=None)

Action = AuditEvent.Action

# Under these keys of a detail stands the user name of somebody of the staff whom an act concerned.
NAMING: dict[str, list[AuditEvent.Action]] = {
    "account": [Action.ACCOUNT_CHANGED, Action.TWO_STEP_REMOVED],
    "user": [Action.CONTRIBUTOR_ADDED, Action.CONTRIBUTOR_REMOVED, Action.USER_LIST_SHARED],
    "before": [Action.USER_LIST_SHARED],
    "handed_over_from": [Action.CONTRIBUTOR_ADDED],
}
# Under this key stands where something was done that concerns a test and was not done on its pages.
ELSEWHERE = "elsewhere"
AT_ONCE = 500  # rows of one statement

# Who looks at the same again within this time has one row for it.
SEEN_AGAIN = timedelta(hours=12)
# How long refused logins that are alike share a row, and searches of one person.
COUNTED_TOGETHER = timedelta(minutes=1)
# Of one address so many names within that time have rows of their own; all further ones share one.
NAMES_OF_AN_ADDRESS = 200
# So many of the newest are looked at: each try costs the same, however many there were before.
LOOKED_AT = 1000


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
            address=from_address.get(),
            test=test,
            test_name=test.name if test else "",
            count=count,
            detail=dict(detail or {}),
        )
    except DatabaseError as error:
        raise NotRecorded(action) from error


def record_on_tests(
    action: AuditEvent.Action, *, by: User | None, rows: Mapping[tuple[int, str], Sequence[str]], where: str
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
                    address=from_address.get(),
                    test_id=test,
                    test_name=name,
                    count=len(public_ids),
                    detail={"candidates": list(public_ids), ELSEWHERE: where},
                )
                for (test, name), public_ids in rows.items()
            ],
            batch_size=AT_ONCE,
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
    within: timedelta = SEEN_AGAIN,
) -> None:
    """Store an act that is done again and again by loading a page: once for a person, what it is about, and a time.

    Two pages that are loaded at the same moment may write a row each. Raises NotRecorded.
    """
    outcome = AuditEvent.Outcome.REFUSED if refused else AuditEvent.Outcome.DONE
    # the index audit_of_a_test finds the few of this kind and time
    same = AuditEvent.objects.filter(test=test, action=action, at__gt=timezone.now() - within)
    if not same.filter(actor=by, outcome=outcome, detail=dict(detail or {})).exists():
        record(action, by=by, test=test, count=0 if refused else 1, detail=detail, refused=refused)


def replace_names(accounts: Collection[int], name: str, *, by: User | None, was: str = "") -> None:
    """Let what erased accounts did stand under a name of no meaning; inside a transaction.

    `was` is the user name of somebody of the staff, whom acts of others may name as their object.

    The seals stay as they are: without its salt nobody can tell whose name a seal was made of, and the row of this act
    says that the change was meant.
    """
    theirs = AuditEvent.objects.filter(actor__in=accounts)
    # The rows first, in the order of their keys: the worker holds those that it is about to seal, and its seal is seen
    # by the last statement.
    own = list(theirs.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    changed = theirs.update(actor_name=name)
    naming = _rename_in_details(was, name) if was else []
    for start in range(0, len(keys := [*own, *naming]), AT_ONCE):
        SealedRow.objects.filter(event_id__in=keys[start : start + AT_ONCE]).update(salt=b"")
    if keys:
        detail = {"name": name, "accounts": sorted(accounts)}
        record(Action.NAMES_REPLACED, by=by, count=changed + len(naming), detail=detail)


def _rename_in_details(was: str, name: str) -> list[int]:
    """Let the acts that name somebody as their object name nobody, and return their keys."""
    found = []
    for key, actions in NAMING.items():
        rows = AuditEvent.objects.filter(action__in=actions, **{f"detail__{key}": was})
        for event in rows.select_for_update(no_key=True).order_by("pk"):
            AuditEvent.objects.filter(pk=event.pk).update(detail={**event.detail, key: name})
            found.append(event.pk)
    return found


def record_if_possible(action: AuditEvent.Action, *, by: User | None, **more: Any) -> None:
    """Store one act that goes on without its row: logging in and out, and handing in (C61)."""
    with if_possible(action):
        record(action, by=by, **more)


def record_refused_login(detail: Mapping[str, Any]) -> None:
    """Store a refused login of whom nobody knows, or count it in the row of those alike from the same address.

    `count` of the row says how many they were within COUNTED_TOGETHER of `at`. Whoever tries ten thousand passwords at
    a name writes a row each minute, not ten thousand, and whoever tries ten thousand names NAMES_OF_AN_ADDRESS and one
    without a name: neither can fill the disk or bury what others did.
    """
    now = timezone.now()
    same: dict[str, Any] = {"action": Action.LOGIN_REFUSED, "outcome": AuditEvent.Outcome.REFUSED}
    newest = AuditEvent.objects.filter(**same, at__gt=now - COUNTED_TOGETHER).order_by("-at").values("pk")[:LOOKED_AT]
    same["address"] = from_address.get()
    here = AuditEvent.objects.filter(pk__in=newest, address=same["address"])

    def counted(what: Mapping[str, Any]) -> bool:
        # Looked for before it is written: SQLite has one writer, who is not to wait for a search. Counted by the
        # database, so that no try gets lost. Two that find no row at the same moment write one each, and all later ones
        # of that minute are counted in the newer.
        found = here.filter(detail=dict(what)).order_by("-pk").values_list("pk", flat=True).first()
        return found is not None and AuditEvent.objects.filter(pk=found).update(count=F("count") + 1) > 0

    with if_possible(Action.LOGIN_REFUSED):
        if counted(detail):
            return
        if "name_digest" in detail and here.count() >= NAMES_OF_AN_ADDRESS:
            detail = {"name_digest": "", "names": "many"}
            if counted(detail):
                return
        AuditEvent.objects.create(**same, detail=dict(detail), at=now, count=1)


def count_search(*, by: User) -> int:
    """Count a search for people in the person's row of this minute, and return how many it holds.

    A write on a GET, and the only one: without it nobody would see who tries out numbers all night. Counted by the
    database, so that searches at the same moment do not get lost.
    """
    now = timezone.now()
    same = AuditEvent.objects.filter(action=Action.USERS_SEARCHED, actor=by, at__gt=now - COUNTED_TOGETHER)
    newest = same.order_by("-at").values_list("pk", flat=True).first()
    if newest is not None and AuditEvent.objects.filter(pk=newest).update(count=F("count") + 1):
        return AuditEvent.objects.values_list("count", flat=True).get(pk=newest)
    return record(Action.USERS_SEARCHED, by=by, count=1).count


@contextmanager
def if_possible(action: AuditEvent.Action) -> Iterator[None]:
    """Go on where the audit takes nothing; the log says what is missing there, by its kind and not who it was."""
    try:
        # Inside a transaction a statement that failed would take the rest along: a savepoint holds it back. Elsewhere
        # that would be two statements more at each login.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            yield
    except DatabaseError as error:
        # Where the connection is gone, or SQLite has rolled back by itself, the savepoint could not be returned to:
        # all around it is lost, and its outermost block would end without an error all the same.
        if connection.in_atomic_block and connection.needs_rollback:
            raise
        tell_missing(action, error)


def tell_missing(action: AuditEvent.Action, error: DatabaseError) -> None:
    """Write into the log that an act has no row, by its kind and not who it was."""
    logger.error("Done, but not recorded in the audit: %s (%s)", action.value, words_for(error))
