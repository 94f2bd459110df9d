"""Every name that was chosen costs one slow hash, whatever is stored for it (docs/fault-cases.md H4, P10, C18)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from candidates.credentials.keys import newest_verifier_key
from candidates.credentials.purging import rotate_keys
from candidates.credentials.sealing import unseal
from candidates.credentials.secrets import show_password
from candidates.models import SealedPassword, User
from candidates.signin.backends import PasswordBackend
from candidates.signin.hashers import KeyedArgon2Hasher, OwaspArgon2Hasher
from inspera_deliver.make_env import fresh_keys
from tests.factories import make_permanent, make_staff

PASSWORD = "a long winter evening"
WRONG = "a long summer evening"


def logging_in(username: str, password: str) -> User | None:
    return PasswordBackend().authenticate(None, username=username, password=password)


def stored_of(username: str) -> str:
    return User.objects.get(username=username).password


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every slow hash: what is asked of the library of Argon2id, and of PBKDF2."""
    made: list[str] = []

    def counting(hasher: Any, name: str) -> None:
        real = getattr(hasher, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            made.append(f"{hasher.__name__}.{name}")
            return real(*args, **kwargs)

        monkeypatch.setattr(hasher, name, counted)

    import argon2  # the library itself, below Django's classes

    counting(argon2.low_level, "hash_secret")
    counting(argon2.PasswordHasher, "verify")
    counting(PBKDF2PasswordHasher, "encode")
    return made


@pytest.fixture
def names(db: None) -> dict[str, str]:
    """One name for each thing that can be stored for a chosen name."""
    make_permanent("Kari", "Keyed", username="keyed", password=PASSWORD)
    make_permanent("Mads", "Made", username="made")
    gone = make_permanent("Gro", "Gone", username="gone", password=PASSWORD).user
    User.objects.filter(pk=gone.pk).update(is_active=False)
    unmade = make_permanent("Ulf", "Unmade", username="unmade").user
    User.objects.filter(pk=unmade.pk).update(is_active=False)
    make_staff("plain")
    User.objects.filter(username="plain").update(password=make_password(PASSWORD))
    make_staff("nothing")  # an unusable password
    User.objects.create(username="sso.only", kind="sso", password="!")
    User.objects.create(username="odd", kind="staff", password="of$no$hasher")
    User.objects.create(username="empty", kind="staff", password="")
    every = ("keyed", "made", "gone", "unmade", "plain", "nothing", "sso.only", "odd", "empty", "nobody")
    return {name: name for name in every}


@pytest.mark.parametrize("password", [WRONG, "", "x" * 256])
def test_every_chosen_name_costs_one_slow_hash_and_one_query(
    names: dict[str, str], hashes: list[str], password: str
) -> None:
    costs = {}
    for name in names:
        hashes.clear()
        with CaptureQueriesContext(connection) as captured:
            assert logging_in(name, password) is None
        costs[name] = (len(hashes), len(captured))
    assert costs == dict.fromkeys(names, (1, 1))


def test_a_password_that_is_far_too_long_costs_nothing_whatever_the_name(
    names: dict[str, str], hashes: list[str]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert [logging_in(name, "x" * 4096) for name in names] == [None] * len(names)
    assert (hashes, len(captured)) == ([], 0)


@pytest.mark.parametrize(("name", "cost"), [("keyed", 1), ("gone", 1), ("plain", 1)])
def test_the_right_password_costs_no_more(names: dict[str, str], hashes: list[str], name: str, cost: int) -> None:
    before = stored_of(name)
    found = logging_in(name, PASSWORD)
    assert (found is None) == (name == "gone")
    assert len(hashes) == cost
    assert stored_of(name) == before


def test_a_made_password_of_a_chosen_name_is_typed_as_any_other_of_a_slip(
    names: dict[str, str], hashes: list[str]
) -> None:
    user = User.objects.get(username="made")
    password = unseal(user.sealed_password.token, "made")
    hashes.clear()
    for typed in (password, show_password(password), show_password(password).upper().replace("-", " ")):
        assert logging_in(" MADE", typed) == user
    assert len(hashes) == 3
    unmade = User.objects.get(username="unmade")
    assert logging_in("unmade", unseal(unmade.sealed_password.token, "unmade")) is None


def test_a_password_from_a_file_counts_as_it_was_typed(names: dict[str, str]) -> None:
    assert logging_in("keyed", PASSWORD) is not None
    assert logging_in("keyed", PASSWORD.upper()) is None
    assert logging_in("keyed", PASSWORD.replace(" ", "")) is None


def test_answers_are_of_equal_length_and_status(names: dict[str, str], settings: Any) -> None:
    answers = set()
    for name in names:
        answer = Client().post("/login/", {"username": name, "password": WRONG})
        text = answer.content.decode().replace(f'value="{name}"', "")
        answers.add((answer.status_code, "do not fit together" in text, len(text)))
    assert len(answers) == 1
    assert {status for status, *_rest in answers} == {422}


@pytest.mark.slow
def test_old_staff_passwords_are_stored_as_argon2_at_the_next_login(names: dict[str, str]) -> None:
    slow = make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(username="plain").update(password=slow)
    assert logging_in("plain", WRONG) is None
    assert stored_of("plain") == slow
    assert logging_in("plain", PASSWORD) is not None
    assert stored_of("plain").startswith("argon2$argon2id$")
    assert logging_in("plain", PASSWORD) is not None


def test_a_hash_of_a_file_that_was_made_more_cheaply_is_made_anew(
    names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = User.objects.get(username="keyed")
    monkeypatch.setattr(OwaspArgon2Hasher, "time_cost", 3)
    assert logging_in("keyed", PASSWORD) is not None
    after = User.objects.get(username="keyed")
    assert "t=3" in after.password
    assert after.password.startswith("deliver_argon2$")
    assert after.get_session_auth_hash() == before.get_session_auth_hash()


@pytest.fixture
def rotated(settings: Any) -> Callable[[], str]:
    """Return a function that puts a new key first in VERIFIER_KEYS, and gives its id."""

    def rotate() -> str:
        settings.VERIFIER_KEYS = [fresh_keys()["VERIFIER_KEYS"], *settings.VERIFIER_KEYS]
        return newest_verifier_key().key_id

    return rotate


def test_a_rotation_counts_what_lies_under_older_keys_and_the_next_login_renews_it(
    names: dict[str, str], rotated: Callable[[], str]
) -> None:
    SealedPassword.objects.filter(user__username="made").delete()  # purged: only a login can renew it
    password = unseal(User.objects.get(username="unmade").sealed_password.token, "unmade")
    User.objects.filter(username="unmade").update(is_active=True)
    kept = User.objects.get(username="keyed").get_session_auth_hash()
    key = rotated()
    done = rotate_keys()
    # "unmade" was renewed from its sealed copy; those that came in a file, and the purged one, wait for a login
    assert (done.changed, done.older_verifiers) == (1, 3)
    assert logging_in("keyed", WRONG) is None
    assert f"${key}$" not in stored_of("keyed")
    assert logging_in("keyed", PASSWORD) is not None
    assert f"${key}$" in stored_of("keyed")
    assert rotate_keys().older_verifiers == 2
    assert User.objects.get(username="keyed").get_session_auth_hash() == kept  # nobody is logged out by it
    assert logging_in("unmade", password) is not None


def test_a_made_password_without_a_sealed_copy_is_renewed_by_its_login(
    db: None, rotated: Callable[[], str], rf: Any
) -> None:
    for username in ("", "mads"):
        user = make_permanent("Mads", "Made", username=username).user
        password = unseal(user.sealed_password.token, user.username)
        SealedPassword.objects.all().delete()
        session = user.get_session_auth_hash()
        key = rotated()
        assert authenticate(rf.post("/login/"), username=user.username, password=password) == user
        user.refresh_from_db()
        assert f"${key}$" in user.password
        assert user.get_session_auth_hash() == session
        assert rotate_keys().older_verifiers == (0 if username == "" else 1)  # the one before has an older key again


def test_a_password_given_at_the_moment_of_a_renewing_login_stays(
    names: dict[str, str], rotated: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated()
    real = KeyedArgon2Hasher.renewed

    def given_meanwhile(hasher: KeyedArgon2Hasher, password: str, encoded: str) -> str:
        User.objects.filter(username="keyed").update(password="!new")
        return real(hasher, password, encoded)

    monkeypatch.setattr(KeyedArgon2Hasher, "renewed", given_meanwhile)
    assert logging_in("keyed", PASSWORD) is not None
    assert stored_of("keyed") == "!new"
