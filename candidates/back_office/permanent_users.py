"""Permanent users and their lists in the back office: to look at and to export; the product's own pages change them."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import resources
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm
from tablib import Dataset

from candidates import audit
from candidates.access import person
from candidates.models import PermanentUser
from candidates.pages.candidates.export import Text
from candidates.tabular.exporting import csv_bytes, xlsx_bytes

EXPORT = "candidates.export_permanentuser"
MOST_IN_XLSX = 20_000
"""More take a minute of a web process, and those who log in at that moment wait for it."""


class SafeCsv(CSV):  # type: ignore[misc]  # import_export has no types
    """CSV as every export of the product writes it."""

    def is_binary(self) -> bool:
        """Say that the file is bytes: the encoding is ours."""
        return True

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        """Return the file."""
        return csv_bytes([dataset.headers, *dataset])


class SafeXlsx(XLSX):  # type: ignore[misc]  # import_export has no types
    """XLSX as every export of the product writes it."""

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        """Return the file."""
        return xlsx_bytes([dataset.headers, *dataset], sheet="Users")


class PermanentUserResource(resources.ModelResource):  # type: ignore[misc]  # import_export has no types
    """What an export holds: named columns and nothing else, so that no password ever gets in (I1)."""

    first_name = Text(attribute="first_name", column_name="First name")
    last_name = Text(attribute="last_name", column_name="Last name")
    username = Text(attribute="user__username", column_name="Username")
    email = Text(attribute="user__email", column_name="E-mail")
    external_id = Text(attribute="external_id", column_name="External ID")
    may_log_in = Field(attribute="user__is_active", column_name="May log in")

    class Meta:
        model = PermanentUser
        fields = export_order = ("first_name", "last_name", "username", "email", "external_id", "may_log_in")

    def dehydrate_may_log_in(self, one: PermanentUser) -> str:
        """Return a word that scripts can go by."""
        return "yes" if one.user.is_active else "no"


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Look, and change nothing: for who has the permission to view."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse to add by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to change: the product's own pages hold the rules."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to delete: the product's own pages hold the rules."""
        return False


class PermanentUserAdmin(ExportMixin, ReadOnly):  # type: ignore[misc]  # import_export has no types
    """Find permanent users, and export them; import-export's import is not offered (I3)."""

    list_display = ("full_name", "username", "email", "external_id", "may_log_in")
    list_display_links = ("full_name",)
    list_filter = ("user__is_active",)
    list_select_related = ("user",)
    list_per_page = 50
    search_fields = ("search_key",)
    ordering = ("sort_key", "pk")
    fields = readonly_fields = ("first_name", "last_name", "username", "email", "external_id", "may_log_in")
    resource_classes = (PermanentUserResource,)
    export_formats = (SafeCsv, SafeXlsx)
    export_form_class = ExportForm

    @admin.display(description=gettext_lazy("name"), ordering="sort_key")
    def full_name(self, one: PermanentUser) -> str:
        """Return both names."""
        return one.full_name

    @admin.display(description=gettext_lazy("username"))
    def username(self, one: PermanentUser) -> str:
        """Return the user name as slips show it."""
        return one.user.shown_username

    @admin.display(description=gettext_lazy("e-mail"))
    def email(self, one: PermanentUser) -> str:
        """Return the e-mail address."""
        return one.user.email

    @admin.display(boolean=True, description=gettext_lazy("may log in"))
    def may_log_in(self, one: PermanentUser) -> bool:
        """Say whether the person may log in."""
        return one.user.is_active

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PermanentUser], search_term: str
    ) -> tuple[Any, bool]:
        """Search as the product's own page does."""
        return queryset.matching(search_term), False  # type: ignore[attr-defined]

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Show the form, and send the file; import-export has no answer to a filter that the list does not have."""
        try:
            answer: HttpResponse = super().export_action(request)
            return answer
        except IncorrectLookupParameters:
            words = _("The address asked for a choice that there is not. Now everybody is meant: choose anew.")
            self.message_user(request, words, messages.WARNING)
            return redirect(request.path)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Say whether the person may take the list away: to see it is not enough."""
        return person(request).has_perm(EXPORT)

    def get_export_data(
        self, file_format: Any, request: HttpRequest, queryset: QuerySet[PermanentUser], **kwargs: Any
    ) -> Any:
        """Return the file, recorded before it is made (C72).

        Raises ValueError, which import-export shows as a sentence, for more people than an XLSX is made of quickly.
        """
        count = queryset.count()
        if file_format.get_extension() == "xlsx" and count > MOST_IN_XLSX:
            words = _("%(n)d people are too many for XLSX, which takes at most %(most)d. Take CSV, or search first.")
            raise ValueError(words % {"n": count, "most": MOST_IN_XLSX})
        detail = {"format": file_format.get_extension()}
        action = audit.Action.PERMANENT_USERS_EXPORTED
        audit.record(action, by=person(request), count=count, detail=detail)
        return super().get_export_data(file_format, request, queryset.select_related("user"), **kwargs)


class PermanentUserListAdmin(ReadOnly):
    """Find lists and who keeps them."""

    list_display = ("name", "owner", "created_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "owner__name")
    ordering = ("name", "pk")
    fields = readonly_fields = list_display
