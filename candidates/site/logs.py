"""Write log lines, plain or as JSON, and keep secrets and people out of them."""

import json
import logging
import re
from contextvars import ContextVar
from copy import copy
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import responses
from typing import Any

from django.http import HttpRequest

from candidates.outage import describe_error, is_outage
from candidates.signin.hash_slots import WAITS

NAMES = "password|code|state|id_token|answer|signature"
# as addresses and messages have it: password=...
SECRET_PARAMETER = re.compile(rf"\b({NAMES})=[^&\s\"']*", re.IGNORECASE)
# as dictionaries, query dictionaries and JSON have it: 'password': ['...']
SECRET_ENTRY = re.compile(rf"""(["'](?:{NAMES})["']\s*:\s*\[?\s*)(["'])(?:\\.|(?!\2).)*\2""", re.IGNORECASE)
# What a one-time password looks like: as it is printed, and without hyphens or with spaces, then with a digit at least
# (98 in 100 have one), so that words of 13 letters stay readable.
# A key of another system, or its token (signin/access_keys.py): `code` above holds them in a query.
ACCESS_KEY = re.compile(r"\bdl[vt]_[\w-]+")
SYMBOL = "[2-9a-hjkmnp-z]"
SECRET_SHAPE = re.compile(rf"\b{SYMBOL}{{4}}-{SYMBOL}{{4}}-{SYMBOL}{{5}}\b", re.IGNORECASE)
SECRET_RUN = re.compile(
    rf"\b(?=[a-z ]{{0,14}}[2-9])(?:{SYMBOL}{{13}}|{SYMBOL}{{4}} {SYMBOL}{{4}} {SYMBOL}{{5}})\b", re.IGNORECASE
)


# PostgreSQL names the values of a row that it refuses: "Key (username)=(kari.nordmann) already exists."
ROW_VALUES = re.compile(r"\b(DETAIL|CONTEXT):[^\n]*")

# The number of the current request; set by the middleware, shown on error pages.
request_number: ContextVar[str] = ContextVar("request_number", default="")


def without_secrets(text: str) -> str:
    """Return a text in which everything that looks like a secret is replaced."""
    text = ROW_VALUES.sub(r"\1: [removed]", text)
    text = SECRET_PARAMETER.sub(r"\1=[removed]", text)
    text = SECRET_ENTRY.sub(r"\1\2[removed]\2", text)
    text = ACCESS_KEY.sub("[removed]", text)
    return SECRET_RUN.sub("[removed]", SECRET_SHAPE.sub("[removed]", text))


METHODS = frozenset({"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_of(request: Any) -> str:
    """Return the method of a request, "other" for an unknown one, which may be any text."""
    return request.method if request.method in METHODS else "other"


def route_of(request: Any) -> str:
    """Return the name of the requested route: the address itself may contain names, or be a guess."""
    match = getattr(request, "resolver_match", None)
    return match.view_name if match else "no address"


class SecretFormatter(logging.Formatter):
    """Replace secrets in log lines, as a last defence, since nothing should log them.

    A formatter, not a filter: the text of an exception is added after the filters.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the whole entry, its traceback and the number of the request included, without secrets."""
        record = without_what_was_sent(record)
        number = number_of(record)
        record.number = f"[{number}] " if number else ""
        return without_secrets(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without traceback; Django's own lines about requests name the route, not the address."""
        record.message = event_of(record)
        return super().formatMessage(record)


class JsonFormatter(SecretFormatter):
    """One JSON object in one line for each entry, with the same guarantees."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the entry: time (UTC), level, logger, event, and what else is known of it."""
        record = without_what_was_sent(record)
        fields: dict[str, Any] = getattr(record, "fields", {})
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            # the frequent lines about requests contain nothing that clients sent
            "event": record.msg if fields else without_secrets(event_of(record)),
        }
        if number := number_of(record):
            entry["request"] = number
        entry |= fields
        if record.exc_info:
            entry["error"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def number_of(record: logging.LogRecord) -> str:
    """Return the number of the request that a record is about; Django logs some after they were answered."""
    return request_number.get() or getattr(getattr(record, "request", None), "request_number", "")


def event_of(record: logging.LogRecord) -> str:
    """Return the message of a record; for one about a response its status and the route.

    Django's own message contains the address, the method, and parts of the client's headers.
    """
    request, status = getattr(record, "request", None), getattr(record, "status_code", None)
    if not isinstance(request, HttpRequest) or status is None:
        return record.getMessage()
    said = responses.get(status, str(status))
    if record.name == "django.security.csrf" and record.args:
        reason = str(next(iter(record.args)))
        said += f" ({reason.partition(' - ')[0]})"  # the rest may be the Referer
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        said += f" ({method_of(request)})"
    return f"{said}: {route_of(request)}"


def without_what_was_sent(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record about a request that Django refused without its traceback, which contains what was sent."""
    status = getattr(record, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
    if not record.name.startswith("django.security.") and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return record
    bare = copy(record)
    bare.exc_info = bare.exc_text = None
    return bare


class OutageFilter(logging.Filter):
    """Replace the traceback of a database outage by one line.

    During an outage every request fails at the same place, and the database's texts may contain what was to be stored.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten records about an outage, and drop those of logins that find no slot, which hash_slots.py logs."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and WAITS in request.META:
            return False
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and is_outage(error):
            record.msg = f"{record.getMessage()}: {describe_error(error)}"
            record.args = None
            record.exc_info = record.exc_text = None
        return True
