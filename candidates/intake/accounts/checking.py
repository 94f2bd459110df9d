"""Check all rows of a file of permanent users at once, against each other and against the accounts there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.utils.translation import gettext as _

from candidates.intake.accounts.cleaning import Person, clean_row
from candidates.intake.accounts.headings import (
    EMAIL,
    EXTERNAL_ID,
    FIRST_NAME,
    LAST_NAME,
    PASSWORD,
    USERNAME,
    usual_field_of,
)
from candidates.intake.columns import MappedRow
from candidates.intake.findings import Problem
from candidates.intake.nobody import rows_of_nobody
from candidates.models import PermanentUser, User
from candidates.models.accounts import is_reserved_shape
from candidates.models.permanent_users import name_order
from candidates.tabular.damage import usual_letters

PERSON = (USERNAME, FIRST_NAME, LAST_NAME, EMAIL, EXTERNAL_ID)
"""Columns by which the person of a row is known."""
BATCH = 10_000
"""Names that one query asks for: 150,000 rows take fifteen of each kind, 1500 take one."""


@dataclass(frozen=True, slots=True)
class KnownUser:
    """An account that a row may mean. Only permanent users have more than the first three."""

    pk: int
    username: str
    kind: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    external_id: str = ""

    def after(self, person: Person) -> KnownUser:
        """Return what an update by this row makes of the account: a blank cell never erases (D15)."""
        return KnownUser(
            self.pk,
            self.username,
            self.kind,
            person.email or self.email,
            person.first_name or self.first_name,
            person.last_name or self.last_name,
            person.external_id or self.external_id,
        )


@dataclass(slots=True)
class Around:
    """The accounts that rows may mean, by user name and by external ID."""

    by_name: dict[str, KnownUser] = field(default_factory=dict)
    by_external_id: dict[str, KnownUser] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Namesake:
    """A row that is pointed out: `first` is the earlier row of the file with that name, 0 for somebody stored."""

    person: Person
    first: int = 0


@dataclass(slots=True)
class Findings:
    """What a check found: who is new, who is known already (with what they are now), and all problems."""

    new: list[Person] = field(default_factory=list)
    known: list[tuple[Person, KnownUser]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    twins: list[Namesake] = field(default_factory=list)
    stored: list[Namesake] = field(default_factory=list)
    letters: list[tuple[Person, str]] = field(default_factory=list)

    def everybody(self) -> Iterator[Person]:
        """Yield who is new, then who is known."""
        yield from self.new
        yield from (person for person, _known in self.known)


def check_users(
    rows: Iterable[MappedRow],
    *,
    required: Collection[str] = (),
    field_of: Callable[[str], str | None] = usual_field_of,
) -> Findings:
    """Return what is ready, known and wrong. A few queries for each BATCH of rows, and no lock.

    `field_of` knows the headings of the file, one of which may come again among the rows.
    """
    found = Findings()
    people: list[Person] = []
    rows = list(rows)
    nobody = rows_of_nobody(rows, field_of=field_of, person=PERSON, unread=(PASSWORD,))
    for row in rows:
        if row.number in nobody:
            column, message = nobody[row.number]
            found.problems.append(Problem(row.number, column, row.values[column], message, doubt="nobody"))
            continue
        person, problems = clean_row(row, required)
        found.problems += problems
        if person is not None:
            people.append(person)
    around = surroundings(people)
    names: dict[str, int] = {}
    external_ids: dict[str, int] = {}
    met: dict[int, int] = {}
    for person in people:
        problem = _doubled(person, names, external_ids)
        known, refusal = (None, None) if problem else account_of(person, around)
        problem = problem or refusal
        if problem is None and known is not None and met.setdefault(known.pk, person.number) != person.number:
            message = _("Row %(row)d is the same person.") % {"row": met[known.pk]}
            problem = Problem(person.number, EXTERNAL_ID, person.external_id, message)
        if problem:
            found.problems.append(problem)
        elif known:
            found.known.append((person, known))
        else:
            found.new.append(person)
    found.problems.sort(key=lambda problem: problem.row)
    _look_at_names(found)
    return found


def _doubled(person: Person, names: dict[str, int], external_ids: dict[str, int]) -> Problem | None:
    """Return the problem of a user name or external ID that an earlier row has: its folded form tells."""
    if person.username and (first := names.setdefault(person.username, person.number)) != person.number:
        message = _("Row %(row)d has the same username. Capitals do not tell two people apart.") % {"row": first}
        return Problem(person.number, USERNAME, person.username, message)
    if person.external_id and (first := external_ids.setdefault(person.external_id, person.number)) != person.number:
        message = _("Row %(row)d has the same external ID.") % {"row": first}
        return Problem(person.number, EXTERNAL_ID, person.external_id, message)
    return None


def account_of(person: Person, around: Around) -> tuple[KnownUser | None, Problem | None]:
    """Return the permanent user whom a row means, None for a new one, and what keeps the row from both.

    Nothing tells what kind of account another one is: staff, one-time and SSO look the same from here.
    """
    named = around.by_name.get(person.username) if person.username else None
    holder = around.by_external_id.get(person.external_id) if person.external_id else None
    if named is not None and named.kind != User.Kind.PERMANENT:
        return None, Problem(
            person.number, USERNAME, person.username, _("This is the name of another account. Choose another username.")
        )
    if named is None and is_reserved_shape(person.username):
        message = _(
            "Names like this are made by the system: eight symbols, a digit and then a letter first. "
            "Choose another username, or leave the cell empty."
        )
        return None, Problem(person.number, USERNAME, person.username, message)
    if holder is not None and person.username and (named is None or named.pk != holder.pk):
        message = _("This external ID belongs to %(username)s already.") % {"username": holder.username}
        return None, Problem(person.number, EXTERNAL_ID, person.external_id, message)
    return named or holder, None


def surroundings(people: Sequence[Person]) -> Around:
    """Return the accounts that these rows may mean."""
    around = Around()
    for some in _batches([person.username for person in people if person.username]):
        around.by_name |= {known.username: known for known in _accounts(username__in=some)}
    for some in _batches([person.external_id for person in people if person.external_id]):
        found = _accounts(permanent_user__external_id__in=some)
        around.by_external_id |= {known.external_id: known for known in found}
    return around


def _accounts(**wanted: Sequence[str]) -> Iterator[KnownUser]:
    columns = ("email", "permanent_user__first_name", "permanent_user__last_name", "permanent_user__external_id")
    found = User.objects.filter(**wanted).values_list("pk", "username", "kind", *columns)
    return (KnownUser(pk, username, kind, *(text or "" for text in texts)) for pk, username, kind, *texts in found)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    left = iter(texts)
    while some := list(islice(left, BATCH)):
        yield some


def _look_at_names(found: Findings) -> None:
    """Point out who is called like somebody else, and look-alike letters in user names, which nobody can type."""
    keys = [name_order(person.first_name, person.last_name) for person in found.new]
    often = {key for key, count in Counter(keys).items() if count > 1}
    nameless = [key for person, key in zip(found.new, keys, strict=True) if not (person.username or person.external_id)]
    stored: set[str] = set()
    for some in _batches(sorted(set(nameless))):
        stored.update(PermanentUser.objects.filter(sort_key__in=some).values_list("sort_key", flat=True))
    first: dict[str, int] = {}
    for person, key in zip(found.new, keys, strict=True):
        if key in stored and not (person.username or person.external_id):
            found.stored.append(Namesake(person))
        elif key in often and first.setdefault(key, person.number) != person.number:
            found.twins.append(Namesake(person, first[key]))
        if person.username and not person.username.isascii() and (usual := usual_letters(person.username)):
            found.letters.append((person, usual))
