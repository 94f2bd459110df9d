"""Read settings from the environment and from the project's own .env file, and from nowhere else."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import cast
from urllib.parse import quote

import dj_database_url
from decouple import Config, Csv, RepositoryEmpty, RepositoryEnv
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def open_config(path: Path) -> Config:
    """Return the settings of one named file.

    decouple's own `config` searches every parent folder for a file, so that a stray .env changes settings
    (docs/fault-cases.md E1).
    """
    return Config(RepositoryEnv(str(path)) if path.is_file() else RepositoryEmpty())


def env_file() -> Path:
    """Return the path of the settings file: ENV_FILE, else .env beside manage.py.

    Raises ImproperlyConfigured where ENV_FILE names nothing: a mistyped name means defaults (docs/fault-cases.md E2).
    """
    named = os.environ.get("ENV_FILE")
    if named and not Path(named).exists():
        raise ImproperlyConfigured(f"ENV_FILE names {named}, and there is no such file.")
    return Path(named or BASE_DIR / ".env")


config = open_config(env_file())


def required(name: str) -> str:
    """Return a setting that has no default.

    Raises ImproperlyConfigured where it is absent or empty: no start without keys (P16).
    """
    value = str(config(name, default="")).strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Put it into .env or the environment; .env.example explains it.")
    return value


MIN_RETENTION_DAYS = 30  # days: a test is graded, and its marks are appealed against, before anything of it may go


def kept_days(value: str) -> int | None:
    """Return the retention in days, None for an empty setting: without an end.

    Raises ImproperlyConfigured for anything but MIN_RETENTION_DAYS or more: deletion is final.
    """
    text = str(value).strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or not MIN_RETENTION_DAYS <= int(text[:6]) <= 36500:
        possible = f"RETENTION_… settings take whole days from {MIN_RETENTION_DAYS} to 36500, or nothing."
        raise ImproperlyConfigured(f"{possible} “{text[:20]}” is neither.")
    return int(text)


def listed(name: str, default: str = "") -> list[str]:
    """Return a comma-separated setting as a list."""
    values: list[str] = config(name, default=default, cast=Csv())
    return values


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return a comma-separated setting of networks. Raises ImproperlyConfigured where one is none."""
    try:
        return [ip_network(text) for text in listed(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}.") from error


def required_list(name: str) -> list[str]:
    """Return a comma-separated setting that must hold at least one entry.

    Raises ImproperlyConfigured where it holds none.
    """
    entries = [part.strip() for part in required(name).split(",") if part.strip()]
    if not entries:
        raise ImproperlyConfigured(f"{name} holds nothing but commas; .env.example explains it.")
    return entries


def at_least_one(value: str | int) -> int:
    """Return a whole number of one or more. Raises ImproperlyConfigured for everything else."""
    if not (text := str(value).strip()).isdecimal() or int(text) < 1:
        raise ImproperlyConfigured(f"{value!r} is set where a whole number of one or more belongs.")
    return int(text)


# A database whose network or machine fails must not hold a thread for minutes: not while connecting, sending a
# statement (milliseconds), or waiting for a result (10 s of silence, then 3 probes 5 s apart; a slow statement is not
# silence).
# libpq ignores these options over a socket file.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


SECONDS_FOR_SQLITE = 50
"""How long a writer waits for the write lock before the request is answered with 503.

SQLite does not serve writers in order: on a slow machine with 300 simultaneous logins one waited for more than twenty
seconds. Proxies time out after sixty (deployment/nginx.conf).
"""


def database(url: str | None = None) -> dict[str, object]:
    """Return Django's database dictionary for DATABASE_URL (the embedded SQLite file where it is absent).

    SQLite takes the write lock when a transaction begins: a transaction that reads first and writes later would
    otherwise fail with "database is locked" whatever the timeout (S1). The writers of a process queue.
    """
    url = url or str(config("DATABASE_URL", default=f"sqlite:///{quote(str(BASE_DIR / 'db.sqlite3'))}"))
    parsed: dict[str, object] = dict(dj_database_url.parse(url))
    if parsed["ENGINE"] == "django.db.backends.sqlite3":
        parsed["ENGINE"] = "inspera_deliver.sqlite"
        parsed["OPTIONS"] = {
            "timeout": SECONDS_FOR_SQLITE,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    else:
        parsed["ENGINE"] = "inspera_deliver.postgresql"
        # an address may say otherwise
        parsed["OPTIONS"] = {**POSTGRESQL_OPTIONS, **cast(dict[str, object], parsed.get("OPTIONS", {}))}
        parsed["CONN_HEALTH_CHECKS"] = True
    # A new connection for each request is several milliseconds on PostgreSQL, and on SQLite more than most requests.
    parsed["CONN_MAX_AGE"] = 60
    return parsed
