"""Make the accounts of permanent users: the only function that does (D16, D31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.views.decorators.debug import sensitive_variables

from candidates.credentials.issuing import OutsideTransaction, new_usernames
from candidates.credentials.sealing import seal
from candidates.credentials.secrets import new_password
from candidates.credentials.verifier import make_verifier
from candidates.models import PermanentUser, SealedPassword, User
from candidates.models.inserting import insert_rows


@dataclass(frozen=True, slots=True)
class NewUser:
    """Describe one permanent user who is not known yet; every text is cleaned.

    An empty `username` is made, of the reserved shape (D8). `stored_password` is the slow hash of a password that came
    in a file (KeyedArgon2Hasher.hash_digest); empty, a password is made, and sealed to be shown on active tests.
    """

    first_name: str
    last_name: str
    username: str = ""
    email: str = ""
    external_id: str = ""
    stored_password: str = ""


@sensitive_variables()
def make_permanent_users(rows: Sequence[NewUser]) -> list[PermanentUser]:
    """Store these people, in their order, with their accounts, and return them; inside a transaction.

    Raises OutsideTransaction, and IntegrityError where a user name or an external ID is taken: the caller has checked
    that under a lock, or takes it as a problem of the row.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction
    if not rows:
        return []
    made = iter(new_usernames(sum(not row.username for row in rows)))
    usernames = [row.username or next(made) for row in rows]
    passwords = {
        username: new_password() for username, row in zip(usernames, rows, strict=True) if not row.stored_password
    }
    insert_rows(
        User(kind=User.Kind.PERMANENT),
        ("username", "name", "email", "password"),
        sorted(
            (username, _name(row), row.email, row.stored_password or make_verifier(username, passwords[username]))
            for username, row in zip(usernames, rows, strict=True)
        ),
    )
    keys = dict(User.objects.filter(username__in=usernames).values_list("username", "pk"))
    insert_rows(
        SealedPassword(),
        ("user_id", "token"),
        [(keys[username], seal(username, password)) for username, password in passwords.items()],
    )
    people = [_person(row, keys[username], username) for username, row in zip(usernames, rows, strict=True)]
    columns = ("user_id", "public_id", "first_name", "last_name", "external_id", "search_key", "sort_key")
    # Two files that name the same new people in different order would wait for each other at the unique constraints.
    in_order = sorted(people, key=lambda person: person.external_id)
    insert_rows(PermanentUser(), columns, [[getattr(person, name) for name in columns] for person in in_order])
    return people


def _name(row: NewUser) -> str:
    return f"{row.first_name} {row.last_name}".strip()[:200]


def _person(row: NewUser, key: int, username: str) -> PermanentUser:
    person = PermanentUser(user_id=key, first_name=row.first_name, last_name=row.last_name, external_id=row.external_id)
    person.name_keys(username=username, email=row.email)
    person._state.adding = False
    return person
