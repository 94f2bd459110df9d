"""What wrong logins cost those who write: candidates save at their pace, in peace and then beside 300 who guess."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

GUESSERS = 300  # browsers of one address, each with a login on its way or waiting for its turn all the time
WRITERS = 120
EVERY = 3.0  # seconds between two saves of one writer
SECONDS = 15.0
QUIET, BESIDE = "write in peace", "write beside wrong logins"


Writer = TypeVar("Writer")


class Guesser(Protocol):
    """The browser of somebody who guesses."""

    async def get(self, step: str, path: str) -> str:
        """Open a page."""
        ...

    async def log_in(self, step: str, sent: dict[str, str], *, expected: int) -> str:
        """Send the login form until it is answered."""
        ...


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


async def beside_guesses(guessers: Sequence[Guesser], writing: Awaitable[None]) -> None:
    """Let all of them guess at once, and go on with other names, until everything is written."""

    async def one(number: int, guesser: Guesser) -> None:
        tries = 0
        while True:
            tries += 1
            guess = {"next": "", "username": f"nobody.{number}.{tries}", "password": "a long winter evening"}
            await guesser.log_in("wrong login", guess, expected=422)

    for guesser in guessers:
        await guesser.get("login page of a guesser", "/login/")
    guessing = [asyncio.ensure_future(one(number, guesser)) for number, guesser in enumerate(guessers)]
    try:
        await writing
    finally:
        for task in guessing:
            task.cancel()
        for task in guessing:
            with suppress(asyncio.CancelledError):
                await task
