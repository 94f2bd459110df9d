"""Slow hashes have few places in one process; who finds none is not let in, not refused and not counted."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import get_hashers
from django.contrib.sessions.models import Session
from django.test import Client

from candidates.credentials.secrets import show_password
from candidates.models import AuditEvent, Candidate, User
from candidates.signin import hash_slots
from candidates.signin.hash_slots import HashSlots, NoFreeSlot
from candidates.site.logs import OutageFilter
from candidates.site.middleware import FORM
from tests.factories import make_permanent, make_staff, password_of

PASSWORD = "a long winter evening"


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Other threads have the one place, and wait for it."""
    monkeypatch.setattr(hash_slots, "WAIT_SECONDS", 600)
    one = HashSlots(1)
    monkeypatch.setattr(hash_slots, "hashing", one)
    free = threading.Event()
    threads = [threading.Thread(target=one.run, args=(free.wait,)) for _ in range(1 + hash_slots.WAITING)]
    for thread in threads:
        thread.start()
    while one._inside.acquire(blocking=False):  # until the last one waits
        one._inside.release()
    yield
    free.set()
    for thread in threads:
        thread.join()


def test_there_are_so_many_places_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_slots, "WAIT_SECONDS", 0.01)
    one, free, begun = HashSlots(2), threading.Event(), threading.Semaphore(0)

    def held() -> None:
        begun.release()
        free.wait()

    threads = [threading.Thread(target=one.run, args=(held,)) for _ in range(2)]
    for thread in threads:
        thread.start()
        begun.acquire()
    done: list[str] = []
    with pytest.raises(NoFreeSlot):
        one.run(lambda: done.append("too early"))
    free.set()
    for thread in threads:
        thread.join()
    assert one.run(lambda: one.run(lambda: "checking an old hash is making one")).startswith("checking")
    assert done == []
    assert one._inside._value == 2 + hash_slots.WAITING


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux alone")
def test_who_hashes_gives_way_to_all_others() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert HashSlots(1).run(priority) == min(19, priority() + hash_slots.NICE)


def test_logins_go_on_where_a_sandbox_forbids_priorities(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", forbidden)
    assert HashSlots(1).run(lambda: "hashed") == "hashed"


def test_what_goes_wrong_in_a_hash_is_told_to_who_asked() -> None:
    def failing() -> None:
        raise ValueError("no such hash")

    one = HashSlots(1)
    with pytest.raises(ValueError, match="no such hash"):
        one.run(failing)
    one.refuse_if_full()


@pytest.mark.parametrize("is_crowded", [True, False])
def test_wrong_passwords_in_a_row_keep_the_place_while_others_find_none(
    db: None, monkeypatch: pytest.MonkeyPatch, is_crowded: bool
) -> None:
    rested = threading.Event()
    monkeypatch.setattr(time, "sleep", lambda seconds: rested.set() if seconds == hash_slots.REST_SECONDS else None)
    one = HashSlots(1)
    monkeypatch.setattr(hash_slots, "hashing", one)
    if is_crowded:
        for _ in range(1 + hash_slots.WAITING):
            one._inside.acquire()
        with pytest.raises(NoFreeSlot):
            one.refuse_if_full()
        for _ in range(1 + hash_slots.WAITING):
            one._inside.release()
    make_permanent(username="kari", password=PASSWORD)
    Client().post("/login/", {"username": "kari", "password": PASSWORD})
    one.run(lambda: None)  # behind all that was given to the one thread
    assert not rested.is_set()
    for name, password, rests in (
        ("kari", "wrong", False),  # somebody mistyped it
        ("nobody", "wrong", is_crowded),
        ("kari", "wrong", is_crowded),
        ("kari", PASSWORD, False),
        ("nobody", "wrong", False),
    ):
        rested.clear()
        Client().post("/login/", {"username": name, "password": password})
        one.run(lambda: None)
        assert rested.is_set() == rests, (name, password)


@pytest.mark.usefixtures("full")
def test_every_slow_hash_takes_a_place() -> None:
    for hasher in get_hashers():
        with pytest.raises(NoFreeSlot):
            hasher.encode(PASSWORD, hasher.salt())


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("known", [True, False])
def test_who_finds_no_place_keeps_the_name_and_is_told_to_press_again(db: None, known: bool) -> None:
    if known:
        User.objects.create(username="kari", kind="staff", password="argon2$never checked")
    browser = Client()
    answer = browser.post("/login/?next=/help/", {"username": "kari", "password": PASSWORD, "next": "/help/"})
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, str(hash_slots.BUSY_SECONDS))
    assert 'value="kari"' in page
    assert 'name="next" value="/help/"' in page
    assert "Many people are logging in at this moment, and it was not your turn yet." in page
    assert "do not fit together" not in page
    assert PASSWORD not in page + repr(answer.headers) + repr(browser.cookies)


