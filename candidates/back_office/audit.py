"""The audit in the back office: to read, among millions of rows as among ten."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Max, Min, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from candidates import audit
from candidates.back_office.concerned import concerned_by
from candidates.back_office.permanent_users import ReadOnly
from candidates.models import AuditEvent, Test, User
from candidates.text import fold

MOST_COUNTED = 10_000
MOST_NAMED = 500  # tests, and people, that a search may mean


class FirstPages(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Pages of the first 10,000 rows: counting millions takes seconds, and nobody pages through them."""

    @cached_property
    def count(self) -> int:
        """Return how many rows can be paged through."""
        found: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # admin gives query sets
        return found.order_by()[:MOST_COUNTED].count()


class Events(QuerySet[AuditEvent]):
    """Acts whose days are not looked for one by one."""

    def datetimes(self, field_name: str, kind: str, *args: Any, **kwargs: Any) -> list[datetime]:  # type: ignore[override]
        """Return every year, month or day from the first act to the last: the database would read all rows for it."""
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
    show_full_result_count = False

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list, whose rows on this page know who was concerned."""
        found = super().get_changelist_instance(request)
        words = concerned_by(list(found.result_list))
        for event in found.result_list:
            event.concerned_words = words[event.pk]
        return found

    @admin.display(description=gettext_lazy("who was concerned"))
    def concerned(self, event: AuditEvent) -> str:
        """Return Candidate IDs, a permanent user, or an account of staff."""
        return getattr(event, "concerned_words", "")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Return all acts."""
        return Events(AuditEvent)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """Return the acts of the people and tests that are meant: looked up first, so that indexes find their acts."""
        words = search_term.strip()
        if not words:
            return queryset, False
        name = User.normalize_username(words)
        staff = User.objects.filter(kind=User.Kind.STAFF).filter(
            Q(username__icontains=words) | Q(name__icontains=words)
        )
        people = {
            *User.objects.filter(username__in={name, fold(words)}).values_list("pk", flat=True),
            *staff.values_list("pk", flat=True)[:MOST_NAMED],
        }
        tests = Test.objects.filter(name__icontains=words).order_by("-pk").values_list("pk", flat=True)[:MOST_NAMED]
        # who was deleted is known by the name in the row alone
        gone = Q(actor__isnull=True, actor_name=words) & ~Q(actor_name="")
        # what others did with an account of staff, newest first
        done_to = AuditEvent.objects.filter(action__in=audit.NAMING["account"], detail__account=name).order_by("-at")
        acts = list(done_to.values_list("pk", flat=True)[:MOST_NAMED])
        return queryset.filter(Q(actor__in=people) | Q(test__in=list(tests)) | gone | Q(pk__in=acts)), False
