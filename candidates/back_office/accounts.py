"""The admin of staff accounts with its forms, and the registration of the other admins of the back office."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from candidates import audit
from candidates.access import person
from candidates.back_office.audit import AuditAdmin
from candidates.back_office.people import PermanentUserAdmin, PermanentUserListAdmin, SsoPersonAdmin, to_everything
from candidates.back_office.site import BackOffice
from candidates.errors import Refused
from candidates.lifecycle.planners import (
    TestsWithoutPlanner,
    refuse_without_administrator,
    refuse_without_planner,
    without_planner,
)
from candidates.lifecycle.user_lists import hand_over_lists, may_keep_lists, new_list_owner
from candidates.models import AuditEvent, PermanentUser, PermanentUserList, SecondStep, SsoIdentity, User
from candidates.models.accounts import refuse_generated_name
from candidates.pages.shared.password_again import asks_password
from candidates.signin import second_step
from candidates.text import day

ROLES = ("is_planner", "is_invigilator", "is_grader", "is_administrator")


class UsernameMixin:
    """Store a user name as logins fold it, and refuse with a sentence what the database would refuse."""

    cleaned_data: dict[str, object]

    def clean_username(self) -> str:
        """Return the folded name; raise ValidationError for a taken one and for the shape of generated names (D8)."""
        username = User.normalize_username(str(self.cleaned_data.get("username") or ""))
        taken = User.objects.filter(username=username).exclude(pk=getattr(self, "instance", User()).pk)
        if taken.exists():
            raise ValidationError(_("Another account has this username already. Capitals make no difference."))
        refuse_generated_name(username)
        return username


class StaffCreationForm(UsernameMixin, UserCreationForm):  # type: ignore[type-arg]
    """Make an account; without a password nobody could log in with it."""


class StaffChangeForm(UsernameMixin, UserChangeForm):  # type: ignore[type-arg]
    """Change an account; `by` is who does it. Django's field with parts of the hash is left out."""

    password = None  # type: ignore[assignment]  # how Django leaves out a field of the form above
    by: User

    def clean(self) -> dict[str, Any] | None:
        """Refuse to leave the installation without an administrator, or a test without a planner, who can log in.

        Django's page runs in a transaction, so the locks are kept until the account is stored.
        """
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("is_active") and cleaned.get("is_planner")):
            try:
                refuse_without_planner(self.instance)
            except Refused as refused:
                sentence = refused.sentence
                if isinstance(refused, TestsWithoutPlanner):
                    way = reverse("hand-over-tests", args=[self.instance.pk])
                    sentence = format_html('{} <a href="{}">{}</a>', sentence, way, _("Hand over"))
                self.add_error("is_planner" if cleaned.get("is_active") else "is_active", sentence)
        if not (cleaned.get("is_active") and cleaned.get("is_administrator")):
            try:
                refuse_without_administrator(self.instance, by=self.by)
            except Refused as refused:
                self.add_error("is_administrator" if cleaned.get("is_active") else "is_active", refused.sentence)
        return cleaned


class StaffPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Give an account a password; to stop logins, an account is deactivated instead."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit: bool = True) -> User:
        """Store it; the person must choose another one, which nobody else knows, at the next login."""
        self.user.must_change_password = True
        super().save(commit)
        user: User = self.user
        return user


site = BackOffice()
site.register(PermanentUser, PermanentUserAdmin)
site.register(PermanentUserList, PermanentUserListAdmin)
site.register(SsoIdentity, SsoPersonAdmin)
site.register(AuditEvent, AuditAdmin)


