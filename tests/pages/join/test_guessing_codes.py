"""Codes that are tried out: the guesser is slowed, and neither the hall nor any login is."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.models import AuditEvent, Candidate, Joining, Test, User
from candidates.signin import code_tries
from candidates.signin.code_tries import MOST, MOST_AT_BUSY_ADDRESS
from tests.conftest import Clock
from tests.factories import make_permanent
from tests.support.joining import open_to_joiners, sso_person

pytestmark = pytest.mark.django_db
HALL = "10.0.0.1"


def browser(user: User, address: str = HALL) -> Client:
    client = Client(REMOTE_ADDR=address)
    client.force_login(user, backend="candidates.signin.backends.PasswordBackend")
    return client


def tries(client: Client, code: str = "DLV000000000", name: str = "join-look-up") -> int:
    return client.post(reverse(name), {"code": code}).status_code


def test_ten_wrong_codes_close_it_for_the_person_alone(exam: Test, planner: User, clock: Clock) -> None:
    code = open_to_joiners(exam, planner)
    guesser = sso_person("guesser")
    client = browser(guesser)
    assert [tries(client) for _try in range(MOST)] == [422] * MOST
    assert {tries(client, name=name) for name in ("join-look-up", "join-now")} == {429}
    # from anywhere, with any cookies, and also with the right code: it cannot be told from the wrong ones
    assert tries(browser(guesser, "203.0.113.9"), code) == 429
    answer = client.post(reverse("join-look-up"), {"code": code})
    assert "There were too many wrong codes. Wait until" in answer.text
    assert int(answer.headers["Retry-After"]) <= 360
    assert AuditEvent.objects.get(action="test_codes_guessed").actor == guesser
    assert tries(browser(sso_person("neighbour")), code) == 200
    clock.stop(clock.now() + timedelta(hours=settings.AXES_COOLOFF_TIME, seconds=1))
    assert tries(client, code) == 200


def test_right_codes_and_reading_pages_use_up_no_tries(exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner)
    client = browser(sso_person("kari"))
    for _time in range(MOST + 2):
        assert tries(client, code) == 200
        assert client.get(f"/join/{code}/").status_code == 200
    assert not AccessAttempt.objects.exists()


def test_a_hall_that_types_a_replaced_code_is_not_shut_out(
    exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_tries, "BUSY_ADDRESS", 20)
    code = open_to_joiners(exam, planner)
    hall = [browser(sso_person(f"p{number}")) for number in range(20)]
    for client in hall:
        assert tries(client) == 422
    # everybody has typed one wrong code, and the right one is taken from all of them, and from who comes later
    assert {tries(client, code) for client in (*hall, browser(sso_person("late")))} == {200}
    # a script with many accounts there gets a third of the tries
    assert [tries(hall[0]) for _try in range(3)] == [422] * (MOST_AT_BUSY_ADDRESS - 1) + [429]
    assert [tries(browser(User.objects.get(username="sso-p1"), "10.0.0.2")) for _try in range(3)] == [422] * 3


def test_wrong_codes_close_no_login_and_wrong_passwords_no_code(exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner)
    kari = make_permanent("Kari", "Aas", username="kari.aas").user
    kari.set_password("a long winter evening")
    kari.save()
    client = browser(kari)
    for _try in range(MOST + 1):
        tries(client)
    sent = {"username": "kari.aas", "password": "a long winter evening"}
    assert Client(REMOTE_ADDR=HALL).post("/login/", sent).status_code == 302
    ola = sso_person("ola")
    for _try in range(MOST + 1):
        Client(REMOTE_ADDR=HALL).post("/login/", {"username": ola.username, "password": "wrong"})
    assert tries(browser(ola), code) == 200


def test_who_may_not_join_uses_up_tries_so_that_nobody_finds_codes_so(exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner, allowed=("nobody@uni.example",), permanent="none")
    client = browser(sso_person("guesser"))
    assert [tries(client, code) for _try in range(MOST + 1)] == [422] * MOST + [429]


def test_unknown_closed_and_early_codes_take_the_same_questions_to_the_database(exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner)
    client, asked = browser(sso_person("kari")), dict[str, int]()
    hour = timedelta(hours=1)
    tries(client)  # the first wrong code makes the counts
    for name, typed, works in (
        ("unknown", "DLV000000000", (-hour, hour)),
        ("early", code, (hour, 2 * hour)),
        ("late", code, (-2 * hour, -hour)),
    ):
        now = timezone.now()
        Joining.objects.update(works_from=now + works[0], works_until=now + works[1])
        with CaptureQueriesContext(connection) as captured:
            assert tries(client, typed) == 422
        asked[name] = len(captured)
    assert len(set(asked.values())) == 1, asked
    assert not Candidate.objects.exists()
