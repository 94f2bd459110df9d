"""An OpenID provider that misbehaves on order: a real HTTP server on a loopback port.

Without an order it is a strict, ordinary provider: it checks client, secret, redirect address and PKCE, and takes each
code once. A test lays a Script over that, and reads afterwards who was called and what was said.
"""

import base64
import secrets
import ssl
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote_plus, urlencode

from tests.support.scripted_server import Answer, Call, Endpoint, Server
from tests.support.scripted_tokens import LEFT_OUT, Signer, challenge_of, overlaid, public_jwk, signed


@dataclass(slots=True)
class Script:
    """What a provider does otherwise than an ordinary one; LEFT_OUT as a value drops a member."""

    claims: dict[str, Any] = field(default_factory=dict)  # of the ID token
    header: dict[str, Any] = field(default_factory=dict)  # of the ID token
    signer: Signer = field(default_factory=Signer)
    token: dict[str, Any] = field(default_factory=dict)  # members of the token endpoint's answer
    userinfo: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] | None = None  # of the JWKS, in the place of the usual two
    answers: dict[Endpoint, Answer] = field(default_factory=dict)


@dataclass(slots=True)
class Grant:
    """What a code stands for: the request it answers, and the person's claims in the ID token and in userinfo."""

    request: Mapping[str, str]
    claims: dict[str, Any]
    userinfo: dict[str, Any]
    spent: bool = False


class ScriptedProvider:
    """The provider; use it as a context, and `reset` it between tests."""

    client_id = "deliver"
    client_secret = "the secret of deliver: 0123456789abcdef"

    def __init__(self, slug: str, tls: ssl.SSLContext | None = None) -> None:
        self.slug, self.tls = slug, tls
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.reset()

    def __enter__(self) -> Self:
        self.server = Server(self)
        if self.tls is not None:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def reset(self) -> None:
        """Be ordinary again, forget every code and call, and let go of callers who still wait."""
        self.over.set()
        self.over = threading.Event()
        self.script = Script()
        self.calls: Counter[str] = Counter()
        self.seen: list[Call] = []
        self.grants: dict[str, Grant] = {}
        self.bearers: dict[str, Grant] = {}
        self.issued: list[str] = []  # every code and token, for tests that look for them where they must not be
        self.bytes_sent = 0

    @property
    def issuer(self) -> str:
        """Return the issuer, which is the address too."""
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.server.server_port}"

    def setup(self, **changes: Any) -> dict[str, Any]:
        """Return the entry of settings.AUTHENTICATION_TYPES for this provider."""
        made = {
            "slug": self.slug,
            "label": f"{self.slug.title()} login",
            "comparison": "fold",
            "issuer": self.issuer,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        return {**made, **changes}

    def authorise(self, request: Mapping[str, str], *, userinfo: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Let a person log in here who asked by this request; return the code. `sub` is needed to be ordinary."""
        code = self._new("code")
        self.grants[code] = Grant(request, dict(claims), {"sub": claims.get("sub"), **(userinfo or {})})
        return code

    def order(self, endpoint: str) -> Answer:
        """Return how an endpoint has to answer by the script."""
        return {str(name): answer for name, answer in self.script.answers.items()}.get(endpoint, Answer())

    # What an ordinary provider answers ------------------------------------------------------------------------------

    def answer(self, call: Call) -> tuple[int, Any]:
        """Return status and content of an endpoint's own answer."""
        match call.endpoint:
            case "metadata":
                return 200, overlaid(self._metadata(), self.script.metadata)
            case "jwks":
                keys = [public_jwk("rsa"), public_jwk("ec")] if self.script.keys is None else self.script.keys
                return 200, {"keys": keys}
            case "token":
                return self._token(call)
            case "userinfo":
                return self._userinfo(call)
            case "authorize":
                code = self.authorise(call.form, sub="subject")
                return 302, f"{call.form['redirect_uri']}?{urlencode({'code': code, 'state': call.form['state']})}"
        return 302, call.form.get("post_logout_redirect_uri", self.issuer)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end_session",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _token(self, call: Call) -> tuple[int, Any]:
        client, secret = _client_of(call)
        if (client, secret) != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        with self.lock:  # two who bring the same code at the same moment
            grant = self.grants.get(call.form.get("code", ""))
            if grant is None or grant.spent or not self._fits(grant, call.form):
                return 400, {"error": "invalid_grant", "error_description": "That code is not good."}
            grant.spent = True
        bearer = self._new("bearer")
        self.bearers[bearer] = grant
        answer = {"access_token": bearer, "token_type": "Bearer", "expires_in": 300, "id_token": self.id_token(grant)}
        return 200, overlaid(answer, self.script.token)

    @staticmethod
    def _fits(grant: Grant, form: Mapping[str, str]) -> bool:
        return (
            form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == grant.request.get("redirect_uri")
            and grant.request.get("code_challenge_method") == "S256"
            and challenge_of(form.get("code_verifier", "")) == grant.request.get("code_challenge")
        )

    def id_token(self, grant: Grant) -> str:
        """Return the ID token of a grant, as the script wants it."""
        now = int(time.time())
        ordinary = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.request.get("nonce", LEFT_OUT),
        }
        claims = overlaid(overlaid(ordinary, grant.claims), self.script.claims)
        made = signed(claims, self.script.signer, self.script.header)
        self.issued.append(made)
        return made

    def _userinfo(self, call: Call) -> tuple[int, Any]:
        grant = self.bearers.get(call.headers.get("Authorization", "").removeprefix("Bearer "))
        if grant is None:
            return 401, {"error": "invalid_token"}
        return 200, overlaid(grant.userinfo, self.script.userinfo)

    def _new(self, kind: str) -> str:
        made = f"{kind}-{secrets.token_urlsafe(24)}"
        self.issued.append(made)
        return made


def _client_of(call: Call) -> tuple[str, str]:
    """Return client and secret, from the header or from the form (client_secret_basic, client_secret_post)."""
    authorization = call.headers.get("Authorization", "")
    if authorization.startswith("Basic "):
        client, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return unquote_plus(client), unquote_plus(secret)
    return call.form.get("client_id", ""), call.form.get("client_secret", "")
