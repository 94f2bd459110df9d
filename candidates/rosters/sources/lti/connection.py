"""Ask a learning platform as a tool that it knows, for a bounded time, and nobody else."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import jwt
from django.utils import timezone
from django.utils.translation import gettext as _
from requests.utils import parse_header_links

from candidates.fetching import Answer, NoAnswer, Tls, fetch, is_public
from candidates.rosters.source import SourceError, SourceRefused
from candidates.signin.lti.keys import SigningKey
from candidates.signin.lti.platforms import Platform
from inspera_deliver.roster_sources import wrong_address

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
CALL_SECONDS, WHOLE_SECONDS = 10.0, 60.0
MAX_BYTES = 4 * 1024 * 1024  # of one page; 500 people take 250 KB
SLOW = frozenset({"too slow", "ReadTimeout", "ConnectTimeout", "Timeout"})
REFUSALS = frozenset({401, 403})


class Conversation:
    """One question with all its calls, which have `whole` seconds together. Raises SourceError and SourceRefused."""

    def __init__(self, setup: SourceSettings, platform: Platform, key: SigningKey, call: float, whole: float) -> None:
        self.named = {"source": setup["label"]}
        self._registered, self._key = platform.registration, key
        self._tls = Tls(ca=setup["ca"]) if setup["ca"] else None
        self._call, self._ends = call, time.monotonic() + whole
        addresses = (self._registered.issuer, self._registered.authorization, self._registered.keys)
        self._hosts = {urlsplit(one).hostname for one in (*addresses, self._registered.token)}

    def token(self) -> str:
        """Return a token for reading members, against an assertion that our key has signed."""
        now = int(timezone.now().timestamp())
        claims = {
            "iss": self._registered.client_id,
            "sub": self._registered.client_id,
            "aud": self._registered.token_audience or self._registered.token,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        assertion = jwt.encode(claims, self._key.private, algorithm="RS256", headers={"kid": self._key.kid})
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
            "scope": SCOPE,
        }
        answer = self._ask("POST", self._registered.token, data=form, headers={"Accept": "application/json"})
        if answer.status == 400 or answer.status in REFUSALS:  # RFC 6749, section 5.2
            words = _(
                "%(source)s does not take our key (%(status)d). An administrator has to check the client ID, the "
                "token address, and whether %(source)s has our keyset address."
            )
            raise SourceRefused(words % {**self.named, "status": answer.status})
        told = self._read(answer)
        token, granted = told.get("access_token"), told.get("scope", SCOPE)
        if not isinstance(granted, str) or SCOPE not in granted.split():
            raise SourceRefused(self._no_right())
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise SourceError(_("%(source)s answered without a token. Nothing is changed.") % self.named)
        return token

    def page(self, url: str, token: str) -> tuple[dict[str, Any], str]:
        """Return a page of members and the address of the next one, "" after the last."""
        answer = self._ask("GET", url, headers={"Authorization": f"Bearer {token}", "Accept": MEMBERS})
        if answer.status in REFUSALS:
            # it has just taken our key: only this course is closed to us, and the others are read on
            raise SourceError(self._no_right())
        return self._read(answer), self._next(url, answer.headers.get("link", ""))

    def _next(self, url: str, header: str) -> str:
        try:
            links = [one for one in parse_header_links(header) if "next" in str(one.get("rel", "")).casefold().split()]
            found = [urljoin(url, one["url"]) for one in links]
            same = [_origin(one) == _origin(url) for one in found]
        except (ValueError, KeyError) as error:
            raise self.unreadable("Link") from error
        if len(found) > 1 or not all(same):
            # the token goes to the platform alone
            words = _("%(source)s points to a next page elsewhere. Nothing is taken; tell your administrator.")
            raise SourceError(words % self.named)
        return found[0] if found else ""

    def _ask(
        self, method: str, url: str, *, headers: Mapping[str, str], data: Mapping[str, str] | None = None
    ) -> Answer:
        left = self._ends - time.monotonic()
        if left <= 0:
            words = _("%(source)s is so slow that it was not read to the end. Nothing is taken; look again later.")
            raise SourceError(words % self.named)
        if wrong_address(url):
            raise SourceError(_("%(source)s named an address that is not asked. Nothing is changed.") % self.named)
        # An administrator has registered these hosts; what the platform itself names leads to no inner network.
        may_reach = None if urlsplit(url).hostname in self._hosts else is_public
        try:
            return fetch(
                method,
                url,
                data=data,
                headers=headers,
                seconds=min(self._call, left),
                may_reach=may_reach,
                tls=self._tls,
                max_bytes=MAX_BYTES,
            )
        except NoAnswer as failure:
            raise self._no_answer(str(failure)) from failure

    def _no_answer(self, why: str) -> SourceError:
        if why in SLOW:
            words = _("%(source)s did not answer in time. Nothing is changed; look again later.")
        elif why == "SSLError":
            words = _("No safe connection to %(source)s: its certificate is not trusted. Tell your administrator.")
        elif why == "too large":
            words = _("%(source)s answered with more than can be read. Nothing is taken.")
        elif why == "address not allowed":
            words = _("%(source)s named an address that is not asked. Nothing is changed.")
        else:
            words = _("%(source)s could not be reached, or hung up. Nothing is changed; look again later.")
        return SourceError(words % self.named)

    def _no_right(self) -> str:
        words = _("%(source)s does not let us read names and roles. An administrator has to allow it there.")
        return words % self.named

    def _read(self, answer: Answer) -> dict[str, Any]:
        named = {**self.named, "status": answer.status}
        if 300 <= answer.status < 400:
            words = _("%(source)s points to another address (%(status)d), which is not followed.")
            raise SourceError(words % named)
        if answer.status == 404:
            raise SourceError(_("%(source)s does not have this any more (%(status)d). Nothing is changed.") % named)
        if answer.status == 429:
            raise SourceError(_("%(source)s says that we ask too often (%(status)d). Look again later.") % named)
        if answer.status != 200:
            words = _("%(source)s answered with an error (%(status)d). Nothing is changed; look again later.")
            raise SourceError(words % named)
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise SourceError(_("%(source)s answered with something that cannot be read.") % self.named) from error
        if not isinstance(found, dict):
            raise SourceError(_("%(source)s answered with something that cannot be read.") % self.named)
        return found

    def unreadable(self, field: str) -> SourceError:
        """Return the error of a field that lacks, or holds something else than it should."""
        words = _("%(source)s sent a list in which “%(field)s” is missing or cannot be read. Nothing is taken.")
        return SourceError(words % {**self.named, "field": field})


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
