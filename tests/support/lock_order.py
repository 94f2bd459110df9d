"""Hold the order in which rows are locked: the statement that breaks it fails the test that ran it, on PostgreSQL.

Two transactions that lock the same rows in different order wait for each other, and PostgreSQL ends one of them. Only
a race shows that, and rarely; the order shows whenever the code runs. SQLite has one writer at a time.

Two rules for each transaction of the product. Tables are locked in the order of ORDER. Where a statement locks more
than one row of a table, it says ORDER BY, or they are locked already, or a row above them is (BELOW): otherwise two
such statements over the same rows meet in any order.

An INSERT locks no row that is there, but for the rows that it points to: those FOR KEY SHARE and at the commit, which
waits for deletions and for the plain FOR UPDATE alone. tests/lifecycle/test_sitting_races.py keeps the latter from
tests and accounts.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

PROJECT = Path(__file__).resolve().parent.parent.parent

ORDER = (
    # Imports, then the test, then the people.
    "Import",
    "ImportChunk",
    "Test",
    "ScaleGrade",
    "Joining",
    "AllowedJoiner",
    "JoinRequest",
    "RosterConnection",
    "RosterSnapshot",
    "RosterIdentity",
    "SsoIdentity",
    "User",
    "SecondStep",
    "RecoveryCode",
    "Session",
    "AuditEvent",
    "SealedRow",
    "AuditSeal",
    # What people are put on, and what puts them there.
    "PermanentUserList",
    "ListMember",
    "ListShare",
    "JoiningList",
    "PermanentUser",
    "SealedPassword",
    # The places of a test, and what hangs on them.
    "Candidate",
    # in the order in which Django deletes what hangs on a place
    "Spread",
    "SpreadMove",
    "Attendance",
    "AttendanceMark",
    "JoinedSpare",
    "ImportedChange",
    "ImportedRemoval",
    "AnswerVersion",  # a save keeps what stood there before it writes
    "Submission",
    "Mark",
    "PreparedPerson",
    "RosterEnrolment",  # whose place is emptied: after the rows of others
    "Contributor",
    "SlipPrint",
    "PrintedSlip",
    "RoomPack",
    "AgedOut",
    "Export",
    # Nothing else is locked together with these.
    "ListFormat",
    "UserFileFormat",
    "UserFileColumn",
    "Location",
    "ScheduledJob",
    "RosterState",
    "Subscription",
    "Delivery",
    # Of other systems: a key is revoked, or its last use written, and nothing else is locked with it.
    "AccessKey",
    "AccessKeyScope",
    "AccessToken",
    "ExternalTest",
    # Of learning platforms: nothing else is locked with them.
    "LtiPlatform",
    "LtiDeployment",
    "LtiCourse",
    "UsedLaunch",
    # Written first and last: first by an INSERT, which locks nothing that is there.
    "SentForm",
    "AnsweredCall",
)
"""The models in the order in which their rows are locked."""

BELOW = {
    "Candidate": "Test",  # acts on one test's places hold its row; those on one person's lock theirs in order
    "ImportChunk": "Import",
    "ScaleGrade": "Test",
    "Joining": "Test",
    "JoiningList": "Test",
    "AllowedJoiner": "Test",
    "JoinRequest": "Test",
    "ImportedChange": "Candidate",
    "ImportedRemoval": "Test",
    "PreparedPerson": "Test",
    "RosterSnapshot": "RosterConnection",
    "RosterEnrolment": "Test",
    "Spread": "Test",
    "SpreadMove": "Candidate",
    "AnswerVersion": "Candidate",
    "Submission": "Candidate",
    "Mark": "Candidate",
    "PrintedSlip": "Test",
    "RoomPack": "Test",
    "Attendance": "Candidate",
    "AttendanceMark": "Candidate",
    "JoinedSpare": "Candidate",
    "UserFileColumn": "UserFileFormat",
    "ListMember": "PermanentUserList",
    "ListShare": "PermanentUserList",
    "SealedPassword": "User",
    "Session": "User",
    "RecoveryCode": "SecondStep",
    "SealedRow": "AuditEvent",
    "LtiDeployment": "LtiPlatform",
}
"""Rows that are locked in any order: whoever locks several of them holds the row above them before."""

WITH_THE_ROW_ABOVE = {"ImportChunk", "Joining", "AllowedJoiner", "JoinRequest"}
"""Rows that nobody locks without the row above them: their place in the order is that row's."""

