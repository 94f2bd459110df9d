"""Ask Ladok over a connection on which both sides prove who they are, for a bounded time."""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from cryptography import x509
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.fetching import Answer, NoAnswer, Tls, fetch
from candidates.rosters.source import SourceError, SourceRefused

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

CALL_SECONDS, WHOLE_SECONDS = 10.0, 60.0
MAX_BYTES = 8 * 1024 * 1024  # of one answer; a page of 400 people takes 400 KB
OK, UNAUTHORISED, FORBIDDEN, NOT_FOUND, GONE, TOO_MANY = 200, 401, 403, 404, 410, 429
SLOW = frozenset({"too slow", "ReadTimeout", "ConnectTimeout", "Timeout"})
UNSAFE = frozenset({"SSLError"})
REDIRECTS = range(300, 400)


class Conversation:
    """One question with all its calls: they have WHOLE_SECONDS together. Raises SourceError and SourceRefused."""

    def __init__(self, setup: SourceSettings, *, call: float = CALL_SECONDS, whole: float = WHOLE_SECONDS) -> None:
        self.label = setup["label"]
        self.base = setup["url"].rstrip("/")
        self._tls = Tls(setup["certificate"], setup["key"], setup["ca"])
        self._call, self._ends = call, time.monotonic() + whole
        self._look_at_certificate()

    def get(
        self, path: str, parameters: Mapping[str, str] | None = None, *, accept: str, may_be: Collection[int] = ()
    ) -> Answer:
        """Return what stands at a path below Ladok's address, or at a whole address of the settings.

        Any status but 200 is an error, except those that `may_be`.
        """
        url = path if urlsplit(path).scheme else self.base + path
        if parameters:
            url += ("&" if urlsplit(url).query else "?") + urlencode(parameters)
        left = self._ends - time.monotonic()
        if left <= 0:
            raise SourceError(
                _("%(source)s is so slow that it was not read to the end. Nothing is taken; look again later.")
                % self._named
            )
        try:
            headers = {"Accept": accept}
            answer = fetch(
                "GET", url, headers=headers, seconds=min(self._call, left), tls=self._tls, max_bytes=MAX_BYTES
            )
        except NoAnswer as failure:
            raise self._no_answer(str(failure)) from failure
        if answer.status != OK and answer.status not in may_be:
            raise self.refusal(answer.status)
        return answer

    @property
    def _named(self) -> dict[str, str]:
        return {"source": self.label}

    def _no_answer(self, why: str) -> SourceError:
        if why in SLOW:
            words = _("%(source)s did not answer in time. Nothing is changed; look again later.")
        elif why in UNSAFE:
            words = _(
                "No safe connection to %(source)s: it does not take our certificate, or its own is not trusted. "
                "An administrator has to look at both."
            )
        elif why == "too large":
            words = _("%(source)s answered with more than can be read. Nothing is taken.")
        else:
            words = _("%(source)s could not be reached, or hung up. Nothing is changed; look again later.")
        return SourceError(words % self._named)

    def refusal(self, status: int) -> SourceError:
        """Return what a status other than 200 means to people."""
        named = {**self._named, "status": status}
        if status in (UNAUTHORISED, FORBIDDEN):
            words = _(
                "%(source)s refuses us (%(status)d): our certificate was withdrawn, or lacks the right. "
                "An administrator has to ask for it in Ladok."
            )
            return SourceRefused(words % named)
        if status == TOO_MANY:
            words = _("%(source)s says that we ask too often (%(status)d). Look again later.")
        elif status in REDIRECTS:
            words = _("%(source)s points to another address (%(status)d), which is not followed. Is its address right?")
        else:
            words = _("%(source)s answered with an error (%(status)d). Nothing is changed; look again later.")
        return SourceError(words % named)

    def _look_at_certificate(self) -> None:
        """Refuse a certificate of our own that nobody would take, without asking anybody."""
        if not self._tls.certificate:  # a source on the same machine, without TLS
            return
        try:
            ends = x509.load_pem_x509_certificate(Path(self._tls.certificate).read_bytes()).not_valid_after_utc
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(self._tls.certificate, self._tls.key, password="")
        except (OSError, ValueError) as error:
            words = _(
                "Our certificate for %(source)s and its key cannot be read, or do not belong together. "
                "An administrator has to put them right."
            )
            raise SourceRefused(words % self._named) from error
        if ends <= timezone.now():
            words = _("Our certificate for %(source)s ended on %(day)s. An administrator has to put in a new one.")
            raise SourceRefused(words % {**self._named, "day": ends.date().isoformat()})
