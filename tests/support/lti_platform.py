"""A learning platform to launch from and to ask for members: the Django platform of lti1p3platform on a loopback port.

Login, launch message, tokens and members are that package's own work, by its own reading of the standard. A test lays
orders over it (an Answer of scripted_server for a path or a page), and reads afterwards who was called.
"""

import base64
import html
import json
import re
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from types import ModuleType, TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

# lti1p3platform imports this part of setuptools, which Python 3.12 no longer brings along, and does not use it
sys.modules.setdefault("pkg_resources", ModuleType("pkg_resources"))

from cryptography.hazmat.primitives import serialization  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402
from lti1p3platform.framework.django.message_launch import DjangoLTI1P3MessageLaunch  # noqa: E402
from lti1p3platform.framework.django.oidc_login import DjangoAPIOIDCLogin  # noqa: E402
from lti1p3platform.framework.django.request import DjangoRequest  # noqa: E402
from lti1p3platform.framework.django.response import wrap_json_resp  # noqa: E402
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract  # noqa: E402
from lti1p3platform.membership import Context  # noqa: E402
from lti1p3platform.registration import Registration  # noqa: E402
from lti1p3platform.service_connector import NamesRoleProvisioningService  # noqa: E402

from candidates.models import LtiDeployment, LtiPlatform  # noqa: E402
from inspera_deliver.roster_sources import SourceSettings, types_of_platforms  # noqa: E402
from tests.support.scripted_server import Answer, Call, Server  # noqa: E402
from tests.support.scripted_tokens import KeyName, Signer, private_key, public_pem, signed  # noqa: E402

ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER, INSTRUCTOR = f"{ROLE}#Learner", f"{ROLE}#Instructor"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
TOOL = "http://testserver"


def private_pem(name: KeyName) -> str:
    """Return the private half as a PEM text."""
    form, nothing = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return private_key(name).private_bytes(serialization.Encoding.PEM, form, nothing).decode()


def lti_source(slug: str = "lms", **changed: Any) -> SourceSettings:
    """Return the settings of a source of kind lti."""
    texts = ("url", "certificate", "key", "ca", "user", "password", "api_key", "organisation", "folder", "claim")
    made: dict[str, Any] = dict.fromkeys(texts, "")
    made |= {"slug": slug, "kind": "lti", "label": f"{slug.title()} courses", "authentication_type": slug}
    return cast(SourceSettings, made | {"every_minutes": 60, "support": {}, "problems": []} | changed)


def types_of(*sources: SourceSettings) -> list[Any]:
    """Return settings.AUTHENTICATION_TYPES for these sources."""
    return list(types_of_platforms(list(sources), []))


def member(user_id: str, *roles: str, **more: Any) -> dict[str, Any]:
    """Return a member of a course as a platform tells of one, a learner where no role is named."""
    return {"user_id": user_id, "roles": list(roles or [LEARNER]), "status": "Active", **more}