EXCEPTIONS = {
    "candidates/credentials/issuing.py:end_logins": (
        "Accounts after candidates, and in any order: they open one test alone, whose row is locked. Who locks such an "
        "account and its place elsewhere holds that row too, and a login takes the account FOR KEY SHARE, which an "
        "UPDATE lets through."
    ),
    "candidates/lifecycle/removal.py:_log_out_who_has_no_test": (
        "Accounts after candidates: of people who come through SSO. Who locks those waits for no candidate, or holds "
        "the test's row as well."
    ),
    "candidates/intake/joining.py:fill_freed_places": (
        "Accounts after candidates, where somebody is removed and the next one of the waiting list comes: of people "
        "who have no place on the test, whose row is locked. Who holds such an account waits for their places alone."
    ),
    "candidates/lifecycle/activation.py:_set_accounts_active": (
        "Accounts in any order: they open one test alone, as above."
    ),
    "candidates/lifecycle/erasing.py:delete": (
        "What belongs to an account, in the order of Django's deletion: the locks of its tests, all of which are over, "
        "and the account's own, the strong one, come first."
    ),
    "candidates/lifecycle/erasing.py:delete_sso_person": "What belongs to an account, as above.",
    "candidates/lifecycle/erasing.py:erase_one_time_user": "What belongs to an account, as above.",
    "candidates/lifecycle/erasing.py:erase_staff": (
        "Acts in the audit in any order: those of one account, whose strong lock comes first; nobody else changes them."
    ),
    "candidates/lifecycle/spares.py:join_spare": (
        "What hangs on a spare login, in the order of Django's deletion: the test's own lock and those of both places "
        "come first."
    ),
    "candidates/lifecycle/retention.py:_delete_references": (
        "What student systems call people, after their places: of a test that is over, and whom no other test has from "
        "there. Who locks such a row waits for places of tests that go on."
    ),
    "candidates/lifecycle/archiving.py:erase_test": (
        "What belongs to a test, in the order of Django's deletion: the test's own lock, the strong one, comes first, "
        "and before it those of what waits to be added."
    ),
    "candidates/migrations/0032_complete_lists.py:carry_ids_over": (
        "All rows in any order, while all processes of the installation are stopped."
    ),
    "candidates/management/demo.py:load": (
        "One act after the other in one transaction, on an installation that nobody works on."
    ),
    "candidates/back_office/accounts.py:save_model": (
        "Lists and drafts after an account: of staff. Who locks lists, drafts or tests waits for no account of staff."
    ),
}
"""Functions that break a rule, and why nobody meets anybody there."""

_LOCKING = re.compile(r"FOR (?:NO KEY )?UPDATE(?: OF \"(\w+)\")?( SKIP LOCKED)?\s*$")
_WRITING = re.compile(r"\s*(?:UPDATE|DELETE FROM) \"?(\w+)\"?")
_FROM = re.compile(r"(?:FROM|JOIN) \"(\w+)\"")


class OutOfOrder(AssertionError):
    """A statement locks rows in another order than the others do."""


found: list[str] = []
"""What was out of order since the last look: code may have caught the error, and a thread has nobody to raise it to."""


