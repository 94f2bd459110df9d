"""Read moments from PostgreSQL as fast as psycopg can: pages of 1500 people have 6000 of them."""

from datetime import UTC, tzinfo
from typing import Any, cast

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def load_moments_fast(*, connection: BaseDatabaseWrapper, **_named: Any) -> None:
    """Let psycopg's own loader read moments, in C; receives `connection_created`.

    Django's is written in Python, for zones that differ from the connection's; ours are UTC, in which the server sends.
    """
    if connection.vendor != "postgresql" or connection.timezone != UTC:
        return
    from psycopg import adapters
    from psycopg.abc import Loader
    from psycopg.pq import Format

    oid = adapters.types["timestamptz"].oid
    fast = cast("type[Loader]", adapters.get_loader(oid, Format.TEXT))

    class UtcLoader:
        """Make psycopg's own loader; Django looks at `timezone`, psycopg at `format`."""

        timezone: tzinfo = UTC
        format = Format.TEXT

        def __new__(cls, oid: int, context: Any = None) -> Loader:  # type: ignore[misc]  # another class on purpose
            return fast(oid, context)

    connection.connection.adapters.register_loader(oid, UtcLoader)


def connect() -> None:
    """Listen to new connections."""
    connection_created.connect(load_moments_fast, dispatch_uid="candidates.load_moments_fast")
