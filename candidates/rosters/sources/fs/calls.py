"""Send one query of fs.graphql to FS, and return its data or say in a sentence what went wrong."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from candidates.fetching import Answer, NoAnswer, Tls, fetch
from candidates.rosters.source import SourceError, SourceRefused

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

SECONDS = 60.0
MAX_BYTES = 32 * 1024 * 1024  # 5000 registrations are 4 MB
_FILE = Path(__file__).with_name("fs.graphql").read_text(encoding="utf-8")
QUERIES = {one.split("(", 1)[0].split()[1]: one for one in re.findall(r"^query [^#]*?^}$", _FILE, re.S | re.M)}
WORDS = frozenset(re.findall(r"\w+", _FILE))
# How servers say that a query names what they do not have: graphql-java, graphql-core and graphql-js, HotChocolate.
UNKNOWN = (
    re.compile(r"Field ['\"](?P<field>\w+)['\"] in type ['\"](?P<type>\w+)['\"] is undefined"),
    re.compile(r"Cannot query field ['\"](?P<field>\w+)['\"] on type ['\"](?P<type>\w+)['\"]"),
    re.compile(r"field `(?P<field>\w+)` does not exist on the type `(?P<type>\w+)`"),
    re.compile(r"Unknown (?:field )?argument ['\"]?(?P<field>\w+)['\"]?(?: on field ['\"](?P<type>[\w.]+)['\"])?"),
    re.compile(r"Unknown type ['\"]?(?P<field>\w+)(?P<type>)"),
)
# What the errors of a query are called that FS does not let this key ask.
FORBIDDEN = {"unauthenticated", "unauthorized", "forbidden", "accessdenied", "access_denied", "permission_denied"}


class QueryRefused(SourceError):
    """FS reached, understood the key, and did not answer this query."""


class QueryForbidden(SourceRefused):
    """FS does not let this key ask this query, whatever it lets it ask else."""


class Caller:
    """How one FS is asked, by its settings."""

    def __init__(self, setup: SourceSettings, *, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._url, self._tls = setup["url"], Tls(ca=setup["ca"])
        self._setting = f"ROSTER_{setup['slug'].upper().replace('-', '_')}"
        self._headers = {
            "Accept": "application/json;version=1",
            "Content-Type": "application/json",
            "Feature-Flags": "beta, experimental",
        }
        if setup["api_key"]:
            self._headers["X-Gravitee-Api-Key"] = setup["api_key"]
        else:
            both = f"{setup['user']}:{setup['password']}".encode()
            self._headers["Authorization"] = "Basic " + base64.b64encode(both).decode()

    def ask(self, query: str, seconds: float | None = None, /, **variables: object) -> Mapping[str, Any]:
        """Return the data that FS answers a query of fs.graphql with. Raises SourceError."""
        asked = {"query": QUERIES[query], "operationName": query, "variables": variables}
        limit = self.seconds if seconds is None else seconds
        try:
            answer = fetch(
                "POST",
                self._url,
                data=json.dumps(asked).encode(),
                headers=self._headers,
                seconds=limit,
                tls=self._tls,
                max_bytes=MAX_BYTES,
            )
        except NoAnswer as error:
            raise self._no_answer(str(error), limit) from None
        self._judge_status(answer.status)
        return self._data(answer)

    def _no_answer(self, why: str, limit: float) -> SourceError:
        match why:
            case "too slow" | "ReadTimeout" | "ConnectTimeout" | "Timeout" | "ReadTimeoutError":
                words = _("FS did not answer in full within %(seconds)d seconds. Nothing was changed; try again later.")
                return SourceError(words % {"seconds": max(1, round(limit))})
            case "too large":
                return SourceError(_("FS sent more than a list of one exam can be. Nothing was changed."))
            case "ChunkedEncodingError" | "ContentDecodingError" | "ProtocolError" | "IncompleteRead":
                return SourceError(_("The answer of FS broke off in the middle. Nothing was changed; try again."))
            case "SSLError":
                words = _(
                    "The certificate that FS shows is not trusted here. Somebody who runs this installation has to "
                    "check %(setting)s_URL and %(setting)s_CA."
                )
                return SourceError(words % {"setting": self._setting})
        words = _("FS could not be reached, so nothing was changed. If that lasts, check %(setting)s_URL.")
        return SourceError(words % {"setting": self._setting})

    def _judge_status(self, status: int) -> None:
        if status in {401, 403}:
            raise self._refused()
        if status == 429:
            raise SourceError(_("FS asks to be asked less often. Nothing was changed; wait some minutes."))
        if 300 <= status < 400:
            raise SourceError(self._no_data())
        if status == 404 or status >= 500:
            words = _("FS answered with the error %(status)d. Nothing was changed; try again later.")
            raise SourceError(words % {"status": status})

    def _refused(self, kind: type[SourceRefused] = SourceRefused) -> SourceRefused:
        words = _(
            "FS does not take our key or password, or does not let it read this. Somebody who runs this installation "
            "has to check %(setting)s_API_KEY, or %(setting)s_USER and %(setting)s_PASSWORD."
        )
        return kind(words % {"setting": self._setting})

    def _no_data(self) -> str:
        words = _("A web page came in the place of data, as of a login or a proxy. Check %(setting)s_URL.")
        return words % {"setting": self._setting}

    def _data(self, answer: Answer) -> Mapping[str, Any]:
        try:
            read = json.loads(answer.body)
        except (ValueError, RecursionError):
            if "html" in answer.content_type or answer.body.lstrip()[:1] == b"<":
                raise SourceError(self._no_data()) from None
            raise SourceError(_("What FS sent cannot be read as data. Nothing was changed.")) from None
        if isinstance(read, dict) and read.get("errors"):
            raise self._said(read["errors"])
        if answer.status != 200:
            words = _("FS answered with the error %(status)d. Nothing was changed; try again later.")
            raise SourceError(words % {"status": answer.status})
        if not isinstance(read, dict) or not isinstance(read.get("data"), dict):
            raise SourceError(_("FS answered without data. Nothing was changed."))
        data: Mapping[str, Any] = read["data"]
        return data

    def _said(self, errors: object) -> SourceError:
        """Return the error of what FS reports. Its own text may hold anybody's name: only words of ours are shown."""
        reported = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
        for one in (one for one in reported if _kinds(one) & FORBIDDEN):
            # somebody who is shielded, or one field: the rest of FS can be asked all the same
            if at := _place(one):
                words = _(
                    "FS does not let us read “%(field)s”. Nothing was changed. Ask those who run FS for that right."
                )
                return QueryRefused(words % {"field": at})
            return self._refused(QueryForbidden)
        for one in reported:
            if (unknown := _unknown(one)) is not None:
                words = _(
                    "FS no longer has “%(field)s”, which is asked for here. Nothing was changed. Somebody who runs "
                    "this installation has to bring it up to date."
                )
                return QueryRefused(words % {"field": unknown})
        if any("validationerror" in _kinds(one) for one in reported):
            return QueryRefused(
                _("FS no longer understands what is asked here. This installation has to be brought up to date.")
            )
        at = next(filter(None, map(_place, reported)), "")
        if at:
            words = _("FS reported an error at “%(field)s” and sent no whole answer. Nothing was changed.")
            return QueryRefused(words % {"field": at})
        return QueryRefused(_("FS reported an error and sent no whole answer. Nothing was changed; try again later."))


def _kinds(error: Mapping[str, Any]) -> set[str]:
    more = error.get("extensions")
    if not isinstance(more, dict):
        return set()
    return {str(more.get(name)).casefold() for name in ("code", "classification", "errorType")}


def _unknown(error: Mapping[str, Any]) -> str | None:
    """Return what of our own query FS does not know, like Vurderingsenhet.trekkfrist."""
    said = str(error.get("message"))[:2000]
    for pattern in UNKNOWN:
        found = pattern.search(said)
        if found and found["field"] in WORDS:
            kind = found["type"] or ""
            return f"{kind}.{found['field']}" if kind else found["field"]
    return None


def _place(error: Mapping[str, Any]) -> str:
    """Return the field of our own query that an error is about, "" where it is about the whole query."""
    path = error.get("path")
    named = [one for one in path if isinstance(one, str) and one in WORDS] if isinstance(path, list) else []
    return named[-1] if len(named) > 1 else ""
