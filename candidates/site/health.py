"""Whether this process can do its work, for load balancers: plain words, no session, nothing about people or versions.

Answered before everything else (candidates.site.middleware.HealthMiddleware).
"""

from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from candidates.credentials.keys import KeyProblem, check_keys


class MigrationsMissing(Exception):
    """The database is older than this version of the software."""


def why_not_ready() -> str:
    """Return what keeps this process from answering people, "" where nothing does.

    The background worker does not count: pages work without it.
    """
    try:
        check_keys()
        if _is_read_only():
            return _("the database is read-only")
        _check_migrations()
    except KeyProblem:
        return _("a key cannot be used")
    except DatabaseError:
        return _("the database does not answer")
    except MigrationsMissing:
        return _("the database is older than the software: run `manage.py migrate`")
    return ""


def _is_read_only() -> bool:
    """Say whether the database takes no writes: a standby, or one that was set so. Raises DatabaseError."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT 1")
            return False
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


@cache
def _check_migrations() -> None:
    """Raise MigrationsMissing where one is not applied.

    That all are is remembered: what one process needs does not change, and reading their files takes long.
    """
    loader = MigrationLoader(connection)
    applied = loader.applied_migrations
    if any(key not in applied for key in loader.graph.leaf_nodes()):
        raise MigrationsMissing


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that the process answers, whatever else is down."""
    return _plain(_("alive"), 200)


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether people can be sent here; 503 with the reason where not."""
    reason = why_not_ready()
    return _plain(_("not ready: %(reason)s") % {"reason": reason}, 503) if reason else _plain(_("ready"), 200)


def _plain(words: str, status: int) -> HttpResponse:
    return HttpResponse(
        f"{words}\n", status=status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


urlpatterns: list[URLPattern] = [
    path("health/", live, name="health"),
    path("health/ready/", ready, name="health-ready"),
]
