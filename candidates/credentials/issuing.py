"""Make login details in bulk for candidates without, and end logins, inside the caller's transaction."""

from collections.abc import Sequence
from typing import Literal

from django.db import connection, transaction

from candidates.credentials.sealing import seal
from candidates.credentials.secrets import new_password, new_username
from candidates.credentials.verifier import make_verifier
from candidates.models import Candidate, SealedPassword, Test, User


class OutsideTransaction(RuntimeError):
    """Login details were requested outside of a transaction, which makes them all or nothing."""


def new_usernames(count: int) -> list[str]:
    """Return that many user names that nobody has had; removed users keep their row, so no name is given twice (D8)."""
    names: set[str] = set()
    while len(names) < count:
        names |= {new_username() for _ in range(count - len(names))}
        names -= set(User.objects.filter(username__in=names).values_list("username", flat=True))
    return list(names)


def make_one_time_users(count: int) -> list[User]:
    """Store that many one-time users with a verifier and a sealed copy each, and return them.

    Raises OutsideTransaction where no transaction is open. Two sets of the same names would be stopped by the unique
    constraint; with 1.6e11 names that is a matter of rerunning.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction
    passwords = {name: new_password() for name in new_usernames(count)}
    users = User.objects.bulk_create(
        [
            User(username=name, kind=User.Kind.ONE_TIME, password=make_verifier(name, password))
            for name, password in passwords.items()
        ]
    )
    SealedPassword.objects.bulk_create(
        [SealedPassword(user=user, token=seal(user.username, passwords[user.username])) for user in users]
    )
    return users


def issue_missing(test: Test) -> int:
    """Give every one-time candidate of the test without a user one, and return how many were made (D7).

    The caller has locked the test's row, so that nobody is added or given details meanwhile.
    """
    missing: Sequence[int] = list(
        Candidate.objects.of_test(test)
        .filter(kind=Candidate.Kind.ONE_TIME, user__isnull=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    users = make_one_time_users(len(missing))
    link_users(list(zip(missing, (user.pk for user in users), strict=True)))
    return len(missing)


def link_users(pairs: Sequence[tuple[int, int]], *, column: Literal["user", "one_time_login"] = "user") -> None:
    """Write the account of each candidate who has none: (candidate key, user key) pairs, inside a transaction.

    One prepared statement run 1500 times costs a tenth of bulk_update's CASE expression on both databases.
    """
    table = Candidate._meta.db_table
    sql = f"UPDATE {table} SET {column}_id = %s WHERE id = %s AND {column}_id IS NULL"  # noqa: S608  our own names
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql, [(user, candidate) for candidate, user in pairs])


def end_logins(users: Sequence[int]) -> None:
    """End logins for good, with their sessions; the accounts stay, so that no name is given twice (D8)."""
    User.objects.filter(pk__in=users).update(is_active=False, password="!")  # noqa: S106  no password at all
    SealedPassword.objects.filter(user__in=users).delete()
