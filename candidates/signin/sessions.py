"""Sessions in the database with one statement per login (settings.SESSION_ENGINE), and logins with one commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import get_random_string

from candidates import audit
from candidates.models import Session, User

USE_WRITTEN_EVERY = timedelta(minutes=2)
"""How often the use of a session is written: for 1500 candidates who save all the time thirteen times a second."""
WRITES_IN_IDLE_TIME = 10
"""At least so often within the idle time of staff, however short that is set."""
POLLING_LASTS = timedelta(hours=12)
"""So long after the last use an open page may still poll for news, and do nothing else: an exam day."""
MAX_CLEARED_AT_ONCE = 1000  # so that a login meanwhile does not wait long
SSO_START = timedelta(minutes=30)
"""How long somebody has for the institution's own login page; then the unused session expires."""
SESSION_PRIOR_PROVIDERS = "sso_left_by"
"""Key of providers that a person logged out of in this browser: the next provider has to ask who it is."""

READ = """
SELECT session_data, user_id, expire_date > %s, last_used_at > %s, last_used_at < %s, last_used_at < %s
FROM candidates_session WHERE session_key = %s
"""
INSERT = """
INSERT INTO candidates_session
    (session_key, session_data, expire_date, user_id, logged_in_at, last_used_at, address, device)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


class SessionStore(DatabaseSessionStore):
    """Django's database sessions with fewer statements, for 1500 logins at once.

    For each login Django asks whether the new key is free, stores an empty session, and stores it again with the
    response. Here the insert itself tells whether the key is free, and unchanged content is not stored again. Columns
    beside the content say whose the session is, since when and from where.
    """

    is_polling = False  # the request is a poll of an open page
    is_over = False  # the session has expired, and may only poll
    _ended_of: int | None = None  # whose expired session this browser sent
    _stored: bytes | None = None  # the content as this request has stored it
    _login: dict[str, Any] | None = None  # the columns of a login during this request
    # the last written use is long enough ago to write it again: for staff, for candidates
    _is_due_of_staff = _is_due_of_others = False

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        """Return what is stored, as Django does, by raw SQL: every request reads its session."""
        now = timezone.now()
        with connection.cursor() as cursor:
            ages = (timedelta(0), POLLING_LASTS, staff_use_written_every(), USE_WRITTEN_EVERY)
            moments = [_adapted(now - age) for age in ages]
            cursor.execute(READ, [*moments, self.session_key])
            row = cursor.fetchone()
        content, whose, lives, was_used_today, *is_due = row or ("", None, False, False, False, False)
        self.is_over = not lives and self.is_polling and bool(was_used_today)
        if not lives and not self.is_over:
            self._ended_of = whose
            self._session_key = None
            return {}
        self._is_due_of_staff, self._is_due_of_others = (bool(one) for one in is_due)
        return self.decode(content)

    @property
    def was_idle(self) -> bool:
        """Say whether this browser sent an expired session of a staff member."""
        whose = self._ended_of
        return whose is not None and User.objects.filter(pk=whose, kind=User.Kind.STAFF).exists()

    @property
    def use_may_be_due(self) -> bool:
        """Say whether the use of this session may have to be written; a session that was not read is not queried."""
        return (self._is_due_of_staff or self._is_due_of_others) and self.session_key is not None

    def begin(self, user: User, *, user_agent: str) -> None:
        """Make this the session of a person from now on, in this browser."""
        now = timezone.now()
        self._login = {
            "expire_date": now + lifetime_of(user),
            "user_id": user.pk,
            "logged_in_at": now,
            "last_used_at": now,
            "address": audit.request_address.get(),
            "device": device_of(user_agent),
        }
        self.modified = True

    def note_use(self, user: User) -> None:
        """Write now and then that this session is used, which keeps a session of staff alive."""
        is_staff = user.kind == User.Kind.STAFF
        is_due = self._is_due_of_staff if is_staff else self._is_due_of_others
        self._is_due_of_staff = self._is_due_of_others = False
        if not is_due:
            return
        now = timezone.now()
        columns: dict[str, Any] = {"last_used_at": now, "address": audit.request_address.get()}
        if is_staff:
            columns["expire_date"] = now + lifetime_of(user)
        every = staff_use_written_every() if is_staff else USE_WRITTEN_EVERY
        # Conditional: of two simultaneous requests one writes, and an ended session does not come back.
        Session.objects.filter(pk=self.session_key, last_used_at__lt=now - every).update(**columns)

    def _get_new_session_key(self) -> str:
        """Return a random key; `create` tries another one where the insert finds it taken."""
        return get_random_string(32, VALID_KEY_CHARS)

    def cycle_key(self) -> None:
        """Give the session a new key; one without a row gets its key with the row.

        The other columns stay. Raises SessionInterrupted where the session was ended meanwhile: it must not come back
        under another key.
        """
        self._get_session()  # type: ignore[attr-defined]  # forgets a key that is not in the database
        self.modified = True
        if self.session_key is None:
            return
        key = self._get_new_session_key()
        if Session.objects.filter(pk=self.session_key).update(session_key=key):
            self._session_key = key
        elif SESSION_KEY in self:
            raise SessionInterrupted("The session was ended while it was given a new key.")
        else:
            self._session_key = None

    def save(self, must_create: bool = False) -> None:
        """Store the session unless this request has stored the same. Raises UpdateError where it was ended."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        content = self.serializer().dumps(data)
        if must_create:
            self._insert(data)
        elif content != self._stored or self._login is not None:
            self._update(data)
        self._stored, self._login = content, None

    def _insert(self, data: dict[str, Any]) -> None:
        """Store a new session. ON CONFLICT DO NOTHING needs no savepoint, as Django's insert does.

        Raises CreateError where the key is taken.
        """
        columns = {"expire_date": _end_of_nobodys(data)} | (self._login or {})
        moments = [columns.get(name) for name in ("expire_date", "logged_in_at", "last_used_at")]
        expires, logged_in, used = [_adapted(moment) if moment else None for moment in moments]
        whose = [columns.get("user_id"), logged_in, used, columns.get("address"), columns.get("device", "")]
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [self.session_key, self.encode(data), expires, *whose])
            if not cursor.rowcount:
                raise CreateError

    def _update(self, data: dict[str, Any]) -> None:
        """Store what has changed; only logins and uses change when a session expires."""
        columns: dict[str, Any] = {"session_data": self.encode(data)} | (self._login or {})
        if SESSION_KEY not in data:
            columns["expire_date"] = _end_of_nobodys(data)
        try:
            with transaction.atomic():
                stored = Session.objects.filter(pk=self.session_key).update(**columns)
        except DatabaseError as error:
            raise UpdateError from error  # as Django does, which looks for it
        if not stored:
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """Delete a session, this one if none is named."""
        if key := session_key or self.session_key:
            Session.objects.filter(pk=key).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Delete expired sessions in batches; those that are locked are left for the next time."""
        while True:
            with transaction.atomic():
                over = Session.objects.filter(expire_date__lt=timezone.now()).order_by("pk")
                locked = over.select_for_update(skip_locked=True)
                keys = list(locked.values_list("pk", flat=True)[:MAX_CLEARED_AT_ONCE])
                Session.objects.filter(pk__in=keys).delete()
            if len(keys) < MAX_CLEARED_AT_ONCE:
                return


def staff_use_written_every() -> timedelta:
    """Return how often the use of a session of staff is written, so that who works is not logged out."""
    return min(USE_WRITTEN_EVERY, timedelta(minutes=settings.SESSION_IDLE_MINUTES) / WRITES_IN_IDLE_TIME)


def lifetime_of(user: User) -> timedelta:
    """Return after how long without use somebody is logged out: staff; candidates after more than any test lasts."""
    if user.kind == User.Kind.STAFF:
        return timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return timedelta(seconds=settings.SESSION_COOKIE_AGE)


def comes_by_itself(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that open pages poll: of staff this does not count as use, since nobody may be there."""
    view.comes_by_itself = True  # type: ignore[attr-defined]  # read by UseMiddleware
    return view


