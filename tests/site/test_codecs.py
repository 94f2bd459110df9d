"""No request chooses a codec: what is sent is UTF-8 or it is refused, and neither query nor headers reach a log."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from candidates.models import User
from candidates.site.logs import JsonFormatter, SecretFormatter
from inspera_deliver.wsgi import Application

# Codecs that fail, that are none of text, that make half letters or another text, that nobody knows, and no names.
CODECS = [
    *("zlib", "hex", "base64", "rot13", "idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"),
    *("utf-7", "utf-16", "cp037", "cp1252", "utf-8-sig", "nobody-knows", "", '""', '"zlib"', "x" * 7000, "..", "ø"),
]
QUERY = "next=/help/&planted=%5Cud800%ff+x"
# Content-Types that the standard library fails on.
UNREADABLE = [
    "text/plain; charset*=nobody''planted",
    "text/plain; x*=undefined''planted",
    "text/plain; x*=idna''planted",
    "text/plain; x*=utf-8''planted; x*0=planted",
    f"text/plain; x*{'9' * 5000}=planted",
    "application/x-www-form-urlencoded; x*=nobody''planted",
    "multipart/form-data; boundary=a; x*=nobody''planted",
    "text/plain; charset=zl\0ib",
]


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [one.format(record) for one in (JsonFormatter(), SecretFormatter("%(number)s%(message)s"))]


@pytest.fixture
def log() -> Iterator[Kept]:
    kept = Kept()
    for name in ("", "django"):
        logging.getLogger(name).addHandler(kept)
    yield kept
    for name in ("", "django"):
        logging.getLogger(name).removeHandler(kept)


def answer_of(handler: WSGIHandler, environ: dict[str, Any]) -> tuple[int, str]:
    """Return status and page as a server gets them: an exception here would be gunicorn's to log."""
    said: list[str] = []
    body = b"".join(handler(environ, lambda status, headers, _error=None: said.append(status)))  # type: ignore[arg-type]
    return int(said[0].split()[0]), body.decode()


def test_a_query_is_read_as_utf_8_whatever_codec_the_request_names(db: None, log: Kept) -> None:
    browser = Client(raise_request_exception=False)
    for codec in CODECS:
        for method, status in (("GET", 200), ("POST", 422)):
            answer = browser.generic(method, f"/login/?{QUERY}", content_type=f"text/plain; charset={codec}")
            assert answer.status_code == status, (codec, method)
    assert not [line for line in log.lines if "planted" in line or "Traceback" in line]


@pytest.mark.slow
def test_a_form_is_read_as_utf_8_whatever_codec_it_names(planner: User) -> None:
    for number, codec in enumerate(CODECS):
        sent = f"username=kari%C3%A5{number}&password=x&_charset_=zlib"
        kind = f"application/x-www-form-urlencoded; charset={codec}"
        answer = Client(raise_request_exception=False).generic("POST", "/login/", sent, content_type=kind)
        assert answer.status_code == 422, codec
        assert f'value="kari\xe5{number}"' in answer.content.decode(), codec


@pytest.mark.parametrize("form", ["charset={}", "charset*={}''x", "x*={}''%41"])
def test_the_parts_of_a_form_choose_no_codec_either(db: None, log: Kept, form: str) -> None:
    for codec in CODECS:
        part = form.format(codec[:200])  # longer ones are no header of a part any more
        body = (
            f'--a\r\nContent-Disposition: form-data; name="username"\r\nContent-Type: text/plain; {part}\r\n\r\n'
            "\\ud800planted\r\n"
            f"--a\r\nContent-Disposition: form-data; name=\"file\"; filename*={codec[:200]}''planted%5Cud800.csv\r\n"
            f"Content-Type: text/plain; {part}\r\n\r\n\\ud800planted\xff\r\n--a--\r\n"
        ).encode()
        answer = Client(raise_request_exception=False).generic(
            "POST", "/login/", body, content_type="multipart/form-data; boundary=a"
        )
        assert answer.status_code == 422, codec
        assert "\\ud800planted" in answer.content.decode() or "filename" in part, codec
    assert not [line for line in log.lines if "planted" in line or "Traceback" in line]


def test_what_is_utf_8_stays_what_it_is(db: None) -> None:
    browser = Client(raise_request_exception=False)
    for codec in CODECS:
        page = browser.generic("POST", "/login/?next=/help/%C3%A5", content_type=f"text/plain; charset={codec}")
        assert 'name="next" value="/help/å"' in page.content.decode(), codec


@pytest.mark.parametrize("sent", UNREADABLE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_content_type_that_cannot_be_read_is_refused_with_a_page(db: None, log: Kept, method: str, sent: str) -> None:
    environ = RequestFactory().generic(method, "/help/").environ | {"CONTENT_TYPE": sent, "QUERY_STRING": QUERY}
    status, page = answer_of(Application(), environ)
    assert (status, "<h1" in page) == (400, True)
    assert not [line for line in log.lines if "planted" in line or "Traceback" in line]


@pytest.mark.parametrize(
    "head",
    [
        "Content-Disposition: form-data; name=username; x*=utf-8''a; x*0=b",
        f"Content-Disposition: form-data; name=username; x*{'9' * 600}=a",
        "Content-Disposition: form-data; name=username\r\nContent-Type: text/plain; x*=undefined''a",
    ],
)
def test_a_part_whose_headers_cannot_be_read_is_no_fault_of_ours(db: None, log: Kept, head: str) -> None:
    body = f"--a\r\n{head}\r\n\r\nplanted\r\n--a--\r\n".encode()
    environ = RequestFactory().generic("POST", "/login/", body, content_type="multipart/form-data; boundary=a").environ
    status, page = answer_of(Application(), environ | {"wsgi.input": io.BytesIO(body)})
    assert (status in {400, 403, 422}, "<h1" in page) == (True, True)
    assert not [line for line in log.lines if "planted" in line or "Traceback" in line]


@pytest.mark.parametrize("sent", ["multipart/form-data; boundary=plantedø", "multipart/form-data; boundary="])
def test_a_form_that_cannot_be_parsed_leaves_a_line_without_what_was_sent(db: None, log: Kept, sent: str) -> None:
    answer = Client(raise_request_exception=False).generic("POST", "/login/?planted", "planted", content_type=sent)
    assert answer.status_code == 400
    assert log.lines
    assert not [line for line in log.lines if "planted" in line or "Traceback" in line]
