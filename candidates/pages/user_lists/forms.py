"""Forms of lists of permanent users: their name, with whom they are shared, who gets them, on which test, who is on."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.intake.accounts.cleaning import clean_list_name
from candidates.lifecycle.user_lists import to_give_to, to_share_with
from candidates.models import PermanentUserList, Test, User
from candidates.models.permanent_users import MAX_LIST_NAME_LENGTH
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import clean_as_cell
from candidates.pages.shared.kept_search import Search
from candidates.pages.shared.staff_choice import StaffChoiceField, offer_staff

USE, EDIT = "use", "edit"


class StaffField(StaffChoiceField):
    """Choose one of the staff, by name and user name."""

    def label_from_instance(self, obj: User) -> str:
        """Return "Marte Aune (marte)", so that two people of one name can be told apart."""
        return f"{obj.name or obj.username} ({obj.username})"


class ListNameForm(DeliverForm):
    """The name of a list."""

    name = forms.CharField(
        label=gettext_lazy("Name of the list"),
        max_length=MAX_LIST_NAME_LENGTH,
        help_text=gettext_lazy("For example the class and the year: BIO2150, autumn 2026."),
    )

    def clean_name(self) -> str:
        """Return the name as an import of people would store it. Raises ValidationError."""
        return clean_as_cell(self.cleaned_data["name"], clean_list_name)


class ShareForm(DeliverForm):
    """With whom a list is shared, and for what."""

    person = StaffField(
        label=gettext_lazy("Planner"), queryset=User.objects.none(), empty_label=gettext_lazy("Choose a planner")
    )
    how = forms.ChoiceField(
        label=gettext_lazy("May"),
        choices=[
            (USE, gettext_lazy("Use the list: see its members and add them to tests")),
            (EDIT, gettext_lazy("Use and edit it: add and remove members, too")),
        ],
        widget=forms.RadioSelect,
        initial=USE,
    )

    def __init__(self, *args: Any, one: PermanentUserList, **kwargs: Any) -> None:
        """Offer every planner but the owner."""
        super().__init__(*args, **kwargs)
        offer_staff(self.fields["person"], to_share_with(one))


class HandOverForm(DeliverForm):
    """Who gets a list, and whether the old owner may go on editing it."""

    person = StaffField(
        label=gettext_lazy("New owner"),
        queryset=User.objects.none(),
        empty_label=gettext_lazy("Choose a person"),
        help_text=gettext_lazy("A planner or an administrator. The new owner decides with whom the list is shared."),
    )
    keeps = forms.BooleanField(label=gettext_lazy("The owner until now may go on editing it"), required=False)

    def __init__(self, *args: Any, one: PermanentUserList, **kwargs: Any) -> None:
        """Offer every planner and administrator but the owner."""
        super().__init__(*args, **kwargs)
        offer_staff(self.fields["person"], to_give_to(one))


class SearchForm(DeliverForm):
    """The fields of the search."""

    q = forms.CharField(label=gettext_lazy("Search people"), required=False, widget=forms.SearchInput)
    list = forms.ChoiceField(label=gettext_lazy("List"), required=False)

    def __init__(self, search: Search, lists: Iterable[PermanentUserList] | None) -> None:
        """Show the search as it was asked; without `lists` there is nothing to choose among."""
        super().__init__(initial={"q": search.q, "list": search.list_id}, auto_id="find-%s")
        if lists is None:
            del self.fields["list"]
        else:
            choices = [("", gettext_lazy("Everybody")), *((one.public_id, one.name) for one in lists)]
            self.fields["list"].choices = choices  # type: ignore[attr-defined]


class ToTestForm(DeliverForm):
    """The test that a list is added to."""

    test = forms.ChoiceField(label=gettext_lazy("Test"))

    def __init__(self, *args: Any, tests: Sequence[Test], **kwargs: Any) -> None:
        """Offer these tests, those that open first on top."""
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose a test")), *((test.public_id, test.name) for test in tests)]
        self.fields["test"].choices = choices  # type: ignore[attr-defined]
