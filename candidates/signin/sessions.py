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

USED_EVERY = timedelta(minutes=2)
"""How often it is written that a session is used: of 1500 candidates who save all the time thirteen times a second."""
WRITES_IN_IDLE_TIME = 10
"""So often at least it is written within the time after which staff are logged out, however short that is set."""
WATCHED_FOR = timedelta(hours=12)
"""So long after the last use pages that ask for news by themselves still get them, and nothing else: an exam day."""
MAX_CLEARED_AT_ONCE = 1000  # at a time, so that who logs in meanwhile waits for little
SSO_START = timedelta(minutes=30)
"""How long somebody has for the institution's own login page; a row that nobody comes back to goes then."""
LEFT_BY = "sso_left_by"
"""Where somebody was logged in who left: whatever provider comes next in this browser has to ask who it is."""

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
    """Django's own sessions, without what 1500 logins at once do not need.

    For each login Django asks whether the new key is free, stores an empty session, and stores it again when the
    answer is sent. Here the insert itself tells whether the key is free, and what is stored already is not stored
    again. Beside its content a session has columns that say whose it is, since when and from where.
    """

    looks_on = False  # what is asked for is news for a page that stands open
    is_over = False  # its time is over, and it only looks on
    _ended_of: int | None = None  # whose session this browser has brought, where its time was over
    _stored: bytes | None = None  # the content as this request has stored it
    _login: dict[str, Any] | None = None  # the columns of a login that this request has let in
    # that the session is used was last written a while ago: for staff, for candidates
    _is_due_of_staff = _is_due_of_others = False

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        """Return what is stored, as Django does; every request of everybody asks, so no query is built for it."""
        now = timezone.now()
        with connection.cursor() as cursor:
            moments = [_adapted(now - ago) for ago in (timedelta(0), WATCHED_FOR, used_every_of_staff(), USED_EVERY)]
            cursor.execute(READ, [*moments, self.session_key])
            row = cursor.fetchone()
        content, whose, lives, was_used_today, *is_due = row or ("", None, False, False, False, False)
        self.is_over = not lives and self.looks_on and bool(was_used_today)
        if not lives and not self.is_over:
            self._ended_of = whose
            self._session_key = None
            return {}
        self._is_due_of_staff, self._is_due_of_others = (bool(one) for one in is_due)
        return self.decode(content)

    @property
    def was_idle(self) -> bool:
        """Say whether this browser has brought the session of somebody of the staff whose time was over."""
        whose = self._ended_of
        return whose is not None and User.objects.filter(pk=whose, kind=User.Kind.STAFF).exists()

    @property
    def may_be_due(self) -> bool:
        """Say whether a use may have to be written; nothing is asked for it of a session that was not read."""
        return (self._is_due_of_staff or self._is_due_of_others) and self.session_key is not None

    def begin(self, user: User, *, user_agent: str) -> None:
        """Say that the session is this person's from now on, on the browser that names itself so."""
        now = timezone.now()
        self._login = {
            "expire_date": now + lifetime_of(user),
            "user_id": user.pk,
            "logged_in_at": now,
            "last_used_at": now,
            "address": audit.from_address.get(),
            "device": device_of(user_agent),
        }
        self.modified = True

    def note_use(self, user: User) -> None:
        """Write once in a while that the session of this person is used; that of staff lives on by it."""
        is_staff = user.kind == User.Kind.STAFF
        is_due = self._is_due_of_staff if is_staff else self._is_due_of_others
        self._is_due_of_staff = self._is_due_of_others = False
        if not is_due:
            return
        now = timezone.now()
        columns: dict[str, Any] = {"last_used_at": now, "address": audit.from_address.get()}
        if is_staff:
            columns["expire_date"] = now + lifetime_of(user)
        every = used_every_of_staff() if is_staff else USED_EVERY
        # Of two requests at one moment one writes, and one that was ended meanwhile does not come back.
        Session.objects.filter(pk=self.session_key, last_used_at__lt=now - every).update(**columns)

    def _get_new_session_key(self) -> str:
        """Return a random key; `create` takes another one where the insert finds it taken."""
        return get_random_string(32, VALID_KEY_CHARS)

    def cycle_key(self) -> None:
        """Give the session a new key; one that has no row yet gets its key with its row.

        The row keeps whose it is and since when. Raises SessionInterrupted where somebody has logged it out meanwhile:
        it must not come back under another key.
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
        """Store the session unless this request has stored exactly this. Raises UpdateError where it is gone."""
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
        """Store a new session with a statement that fails for nobody; Django's needs a savepoint around it.

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
        """Store what has changed; how long somebody stays logged in is for logins and uses to say."""
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
        """Delete the sessions whose time is over, some at a time; those that somebody ends just now are passed over."""
        while True:
            with transaction.atomic():
                over = Session.objects.filter(expire_date__lt=timezone.now()).order_by("pk")
                locked = over.select_for_update(skip_locked=True)
                keys = list(locked.values_list("pk", flat=True)[:MAX_CLEARED_AT_ONCE])
                Session.objects.filter(pk__in=keys).delete()
            if len(keys) < MAX_CLEARED_AT_ONCE:
                return


def used_every_of_staff() -> timedelta:
    """Return how often it is written that staff use their session: who works must not be logged out in between."""
    return min(USED_EVERY, timedelta(minutes=settings.SESSION_IDLE_MINUTES) / WRITES_IN_IDLE_TIME)


def lifetime_of(user: User) -> timedelta:
    """Return after how long without use somebody is logged out; candidates are not, as long as any test lasts."""
    if user.kind == User.Kind.STAFF:
        return timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return timedelta(seconds=settings.SESSION_COOKIE_AGE)


def comes_by_itself(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that open pages ask for news, whether anybody is there or not: of staff that is no use."""
    view.comes_by_itself = True  # type: ignore[attr-defined]  # read by UseMiddleware
    return view


def _end_of_nobodys(data: dict[str, Any]) -> datetime:
    """Return when a session ends that nobody is logged in with: anybody can make them, by starting a login."""
    if LEFT_BY in data:  # somebody was
        return timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return timezone.now() + SSO_START


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


class AccountGone(Exception):
    """The account was deleted or deactivated after its password had been found right."""


@contextmanager
def login_in_one_commit(request: HttpRequest, user: User) -> Iterator[None]:
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
    whoever ends logins holds the candidates' rows, for which this login may wait next. The row of staff is written at
    the end of a login, and before that the session goes which this browser had: it is locked before, as by whoever ends
    the sessions of an account.
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
