"""Write the demonstration's .env and password file, or print fresh keys for a production .env.

This module runs before anything is installed, so it uses the standard library only.
"""

import argparse
import base64
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# No look-alikes (0 o, 1 l i), because somebody types it from a terminal into a browser.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def fresh_keys() -> dict[str, str]:
    """Return new random values for every setting that has to be a secret.

    CREDENTIAL_KEYS and VERIFIER_KEYS hold one key each: 32 bytes in url-safe base64 (Fernet specification, "Key
    Format").
    """
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "CREDENTIAL_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "VERIFIER_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }


def demonstration_password() -> str:
    """Return a random password of 16 characters in four groups (about 79 bits)."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def demonstration_env(*, port: int) -> str:
    """Return the text of a .env for a demonstration on 127.0.0.1 with fresh keys."""
    keys = "\n".join(f"{name}={value}" for name, value in fresh_keys().items())
    return f"""\
# Written by "make run" for a demonstration on this machine. .env.example explains every setting.
# Keep the keys: without CREDENTIAL_KEYS the login details cannot be shown again.
{keys}

# Plain http is for a demonstration on 127.0.0.1 only.
PLAIN_HTTP=True
DEMONSTRATION=True
ALLOWED_HOSTS=127.0.0.1,localhost
LOGIN_ADDRESS=http://127.0.0.1:{port}
ORGANISATION=Havnes University

# One SSO setup, so that CSV import (SSO) can be tried without a provider.
SSO_TYPES=campus
SSO_CAMPUS_LABEL=Havnes Campus
SSO_CAMPUS_COMPARE=fold
"""


def write_once(path: Path, text: str) -> bool:
    """Write a file that only its owner can read, and return False if there already is one.

    O_EXCL closes the race between two starts at the same time: one of them creates the file, the other leaves it alone.
    The mode is given at creation, so that the secret is at no moment readable for others.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return True


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m inspera_deliver.make_env", description=__doc__)
    parser.add_argument("--print-keys", action="store_true", help="print fresh keys and write nothing")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="default: PORT, or 8000")
    parser.add_argument("--folder", type=Path, default=PROJECT, help="where to write; default: the project")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write .env and .demo-password where they are missing; never change one that is there."""
    options = parse(arguments)
    if options.print_keys:
        for name, value in fresh_keys().items():
            print(f"{name}={value}")
        return
    if write_once(options.folder / ".env", demonstration_env(port=options.port)):
        print("Wrote .env with fresh random keys for the demonstration.")
    if write_once(options.folder / ".demo-password", demonstration_password() + "\n"):
        print("Wrote .demo-password with one random password for the demonstration accounts.")


if __name__ == "__main__":
    main()
