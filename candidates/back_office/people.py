"""People in the back office: permanent users to find and to export, their lists, and people of institutions."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from import_export import resources
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm
from tablib import Dataset

from candidates import audit
from candidates.access import person
from candidates.authentication_types import enabled_types, type_label
from candidates.back_office.site import FirstPages, ReadOnly
from candidates.models import PermanentUser, SsoIdentity, User
from candidates.pages.candidates.export import Text
from candidates.signin.sso.setups import set_people_active
from candidates.tabular.exporting import csv_bytes, xlsx_bytes

EXPORT = "candidates.export_permanentuser"
MAX_XLSX_ROWS = 20_000
"""More would take a minute of a web process, during which logins wait."""


class SafeCsv(CSV):  # type: ignore[misc]  # import_export has no types
    """CSV as every export of the product writes it."""

    def is_binary(self) -> bool:
        """Say that the file is bytes: the encoding is ours."""
        return True

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        return csv_bytes([dataset.headers, *dataset])


class SafeXlsx(XLSX):  # type: ignore[misc]  # import_export has no types
    """XLSX as every export of the product writes it."""

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        return xlsx_bytes([dataset.headers, *dataset], sheet="Users")


class PermanentUserResource(resources.ModelResource):  # type: ignore[misc]  # import_export has no types
    """The columns of an export, listed by name, so that it never contains a password (I1)."""

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
        return "yes" if one.user.is_active else "no"


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
        return one.full_name

    @admin.display(description=gettext_lazy("username"))
    def username(self, one: PermanentUser) -> str:
        return one.user.shown_username

    @admin.display(description=gettext_lazy("e-mail"))
    def email(self, one: PermanentUser) -> str:
        return one.user.email

    @admin.display(boolean=True, description=gettext_lazy("may log in"))
    def may_log_in(self, one: PermanentUser) -> bool:
        return one.user.is_active

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PermanentUser], search_term: str
    ) -> tuple[Any, bool]:
        return queryset.matching(search_term), False  # type: ignore[attr-defined]

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Show the form, or send the file; import-export itself fails on a filter that the list does not have."""
        try:
            answer: HttpResponse = super().export_action(request)
            return answer
        except IncorrectLookupParameters:
            words = _("The address asked for a choice that there is not. Now everybody is meant: choose anew.")
            self.message_user(request, words, messages.WARNING)
            return redirect(request.path)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Say whether the person may export: the permission to view is not enough."""
        return person(request).has_perm(EXPORT)

    def get_export_data(
        self, file_format: Any, request: HttpRequest, queryset: QuerySet[PermanentUser], **kwargs: Any
    ) -> Any:
        """Return the file, recorded before it is made (C72).

        Raises ValueError, which import-export shows as a sentence, for more than MAX_XLSX_ROWS.
        """
        count = queryset.count()
        if file_format.get_extension() == "xlsx" and count > MAX_XLSX_ROWS:
            words = _("%(n)d people are too many for XLSX, which takes at most %(most)d. Take CSV, or search first.")
            raise ValueError(words % {"n": count, "most": MAX_XLSX_ROWS})
        detail = {"format": file_format.get_extension()}
        action = audit.Action.PERMANENT_USERS_EXPORTED
        audit.record(action, by=person(request), count=count, detail=detail)
        return super().get_export_data(file_format, request, queryset.select_related("user"), **kwargs)


class PermanentUserListAdmin(ReadOnly):
    list_display = ("name", "owner", "created_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "owner__name")
    ordering = ("name", "pk")
    fields = readonly_fields = list_display


class ByInstitution(admin.SimpleListFilter):
    """Choose an institution of the settings: Django's own filter would query all people for theirs."""

    title = gettext_lazy("authentication type")
    parameter_name = "authentication_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.slug, kind.label) for kind in enabled_types().values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SsoIdentity]) -> QuerySet[SsoIdentity]:
        return queryset.filter(authentication_type=self.value()) if self.value() else queryset


class SsoPersonAdmin(ReadOnly):
    """Find people who log in through an institution, and deactivate them; imports make them, nothing is edited.

    The product's own page deletes one of them.
    """

    list_display = ("sso_user_id", "institution", "may_log_in", "first_login", "delete_for_good")
    list_filter = (ByInstitution, "user__is_active")
    paginator = FirstPages
    list_select_related = ("user",)
    search_fields = ("sso_user_id",)
    ordering = ("authentication_type", "sso_key")
    fields = readonly_fields = (*list_display[:-1], "other_account", "everything", "delete_for_good")
    actions = ("deactivate", "reactivate")

    @admin.display(description=gettext_lazy("authentication type"), ordering="authentication_type")
    def institution(self, identity: SsoIdentity) -> str:
        return type_label(identity.authentication_type)

    @admin.display(description=gettext_lazy("first login"), ordering="pinned_at")
    def first_login(self, identity: SsoIdentity) -> datetime | None:
        return identity.pinned_at

    @admin.display(description=gettext_lazy("other account refused"), ordering="refused_at")
    def other_account(self, identity: SsoIdentity) -> datetime | None:
        """Return when another account last came with this SSO user ID."""
        return identity.refused_at

    @admin.display(boolean=True, description=gettext_lazy("may log in"))
    def may_log_in(self, identity: SsoIdentity) -> bool:
        return identity.user.is_active

    @admin.display(description=gettext_lazy("data of this person"))
    def everything(self, identity: SsoIdentity) -> str:
        return to_everything(identity.user)

    @admin.display(description=gettext_lazy("delete"))
    def delete_for_good(self, identity: SsoIdentity) -> str:
        address = reverse("sso-person-delete", args=[identity.authentication_type, identity.user.username])
        return format_html('<a href="{}">{}</a>', address, _("Delete for good"))

    @admin.action(description=gettext_lazy("Deactivate: log out, and do not let in again"), permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[SsoIdentity]) -> None:
        count = set_people_active(chosen, allowed=False, by=person(request))
        words = ngettext("%(n)d person may not log in any more.", "%(n)d people may not log in any more.", count)
        self.message_user(request, words % {"n": count})

    @admin.action(description=gettext_lazy("Let in again"), permissions=["change"])
    def reactivate(self, request: HttpRequest, chosen: QuerySet[SsoIdentity]) -> None:
        count = set_people_active(chosen, allowed=True, by=person(request))
        words = ngettext("%(n)d person may log in again.", "%(n)d people may log in again.", count)
        self.message_user(request, words % {"n": count})

    def has_change_permission(self, request: HttpRequest, obj: SsoIdentity | None = None) -> bool:
        """Allow the actions of the list; of one person there is nothing to save."""
        return obj is None and admin.ModelAdmin.has_change_permission(self, request)


def to_everything(account: User) -> str:
    return format_html('<a href="{}">{}</a>', reverse("person", args=[account.pk]), _("Everything that is kept"))
