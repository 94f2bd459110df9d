"""Find or make the accounts of SSO candidates: persons whom the system may never have seen (docs/domain.md §7)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import IntegrityError, connection, transaction

from candidates.authentication_types import enabled_types
from candidates.intake.findings import CandidateRow
from candidates.models import SsoIdentity, User
from candidates.models.accounts import no_password

Person = tuple[str, str]
"""Authentication type and folded SSO user ID."""
MAX_TRIES = 5


class UnknownType(ValueError):
    """A row names an authentication type that the settings do not have (C47)."""


def person_of(row: CandidateRow) -> Person:
    """Return by what an SSO candidate is known. Raises UnknownType."""
    found = enabled_types().get(row.authentication_type)
    if found is None:
        raise UnknownType(row.authentication_type)
    return row.authentication_type, found.key(row.sso_user_id)


def sso_users(rows: Sequence[CandidateRow]) -> dict[Person, int]:
    """Return the keys of the accounts of the rows' persons, made where there are none; inside a transaction.

    Raises UnknownType.
    """
    wanted = {person_of(row): row.sso_user_id for row in rows}
    for _try in range(MAX_TRIES):
        known = _known(wanted)
        missing = sorted(wanted.keys() - known.keys())
        if not missing:
            # Closes the race with who deletes one of them: they wait, and then see this test, or have been waited for
            # here, and the next round makes an account anew.
            _keep(known.values())
            if _known(wanted) == known:
                return known
            continue
        try:
            with transaction.atomic():
                _make(missing, wanted)
        except IntegrityError:
            # Closes the race of two tests that name the same new person: the second waits on the unique constraint,
            # and finds the first one's account in the next round. Sorted, so that neither waits for the other for ever.
            continue
    raise IntegrityError(f"identities of {len(wanted)} people could not be stored")


def _known(wanted: Iterable[Person]) -> dict[Person, int]:
    by_type: dict[str, list[str]] = {}
    for slug, key in wanted:
        by_type.setdefault(slug, []).append(key)
    return {
        (slug, key): user
        for slug, keys in by_type.items()
        for key, user in SsoIdentity.objects.filter(authentication_type=slug, sso_key__in=keys).values_list(
            "sso_key", "user"
        )
    }


def _keep(accounts: Collection[int]) -> None:
    """Keep accounts from being deleted until the commit.

    FOR KEY SHARE, which Django has no word for, makes a deletion wait and nobody else. On SQLite one writes at a time.
    """
    if connection.features.has_select_for_no_key_update:
        with connection.cursor() as cursor:
            sql = f"SELECT id FROM {User._meta.db_table} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"  # noqa: S608
            cursor.execute(sql, [list(accounts)])


def _make(missing: Sequence[Person], wanted: Mapping[Person, str]) -> None:
    """Store an account and an identity for each; nobody can log in with a password there."""
    users = User.objects.bulk_create(
        [
            # the name is nothing that anybody types
            User(username=f"sso-{secrets.token_hex(12)}", kind=User.Kind.SSO, password=no_password())
            for _person in missing
        ]
    )
    SsoIdentity.objects.bulk_create(
        [
            SsoIdentity(user=user, authentication_type=person[0], sso_key=person[1], sso_user_id=wanted[person])
            for person, user in zip(missing, users, strict=True)
        ]
    )