@admin.register(User, site=site)
class StaffAdmin(UserAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Make, change and deactivate the accounts of staff; one-time users are made by activation alone."""

    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = StaffPasswordForm
    change_user_password_template = "admin/give_password.html"  # noqa: S105  an address of ours
    ordering = ("username",)
    list_display = ("username", "name", "is_active", *ROLES)
    list_filter = ("is_active", *ROLES)
    search_fields = ("username", "name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "password_set", "two_step_login", "everything")
    fieldsets = (
        (None, {"fields": ("username", "name", "email", "is_active")}),
        ("Roles", {"fields": ROLES}),
        ("Logging in", {"fields": readonly_fields}),
    )
    add_fieldsets = ((None, {"fields": ("username", "name", "password1", "password2", *ROLES)}),)

    @admin.display(description=gettext_lazy("data of this person"))
    def everything(self, account: User) -> str:
        return to_everything(account)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return staff only: the accounts of candidates are not handled here."""
        return super().get_queryset(request).filter(kind=User.Kind.STAFF)

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, with the person who fills it in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = person(request)  # type: ignore[attr-defined]  # of a class that is made for this request
        return form

    @method_decorator(asks_password)
    def add_view(self, request: HttpRequest, *arguments: Any, **parts: Any) -> HttpResponse:
        """Make an account with a password, which the administrator tells the person."""
        return super().add_view(request, *arguments, **parts)

    @method_decorator(asks_password)
    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Give somebody else a password; only superusers may do that for a superuser."""
        account = self.get_object(request, unquote(id))
        if account is not None and account.pk == person(request).pk:
            return redirect("change-password")  # which asks for the one that there is
        if account is not None and account.is_superuser and not person(request).is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the audit of the account: acts by the person, and acts on the account."""
        account = self.get_object(request, unquote(object_id))
        if account is None:
            raise Http404
        found = urlencode({"q": account.username})
        return redirect(f"{reverse('admin:candidates_auditevent_changelist')}?{found}")

    def get_urls(self) -> list[Any]:
        """Add the page on which a second step is removed."""
        own = path("<id>/two-step/", self.admin_site.admin_view(self.remove_second_step), name="remove_second_step")
        return [own, *super().get_urls()]

    @method_decorator(asks_password)
    def remove_second_step(self, request: HttpRequest, id: str) -> HttpResponse:
        """Ask, and on POST switch somebody's two-step login off, when phone and codes are lost."""
        account, by = self.get_object(request, unquote(id)), person(request)
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account) or (account.is_superuser and not by.is_superuser):
            raise PermissionDenied
        if account.pk == by.pk:
            return redirect("two-step-off")  # which asks for the password
        page = reverse("admin:candidates_user_change", args=[account.pk])
        if request.method == "POST":
            try:
                second_step.remove(account, by=by)
            except Refused as refused:
                self.message_user(request, refused.sentence, messages.ERROR)
            else:
                words = _("Two-step login of %(name)s is off. Tell the person to set it up again with another phone.")
                self.message_user(request, words % {"name": account})
            return redirect(page)
        context = {
            "question": _("Switch two-step login off for %(name)s?") % {"name": account},
            "lede": _("For somebody whose phone is lost. Make sure that it is this person who asks you."),
            "consequence": _(
                "From then on the password alone opens everything. The recovery codes stop working as well."
            ),
            "button": _("Switch it off for %(name)s") % {"name": account},
            "cancel_url": page,
        }
        return render(request, "components/confirm.html", context)

    @admin.display(description=gettext_lazy("password"))
    def password_set(self, account: User) -> str:
        """Return the link to give another password; nothing of the present one is shown, not even of its hash."""
        address = reverse("admin:auth_user_password_change", args=[account.pk])
        return format_html('<a href="{}">{}</a>', address, _("Give another password"))

    @admin.display(description=gettext_lazy("two-step login"))
    def two_step_login(self, account: User) -> str:
        found = SecondStep.objects.filter(user=account).first()
        if found is None:
            return _("Off")
        address = reverse("admin:remove_second_step", args=[account.pk])
        return format_html(
            '{} <a href="{}">{}</a>', _("On since %(day)s.") % {"day": day(found.since)}, address, _("Switch it off")
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store the account, and hand lists of somebody who may no longer own them to an administrator (C6)."""
        if change and "is_administrator" in form.changed_data and not obj.is_administrator:
            # the permissions of a superuser of the command line end with the role
            obj.is_staff = obj.is_superuser = False
        # the administrator knows the password of a new account, until the person has chosen another one
        obj.must_change_password = obj.must_change_password or not change
        super().save_model(request, obj, form, change)
        by = person(request)
        leaves = change and obj.pk != by.pk and not may_keep_lists(obj)
        to = new_list_owner(obj, by) if leaves else None
        if to is not None and (count := hand_over_lists(of=obj, to=to, by=by)):
            words = ngettext(
                "%(to)s now keeps %(n)d list of permanent users that %(name)s kept.",
                "%(to)s now keeps %(n)d lists of permanent users that %(name)s kept.",
                count,
            )
            if to.pk == by.pk:
                words = ngettext(
                    "You now keep %(n)d list of permanent users that %(name)s kept.",
                    "You now keep %(n)d lists of permanent users that %(name)s kept.",
                    count,
                )
            self.message_user(request, words % {"n": count, "name": obj, "to": to})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the accounts, with a warning where a test has no planner who can work."""
        if request.method == "GET" and person(request).is_administrator and (count := without_planner().count()):
            words = ngettext(
                "%(n)d test has no planner who can work.", "%(n)d tests have no planner who can work.", count
            )
            way = format_html(
                '{} <a href="{}">{}</a>', words % {"n": count}, reverse("unplanned-tests"), _("Choose a planner")
            )
            self.message_user(request, way, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        """Record a new account in the audit too (C72)."""
        _record(request, obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        """Record a changed account in the audit too: roles, whether it may log in, or a new password."""
        _record(request, obj, message)
        return super().log_change(request, obj, message)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to delete: accounts are deactivated, so that the audit keeps its names."""
        return False


def _record(request: HttpRequest, account: User, message: Any) -> None:
    """Record which fields of an account were set, and its roles now; never a password."""
    audit.record(
        audit.Action.ACCOUNT_CHANGED,
        by=person(request),
        count=1,
        detail={
            "account": account.username,
            "is_active": account.is_active,
            "roles": [role for role in (*ROLES, "is_staff", "is_superuser") if getattr(account, role)],
            "what": message,
        },
    )
