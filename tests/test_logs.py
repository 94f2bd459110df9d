"""Secrets that were planted do not reach the log."""

import io
import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from candidates.credentials.secrets import new_password, show_password
from candidates.logs import SecretFormatter, without_secrets
from candidates.models import Candidate, User
from tests.factories import password_of

LOGGING: dict[str, Any] = settings.LOGGING


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("GET /sso/?code=abc123&state=xyz&next=/tests/", "GET /sso/?code=[removed]&state=[removed]&next=/tests/"),
        ("password=hunter2", "password=[removed]"),
        ("PASSWORD=hunter2 x", "PASSWORD=[removed] x"),
        ("id_token=eyJh.eyJz.c2ln", "id_token=[removed]"),
        ("{'username': 'kari', 'password': 'it\\'s me'}", "{'username': 'kari', 'password': '[removed]'}"),
        ("<QueryDict: {'password': ['a b']}>", "<QueryDict: {'password': ['[removed]']}>"),
        ('{"answer": "My text.", "revision": 3}', '{"answer": "[removed]", "revision": 3}'),
        ("typed k5dm-3yj8-34ff4 wrong", "typed [removed] wrong"),
        ("typed K5DM-3YJ8-34FF4 wrong", "typed [removed] wrong"),
        ("abcd-efgh-jkmnp", "[removed]"),
        ("typed k5dm3yj834ff4", "typed [removed]"),
        ("typed k5dm 3yj8 34ff4", "typed [removed]"),
    ],
)
def test_what_looks_like_a_secret_is_removed(text: str, cleaned: str) -> None:
    assert without_secrets(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "Not Found: /tests/8fk2m9xq3wzt/candidates/",
        "status code 404",
        "the spacecrafts that went near stars",
        "2025-11-23 08:06:01 WARNING django.request Forbidden",
        "invigilator 20231234 encoded=yes",
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert without_secrets(text) == text


def test_printed_passwords_are_always_recognised() -> None:
    for _ in range(500):
        assert without_secrets(f"x {show_password(new_password())} y") == "x [removed] y"


def logged(write) -> str:
    """Return what the configured console handler prints."""
    configuration = LOGGING["formatters"]["plain"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(SecretFormatter(configuration["format"], style=configuration["style"]))
    logger = logging.getLogger("tests.planted")
    logger.addHandler(handler)
    try:
        write(logger)
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


def test_arguments_are_cleaned_too() -> None:
    said = logged(lambda logger: logger.warning("typed %s and %s", "k5dm-3yj8-34ff4", {"password": "hunter2"}))
    assert "typed [removed] and {'password': '[removed]'}" in said


def test_tracebacks_are_cleaned_too() -> None:
    def fail(logger: logging.Logger) -> None:
        try:
            raise ValueError("bad password k5dm-3yj8-34ff4")
        except ValueError:
            logger.exception("it failed")

    said = logged(fail)
    assert "ValueError: bad password [removed]" in said
    assert "k5dm" not in said


def test_every_handler_of_the_product_cleans() -> None:
    assert {handler["formatter"] for handler in LOGGING["handlers"].values()} == {"plain"}
    assert LOGGING["formatters"]["plain"]["()"] == "candidates.logs.SecretFormatter"


def test_a_login_right_or_wrong_leaves_no_secret_in_any_log_record(
    candidate: Candidate, caplog: pytest.LogCaptureFixture
) -> None:
    password = password_of(candidate)
    user = User.objects.get(candidacies=candidate)
    with caplog.at_level(logging.DEBUG):
        for typed in (show_password(password), "planted-wrong-password"):
            Client().post("/login/", {"username": user.username, "password": typed})
            Client().post("/login/", {"username": "planner", "password": typed})
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    for secret in (password, show_password(password), "planted-wrong-password"):
        assert not [line for line in lines if secret in line]
