"""Where people are logged in: one row for each browser, also for one that was sent to an institution's login."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from candidates.models.accounts import User


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions in the words of the field."""

    def of_accounts(self, *accounts: int | None) -> "SessionQuerySet":
        """Return the sessions of these accounts; None is nobody's."""
        return self.filter(user__in=[key for key in accounts if key is not None])

    def alive(self) -> "SessionQuerySet":
        """Return those whose time is not over."""
        return self.filter(expire_date__gt=timezone.now())

    def used_since(self, moment: datetime) -> "SessionQuerySet":
        """Return those that were used at or after a time of UTC, the one used last first."""
        return self.filter(last_used_at__gte=moment).order_by("-last_used_at", "-logged_in_at")


class Session(AbstractBaseSession):
    """One session. Its key is what the browser's cookie holds: it stands on no page and in no log.

    `expire_date` is when it ends unless it is used: of staff SESSION_IDLE_MINUTES after the last use, of others
    SESSION_COOKIE_AGE after the login. Whose password was changed meanwhile, or who was deactivated, is logged out by
    the next request all the same.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    logged_in_at = models.DateTimeField(null=True)
    # written once in a while (USED_EVERY in signin/sessions.py): a hall saves all the time
    last_used_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=60, blank=True)  # "Firefox on Windows"

    objects: ClassVar[Any] = SessionQuerySet.as_manager()  # type: ignore[assignment]  # no store of Django uses it

    class Meta(AbstractBaseSession.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="session_of_a_person_says_when",
                condition=Q(user__isnull=True) | Q(logged_in_at__isnull=False, last_used_at__isnull=False),
            ),
        ]

    @classmethod
    def get_session_store_class(cls) -> type:
        """Return what reads and writes these rows."""
        store: type = import_string(f"{settings.SESSION_ENGINE}.SessionStore")  # it imports the models
        return store
