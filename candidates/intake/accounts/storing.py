"""Store some rows of a running import: new accounts, updates, passwords where asked for, and places on lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.access import may_edit
from candidates.credentials.rights import record_on_their_tests
from candidates.intake.accounts.checking import KnownUser, account_of, surroundings
from candidates.intake.accounts.cleaning import Person
from candidates.intake.accounts.making import NewUser, make_permanent_users
from candidates.lifecycle.names import follow_names, lock_tests_to_come
from candidates.lifecycle.user_lists import put_on_list
from candidates.models import (
    Import,
    PermanentUser,
    PermanentUserList,
    SealedPassword,
    User,
)
from candidates.models.accounts import is_reserved_shape
from candidates.models.permanent_users import listed_name
from candidates.signin.hashers import KeyedArgon2Hasher, has_key


@dataclass(slots=True)
class Stored:
    """What became of some rows; `problems` are (row, sentence), `renewed` the accounts that got another password."""

    made: int = 0
    updated: int = 0
    skipped: int = 0
    renewed: list[int] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Stored) -> None:
        """Add what became of other rows; what is said of all rows (0) is said once."""
        self.made += other.made
        self.updated += other.updated
        self.skipped += other.skipped
        self.renewed += other.renewed
        said = {number for number, _sentence in self.problems if number == 0}
        self.problems += [problem for problem in other.problems if problem[0] not in said]


def lock_chunk(running: Import, people: Sequence[Person]) -> None:
    """Lock whom and what these rows touch, inside the transaction and after the import's own row.

    Tests whose candidates are renamed, people, then lists, each in the order of their keys: as everybody locks who
    changes members, deletes a list, or deletes a person, so that no two wait for each other. They wait for this chunk;
    or the list is gone here, and is made again where the file names it.
    """
    if running.existing == Import.Existing.UPDATE:
        lock_tests_to_come(_meant(people))
    if _means_known(running, people):
        list(_meant(people).order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk"))
    names = {person.list_name for person in people if person.list_name} | {running.add_to_name} - {""}
    filled = Q(pk=running.add_to_id) | Q(owner=running.owner_id, name__in=names)
    lists = PermanentUserList.objects.filter(filled).order_by("pk")
    list(lists.select_for_update(of=("self",), no_key=True).values_list("pk"))


@sensitive_variables()
def store_singly(running: Import, people: Sequence[Person], hashes: Mapping[str, str]) -> Stored:
    """Store these rows as store_people does, each by itself: what keeps one of them out keeps out no other."""
    stored = Stored()
    for person in sorted(people, key=_by_name):
        try:
            with transaction.atomic():
                one = store_people(running, [person], hashes)
                if connection.vendor == "postgresql":
                    connection.check_constraints()  # now, and not when everything is committed
        except (IntegrityError, DataError):
            stored.problems.append((person.number, _("The row could not be stored. Check it, and import it again.")))
        else:
            stored.add(one)
    return stored


@sensitive_variables()
def store_people(running: Import, people: Sequence[Person], hashes: Mapping[str, str]) -> Stored:
    """Store these rows, inside the transaction that deletes their chunk and after lock_chunk.

    `hashes` are the slow hashes by digest. A row that cannot be stored stops nobody else: it becomes a problem.
    """
    stored = Stored()
    around = surroundings(people)
    new: list[Person] = []
    known: list[tuple[Person, KnownUser]] = []
    for person in people:
        account, problem = account_of(person, around)
        if person.digest and (account is None or running.change_passwords) and not has_key(person.digest):
            message = _("The key of this server has changed since the file was uploaded: import this row again.")
            stored.problems.append((person.number, message))
        elif problem is not None:
            stored.problems.append((problem.row, problem.message))
        elif account is not None:
            known.append((person, account))
        else:
            new.append(person)
    keys = _make(new, hashes, stored)
    keys |= _update(running, known, hashes, stored)
    record_on_their_tests(
        audit.Action.PASSWORD_RENEWED, by=running.owner, accounts=stored.renewed, where="an import of permanent users"
    )
    _put_on_lists(running, people, keys, stored)
    return stored


def _means_known(running: Import, people: Sequence[Person]) -> bool:
    """Say whether anything is written of people who are known: what they are, their password, or places on lists."""
    changes = running.existing == Import.Existing.UPDATE or running.change_passwords
    lists = running.add_to_id is not None or running.add_to_name or any(person.list_name for person in people)
    return bool(changes or lists)


def _meant(people: Sequence[Person]) -> QuerySet[User]:
    """Return the accounts that rows may mean, those too that are left as they are: they are put on lists.

    They are locked so that nobody renames or deletes them between the look and the write.
    """
    meant = Q(username__in=[one.username for one in people if one.username]) | Q(
        permanent_user__external_id__in=[one.external_id for one in people if one.external_id]
    )
    return User.objects.filter(meant, kind=User.Kind.PERMANENT)


def _by_name(person: Person) -> tuple[str, str]:
    """Return the order in which new people are stored, as make_permanent_users does: two files may name the same."""
    return person.username, person.external_id


@sensitive_variables()
def _make(new: Sequence[Person], hashes: Mapping[str, str], stored: Stored) -> dict[int, int]:
    """Make the accounts of new people and return their keys by row; one by one where all together clash."""
    try:
        with transaction.atomic():
            made = make_permanent_users([_new_user(person, hashes) for person in new])
    except IntegrityError:
        # Somebody has taken a user name or an external ID since the look above: on PostgreSQL nothing keeps them away.
        return _make_singly(new, hashes, stored)
    stored.made += len(made)
    return {person.number: account.pk for person, account in zip(new, made, strict=True)}


@sensitive_variables()
def _make_singly(new: Sequence[Person], hashes: Mapping[str, str], stored: Stored) -> dict[int, int]:
    keys = {}
    for person in sorted(new, key=_by_name):
        try:
            with transaction.atomic():
                (account,) = make_permanent_users([_new_user(person, hashes)])
        except IntegrityError:
            message = _("The username or external ID was given to somebody else while the import ran.")
            stored.problems.append((person.number, message))
        else:
            stored.made += 1
            keys[person.number] = account.pk
    return keys


@sensitive_variables()
def _new_user(person: Person, hashes: Mapping[str, str]) -> NewUser:
    password = ""
    if person.digest:  # no hash yet: the account that had the name was deleted since the hashes were made
        password = hashes.get(person.digest) or KeyedArgon2Hasher().hash_digest(person.digest)
    return NewUser(
        person.first_name, person.last_name, person.username, person.email, person.external_id, stored_password=password
    )


@sensitive_variables()
def _update(
    running: Import, known: Sequence[tuple[Person, KnownUser]], hashes: Mapping[str, str], stored: Stored
) -> dict[int, int]:
    """Write what was chosen for people who are known, and return their keys by row."""
    update = running.existing == Import.Existing.UPDATE
    keys = {}
    renamed: dict[int, tuple[str, str]] = {}
    for person, now in known:
        keys[person.number] = now.pk
        after = now.after(person) if update else now
        try:
            with transaction.atomic():
                changed = after != now and _write(after)
                changed |= running.change_passwords and _give_password(person, now, hashes, stored)
        except IntegrityError:
            message = _("The external ID was given to somebody else while the import ran.")
            stored.problems.append((person.number, message))
            continue
        except _NoPassword:
            message = _("The system has made the username, so it makes the password too: the file cannot give one.")
            stored.problems.append((person.number, message))
            continue
        stored.updated += changed
        stored.skipped += not changed
        renamed[now.pk] = (listed_name(now.first_name, now.last_name), listed_name(after.first_name, after.last_name))
    follow_names(renamed, by=running.owner, where="an import of permanent users")
    return keys


def _write(after: KnownUser) -> bool:
    """Write names, e-mail and external ID of a permanent user."""
    person = PermanentUser(
        pk=after.pk, first_name=after.first_name, last_name=after.last_name, external_id=after.external_id
    )
    person.name_keys(username=after.username, email=after.email)
    User.objects.filter(pk=after.pk, kind=User.Kind.PERMANENT).update(name=person.full_name[:200], email=after.email)
    PermanentUser.objects.filter(pk=after.pk).update(
        first_name=person.first_name,
        last_name=person.last_name,
        external_id=person.external_id,
        search_key=person.search_key,
        sort_key=person.sort_key,
    )
    return True


class _NoPassword(Exception):
    """The account keeps the password that the system has made."""


@sensitive_variables()
def _give_password(person: Person, now: KnownUser, hashes: Mapping[str, str], stored: Stored) -> bool:
    """Give a known person the password of the file, which ends their sessions; False where the file has none."""
    if not person.digest:
        return False
    if is_reserved_shape(now.username):
        raise _NoPassword
    User.objects.filter(pk=now.pk, kind=User.Kind.PERMANENT).update(password=hashes[person.digest])
    SealedPassword.objects.filter(user=now.pk).delete()
    stored.renewed.append(now.pk)
    return True


def _put_on_lists(running: Import, people: Iterable[Person], keys: Mapping[int, int], stored: Stored) -> None:
    """Put those who are stored on the lists that the file names and on the one that was chosen, made when missing."""
    wanted: dict[str, list[int]] = {}
    for person in people:
        if person.number in keys and person.list_name:
            wanted.setdefault(person.list_name, []).append(keys[person.number])
    if running.add_to_name and keys:
        wanted.setdefault(running.add_to_name, []).extend(keys.values())
    filled: dict[int, list[int]] = {}
    for name, found in sorted(wanted.items()):
        one, _made = PermanentUserList.objects.get_or_create(owner=running.owner, name=name)
        filled.setdefault(one.pk, []).extend(found)
    if running.add_to is not None and keys:
        if running.owner is not None and may_edit(running.owner, running.add_to):
            filled.setdefault(running.add_to.pk, []).extend(keys.values())
        elif not any(number == 0 for number, _sentence in running.problems):
            message = _("The list %(name)s is not shared with you any more, so nobody else was added to it.")
            stored.problems.append((0, message % {"name": running.add_to.name}))
    # In the order of their keys, so that no two imports wait for each other: whoever reads a list for a test at this
    # moment reads all of these members or none of them.
    lists = PermanentUserList.objects.filter(pk__in=filled).order_by("pk").select_for_update(no_key=True)
    for one in lists:
        put_on_list(one, filled[one.pk])


def filled_lists(running: Import) -> list[PermanentUserList]:
    """Return the lists that were chosen for everybody in the file, as far as they are there and may be filled."""
    if running.add_to is not None:
        return [running.add_to] if running.owner is not None and may_edit(running.owner, running.add_to) else []
    return list(PermanentUserList.objects.filter(owner=running.owner, name=running.add_to_name or None))
