"""The audit in the back office: read-only, and fast also among millions of rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from candidates import audit
from candidates.back_office.site import FirstPages, ReadOnly
from candidates.models import AuditEvent, Candidate, PermanentUser, Test, User
from candidates.text import fold

MAX_MATCHES = 500  # tests, and people, that a search may mean
MAX_NAMED = 3  # people whom one act concerned


class Events(QuerySet[AuditEvent]):
    """Acts whose days for the date hierarchy are computed, not queried."""

    def datetimes(self, field_name: str, kind: str, *args: Any, **kwargs: Any) -> list[datetime]:  # type: ignore[override]
        """Return every year, month or day from the first act to the last, since a query would read all rows."""
        ends = self.aggregate(first=Min(field_name), last=Max(field_name))
        if ends["first"] is None:
            return []
        day, last = (timezone.localtime(ends[key]) for key in ("first", "last"))
        day = day.replace(hour=0, minute=0, second=0, microsecond=0)
        if kind in ("year", "month"):
            day = day.replace(day=1, month=1 if kind == "year" else day.month)
        found = []
        while day <= last:
            found.append(day)
            day = _following(day, kind)
        return found


def _following(day: datetime, kind: str) -> datetime:
    if kind == "year":
        return day.replace(year=day.year + 1)
    if kind == "month":
        return day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
    following = datetime.fromordinal(day.toordinal() + 1)
    return following.replace(tzinfo=day.tzinfo)


class AuditAdmin(ReadOnly):
    """Read the audit; nobody changes it."""

    list_display = ("at", "action", "outcome", "actor_name", "concerned", "test_name", "count", "address")
    list_filter = ("action", "outcome")
    search_fields = ("actor_name", "test_name")
    search_help_text = gettext_lazy("A whole username, or part of the name of a staff member or a test.")
    date_hierarchy = "at"
    ordering = ("-at",)
    paginator = FirstPages

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list, whose rows on this page have the words about who was concerned."""
        found = super().get_changelist_instance(request)
        words = concerned_by(list(found.result_list))
        for event in found.result_list:
            event.concerned_words = words[event.pk]
        return found

    @admin.display(description=gettext_lazy("who was concerned"))
    def concerned(self, event: AuditEvent) -> str:
        return getattr(event, "concerned_words", "")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return Events(AuditEvent)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """Return the acts of the people and tests that are meant: looked up first, so that indexes find their acts."""
        words = search_term.strip()
        if not words:
            return queryset, False
        name = User.normalize_username(words)
        staff = User.objects.filter(kind__in=(User.Kind.STAFF, User.Kind.SYSTEM)).filter(
            Q(username__icontains=words) | Q(name__icontains=words)
        )
        people = {
            *User.objects.filter(username__in={name, fold(words)}).values_list("pk", flat=True),
            *staff.values_list("pk", flat=True)[:MAX_MATCHES],
        }
        tests = Test.objects.filter(name__icontains=words).order_by("-pk").values_list("pk", flat=True)[:MAX_MATCHES]
        # who was deleted is known by the name in the row alone
        gone = Q(actor__isnull=True, actor_name=words) & ~Q(actor_name="")
        # what others did with an account of staff, newest first
        done_to = AuditEvent.objects.filter(action__in=audit.NAME_KEYS["account"], detail__account=name).order_by("-at")
        acts = list(done_to.values_list("pk", flat=True)[:MAX_MATCHES])
        return queryset.filter(Q(actor__in=people) | Q(test__in=list(tests)) | gone | Q(pk__in=acts)), False


def concerned_by(events: Sequence[AuditEvent]) -> dict[int, str]:
    """Return for each act, by its key, the Candidate IDs, the permanent user or the account; two queries in all.

    People who were removed or deleted since are not named.
    """
    lists = {event.pk: _keys(event.detail) for event in events}
    shown = {key for keys in lists.values() for key in keys[:MAX_NAMED]}
    names = dict(Candidate.objects.filter(public_id__in=shown).order_by().values_list("public_id", "candidate_id"))
    people = PermanentUser.objects.filter(public_id__in=_texts(event.detail.get("user") for event in events))
    names |= {person.public_id: person.full_name for person in people}
    return {event.pk: _words(event, lists[event.pk], names) for event in events}


def _words(event: AuditEvent, keys: Sequence[str], names: dict[str, str]) -> str:
    found = [names[key] for key in keys[:MAX_NAMED] if key in names]
    if not found:
        # for accounts of staff the detail holds the user name
        found = [names.get(text, text) for text in _texts(event.detail.get(key) for key in ("user", "account"))]
    words = ", ".join(found)
    more = len(keys) - MAX_NAMED
    if words and more > 0:
        words += " " + ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}
    return words


def _keys(detail: dict[str, object]) -> list[str]:
    listed = detail.get("candidates")
    return _texts([*(listed if isinstance(listed, list) else []), detail.get("candidate")])


def _texts(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]