def watch(connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
    """Look at each statement of this connection from now on; on SQLite do nothing."""
    watched = any(isinstance(wrapper, Watch) for wrapper in connection.execute_wrappers)
    if connection.vendor == "postgresql" and not watched:
        connection.execute_wrappers.append(Watch(connection))


def watch_all() -> None:
    """Watch every connection that is opened in this process from now on, also those of threads."""
    connection_created.connect(watch, dispatch_uid="lock_order")


@contextmanager
def nothing_out_of_order() -> Iterator[None]:
    """Raise OutOfOrder at the end where something was out of order within, whoever has caught the error."""
    found.clear()
    yield
    if found:
        raise OutOfOrder("\n".join(found))


class Watch:
    """Know which tables one connection has locked in its transaction, and refuse what is out of order."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.transaction: object = None
        self.locked: dict[str, bool] = {}  # model: whether its rows were locked in order

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Look at the tables before the statement, and at the number of rows after it."""
        locks = _locks(str(sql))
        places = _places() if locks else []
        if not places:
            return execute(sql, params, many, context)
        self._find_transaction()
        excepted = not EXCEPTIONS.keys().isdisjoint(places)
        for model, waits, _in_order in locks:
            if waits and not excepted:
                self._refuse_lower(model, places)
        result = execute(sql, params, many, context)
        several = context["cursor"].rowcount > 1
        for model, _waits, in_order in locks:
            if several and not in_order and not excepted:
                self._refuse_any_order(model, places)
            if not excepted or model in self.locked:
                self.locked[model] = self.locked.get(model, False) or in_order or not several
        return result

    def _find_transaction(self) -> None:
        """Forget what was locked where this is another transaction; that which a test is rolled back with is none."""
        own = next((one for one in self.connection.atomic_blocks if not getattr(one, "_from_testcase", False)), None)
        if own is None or own is not self.transaction:
            self.transaction, self.locked = own, {}

    def _refuse_lower(self, model: str, places: list[str]) -> None:
        higher = [one for one in self.locked if ORDER.index(one) > ORDER.index(model)]
        held_above = model in WITH_THE_ROW_ABOVE and BELOW[model] in self.locked
        if model not in self.locked and not held_above and higher:
            _refuse(f"{model} is locked after {', '.join(higher)}", places)

    def _refuse_any_order(self, model: str, places: list[str]) -> None:
        if not self.locked.get(model) and BELOW.get(model) not in self.locked:
            _refuse(f"Rows of {model} are locked in no order", places)


def _refuse(what: str, places: list[str]) -> None:
    sentence = f"{what}, in {' < '.join(places)}. See tests/support/lock_order.py."
    found.append(sentence)
    raise OutOfOrder(sentence)


def _locks(sql: str) -> list[tuple[str, bool, bool]]:
    """Return what a statement locks: model, whether it waits for who has the row, whether rows come in an order."""
    if written := _WRITING.match(sql):
        return _models([written.group(1)], waits=True, in_order=False)
    if locking := _LOCKING.search(sql):
        tables = [locking.group(1)] if locking.group(1) else _FROM.findall(sql.partition(" WHERE ")[0])
        return _models(tables, waits=not locking.group(2), in_order="ORDER BY" in sql)
    return []


def _models(tables: list[str], *, waits: bool, in_order: bool) -> list[tuple[str, bool, bool]]:
    """Return the models of our own tables; sessions, tasks and the like are Django's and others' to order."""
    ours = our_tables()
    return [(ours[table], waits, in_order) for table in tables if table in ours]


@cache
def our_tables() -> dict[str, str]:
    """Return the names of our models by table."""
    return {model._meta.db_table: model.__name__ for model in apps.get_app_config("candidates").get_models()}


def _places() -> list[str]:
    """Return the functions of the product in which this is, innermost first; none where a test does it by itself."""
    places: list[str] = []
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(str(PROJECT)) and "site-packages" not in file:
            path = Path(file).relative_to(PROJECT).as_posix()
            if not places and path.startswith("tests/"):
                break
            if not path.startswith("tests/"):
                places.append(f"{path}:{frame.f_code.co_name}")
        frame = frame.f_back  # type: ignore[assignment]
    return places