@pytest.mark.usefixtures("full")
def test_who_finds_no_place_leaves_no_trace(db: None) -> None:
    browser = Client()
    for _ in range(12):
        assert browser.post("/login/", {"username": "kari", "password": PASSWORD}).status_code == 503
    assert not AuditEvent.objects.exists()
    assert not AccessAttempt.objects.exists()
    assert not Session.objects.exists()


@pytest.mark.usefixtures("full")
def test_the_script_of_the_page_is_told_when_to_come_back(db: None) -> None:
    answer = Client().post(
        "/login/", {"username": "kari", "password": PASSWORD}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "no_place")
    assert answer["Retry-After"] == str(hash_slots.BUSY_SECONDS)


@pytest.mark.usefixtures("full")
def test_slips_need_no_place(candidate: Candidate) -> None:
    assert candidate.user is not None
    typed = {"username": candidate.user.shown_username, "password": show_password(password_of(candidate))}
    assert Client().post("/login/", typed).status_code == 302
    assert Client().post("/login/", typed | {"password": "wrong"}).status_code == 422


def test_names_are_alike_while_places_are_taken(
    db: None, full: None, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    stored = {"made": make_permanent(username="made").user}
    User.objects.create(username="sso.only", kind="sso", password="!")
    User.objects.create(username="old", kind="staff", password="pbkdf2_sha256$1$salt$hash", is_active=False)
    assert stored["made"].has_usable_password()
    pages = {}
    for name in ("made", "sso.only", "old", "nobody"):
        answer = Client().post("/login/", {"username": name, "password": PASSWORD})
        pages[name] = (answer.status_code, answer["Retry-After"])
    assert set(pages.values()) == {(503, str(hash_slots.BUSY_SECONDS))}


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_other_pages_say_that_nothing_was_changed(client, monkeypatch: pytest.MonkeyPatch, accept: str) -> None:
    def busy(*_arguments: object) -> None:
        raise NoFreeSlot

    monkeypatch.setattr("candidates.pages.help.views.render", busy)
    answer = client.get("/help/", headers={"Accept": accept})
    assert (answer.status_code, answer["Retry-After"]) == (503, str(hash_slots.BUSY_SECONDS))
    assert "Nothing was changed" in answer.content.decode()


def test_the_script_of_the_page_is_told_where_to_go(db: None) -> None:
    staff = make_staff("kari", is_planner=True)
    staff.set_password(PASSWORD)
    staff.save()
    by_script = {"Accept": "application/json"}
    browser = Client()
    wrong = browser.post("/login/", {"username": "kari", "password": "wrong"}, headers=by_script)
    assert (wrong.status_code, "do not fit together" in wrong.content.decode()) == (422, True)
    right = browser.post("/login/", {"username": "kari", "password": PASSWORD}, headers=by_script)
    assert (right.status_code, right.json()) == (200, {"address": "/deliver/tests/"})
    assert right["Cache-Control"]
    assert browser.get("/help/").wsgi_request.user == staff


@pytest.mark.usefixtures("full")
def test_a_flood_of_logins_is_one_line_of_the_log(db: None, caplog: pytest.LogCaptureFixture) -> None:
    client, sent = Client(), {"username": "nobody.here", "password": PASSWORD}
    for headers in ({}, {"Accept": "application/json"}, {}):
        assert client.post("/login/", sent, headers=headers).status_code == 503
    passed = [record for record in caplog.records if OutageFilter().filter(record)]
    assert [record.getMessage() for record in passed if record.levelname != "INFO"] == [
        "More logins than places for slow hashes: they wait (PASSWORD_HASHES_AT_ONCE)"
    ]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("name", "accept", "kind", "is_early"),
    [
        ("kari", "application/json", FORM, True),
        ("kari", "text/html", FORM, False),
        (" ", "application/json", FORM, False),
        ("7v48-6fa5", "application/json", FORM, False),  # of a slip, which needs no place
        ("kari", "application/json", "text/plain", False),
    ],
)
def test_a_login_without_a_place_is_answered_before_its_session(
    db: None, name: str, accept: str, kind: str, is_early: bool
) -> None:
    client = Client(enforce_csrf_checks=True)
    body = urlencode({"username": name, "password": "a long winter evening"})
    answer = client.post("/login/", body, content_type=kind, headers={"accept": accept})
    assert (answer.status_code == 503) == is_early
    if is_early:
        assert (answer["Retry-After"], answer.json()["code"]) == (str(hash_slots.BUSY_SECONDS), "no_place")
        assert answer["Content-Length"] == str(len(answer.content))
        assert not answer.cookies
