"""What is new in lists of permanent users since they were added to a test."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.access import lists_of
from candidates.intake.list_changes import new_members
from candidates.models import Test, User
from candidates.models.tests import MAX_CANDIDATES


def news_of_lists(test: Test, user: User) -> list[tuple[str, str]]:
    """Return a sentence and an address for each list that has new members since it was added to the test."""
    lists = {one.pk: one for one in lists_of(user).filter(additions__test=test).distinct()}
    news = []
    for key, count in new_members(test, list(lists.values())).items():
        words = _("List %(name)s has %(new)s.")
        address = reverse("list-changes", args=[test.public_id, lists[key].public_id])
        news.append((words % {"name": lists[key].name, "new": new_in_words(count)}, address))
    return news


def new_in_words(count: int) -> str:
    """Return how many members are new; one more than a test can hold stands for any larger number."""
    if count > MAX_CANDIDATES:
        return _("more than %(n)d new members") % {"n": MAX_CANDIDATES}
    return ngettext("%(n)d new member", "%(n)d new members", count) % {"n": count}
