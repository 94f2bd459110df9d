"""Tell what changed in a list of permanent users since it was added to a test (C7).

A list may have grown by 150,000 members: nothing here reads more of them than a test can hold, and one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db import models
from django.db.models import Exists, Max, Min, OuterRef, Q, Value

from candidates.models import (
    AuditEvent,
    Candidate,
    Import,
    ListMember,
    PermanentUser,
    PermanentUserList,
    Test,
    User,
)
from candidates.models.tests import MAX_CANDIDATES

MAX_AT_ONCE = 100  # additions that one query tells about: a database takes no statement of any length
# Letting somebody in takes no lock of a list: who does it while the list is read is seen by the one or by the other.
LETTING_IN = timedelta(minutes=1)

Arm: TypeAlias = models.QuerySet[ListMember, tuple[int, int, int, datetime]]
"""One part of the union: keys of test, list and person, and since when the person is on the list."""


@dataclass(frozen=True, slots=True)
class ListChanges:
    """What changed in a list since it was added to a test: nothing where it was not, and then `read_at` is None.

    `new` are members who came since, or may log in again since, and are not on the test, without those who were taken
    off it on purpose; 1500 of them where there are `more`. `left` are candidates whom the list brought
    and who are no members any more; they stay until somebody removes them.
    """

    read_at: datetime | None
    new: tuple[PermanentUser, ...]
    left: tuple[Candidate, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Addition:
    """A list and a test that it was added to: when first, and when its members were read last (UTC)."""

    test: int
    list: int
    first: datetime
    read_at: datetime


def changes_since(test: Test, one: PermanentUserList) -> ListChanges:
    """Return what changed in the list since it was last added to the test: five queries."""
    additions = _additions(Q(test=test, from_list=one))
    if not additions:
        return ListChanges(None, (), ())
    came = _came(additions)[test.pk, one.pk]
    new = PermanentUser.objects.filter(pk__in=came[:MAX_CANDIDATES]).select_related("user")
    brought = Candidate.objects.of_test(test).filter(imported_by__from_list=one, imported_by__undone_at__isnull=True)
    left = brought.exclude(Exists(ListMember.objects.filter(list=one, person=OuterRef("user")))).select_related("user")
    return ListChanges(additions[0].read_at, tuple(new), tuple(left), more=len(came) > MAX_CANDIDATES)


def keys_of_new(test: Test, one: PermanentUserList) -> list[int]:
    """Return the accounts of who came onto the list since it was added to the test, at most MAX_CANDIDATES + 1."""
    return _came(_additions(Q(test=test, from_list=one))).get((test.pk, one.pk), [])


def new_members(test: Test, lists: Collection[PermanentUserList]) -> dict[int, int]:
    """Return the keys of the lists that have members who came since they were added to the test, and how many.

    The number ends at MAX_CANDIDATES + 1, which means more than that. Three queries, however many lists there are.
    """
    if not lists:
        return {}
    came = _came(_additions(Q(test=test, from_list__in=lists)))
    return {one: len(people) for (_test, one), people in came.items() if people}


@dataclass(frozen=True, slots=True)
class OnTest:
    """A test that a list was added to, and how many members came since (MAX_CANDIDATES + 1 stands for more)."""

    test: Test
    read_at: datetime
    new: int


def tests_with(one: PermanentUserList, tests: Sequence[Test]) -> list[OnTest]:
    """Return those of the tests that the list was added to, with how many members came since: three queries."""
    additions = _additions(Q(test__in=tests, from_list=one))
    came, read_at = _came(additions), {addition.test: addition.read_at for addition in additions}
    return [OnTest(test, read_at[test.pk], len(came[test.pk, one.pk])) for test in tests if test.pk in read_at]


def _additions(where: Q) -> list[Addition]:
    """Return which lists were added to which tests, and not undone: one query."""
    found = Import.objects.on_tests().filter(where, undone_at__isnull=True, from_list__isnull=False)
    grouped = found.order_by().values("test", "from_list")
    rows = grouped.annotate(first=Min("created_at"), last=Max("created_at"))  # when the members were read
    return [Addition(*row) for row in rows.values_list("test", "from_list", "first", "last")]


def _came(additions: Sequence[Addition]) -> dict[tuple[int, int], list[int]]:
    """Return for each addition (test, list) the accounts of who came since, at most MAX_CANDIDATES + 1.

    Two queries, and one more for each hundred additions.
    """
    found = {(addition.test, addition.list): dict[int, datetime]() for addition in additions}
    removed = _removed(additions)
    for start in range(0, len(additions), MAX_AT_ONCE):
        some = additions[start : start + MAX_AT_ONCE]
        # as many as are asked for are left, even if everybody who was taken off is among those who are read
        most = {addition.test: MAX_CANDIDATES + 1 + len(removed[addition.test]) for addition in some}
        arms = [arm for addition in some for arm in _arms(addition, most[addition.test])]
        for test, one, person, added_at in arms[0].union(*arms[1:], all=True):
            taken_off_at = removed[test].get(person)
            people = found[test, one]
            if len(people) <= MAX_CANDIDATES and (taken_off_at is None or taken_off_at <= added_at):
                people[person] = added_at  # once, of somebody who came and was let in again since
    return {pair: list(people) for pair, people in found.items()}


def _arms(addition: Addition, most: int) -> tuple[Arm, Arm]:
    """Select who came since a list was added to a test, or is let in again since, may log in, and is not on the test.

    The search ends where enough are found, whoever they are: to order 150,000 first would take longer than all else.
    The index list_member_came has those who came, and few people are ever let in again (permanent_let_in). What is cut
    is a sub-select, because SQLite cuts no part of a union.
    """
    wanted = ListMember.objects.filter(
        Exists(User.objects.filter(pk=OuterRef("person"), is_active=True)),
        ~Exists(Candidate.objects.filter(test=addition.test, user=OuterRef("person"))),
        list=addition.list,
    )
    came = wanted.filter(added_at__gte=addition.read_at)
    let_in = PermanentUser.objects.filter(let_in_at__gte=addition.read_at - LETTING_IN).order_by().values("pk")
    again = wanted.filter(person__in=let_in)
    return _some(came, addition, most), _some(again, addition, most)


def _some(members: models.QuerySet[ListMember], addition: Addition, most: int) -> Arm:
    """Return as many of these members, each with the test, the list and since when."""
    found: Any = ListMember.objects.filter(pk__in=members.values("pk")[:most])
    arm: Arm = found.annotate(on_test=Value(addition.test, output_field=models.BigIntegerField())).values_list(
        "on_test", "list", "person", "added_at"
    )
    return arm


def _removed(additions: Sequence[Addition]) -> dict[int, dict[int, datetime]]:
    """Return who was taken off which test on purpose, and when last (keys of test and account): one query.

    Only acts since the list was added first: what was before it says nothing about the list.
    """
    if not additions:
        return {}
    tests, since = {addition.test for addition in additions}, min(addition.first for addition in additions)
    acts = AuditEvent.objects.filter(test__in=tests, action=AuditEvent.Action.CANDIDATES_REMOVED, at__gte=since)
    found = dict[int, dict[int, datetime]]({test: {} for test in tests})
    for test, at, accounts in acts.order_by("at").values_list("test", "at", "detail__permanent"):
        found[test or 0].update(dict.fromkeys(accounts or (), at))
    return found