class LearningPlatform:
    """The platform; use it as a context, and `reset` it between tests."""

    client_id, deployment = "tool-7", "deployment-1"
    client_secret = ""
    grants: Mapping[str, Any] = {}

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
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
        """Be ordinary again, forget every call, and let go of callers who still wait."""
        self.over.set()
        self.over = threading.Event()
        self.key: KeyName = "rsa"
        self.tool_keys: list[Any] = []
        self.orders: dict[str, Answer] = {}  # by "token", "keys", "members" or "members:2"
        self.mangle: Callable[[int, dict[str, Any]], Any] = lambda _page, content: content
        self.links: Callable[[int, str], str] = lambda _page, link: link
        self.members: list[dict[str, Any]] = []
        self.page_size = 2
        self.tool = TOOL  # where we are
        self.visitor = "sub-1"  # who has logged in there
        self.calls: Counter[str] = Counter()
        self.seen: list[Call] = []
        self.issued: list[str] = []
        self.bytes_sent = 0

    @property
    def issuer(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.server.server_port}"

    @property
    def members_url(self) -> str:
        return f"{self.issuer}/members"

    def registered(self, source: str = "lms", **changed: str) -> LtiPlatform:
        """Register this platform, as an administrator would."""
        addresses = {name: f"{self.issuer}/{name.partition('_')[0]}" for name in ("authorization_url", "token_url")}
        values = {"issuer": self.issuer, "client_id": self.client_id, "keyset_url": f"{self.issuer}/keys", **addresses}
        row = LtiPlatform.objects.create(source=source, **(values | changed))
        LtiDeployment.objects.create(platform=row, deployment_id=self.deployment)
        return row

    # What a browser does on its way -----------------------------------------------------------------------------------

    def link(self, slug: str = "lms", **changed: str) -> dict[str, str]:
        """Return what the platform sends along when somebody opens its link to us."""
        login = _Login(HttpRequest(), _Config(self, slug))
        login.set_lti_message_hint()
        sent = dict(parse_qsl(urlsplit(login.initiate_login("hint-7")["Location"]).query))
        return {name: value for name, value in (sent | changed).items() if value}

    def opened(self, client: Client, slug: str = "lms", **changed: str) -> dict[str, str]:
        """Open the link in a browser, and return what we send it to the platform with."""
        response = client.get(f"/lti/{slug}/login/", self.link(slug, **changed))
        assert response.status_code == 302, response.status_code
        return dict(parse_qsl(urlsplit(response["Location"]).query, keep_blank_values=True))

    def form(self, asked: Mapping[str, str], sub: str, *roles: str, **more: Any) -> dict[str, str]:
        """Return the form with which the platform sends the browser back: of the package's own launch page."""
        request = DjangoRequest(RequestFactory().get("/authorization", dict(asked)))
        launch = DjangoLTI1P3MessageLaunch(request, _Config(self, asked["redirect_uri"].split("/")[-3]))
        launch.set_user_data(sub, list(roles or [LEARNER]), full_name=more.pop("name", None))
        launch.set_resource_link_claim("link-1")
        launch.set_launch_context_claim("law-101", context_title="Public law", context_label="LAW101")
        launch.set_nrps(self.members_url)
        launch.set_extra_claims(more)
        page = launch.lti_launch().content.decode()
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
        self.issued.append(fields["id_token"])
        return {name: html.unescape(value) for name, value in fields.items()}

    def token(self, asked: Mapping[str, str], person: str, /, *, signer: Signer | None = None, **changed: Any) -> str:
        """Return a token that the package refuses to make: other claims ("iss", "deployment_id", …), another signer."""
        form = self.form(asked, person)
        claims = json.loads(_decoded(form["id_token"].split(".")[1]))
        header = json.loads(_decoded(form["id_token"].split(".")[0]))
        ours = {f"{CLAIM}{name}" if f"{CLAIM}{name}" in claims else name: value for name, value in changed.items()}
        kid = header["kid"] if signer is None or signer.key == self.key else signer.key
        made = signed(claims | ours, signer or Signer(self.key), {"kid": kid})
        self.issued.append(made)
        return made

    # What the server is asked -----------------------------------------------------------------------------------------

    def order(self, endpoint: str) -> Answer:
        """Return how a path is answered: by order, or as the package does."""
        parts = urlsplit(endpoint)
        name, page = parts.path.strip("/"), int(parse_qs(parts.query).get("page", ["1"])[0])
        ordered = self.orders.get(f"{name}:{page}") or self.orders.get(name)
        if ordered is not None and (ordered.body is not None or ordered.manner in ("silent", "closed")):
            return ordered
        answer = self._own(name, page, self.seen[-1], endpoint)
        if ordered is None:
            return answer
        return Answer(answer.status, answer.body, answer.content_type, answer.headers, ordered.manner)

    def answer(self, call: Call) -> tuple[int, Any]:
        """Return nothing of its own: `order` knows every answer."""
        return 404, {}

    def _own(self, name: str, page: int, call: Call, endpoint: str) -> Answer:
        config = _Config(self, "lms")
        config.get_registration()
        if name in ("course", "authorization"):
            return self._page(name, call)
        if name == "keys":
            return _json(200, config.get_jwks())
        if name == "token":
            try:
                return _json(200, dict(config.get_access_token(dict(call.form))))
            except Exception as error:
                return _json(400, {"error": "invalid_client", "error_description": str(error)})
        request = RequestFactory().get(endpoint, headers=dict(call.headers))
        service = _Members(_Request(request), config, self.members_url)
        service.platform = self
        answered = wrap_json_resp(service.handle_resp(service.handle_get_members))
        content = json.loads(answered.content)
        link = self.links(page, str(answered.headers.get("Link", "")))
        if not link:  # the last page: what will have changed is found there
            link = f'<{self.members_url}?since=1738>; rel="differences"'
        if answered.status_code != 200:
            return _json(answered.status_code, content)
        return _json(200, self.mangle(page, content), ("Link", link))

    def _page(self, name: str, call: Call) -> Answer:
        """Return a page for people: a course with our link and with a frame of it, or what sends them back to us."""
        if name == "course":
            link = html.escape(f"{self.tool}/lti/lms/login/?{urlencode(self.link())}")
            body = (
                f'<h1>Public law</h1><a href="{link}">Exam</a><iframe src="{link}" width="600" height="400"></iframe>'
            )
        else:
            fields = self.form(call.form, self.visitor, name="Anna Berg")
            inputs = "".join(f'<input type="hidden" name="{key}" value="{html.escape(fields[key])}">' for key in fields)
            action = html.escape(call.form["redirect_uri"])
            body = f'<form method="post" action="{action}">{inputs}</form><script>document.forms[0].submit()</script>'
        return Answer(200, f"<!doctype html><title>Learning platform</title>{body}".encode(), "text/html")


