"""Make the crowd of a storm by the product's own functions: python -m tests.storm.crowd KIND COUNT; prints it as JSON.

Everybody is on one of several tests, so that "sees only the own test" says something.
"""

import json
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import cycle
from typing import Literal

import django

Kind = Literal["one-time", "permanent", "mixed", "default-hasher"]
TESTS = 5
# Argon2id costs the same for everybody, so that a few hashes do for all: making 1500 would take half a minute.
CHOSEN_PASSWORDS = ("a long winter evening", "four bicycles in a row", "the river behind our house")


@dataclass(frozen=True, slots=True)
class Person:
    """What one candidate knows, and what the Dashboard must show: the own test alone."""

    username: str
    password: str
    candidate: str  # its public id
    candidate_id: str
    test: str
    other_tests: tuple[str, ...]


def make_crowd(kind: Kind, count: int) -> list[Person]:
    """Store open tests with so many candidates in all, and return them; neighbours are on different tests."""
    from tests.factories import activated, make_staff, make_test, open_now

    planner = make_staff("planner", is_planner=True)
    names = [f"Storm {number} Cell Biology" for number in range(1, min(TESTS, count) + 1)]
    spread: list[list[Person]] = []
    for place, name in enumerate(names):
        test = make_test(planner=planner, name=name, window=timedelta(hours=8), questions="Why? " * 200)
        known = _put_on(test, planner, kind, len(range(place, count, len(names))))
        open_now(activated(test, planner))
        spread.append(_people(test, kind, known, tuple(other for other in names if other != name)))
    if kind == "default-hasher":
        _store_as_django_does()
        spread = [[Person(**{**asdict(one), "password": CHOSEN_PASSWORDS[0]}) for one in people] for people in spread]
    return [
        person for place in range(max(map(len, spread))) for people in spread for person in people[place : place + 1]
    ]


def _put_on(test, planner, kind: Kind, count: int) -> dict[int, str]:
    """Put people of the kind on the test, and return the chosen passwords by account."""
    from django.db import transaction

    from candidates.intake.accounts.making import NewUser, make_permanent_users
    from candidates.intake.door import add_candidates
    from candidates.intake.findings import CandidateRow
    from candidates.signin.hashers import KeyedArgon2Hasher, digest_of

    share = {"permanent": 1, "mixed": 3}.get(kind)
    chosen = count // share if share else 0
    made = count // 3 if kind == "mixed" else 0
    hashes = [KeyedArgon2Hasher().hash_digest(digest_of(password)) for password in CHOSEN_PASSWORDS] if chosen else []
    stored = cycle(hashes)
    new = [
        NewUser(
            "Kari",
            f"Nordmann {number}",
            f"kari.{test.pk}.{number}",
            stored_password=next(stored) if number < chosen else "",
        )
        for number in range(chosen + made)
    ]
    with transaction.atomic():
        accounts = [person.user_id for person in make_permanent_users(new)]
    rows = [CandidateRow(number, f"{number:04}", 0, account=account) for number, account in enumerate(accounts, 1)]
    rows += [CandidateRow(number, f"{number:04}", 0) for number in range(len(rows) + 1, count + 1)]
    add_candidates(test=test, rows=rows, by=planner, source="test")
    return dict(zip(accounts[:chosen], cycle(CHOSEN_PASSWORDS), strict=False))


def _people(test, kind: Kind, chosen: dict[int, str], others: tuple[str, ...]) -> list[Person]:
    """Return everybody on the test with the login as it stands on the slip."""
    from candidates.credentials.sealing import unseal
    from candidates.credentials.secrets import show_password
    from candidates.models import Candidate

    people = []
    for one in Candidate.objects.of_test(test).select_related("user__sealed_password"):
        account = one.user
        assert account is not None
        is_stored = account.pk in chosen
        name = account.username if is_stored or kind == "default-hasher" else account.shown_username
        password = (
            chosen[account.pk] if is_stored else show_password(unseal(account.sealed_password.token, account.username))
        )
        people.append(Person(name, password, one.public_id, one.candidate_id, test.name, others))
    return people


def _store_as_django_does() -> None:
    """Store one password for all, by Django's default hasher; a rule of the product's database has to go for that."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher
    from django.db import connection

    from candidates.models import User

    (rule,) = [one for one in User._meta.constraints if one.name == "user_generated_name_has_generated_password"]
    # SQLite makes the table anew, from what the model says
    User._meta.constraints = [one for one in User._meta.constraints if one is not rule]
    with connection.schema_editor() as editor:
        editor.remove_constraint(User, rule)
    hasher = PBKDF2PasswordHasher()
    User.objects.filter(kind=User.Kind.ONE_TIME).update(password=hasher.encode(CHOSEN_PASSWORDS[0], hasher.salt()))


if __name__ == "__main__":
    django.setup()
    json.dump([asdict(person) for person in make_crowd(sys.argv[1], int(sys.argv[2]))], sys.stdout)  # type: ignore[arg-type]
