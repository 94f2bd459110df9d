"""Import, key rotation and purge are killed at 25 instants each: all or nothing, a rerun finishes (C57).

tests/races/test_activation.py kills activation at each of its statements and at moments between them.
Every other kill comes before a statement drawn at random, the rest after a time drawn at random. The seed is printed.
"""

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from candidates.credentials.verifier import matches
from candidates.intake.importing import preview
from candidates.models import AuditEvent, Candidate, Import, SealedPassword, Test, User
from tests.factories import activated, add_many, make_test, password_of
from tests.intake.lists import waiting
from tests.races.support import Act, Runner

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KILLS = 25
RERUN_EVERY = 5
PEOPLE = 60
Action = AuditEvent.Action


class Subject(ABC):
    """One act, what it works on, and how much of it is in the database."""

    statements: int  # not fewer than the act has
    seconds: float  # not less than it takes

    def __init__(self, planner: User) -> None:
        self.planner = planner
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Make something new to work on."""

    @abstractmethod
    def act(self) -> Act:
        """Return the act."""

    @abstractmethod
    def done(self) -> list[bool]:
        """Say of each part that is one transaction whether it is done; fail where one is done by half."""


def one_of(state: tuple[int, ...], nothing: tuple[int, ...], everything: tuple[int, ...]) -> bool:
    """Say whether everything is there; fail where it is neither that nor nothing."""
    assert state in (nothing, everything)
    return state == everything


class Importing(Subject):
    """A list of new candidates, on a test that is activated, so that login details are made too."""

    statements, seconds = 30, 0.5

    def prepare(self) -> None:
        self.test = make_test(planner=self.planner, name=f"Exam {Test.objects.count()}")
        add_many(self.test, self.planner, 1)
        activated(self.test, self.planner)
        rows = "".join(f"{number:04};30\n" for number in range(1000, 1000 + PEOPLE))
        self.draft = waiting(self.test, self.planner, f"Candidate ID;Extra time\n{rows}")

    def act(self) -> Act:
        seen = preview(self.draft).seen(self.test)
        return Act("tests.faults.acts:confirm_list", {"draft": self.draft.pk, "by": self.planner.pk, "seen": seen})

    def done(self) -> list[bool]:
        self.test.refresh_from_db()
        places = Candidate.objects.of_test(self.test)
        added = AuditEvent.objects.filter(test=self.test, action=Action.CANDIDATES_ADDED)
        state = (
            places.count(),
            self.test.candidate_count,
            SealedPassword.objects.filter(user__candidacies__test=self.test).count(),
            Import.objects.on_tests().filter(test=self.test).count(),
            added.count(),
            Import.objects.waiting().filter(pk=self.draft.pk).count(),
        )
        everybody = PEOPLE + 1
        return [one_of(state, (1, 1, 1, 0, 1, 1), (everybody, everybody, everybody, 1, 2, 0))]


class Several(Subject):
    """Three activated tests: each is one transaction."""

    def prepare(self) -> None:
        self.tests = []
        for _number in range(3):
            test = make_test(planner=self.planner, name=f"Exam {Test.objects.count()}")
            add_many(test, self.planner, PEOPLE // 3)
            self.tests.append(activated(test, self.planner))
        self.passwords = {one.pk: password_of(one) for one in self.candidates}

    @property
    def candidates(self) -> list[Candidate]:
        return list(Candidate.objects.filter(test__in=self.tests).select_related("user"))


class Rotating(Several):
    """A new key stands first in both lists."""

    statements, seconds = 35, 0.5

    def prepare(self) -> None:
        Test.objects.all().update(name="Earlier")
        SealedPassword.objects.all().delete()  # those of earlier tests, which would be rotated too
        super().prepare()
        self.keys = {"seal": Fernet.generate_key().decode(), "verify": Fernet.generate_key().decode()}
        self.before = dict(SealedPassword.objects.values_list("user", "token"))
        self.verifiers = dict(User.objects.values_list("pk", "password"))

    def act(self) -> Act:
        return Act("tests.faults.acts:rotate", self.keys)

    def done(self) -> list[bool]:
        newest = Fernet(self.keys["seal"])
        return [self._is_rotated(test, newest) for test in self.tests]

    def _is_rotated(self, test: Test, newest: Fernet) -> bool:
        copies = SealedPassword.objects.filter(user__candidacies__test=test).select_related("user")
        new = [copy for copy in copies if copy.token != self.before[copy.user_id]]
        assert len(copies) == PEOPLE // 3
        for copy in new:
            newest.decrypt(copy.token.encode())
        changed = {copy.user_id for copy in copies if copy.user.password != self.verifiers[copy.user_id]}
        assert changed == {copy.user_id for copy in new}
        records = AuditEvent.objects.filter(test=test, action=Action.KEYS_ROTATED).count()
        return one_of((len(new), records), (0, 0), (len(copies), 1))


class Purging(Several):
    """The tests are over for long."""

    statements, seconds = 30, 0.3

    def act(self) -> Act:
        ends = max(test.window[1] for test in self.tests)
        return Act("tests.faults.acts:purge", {"now": (ends + timedelta(days=30)).isoformat()})

    def done(self) -> list[bool]:
        return [self._is_purged(test) for test in self.tests]

    def _is_purged(self, test: Test) -> bool:
        copies = SealedPassword.objects.filter(user__candidacies__test=test).count()
        records = AuditEvent.objects.filter(test=test, action=Action.DETAILS_PURGED).count()
        for one in Candidate.objects.of_test(test).select_related("user"):
            assert one.user is not None
            assert matches(one.user.password, one.user.username, self.passwords[one.pk])  # the Archive stays open
        return one_of((copies, records), (PEOPLE // 3, 0), (0, 1))


@pytest.mark.parametrize("kind", [Importing, Rotating, Purging])
def test_a_kill_at_any_instant_leaves_all_or_nothing_and_a_rerun_finishes(
    planner: User, runner: Runner, settings, kind: Callable[[User], Subject]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    subject = kind(planner)
    killed = kept = 0
    number = 0
    while killed < KILLS:
        number += 1
        assert number <= 3 * KILLS, "the acts above are much shorter than they say"
        act = subject.act()
        if number % 2:
            act = replace(act, kill_at=chance.randint(1, subject.statements))
        else:
            act = replace(act, kill_after=chance.uniform(0, subject.seconds))
        (outcome,) = runner.race(act)
        assert outcome.killed or outcome.done, (outcome, seed)
        if outcome.done:  # before it could be killed: it is shorter than was thought
            subject.statements = act.kill_at - 1 if act.kill_at else subject.statements
            subject.seconds = act.kill_after or subject.seconds
        settle()
        state = subject.done()
        assert all(state) or outcome.killed, seed
        killed += outcome.killed
        kept += outcome.killed and any(state)
        if number % RERUN_EVERY == 0 and not all(state):
            (outcome,) = runner.race(subject.act())
            assert outcome.done, (outcome, seed)
            state = subject.done()
            assert all(state), seed
        if all(state):
            subject.prepare()
    print(f"{killed} of {number} killed, {kept} of them after something was stored")


def settle() -> None:
    """Wait until PostgreSQL has noticed that a client is gone and has taken its work back."""
    if connection.vendor != "postgresql":
        return
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with connection.cursor() as cursor:
        for _try in range(500):
            cursor.execute(f"{others} AND state <> 'idle'")
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.02)
    raise AssertionError("a transaction goes on though its client is gone")
