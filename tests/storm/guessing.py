"""What wrong logins cost those who write: candidates save at their pace, in peace and then beside 300 who guess."""

import asyncio
import itertools
import os
import random
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

GUESSERS = int(
    os.environ.get("GUESSERS") or 300
)  # browsers of one address, each with a login on its way or waiting for its turn all the time
WRITERS = 120
EVERY = 3.0  # seconds between two saves of one writer
SECONDS = float(os.environ.get("GUESSING_SECONDS") or 15)
QUIET, BESIDE = "write in peace", "write beside wrong logins"


Writer = TypeVar("Writer")


class Guesser:
    """Somebody who guesses, on one connection that stays open; HTTP by hand, to take little of the server's processor.

    In the field those who guess have machines of their own.
    """

    def __init__(self, address: str) -> None:
        self.host, _colon, port = address.removeprefix("http://").partition(":")
        self.port = int(port)
        self.token = ""

    async def open(self) -> None:
        """Connect and fetch the login page with its token."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        _status, headers, page = await self._ask("GET", "", "")
        cookies = (value.partition(";")[0] for name, value in headers if name == "set-cookie")
        self.cookies = "; ".join(cookies)
        self.token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]

    async def guess(self, name: str) -> tuple[int, int]:
        """Send a wrong login, as the page's script does; return the status and the seconds after which to ask again."""
        form = {"csrfmiddlewaretoken": self.token, "next": "", "username": name, "password": "a long winter evening"}
        status, headers, _page = await self._ask("POST", f"Cookie: {self.cookies}\r\n", urlencode(form))
        return status, int(dict(headers).get("retry-after", 0))

    def close(self) -> None:
        """Leave; an answer on its way is lost."""
        self.writer.close()

    async def _ask(self, method: str, more: str, body: str) -> tuple[int, list[tuple[str, str]], str]:
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if body else ""
        host = f"Host: {self.host}:{self.port}\r\nAccept: application/json\r\nUser-Agent: storm\r\n"
        self.writer.write(f"{method} /login/ HTTP/1.1\r\n{host}{more}{form}\r\n{body}".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _colon, value in (line.partition(":") for line in head[1:])]
        page = await self.reader.readexactly(int(dict(headers)["content-length"]))
        return int(head[0].split()[1]), headers, page.decode()


async def keep_saving(writers: Sequence[Writer], save: Callable[[Writer], Awaitable[None]]) -> None:
    """Let each save again and again, at a moment of its own, as pages do while people type."""
    until = time.monotonic() + SECONDS

    async def one(place: int, writer: Writer) -> None:
        await asyncio.sleep(EVERY * place / len(writers))
        while time.monotonic() < until:
            began = time.monotonic()
            await save(writer)
            await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - began)))

    await asyncio.gather(*(one(place, writer) for place, writer in enumerate(writers)))


async def beside_guesses(address: str, note: Callable[[int, float], None], writing: Awaitable[None]) -> None:
    """Let all of them guess at once, and go on with other names, until everything is written.

    `note` is called with the status and the seconds of each answer.
    """
    guessers = [Guesser(address) for _ in range(GUESSERS)]

    async def one(number: int, guesser: Guesser) -> None:
        for tries in itertools.count():
            while True:
                began = time.monotonic()
                status, seconds = await guesser.guess(f"nobody.{number}.{tries}")
                note(status, time.monotonic() - began)
                if not seconds:
                    break
                await asyncio.sleep(seconds * (1 + random.random()))

    for guesser in guessers:
        await guesser.open()
    guessing = [asyncio.ensure_future(one(number, guesser)) for number, guesser in enumerate(guessers)]
    try:
        await writing
    finally:
        for task in guessing:
            task.cancel()
        ended = await asyncio.gather(*guessing, return_exceptions=True)
        for guesser in guessers:
            guesser.close()
    for error in ended:
        if isinstance(error, Exception):  # not one that was cancelled
            raise error
