"""Sessions in the database with one statement per login (settings.SESSION_ENGINE), and logins with one commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import get_random_string

from candidates.models import User

READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
INSERT = """
INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""


class SessionStore(DatabaseSessionStore):
    """Django's own sessions, without what 1500 logins at once do not need.

    For each login Django asks whether the new key is free, stores an empty session, and stores it again when the
    answer is sent. Here the insert itself tells whether the key is free, and what is stored already is not stored
    again.
    """

    _stored: bytes | None = None  # the content as this request has stored it

    def load(self) -> dict[str, Any]:
        """Return what is stored, as Django does; every request of everybody asks, so no query is built for it."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(READ, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

    def _get_new_session_key(self) -> str:
        """Return a random key; `create` takes another one where the insert finds it taken."""
        return get_random_string(32, VALID_KEY_CHARS)

    def cycle_key(self) -> None:
        """Give the session a new key; one that has no row yet gets its key with its row."""
        self._get_session()  # type: ignore[attr-defined]  # forgets a key that is not in the database
        if self.session_key is None:
            self.modified = True
        else:
            super().cycle_key()

    def save(self, must_create: bool = False) -> None:
        """Store the session unless this request has stored exactly this. Raises UpdateError where it is gone."""
        if self.session_key is None:
            self.create()
            return
        content = self.serializer().dumps(self._get_session(no_load=must_create))  # type: ignore[attr-defined]
        if must_create:
            self._insert()
        elif content != self._stored:
            super().save()
        self._stored = content

    def _insert(self) -> None:
        """Store a new session with a statement that fails for nobody; Django's needs a savepoint around it.

        Raises CreateError where the key is taken.
        """
        row = self.create_model_instance(self._get_session(no_load=True))  # type: ignore[attr-defined]
        expires = connection.ops.adapt_datetimefield_value(row.expire_date)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [row.session_key, row.session_data, expires])
            if not cursor.rowcount:
                raise CreateError


class AccountGone(Exception):
    """The account was deleted or deactivated after its password had been found right."""


@contextmanager
def one_commit(request: HttpRequest, user: User) -> Iterator[None]:
    """Store all that a login of this user writes in one transaction: session, progress and audit, all or nothing.

    SQLite has one writer and PostgreSQL waits for the disk at each commit: 1500 logins in a minute are 1500 commits
    then, and not 6000. The password is to be checked before: nobody else could write during a slow hash.

    Raises AccountGone, before anything is written, where the account was deleted or deactivated meanwhile.
    """
    with transaction.atomic():
        if not _held(user):
            raise AccountGone
        yield
        request.session.save()


def _held(user: User) -> bool:
    """Say whether the account is there and active, and keep it from being deleted until the commit.

    One statement more at each login: without it the audit's row would point to nobody, which a database with deferred
    foreign keys says at the commit. FOR KEY SHARE, which Django has no word for, makes a deletion wait and nobody else:
    whoever ends logins holds the candidates' rows, for which this login may wait next.
    """
    lock = " FOR KEY SHARE" if connection.features.has_select_for_no_key_update else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT is_active FROM {User._meta.db_table} WHERE id = %s{lock}", [user.pk])  # noqa: S608
        row = cursor.fetchone()
    return row is not None and bool(row[0])


def delete_sessions_of(key: int) -> None:
    """Delete the sessions of an account. All are read for it: they do not say in a column whose they are."""
    store = SessionStore()
    stored = Session.objects.values_list("session_key", "session_data").iterator()
    found = [name for name, content in stored if store.decode(content).get(SESSION_KEY) == str(key)]
    Session.objects.filter(session_key__in=found).delete()