def _end_of_nobodys(data: dict[str, Any]) -> datetime:
    """Return when a session without a login expires: soon, since anybody can make one by starting a login."""
    if SESSION_PRIOR_PROVIDERS in data:  # of somebody who logged out
        return timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return timezone.now() + SSO_START


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


class AccountGone(Exception):
    """The account was deleted or deactivated after its password was checked."""


@contextmanager
def login_in_one_commit(request: HttpRequest, user: User) -> Iterator[None]:
    """Store all that a login of this user writes in one transaction: session, progress and audit.

    SQLite has one writer and PostgreSQL waits for the disk at each commit: so 1500 logins are 1500 commits, not 6000.
    Check the password before: during a slow hash nobody else could write.

    Raises AccountGone, before anything is written, where the account was deleted or deactivated meanwhile.
    """
    with transaction.atomic():
        if not _lock_active_account(user):
            raise AccountGone
        yield
        request.session.save()


def _lock_active_account(user: User) -> bool:
    """Say whether the account is there and active, and keep it from being deleted until the commit.

    Without this statement the audit row could point to a deleted account, and the commit would fail. FOR KEY SHARE,
    which Django does not offer, makes only a deletion wait: whoever ends logins has locked the candidates' rows, for
    which this login may wait next. The row of a staff member is written at the end of a login, and before that the
    former session of this browser is deleted: so it is locked first, as by whoever ends the sessions of an account.
    """
    lock = " FOR NO KEY UPDATE" if user.kind == User.Kind.STAFF else " FOR KEY SHARE"
    lock = lock if connection.features.has_select_for_no_key_update else ""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT is_active FROM "{User._meta.db_table}" WHERE id = %s{lock}', [user.pk])  # noqa: S608
        row = cursor.fetchone()
    return row is not None and bool(row[0])


# The first that is found counts: most browsers name those they are built on as well.
BROWSERS = (
    ("SEB/", "Safe Exam Browser"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Return a few known words for a browser and what it runs on, "" for one that tells neither.

    What the browser says is looked through for known names alone and never kept: anybody can make it up.
    """
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    return f"{browser} on {system}" if browser and system else browser or system


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in names if sign in user_agent), "")
