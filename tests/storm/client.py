"""Be the browsers of a crowd: python -m tests.storm.client ADDRESS CONNECTIONS SCRIPT < crowd.json.

Prints a line of JSON before and after each phase, and one with what was measured at the end. It does not know Django.
What a browser fetches once and keeps (style sheets, scripts) is left out unless it is asked for.
"""

import asyncio
import html
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.storm import guessing

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
LINK = re.compile(r'<a class="ds-link" href="(/test/[^"]+)"')
START = re.compile(r'action="(/test/[^"]+/start/)"')
FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')
SAVES = 3
SECONDS = 120  # far beyond any bar
BOUNDARY = "----storm7MA4YWxkTrZu0gW"
PAUSE = 1.0
NOT_YET = 503
WRONG_LOGIN = 422


class Wrong(Exception):
    """An answer that is not what the step should bring; the text is its kind, for counting."""


@dataclass
class Tally:
    """What all browsers together measured: seconds by step, errors by kind."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    sent_again: int = 0
    not_yet: int = 0  # logins that were told to wait for their turn
    answers: dict[str, str] = field(default_factory=dict)  # by candidate: what was reported saved last
    files: dict[str, int] = field(default_factory=dict)


class Browser:
    """One candidate's browser: cookies of its own, the page that is open, and the text that is written."""

    def __init__(self, person: Mapping[str, Any], address: str, connector: aiohttp.BaseConnector, tally: Tally) -> None:
        self.person = person
        self.address = address
        self.tally = tally
        self.session = aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # takes cookies of 127.0.0.1
            timeout=aiohttp.ClientTimeout(total=None, sock_read=SECONDS),
            headers={"Accept": "text/html", "Accept-Encoding": "gzip, deflate", "User-Agent": "storm"},
        )
        self.page = ""
        self.fields: dict[str, str] = {}
        self.address_of_test = ""
        self.answer = ""

    async def get(self, step: str, path: str) -> str:
        """Open a page and keep it, with what its forms carry along."""
        _status, _to, self.page = await self._ask(step, lambda: self.session.get(self._url(path)), 200)
        self.fields = dict(HIDDEN.findall(self.page))
        return self.page

    async def post(self, step: str, path: str, sent: Mapping[str, str]) -> str:
        """Send a form of the open page with its token, and return where the answer leads."""
        _status, there, _page = await self._ask(step, lambda: self._posting(path, sent), 302)
        return there

    async def log_in(self, step: str, sent: Mapping[str, str]) -> str:
        """Send the login form as the page's script does: not yet, and the page tries again by itself."""
        until = time.monotonic() + SECONDS
        while True:
            asking = self._ask(step, lambda: self._posting("/login/", sent, by_script=True), 200, NOT_YET)
            status, there, said = await asking
            if status == 200:
                return str(json.loads(said)["address"])
            self.tally.not_yet += 1
            if time.monotonic() > until:
                raise Wrong(f"{step}: never its turn")
            await asyncio.sleep(int(there) * (1 + random.random()))

    def _posting(
        self, path: str, sent: Mapping[str, str], *, by_script: bool = False
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        data = {"csrfmiddlewaretoken": self.fields.get("csrfmiddlewaretoken", ""), **sent}
        headers = {"Accept": "application/json"} if by_script else {}
        return self.session.post(self._url(path), data=data, headers=headers, allow_redirects=False)

    async def save(self, step: str, path: str, sent: Mapping[str, str], *, by_script: bool) -> str:
        """Send the answer as the page's script does (JSON comes back), or by its button (leads to another page)."""
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        if by_script:
            headers |= {"Accept": "application/json", "X-CSRFToken": self._csrf_cookie()}
        else:
            sent = {"csrfmiddlewaretoken": self.fields.get("csrfmiddlewaretoken", ""), **sent}
        status, there, page = await self._ask(
            step,
            lambda: self.session.post(self._url(path), data=_multipart(sent), headers=headers, allow_redirects=False),
            200 if by_script else 302,
        )
        return page if status == 200 else there

    async def _ask(
        self,
        step: str,
        request: Callable[[], AbstractAsyncContextManager[aiohttp.ClientResponse]],
        *expected: int,
    ) -> tuple[int, str, str]:
        """Return the status, where the answer leads (or the seconds after which to ask again), and its text."""
        began = time.monotonic()
        for again in (False, True):
            try:
                async with request() as response:
                    text = await response.text()
                break
            except aiohttp.ServerDisconnectedError:
                # The server has closed a connection that it had kept: a browser takes another one, once.
                if again:
                    raise Wrong(f"{step}: connection closed") from None
                self.tally.sent_again += 1
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Wrong(f"{step}: {type(error).__name__}") from error
        self.tally.seconds[step].append(time.monotonic() - began)
        if response.status not in expected:
            raise Wrong(f"{step}: {response.status}")
        there = response.headers.get("Retry-After" if response.status == NOT_YET else "Location", "")
        return response.status, there, text

    def _url(self, path: str) -> str:
        return f"{self.address}{path}"

    def _csrf_cookie(self) -> str:
        return next(cookie.value for cookie in self.session.cookie_jar if cookie.key == "csrftoken")


async def log_in(browser: Browser) -> None:
    """Open the login page, log in and see the Dashboard, which shows the own test and no other."""
    person = browser.person
    await browser.get("login page", "/login/")
    there = await send_login("login", browser)
    page = html.unescape(await browser.get("dashboard", there))
    if page.count(person["test"]) != 1 or not re.search(rf">\s*{re.escape(person['candidate_id'])}\s*<", page):
        raise Wrong("dashboard: not the own test")
    if any(other in page for other in person["other_tests"]) or len(LINK.findall(page)) != 1:
        raise Wrong("dashboard: somebody else's test")


async def send_login(step: str, browser: Browser) -> str:
    """Send name and password from the open login page, and return where the answer leads."""
    known = {name: browser.person[name] for name in ("username", "password")}
    return await browser.log_in(step, {"next": "", **known})


async def open_elsewhere(browser: Browser) -> None:
    """Open the login page as another browser of the same person, to be there when all are released."""
    browser.session.cookie_jar.clear()
    await browser.get("login page elsewhere", "/login/")


async def log_in_alone(browser: Browser) -> None:
    """Log in, and open nothing: what a login itself costs, without the pages around it."""
    await send_login("login alone", browser)


async def fetch_files(browser: Browser) -> None:
    """Open the login page and fetch its style sheets and scripts, as a browser that was never here."""
    page = await browser.get("login page (cold)", "/login/")
    for path in FILES.findall(page):
        answer = await browser.get("a static file", path)
        browser.tally.files[path] = len(answer)


async def start(browser: Browser) -> None:
    """Open the test from the Dashboard and press Start."""
    page = await browser.get("test page", LINK.findall(browser.page)[0])
    there = await browser.post("start", START.findall(page)[0], {})
    await browser.get("writing page", there)
    if browser.fields.get("candidate") != browser.person["candidate"]:
        raise Wrong("writing page: somebody else's")
    browser.address_of_test = there


async def write(browser: Browser) -> None:
    """Save three times, as the page's script does while somebody types."""
    for number in range(1, SAVES + 1):
        await save_more(browser, "save", f"part {number}. " * number)


async def save_more(browser: Browser, step: str, words: str) -> None:
    """Save another text, and keep what was reported saved."""
    text = f"{browser.person['candidate']} writes this, {words}" * 10
    sent = {"answer": text, "base": browser.fields["base"], "candidate": browser.fields["candidate"]}
    said = json.loads(await browser.save(step, f"{browser.address_of_test}answer/", sent, by_script=True))
    if said["code"] != "saved":
        raise Wrong(f"save: {said['code']}")
    browser.fields["base"] = str(said["revision"])
    browser.answer = browser.tally.answers[browser.person["candidate"]] = text


async def hand_in(browser: Browser) -> None:
    """Press Submit, answer the question, and see the receipt."""
    sent = {"answer": browser.answer, "base": browser.fields["base"], "candidate": browser.fields["candidate"]}
    there = await browser.save("submit: save", f"{browser.address_of_test}submit/", sent, by_script=False)
    await browser.get("submit: question", there)
    there = await browser.post("submit", there, {name: browser.fields[name] for name in ("base", "candidate")})
    page = await browser.get("receipt", there)
    if browser.person["candidate_id"] not in page or "Handed in" not in page:
        raise Wrong("receipt: not handed in")


PHASES: dict[str, Callable[[Browser], Awaitable[None]]] = {
    "files": fetch_files,
    "log in": log_in,
    "start": start,
    "write": write,
    "hand in": hand_in,
    "open elsewhere": open_elsewhere,
    "log in alone": log_in_alone,
}


async def run(people: list[dict[str, Any]], address: str, connections: int, phases: list[str]) -> None:
    """Let everybody do each phase at once; who failed in one does not come to the next."""
    tally = Tally()
    connector = aiohttp.TCPConnector(limit=connections, limit_per_host=connections)
    browsers = [Browser(person, address, connector, tally) for person in people]
    try:
        for phase in phases:
            if phase in {guessing.QUIET, guessing.BESIDE}:
                await _typing(phase, browsers, address, tally)
            else:
                browsers = await _released(phase, browsers, connections)
    finally:
        for browser in browsers:
            await browser.session.close()
        await connector.close()
    _say(
        seconds=tally.seconds,
        errors=tally.errors,
        sent_again=tally.sent_again,
        not_yet=tally.not_yet,
        answers=tally.answers,
        files=tally.files,
    )


async def _released(phase: str, browsers: list[Browser], connections: int) -> list[Browser]:
    """Release everybody at one moment; `connections` of them are on their way at a time."""
    places = asyncio.Semaphore(connections)
    done: list[Browser] = []
    after: list[float] = []

    async def act(browser: Browser) -> None:
        async with places:
            try:
                await PHASES[phase](browser)
            except Wrong as wrong:
                browser.tally.errors[str(wrong)] += 1
                await browser.session.close()
            else:
                done.append(browser)
                after.append(time.monotonic() - began)

    _say(phase=phase, people=len(browsers))
    began = time.monotonic()
    await asyncio.gather(*(act(browser) for browser in browsers))
    _say(phase=phase, wall=time.monotonic() - began, after=after)
    await asyncio.sleep(PAUSE)
    return done


async def _typing(phase: str, browsers: list[Browser], address: str, tally: Tally) -> None:
    """Let some save at their pace, in peace or beside many who guess; a line that breaks ends the storm."""
    writers = browsers[: guessing.WRITERS]
    writing = guessing.keep_saving(writers, lambda one: save_more(one, f"save, {phase}", f"at {time.time()}. "))

    def note(status: int, seconds: float) -> None:
        tally.seconds["wrong login"].append(seconds)
        if status == NOT_YET:
            tally.not_yet += 1
        elif status != WRONG_LOGIN:
            tally.errors[f"wrong login: {status}"] += 1

    _say(phase=phase, people=len(writers))
    began = time.monotonic()
    await (guessing.beside_guesses(address, note, writing) if phase == guessing.BESIDE else writing)
    _say(phase=phase, wall=time.monotonic() - began, after=[])
    await asyncio.sleep(PAUSE)


def _multipart(sent: Mapping[str, str]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in sent.items()
    ]
    return "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()


def _say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    asyncio.run(run(json.load(sys.stdin), sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")))
