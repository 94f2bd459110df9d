"""Whether this process can do its work; asked by load balancers and service managers."""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from candidates.credentials.keys import KeyProblem, check_keys


class ReadOnly(Exception):
    """The database takes nothing: a standby, or one that was set so."""


class MigrationsMissing(Exception):
    """The database is older than this version of the software."""


def why_not_ready() -> str:
    """Return what keeps this process from answering people, "" where nothing does.

    The background worker does not count: pages work without it.
    """
    try:
        check_keys()
        _check_database()
        _check_migrations()
    except KeyProblem:
        return _("a key cannot be used")
    except DatabaseError:
        return _("the database does not answer")
    except ReadOnly:
        return _("the database is read-only")
    except MigrationsMissing:
        return _("the database is older than the software: run `manage.py migrate`")
    return ""


def _check_database() -> None:
    """Raise DatabaseError where it does not answer, ReadOnly where nobody could log in or save an answer."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # on in a standby as well
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone() == ("on",):
                raise ReadOnly
        else:
            cursor.execute("SELECT 1")


@cache
def _check_migrations() -> None:
    """Raise MigrationsMissing where one is not applied.

    That all are is remembered: what one process needs does not change, and reading their files takes long.
    """
    loader = MigrationLoader(connection)
    applied = loader.applied_migrations
    if any(key not in applied for key in loader.graph.leaf_nodes()):
        raise MigrationsMissing