def _json(status: int, content: Any, *headers: tuple[str, str]) -> Answer:
    return Answer(status, json.dumps(content).encode(), headers=headers)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class _Config(LTI1P3PlatformConfAbstract):  # type: ignore[misc]  # the package has no types
    def __init__(self, platform: LearningPlatform, slug: str) -> None:
        self.platform, self.slug = platform, slug
        super().__init__()

    def init_platform_config(self, **kwargs: Any) -> None:
        pass

    def get_registration_by_params(self, **kwargs: Any) -> Registration:
        made = Registration().set_iss(self.platform.issuer).set_client_id(self.platform.client_id)
        made.set_deployment_id(self.platform.deployment)
        made.set_launch_url(f"{self.platform.tool}/lti/{self.slug}/launch/")
        made.set_oidc_login_url(f"{self.platform.tool}/lti/{self.slug}/login/")
        made.set_platform_private_key(private_pem(self.platform.key))
        made.set_platform_public_key(public_pem(self.platform.key).decode())
        return made.set_tool_key_set({"keys": self.platform.tool_keys})


class _Login(DjangoAPIOIDCLogin):  # type: ignore[misc]
    def set_lti_message_hint(self, **kwargs: Any) -> None:
        self._lti_message_hint = "link-1"


class _Request(DjangoRequest):  # type: ignore[misc]
    """The package reckons with the page's number, and Django reads it as text."""

    def build_metadata(self, request: HttpRequest) -> Any:
        made = super().build_metadata(request)
        sent = made["get_data"]
        return {**made, "get_data": {name: int(text) if text.isdigit() else text for name, text in sent.items()}}


class _Members(NamesRoleProvisioningService):  # type: ignore[misc]
    platform: LearningPlatform

    def get_context_by_id(self) -> Context:
        return Context(id="law-101", label="LAW101", title="Public law")

    def get_member_data_page(self, page: int = 1, limit: int | None = None, **_others: Any) -> dict[str, Any]:
        size = min(limit or self.platform.page_size, self.platform.page_size)
        found = self.platform.members[(page - 1) * size : page * size]
        return {"content": [dict(one) for one in found], "has_next": page * size < len(self.platform.members)}


def come_back(client: Client, form: Mapping[str, str], slug: str = "lms", **extra: Any) -> Any:
    """Send the platform's form, and the same fields once more as our page does; return the second answer."""
    first = client.post(f"/lti/{slug}/launch/", form, **extra)
    assert first.status_code == 200, first.status_code
    return client.post(f"/lti/{slug}/launch/", hidden(first), **extra)


def hidden(response: Any) -> dict[str, str]:
    """Return the hidden fields of a page of ours."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode())
    return {name: html.unescape(value) for name, value in found}
