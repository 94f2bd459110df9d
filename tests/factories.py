"""Make what tests need, by the product's own functions: a factory makes nothing that the product could not."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from candidates.credentials.sealing import unseal
from candidates.credentials.standing_in import give_one_time_logins
from candidates.intake.accounts.making import NewUser, make_permanent_users
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.activation import activate
from candidates.models import Candidate, Contributor, Location, PermanentUser, Test, User
from candidates.signin.hashers import KeyedArgon2Hasher, digest_of

Role = Contributor.Role


def make_staff(username: str, name: str = "", **roles: bool) -> User:
    """Store somebody of the staff, without a password: tests log in by session."""
    return User.objects.create_user(username, None, name=name or username.title(), **roles)


def make_test(
    *,
    planner: User | None = None,
    name: str = "BIO2150 Cell Biology, written exam",
    opens_in: timedelta = timedelta(days=3),
    window: timedelta = timedelta(hours=4),
    now: datetime | None = None,
    **fields: Any,
) -> Test:
    """Store a test that opens in three days for four hours, with its planner."""
    opens_at = (now or timezone.now()).replace(second=0, microsecond=0) + opens_in
    test = Test.objects.create(name=name, opens_at=opens_at, ends_at=opens_at + window, **fields)
    if planner is not None:
        contribute(test, planner, Role.PLANNER)
    return test


def contribute(test: Test, user: User, role: str, location: Location | None = None) -> Contributor:
    """Make somebody a contributor of the test."""
    return Contributor.objects.create(test=test, user=user, role=role, location=location)


def add(
    test: Test,
    by: User,
    *candidate_ids: str,
    extra: int | Mapping[str, int] = 0,
    location: tuple[str, str] | None = None,
) -> list[Candidate]:
    """Put one-time candidates on the test through the door, and return them in order.

    `extra` are the minutes of all of them, or of those that are named.
    """
    minutes = dict.fromkeys(candidate_ids, extra) if isinstance(extra, int) else extra
    rows = [CandidateRow(number, text, minutes.get(text, 0), location) for number, text in enumerate(candidate_ids, 1)]
    add_candidates(test=test, rows=rows, by=by, source="test")
    test.refresh_from_db()
    found = {candidate.candidate_id: candidate for candidate in Candidate.objects.of_test(test)}
    return [found[text] for text in candidate_ids]


def add_sso(
    test: Test, by: User, *candidate_ids: str, extra: int = 0, location: tuple[str, str] | None = None
) -> list[Candidate]:
    """Put SSO candidates on the test through the door, each with a name as private reference; return them in order."""
    rows = [
        CandidateRow(number, text, extra, location, f"{text}@uni.example", "campus", f"Name of {text}")
        for number, text in enumerate(candidate_ids, 1)
    ]
    add_candidates(test=test, rows=rows, by=by, source="test")
    test.refresh_from_db()
    found = {candidate.candidate_id: candidate for candidate in Candidate.objects.of_test(test).select_related("test")}
    return [found[text] for text in candidate_ids]


def give_logins(test: Test, by: User, *candidates: Candidate) -> None:
    """Give SSO candidates one-time logins."""
    give_one_time_logins(test=test, public_ids=[candidate.public_id for candidate in candidates], by=by)
    for candidate in candidates:
        candidate.refresh_from_db()


def add_many(test: Test, by: User, count: int) -> None:
    """Put that many candidates with generated IDs on the test."""
    add_candidates(test=test, rows=[CandidateRow(n, "", 0) for n in range(1, count + 1)], by=by, source="test")
    test.refresh_from_db()


def activated(test: Test, by: User) -> Test:
    """Activate the test."""
    activate(test=test, by=by)
    test.refresh_from_db()
    return test


def open_now(test: Test, *, minutes_ago: int = 10) -> Test:
    """Move the window so that the test opened some minutes ago and keeps its length."""
    length = test.window[1] - test.window[0]
    opens_at = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes_ago)
    Test.objects.filter(pk=test.pk).update(opens_at=opens_at, ends_at=opens_at + length)
    test.refresh_from_db()
    return test


def password_of(candidate: Candidate) -> str:
    """Return the password on a candidate's slip, folded."""
    candidate.refresh_from_db()
    account = candidate.one_time_login or candidate.user
    assert account is not None
    return unseal(account.sealed_password.token, account.username)


def make_permanent(
    first_name: str = "Kari", last_name: str = "Nordmann", *, username: str = "", password: str = "", **fields: str
) -> PermanentUser:
    """Store a permanent user; without a user name or a password the system makes it."""
    stored = KeyedArgon2Hasher().hash_digest(digest_of(password)) if password else ""
    with transaction.atomic():
        (person,) = make_permanent_users([NewUser(first_name, last_name, username, stored_password=stored, **fields)])
    return person
