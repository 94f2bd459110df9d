"""A hall of candidates over HTTP: log in, start, write, remember what was reported saved, try again when cut off."""

import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

import requests

SECONDS = 90  # for one answer, and for the crowd to get on again: only what hangs reaches it
JSON = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Person:
    """Who sits in the hall, with what stands on the slip."""

    username: str
    password: str
    candidate: str  # public id
    test: str  # public id


@dataclass(slots=True)
class Writer:
    """One candidate's browser, and what it knows of its answer."""

    person: Person
    address: str
    session: requests.Session = field(default_factory=requests.Session)
    is_in: bool = False
    revision: int = 0
    sent: int = 0  # texts are numbered
    saved: int = 0  # the last one that was reported saved
    reports: int = 0
    cut_off: int = 0
    unavailable: int = 0  # 503, the page of the product
    faults: list[str] = field(default_factory=list)

    def text(self, number: int) -> str:
        """Return a text that tells whose it is and which one."""
        return f"{self.person.candidate} {number} " + "word " * (number % 50)

    def number_of(self, text: str) -> int:
        """Return which text this is, 0 for none; note a fault where it is not whole, or not this person's."""
        if not text:
            return 0
        number = int(text.split()[1])
        if text != self.text(number) or number > self.sent:
            self.faults.append(f"stored was {text[:60]!r}")
        return number

    def step(self) -> None:
        """Do the next thing; what the line or the server breaks off is done again at the next step."""
        try:
            if self.is_in:
                self._save()
            else:
                self._log_in_and_start()
        except requests.RequestException:
            self.cut_off += 1
            time.sleep(0.05)

    def _post(self, path: str, fields: Mapping[str, object], **headers: str) -> requests.Response:
        token = self.session.cookies.get("csrftoken", "")
        return self.session.post(
            f"{self.address}{path}",
            data={**fields, "csrfmiddlewaretoken": token},
            headers=headers,
            allow_redirects=False,
            timeout=SECONDS,
        )

    def _log_in_and_start(self) -> None:
        if "sessionid" not in self.session.cookies:
            if not self._is_fine(self.session.get(f"{self.address}/login/", timeout=SECONDS), 200):
                return
            login = {"username": self.person.username, "password": self.person.password}
            if not self._is_fine(self._post("/login/", login), 302):
                return
        started = self._post(f"/test/{self.person.test}/start/", {})
        if self._is_fine(started, 302) and not self._sent_away(started):
            self.is_in = True

    def _save(self) -> None:
        self.sent += 1
        fields = {"answer": self.text(self.sent), "base": self.revision, "candidate": self.person.candidate}
        number = self.sent
        response = self._post(f"/test/{self.person.test}/answer/", fields, **JSON)
        if self._sent_away(response) or not self._is_fine(response, 200, 409):
            return
        answer = response.json()
        self.revision = answer["revision"]
        if answer["code"] == "saved":
            self.saved, self.reports = number, self.reports + 1
        elif self.number_of(answer["answer"]) < self.saved:  # a conflict with a text whose receipt was cut off
            self.faults.append(f"the server held less than was reported saved: {answer['answer'][:60]!r}")

    def _sent_away(self, response: requests.Response) -> bool:
        away = response.status_code == 302 and "/login/" in response.headers["Location"]
        if away:
            self.faults.append("logged out")
        return away

    def _is_fine(self, response: requests.Response, *expected: int) -> bool:
        if response.status_code == 503 and "Retry-After" in response.headers:
            self.unavailable += 1
            time.sleep(0.05)
            return False
        if response.status_code not in expected:
            self.faults.append(f"answered {response.status_code}: {response.text[:200]}")
            return False
        return True


class Crowd:
    """All candidates at once, each in a thread; use it as a context."""

    def __init__(self, people: Sequence[Person], address: str, *, pause: float = 0.2) -> None:
        self.writers = [Writer(person, address) for person in people]
        self.pause = pause  # seconds between two things that one person does, about
        self.over = threading.Event()

    def __enter__(self) -> "Crowd":
        self.threads = [threading.Thread(target=self._write, args=[writer]) for writer in self.writers]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _write(self, writer: Writer) -> None:
        pauses = random.Random(writer.person.candidate)
        while not self.over.wait(pauses.uniform(0, 2 * self.pause)):
            writer.step()

    def goes_on(self) -> bool:
        """Wait until everybody has got a save reported that began after now; say whether that came about."""
        before = [writer.reports for writer in self.writers]
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            # two reports more: the first may have been on its way
            if all(writer.reports >= old + 2 for writer, old in zip(self.writers, before, strict=True)):
                return True
            time.sleep(0.05)
        return False

    @property
    def faults(self) -> list[str]:
        """Return everything that must not happen to anybody."""
        return [fault for writer in self.writers for fault in writer.faults]
