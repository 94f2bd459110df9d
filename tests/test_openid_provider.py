"""The OpenID provider of tests and `make demo-sso`: it does what they rely on, and leaves nothing behind."""

import base64
import hashlib
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from tests.support import node, openid
from tests.support.node import PROJECT, NodeProblem
from tests.support.openid import Description, Person, Provider, ProviderProblem, start

BACK = "http://localhost:9/sso/alpha/callback/"
CLAIM = "https://n.feide.no/claims/eduPersonPrincipalName"
VERIFIER = "a" * 43
PKCE = {
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode(),
    "code_challenge_method": "S256",
}
ALPHA = Description(
    name="Alpha University",
    client_id="deliver",
    client_secret="known to two",
    redirect_uris=[BACK],
    post_logout_redirect_uris=["http://localhost:9/login/"],
    claim=CLAIM,
    claim_in="userinfo",
    people=[
        Person("agnes", "Agnes Thorsen", "Agnes@alpha.example"),
        Person("impostor", "A. T.", "agnes@alpha.example"),
    ],
)


@pytest.fixture(scope="module")
def alpha() -> Iterator[Provider]:
    with start(ALPHA) as provider:
        yield provider


@pytest.fixture(scope="module")
def beta() -> Iterator[Provider]:
    with start(replace(ALPHA, name="Beta College", claim_in="id_token")) as provider:
        yield provider


def begin(provider: Provider, browser: requests.Session, **parameters: str) -> requests.Response:
    """Ask to log in, and follow until the provider asks something or sends back to a client that is not there."""
    query = {"client_id": "deliver", "response_type": "code", "scope": "openid profile", "redirect_uri": BACK}
    answer = browser.get(
        f"{provider.issuer}/auth", params={**query, "state": "s", "nonce": "n", **parameters}, allow_redirects=False
    )
    return follow(browser, answer)


def follow(browser: requests.Session, answer: requests.Response) -> requests.Response:
    while answer.is_redirect and not answer.headers["Location"].startswith(BACK):
        answer = browser.get(urljoin(answer.url, answer.headers["Location"]), allow_redirects=False)
    return answer


def log_in(provider: Provider, browser: requests.Session, account: str, **parameters: str) -> dict[str, str]:
    """Log in with an account, and return what the provider sends back to the client."""
    asked = begin(provider, browser, **PKCE, **parameters)
    assert "Who logs in?" in asked.text
    return sent_back(follow(browser, browser.post(asked.url, data={"account": account}, allow_redirects=False)))


