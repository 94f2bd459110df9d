"""Secrets that were planted do not reach the log."""

import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from candidates.credentials.secrets import new_password, show_password
from candidates.models import Candidate, User
from candidates.site.logs import (
    JsonFormatter,
    SecretFormatter,
    request_number,
    without_secrets,
)
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
    assert LOGGING["formatters"]["plain"]["()"] == "candidates.site.logs.SecretFormatter"
    assert LOGGING["formatters"]["json"] == {"()": "candidates.site.logs.JsonFormatter"}
    assert issubclass(JsonFormatter, SecretFormatter)


class Lines(logging.Handler):
    """Keep what a formatter makes of each record of any logger."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def json_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Everything that LOG_FORMAT=json would write."""
    found = Lines(JsonFormatter())
    names = ("", "django", "candidates.requests", "axes")
    for name in names:
        logging.getLogger(name).addHandler(found)
    monkeypatch.setattr(logging.getLogger("candidates.requests"), "level", logging.INFO)
    monkeypatch.setattr(logging.getLogger("candidates.requests"), "propagate", False)
    logging.getLogger("candidates.requests").manager._clear_cache()  # type: ignore[attr-defined]
    yield found
    for name in names:
        logging.getLogger(name).removeHandler(found)
    logging.getLogger("candidates.requests").manager._clear_cache()  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_each_request_is_one_line_of_json_with_these_keys(json_lines: Lines) -> None:
    answer = Client().get("/login/", {"next": "/planted/"})
    (entry,) = json_lines.entries()
    assert list(entry) == ["time", "level", "logger", "event", "request", "method", "route", "status", "ms"]
    assert datetime.fromisoformat(entry["time"]).utcoffset() == timedelta(0)
    assert (entry["level"], entry["logger"], entry["event"]) == ("INFO", "candidates.requests", "request")
    assert (entry["method"], entry["route"], entry["status"]) == ("GET", "login", 200)
    assert entry["request"] == answer["X-Request-ID"]
    assert 0 < entry["ms"] < 60_000


def test_nothing_that_is_planted_reaches_a_line(candidate: Candidate, planner: User, json_lines: Lines) -> None:
    browser = Client(raise_request_exception=False, REMOTE_ADDR="198.51.100.23")
    browser.get("/plantedpath/", {"q": "plantedquery"})
    browser.get("/plantedpåth-ø/")
    browser.post("/login/", {"username": "plantedname", "password": "plantedpassword"})
    browser.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    page = f"/deliver/tests/{candidate.test.public_id}/candidates/"
    assert browser.get(page, {"q": "plantedsearch"}).status_code == 200
    browser.generic("PLANTEDMETHOD", page)
    text = "\n".join(json_lines.lines)
    for planted in ("planted", "198.51.100.23", planner.username, candidate.candidate_id, candidate.test.public_id):
        assert planted.casefold() not in text.casefold()
    assert [entry["status"] for entry in json_lines.entries() if "status" in entry] == [404, 404, 422, 200, 405]
    assert "Not Found: no address" in [entry["event"] for entry in json_lines.entries()]


@pytest.mark.parametrize("formatter", [JsonFormatter(), SecretFormatter("%(number)s%(name)s %(message)s")])
def test_what_is_refused_for_its_headers_is_one_line_without_them(db: None, formatter: logging.Formatter) -> None:
    lines = Lines(formatter)
    logger = logging.getLogger("django.security")
    logger.addHandler(lines)
    browser = Client(enforce_csrf_checks=True)
    try:
        browser.get("/login/")
        sent_from = {"Referer": "https://planted.example/plantedø?x=planted y"}
        assert browser.post("/login/", headers=sent_from, secure=True).status_code == 403
        assert browser.post("/login/", headers={"Origin": "https://planted.example"}).status_code == 403
        assert browser.get("/help/", headers={"Host": "planted.example"}).status_code == 400
    finally:
        logger.removeHandler(lines)
    assert "planted" not in "".join(lines.lines)
    assert "Traceback" not in "".join(lines.lines)
    said = ("Forbidden (Referer checking failed): login", "Forbidden (Origin checking failed): login", "Bad Request")
    for line, words in zip(lines.lines, said, strict=True):
        assert words in line
        assert "\n" not in line


def failing(*_arguments: object) -> None:
    raise ValueError("bad password k5dm-3yj8-34ff4\nin two lines")


def test_an_error_with_its_traceback_is_one_line_with_the_number_that_people_see(
    json_lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("candidates.pages.help.views.render", failing)
    answer = Client(raise_request_exception=False).get("/help/")
    assert answer.status_code == 500
    (entry,) = (entry for entry in json_lines.entries() if entry["level"] == "ERROR")
    assert entry["event"] == "Internal Server Error: help"
    assert "Traceback (most recent call last)" in entry["error"]
    assert "ValueError: bad password [removed]\nin two lines" in entry["error"]
    assert f"<code>{entry['request']}</code>" in answer.content.decode()


def test_what_the_database_says_of_a_row_is_removed() -> None:
    said = "IntegrityError: duplicate key\nDETAIL:  Key (username)=(kari) already exists.\nnext line"
    assert without_secrets(said) == "IntegrityError: duplicate key\nDETAIL: [removed]\nnext line"


def test_a_dictionary_in_a_json_line_is_cleaned_too() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "sent %s", ({"password": 'it"s me'},), None)
    assert json.loads(JsonFormatter().format(record))["event"] == "sent {'password': '[removed]'}"


@pytest.mark.parametrize(
    ("behind_proxy", "given", "taken"),
    [
        (True, "0f8c3a5e9b7d4c21", True),
        (False, "0f8c3a5e9b7d4c21", False),
        (True, "short", False),
        (True, "kari nordmann was here", False),
        (True, "a" * 65, False),
        (True, "12345678\n", False),
    ],
)
def test_the_number_of_a_request_is_the_proxys_where_there_is_one(
    settings, behind_proxy: bool, given: str, taken: bool
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    number = Client().get("/help/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert (number == given) is taken
    assert re.fullmatch(r"[0-9A-Za-z-]{8,64}", number)
    assert request_number.get() == ""


@pytest.mark.parametrize(("address", "status"), [("/nowhere/", 404), ("/login/", 422)])
@pytest.mark.parametrize("formatter", [JsonFormatter(), SecretFormatter("%(number)s%(message)s")])
def test_what_django_says_of_an_answer_has_the_number_of_its_request(
    db: None, formatter: logging.Formatter, address: str, status: int
) -> None:
    lines = Lines(formatter)
    logger = logging.getLogger("django.request")
    logger.addHandler(lines)
    try:
        answer = Client().post(address, {"username": "nobody", "password": "wrong"})
    finally:
        logger.removeHandler(lines)
    (line,) = lines.lines
    assert (answer.status_code, answer["X-Request-ID"] in line) == (status, True)


def test_plain_lines_have_the_number_too() -> None:
    token = request_number.set("0f8c3a5e9b7d4c21")
    try:
        assert logged(lambda logger: logger.warning("it failed")).endswith("[0f8c3a5e9b7d4c21] it failed\n")
    finally:
        request_number.reset(token)
    assert logged(lambda logger: logger.warning("it failed")).endswith(" tests.planted it failed\n")


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
