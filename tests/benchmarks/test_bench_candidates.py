"""Adding and activating 1500 candidates beside the bare database work; lists of 1500 rows on the server."""

from functools import partial
from itertools import count
from time import perf_counter

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, transaction
from django.db.models import F
from django.test import Client

from candidates.credentials.issuing import link_users
from candidates.credentials.sealing import seal
from candidates.credentials.secrets import new_password, new_username
from candidates.credentials.verifier import make_verifier
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.activation import activate
from candidates.models import Candidate, SealedPassword, Test, User
from candidates.pages.shared.finding import Sought, people_of
from tests.benchmarks.support import Report, measure, measure_each
from tests.factories import Role, contribute, make_staff, make_test, open_now

N = 1500
number = count(1)


def rows() -> list[CandidateRow]:
    return [CandidateRow(n, f"{n:04}", 0) for n in range(1, N + 1)]


def bare_add(test: Test) -> None:
    """Insert 1500 candidates and count them: what no implementation can leave out."""
    with transaction.atomic():
        Candidate.objects.bulk_create(
            Candidate(test=test, kind="one_time", candidate_id=f"{n:04}", candidate_key=f"{n:04}", sort_key=f"{n:010}")
            for n in range(1, N + 1)
        )
        Test.objects.filter(pk=test.pk).update(candidate_count=F("candidate_count") + N)


def bare_activate(test: Test) -> None:
    """Insert 1500 users with sealed copies that are made already, and link them."""
    with transaction.atomic():
        Test.objects.filter(pk=test.pk).update(activated_at=test.created_at)
        users = User.objects.bulk_create(User(username=name, kind="one_time", password=word) for name, word in prepared)
        SealedPassword.objects.bulk_create(
            SealedPassword(user=user, token=token) for user, token in zip(users, tokens, strict=True)
        )
        found = Candidate.objects.filter(test=test).order_by("pk").select_for_update(no_key=True)
        missing = found.values_list("pk", flat=True)
        link_users([(pk, user.pk) for pk, user in zip(missing, users, strict=True)])


prepared: list[tuple[str, str]] = []
tokens: list[str] = []


def filled(planner: User) -> Test:
    """Return a test with 1500 candidates, and make what a bare activation stores."""
    test = make_test(planner=planner, name=f"Test {next(number)}")
    bare_add(test)
    prepared[:] = [(name, make_verifier(name, "x")) for name in {new_username() for _ in range(N * 2)}][:N]
    tokens[:] = [seal(name, new_password()) for name, _word in prepared]
    return test


@pytest.mark.django_db(transaction=True)
def test_bench_candidates() -> None:
    planner = make_staff("planner", is_planner=True, is_grader=True)
    report = Report(f"1500 candidates on {connection.vendor}")

    def empty() -> Test:
        return make_test(planner=planner, name=f"Test {next(number)}")

    report.at_most_times(
        "add 1500",
        measure_each(empty, lambda test: add_candidates(test=test, rows=rows(), by=planner, source="bench")),
        "bare bulk insert",
        measure_each(empty, bare_add),
        3,
    )
    activation = measure_each(lambda: filled(planner), lambda test: activate(test=test, by=planner))
    report.at_most_times(
        "activate 1500", activation, "bare inserts and links", measure_each(lambda: filled(planner), bare_activate), 3
    )
    report.at_most_ms("activate 1500", activation, 10_000)
    start = perf_counter()
    for _ in range(5):
        PBKDF2PasswordHasher().encode("k5dm3yj834ff4", "salt" * 6)
    slow = (perf_counter() - start) / 5 * N
    report.at_least_faster("activate 1500", activation, "1500 of Django's default hashes", slow, 200)

    exam = filled(planner)
    contribute(exam, planner, Role.GRADER)
    activate(test=exam, by=planner)
    exam.refresh_from_db()
    open_now(exam)
    browser = Client()
    browser.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    for what, address in (
        ("Manage candidates, 1500 rows", f"/deliver/tests/{exam.public_id}/candidates/"),
        ("Monitor, 1500 rows", f"/monitor/tests/{exam.public_id}/"),
        ("Grade, 1500 rows", f"/grade/tests/{exam.public_id}/"),
    ):
        assert browser.get(address).status_code == 200
        report.at_most_ms(what, measure(partial(browser.get, address)), 150)
    named(exam)

    def found() -> int:
        people = people_of(Candidate.objects.of_test(exam)).values()
        return sum(one is not None for one in Sought.of("åse ødegård-36").matches([person.who for person in people]))

    assert 0 < found() < N
    report.at_most_ms("a search by name among 1500, query and all", measure(found), 50)
    for what, address in (
        ("Manage candidates, a search by name", f"/deliver/tests/{exam.public_id}/candidates/?q=odegard-36+ase"),
        ("Manage candidates, 1500 rows with names and seats", f"/deliver/tests/{exam.public_id}/candidates/"),
        ("Monitor, a search by name", f"/monitor/tests/{exam.public_id}/?q=odegard-36+ase"),
        ("Monitor, 1500 rows with names", f"/monitor/tests/{exam.public_id}/?col=name&col=status&col=progress"),
        ("Door desk, found among 1500 by name", f"/monitor/tests/{exam.public_id}/door/?q=odegard-36+ase"),
    ):
        assert browser.get(address).status_code == 200
        report.at_most_ms(what, measure(partial(browser.get, address)), 150)
    report.show()


def named(exam: Test) -> None:
    """Give everybody a name with letters that are folded, a number and a seat."""
    everybody = list(Candidate.objects.of_test(exam))
    for at, one in enumerate(everybody):
        one.name, one.private_reference, one.seat = f"Ødegård-{at % 37}, Åse Márjá", str(477_000 + at), str(at)
    Candidate.objects.bulk_update(everybody, ["name", "private_reference", "seat"], batch_size=300)