def sent_back(answer: requests.Response) -> dict[str, str]:
    assert answer.headers["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def claims_of(provider: Provider, account: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Log in as a new browser, and return the claims of the ID token and those of userinfo."""
    code = log_in(provider, requests.Session(), account)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    client = {"client_id": "deliver", "client_secret": "known to two"}
    tokens = requests.post(f"{provider.issuer}/token", data={**form, **client}, timeout=10).json()
    middle = tokens["id_token"].split(".")[1]
    userinfo = requests.get(
        f"{provider.issuer}/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=10
    ).json()
    return json.loads(base64.urlsafe_b64decode(middle + "==")), userinfo


def test_it_sends_a_code_its_own_issuer_and_the_state(alpha: Provider) -> None:
    back = log_in(alpha, requests.Session(), "agnes")
    assert set(back) == {"code", "state", "iss"}
    assert back["iss"] == alpha.issuer


def test_it_wants_pkce(alpha: Provider) -> None:
    assert sent_back(begin(alpha, requests.Session()))["error"] == "invalid_request"


def test_one_tells_the_sso_user_id_by_userinfo_and_the_other_in_the_id_token(alpha: Provider, beta: Provider) -> None:
    token, userinfo = claims_of(alpha, "agnes")
    assert CLAIM not in token
    assert userinfo[CLAIM] == "Agnes@alpha.example"
    assert token["sub"] == userinfo["sub"]
    assert claims_of(beta, "agnes")[0][CLAIM] == "Agnes@alpha.example"


def test_sub_belongs_to_the_account_at_the_institution_and_survives_a_restart(alpha: Provider, beta: Provider) -> None:
    before = claims_of(alpha, "agnes")[0]["sub"]
    others = claims_of(alpha, "impostor")[0]["sub"], claims_of(beta, "agnes")[0]["sub"]
    with start(ALPHA) as again:
        assert claims_of(again, "agnes")[0]["sub"] == before
    assert re.fullmatch("[0-9a-f]{32}", before)
    assert before not in others


@pytest.mark.parametrize("typed", ["AGNES", " agnes ", "agnes@ALPHA.example"])
def test_a_person_is_found_by_what_people_type(alpha: Provider, typed: str) -> None:
    assert claims_of(alpha, typed)[0]["sub"] == claims_of(alpha, "agnes")[0]["sub"]


def test_anybody_else_is_the_account_that_they_type(alpha: Provider) -> None:
    assert claims_of(alpha, "nobody@alpha.example")[1][CLAIM] == "nobody@alpha.example"


def test_it_remembers_who_is_logged_in_unless_it_is_told_to_ask(alpha: Provider) -> None:
    browser = requests.Session()
    log_in(alpha, browser, "agnes")
    assert "code" in sent_back(begin(alpha, browser, **PKCE))
    assert "Who logs in?" in begin(alpha, browser, **PKCE, prompt="login").text


def test_who_logs_out_is_asked_again(alpha: Provider) -> None:
    browser = requests.Session()
    log_in(alpha, browser, "agnes")
    query = {"client_id": "deliver", "post_logout_redirect_uri": "http://localhost:9/login/"}
    page = browser.get(f"{alpha.issuer}/session/end", params=query)
    secret = re.search(r'name="xsrf" value="([^"]+)"', page.text)
    assert secret is not None
    done = browser.post(
        f"{alpha.issuer}/session/end/confirm", data={"xsrf": secret[1], "logout": "yes"}, allow_redirects=False
    )
    assert done.headers["Location"] == "http://localhost:9/login/"
    assert "Who logs in?" in begin(alpha, browser, **PKCE).text


def test_two_providers_can_ask_one_browser_at_the_same_time(alpha: Provider, beta: Provider) -> None:
    browser = requests.Session()
    first, second = begin(alpha, browser, **PKCE), begin(beta, browser, **PKCE)
    for provider, asked in ((beta, second), (alpha, first)):
        answer = browser.post(asked.url, data={"account": "agnes"}, allow_redirects=False)
        assert sent_back(follow(browser, answer))["iss"] == provider.issuer


def gone(issuer: str) -> bool:
    """Wait until nothing listens any more, ten seconds at most."""
    host, _colon, port = issuer.removeprefix("http://").partition(":")
    for _time in range(100):
        with socket.socket() as line:
            if line.connect_ex((host, int(port))) != 0:
                return True
        time.sleep(0.1)
    return False


def test_names_are_written_into_its_page_as_text() -> None:
    with start(replace(ALPHA, people=[Person("<b>", '"><script>', "x")])) as provider:
        page = begin(provider, requests.Session(), **PKCE).text
    assert "<script>" not in page
    assert 'value="&#60;b&#62;"' in page


def test_it_says_that_its_port_is_taken(alpha: Provider) -> None:
    with pytest.raises(ProviderProblem, match=r"Alpha University” could not be started[^$]*Port \d+ is taken"):
        start(replace(ALPHA, port=int(alpha.issuer.rpartition(":")[2])))


def test_it_ends_with_the_process_that_started_it() -> None:
    """Kill that process as nothing can be caught: the port has to be free nevertheless."""
    program = (
        "import os, signal\n"
        "from tests.support import openid\n"
        "from tests.test_openid_provider import ALPHA\n"
        "provider = openid.start(ALPHA)\n"
        "print(provider.issuer, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -9
    assert gone(done.stdout.strip())


@pytest.mark.parametrize(("version", "said"), [(None, "none was found"), ("v18.19.1", "v18.19.1 was found")])
def test_without_node_a_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, said: str
) -> None:
    if version is not None:
        (tmp_path / "node").write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    monkeypatch.setattr(node, "brought_along", lambda: None)
    for act in (node.install, lambda: start(ALPHA)):
        with pytest.raises(
            (NodeProblem, ProviderProblem), match=f"{said}.*apt-get install nodejs npm.*`make run` works without"
        ):
            act()


def test_without_its_packages_a_sentence_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid, "PACKAGES", tmp_path / "none")
    with pytest.raises(ProviderProblem, match="make node-packages"):
        start(ALPHA)


def test_its_packages_are_pinned_and_name_no_host_to_get_them_from() -> None:
    wanted = json.loads((PROJECT / "package.json").read_text())["dependencies"]
    locked = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    packages = {name: package for name, package in locked.items() if name}
    assert locked[""]["dependencies"] == wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert all(
        package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages.values()
    )
