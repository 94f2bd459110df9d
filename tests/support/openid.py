"""A real OpenID provider for tests and `make demo-sso`.

The provider is oidc-provider on Node.js (openid_provider/provider.mjs); one process serves one provider. It needs the
standard library alone, because the demonstration installs nothing that only tests need.

Who cleans up: the provider ends when its standard input does, a pipe that only the process that started it holds open.
"""

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Literal, Self

from tests.support.node import PACKAGES, NodeProblem, find_node

FOLDER = Path(__file__).parent / "openid_provider"
SECONDS_TO_START = 30
SECONDS_TO_STOP = 5


class ProviderProblem(RuntimeError):
    """The provider cannot be started; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider knows: the account is typed or pressed, the SSO user ID is what it tells of them.

    `lin` is told as norEduPersonLIN beside it.
    """

    account: str
    name: str
    sso_user_id: str
    lin: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a provider is: its name, its one client, its people, and where it tells the SSO user ID.

    The name is part of every `sub`: a provider of the same name gives the same people the same ones after a restart.
    """

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: Sequence[str]
    post_logout_redirect_uris: Sequence[str]
    claim: str
    claim_in: Literal["userinfo", "id_token"]
    people: Sequence[Person]
    port: int = 0


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider that runs; as a context manager it is stopped at the end."""

    description: Description
    issuer: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop the provider, and wait until its port is free."""
        end(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def start(description: Description) -> Provider:
    """Start a provider and return once it answers; raise ProviderProblem with what it said if it does not."""
    try:
        node = find_node()
    except NodeProblem as problem:
        raise ProviderProblem(str(problem)) from problem
    if not PACKAGES.is_dir():
        raise ProviderProblem("The packages of the OpenID provider are not installed: run `make node-packages`.")
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [node, FOLDER / "provider.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
            env={name: value for name, value in os.environ.items() if not name.startswith("NODE_")},
        )
        try:
            return Provider(description, _greeted(process, description), process)
        except BaseException as error:
            end(process)
            if not isinstance(error, ProviderProblem):
                raise
            errors.seek(0)
            raise ProviderProblem(f"{error}\n{errors.read().decode(errors='replace')}".strip()) from None


def _greeted(process: subprocess.Popen[bytes], description: Description) -> str:
    """Tell the process what to be, and return the issuer once it is ready; raise ProviderProblem."""
    assert process.stdin is not None
    assert process.stdout is not None
    failed = f"The OpenID provider “{description.name}” could not be started."
    try:
        process.stdin.write(json.dumps(asdict(description)).encode() + b"\n")
    except BrokenPipeError:
        raise ProviderProblem(failed) from None
    deadline = time.monotonic() + SECONDS_TO_START
    while (line := _line(process.stdout, deadline)) is not None:
        word, _space, issuer = line.partition(" ")
        if word == "ready":
            return issuer
    raise ProviderProblem(failed)


def _line(output: IO[bytes], deadline: float) -> str | None:
    """Return the next line of an unbuffered pipe, or None at its end or after the deadline (time.monotonic)."""
    ready, _write, _error = select.select([output], [], [], max(0.0, deadline - time.monotonic()))
    line = output.readline() if ready else b""
    return line.decode().strip() if line else None


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, wait for it, and close its pipes; kill it if it takes too long."""
    process.terminate()
    try:
        process.wait(timeout=SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
