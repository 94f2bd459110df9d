"""The site of the back office, and what its pages share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from candidates.access import person

MAX_KEY_DIGITS = 18  # fewer than the 64 bits of a column hold
MAX_COUNTED = 10_000


def finds_nothing_by_odd_keys(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Answer 404 where a view gets an impossible key of an object or of rows."""

    @wraps(view)
    def answered(request: HttpRequest, *arguments: Any, **parts: Any) -> HttpResponseBase:
        if not all(map(_can_be, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise Http404
        try:
            response: HttpResponseBase = view(request, *arguments, **parts)
            # the rows of a list are read as its page is made
            return response.render() if isinstance(response, TemplateResponse) else response
        except (OverflowError, DataError) as error:
            # SQLite and PostgreSQL raise these for more than 64 bits; Django checks only keys of relations itself
            raise Http404 from error
        except ValueError as error:
            if request.method not in {"GET", "HEAD"} or not request.GET:
                raise
            # a filter such as created_at__year=-1, which Django notices while it reads the rows
            raise Http404 from error

    return answered


def _can_be(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) <= MAX_KEY_DIGITS


class BackOffice(admin.AdminSite):
    """The admin site: only what is registered here, behind the product's own login."""

    site_title = gettext_lazy("Deliver")
    index_title = gettext_lazy("Accounts and audit")
    site_url = None  # the first page of who has no other role is this one
    enable_nav_sidebar = False  # it leads where the first page does, and on a desk it covers the columns at the right

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the link back to the product for administrators."""
        back = reverse("permanent-users") if getattr(request.user, "is_administrator", False) else None
        return {**super().each_context(request), "site_url": back}

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether the person may enter; raise PermissionDenied for somebody who is logged in and may not."""
        if not request.user.is_authenticated:
            return False
        if not person(request).opens_back_office:
            raise PermissionDenied
        return True

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return a view that answers 404 for impossible keys."""
        return finds_nothing_by_odd_keys(super().admin_view(view, cacheable))

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the product's login page: there is one form for passwords, with one rate limit."""
        index = reverse("admin:index")
        if self.has_permission(request):
            return redirect(index)
        return redirect_to_login(request.GET.get("next", index), reverse("login"))

    def password_change(  # type: ignore[override]  # an answer that has no page
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the product's page: there is one way to change the own password, with one rate limit."""
        return redirect("change-password")

    def password_change_done(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("change-password")


class FirstPages(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Pages of the first 10,000 rows: counting millions takes seconds, and nobody pages through them."""

    @cached_property
    def count(self) -> int:
        found: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # admin gives query sets
        return found.order_by()[:MAX_COUNTED].count()


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """A read-only admin, for people with the permission to view."""

    actions: tuple[str, ...] | None = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
