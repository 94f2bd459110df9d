"""What the pages about lists of permanent users show."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.access import Role, by_name, lists_of, may_edit, shared_with, tests_of, visible_lists
from candidates.intake.list_changes import changes_since, tests_with
from candidates.lifecycle.permanent_users import people_for
from candidates.lifecycle.user_lists import may_keep_lists, with_counts
from candidates.models import PermanentUserList, Test, User
from candidates.pages.shared.kept_search import Search
from candidates.pages.shared.trails import manage_trail
from candidates.pages.shared.ways_in import new_in_words
from candidates.pages.user_lists.people import found_page, found_people
from candidates.text import when
from candidates.timing import Stage, stage_of


@dataclass(frozen=True, slots=True)
class ListLine:
    """One list as a table shows it."""

    name: str
    url: str
    size: int
    owner: str
    owner_left: bool
    shared: str


def lists_page(user: User) -> dict[str, Any]:
    """Return the person's own lists, those that are shared with the person, and for administrators all others."""
    lists = by_name(with_counts(visible_lists(user)).select_related("owner"))
    mine = dict(user.list_shares.values_list("list", "may_edit"))
    return {
        "own": [_line(one, _shared_with(one.sharing)) for one in lists if one.owner_id == user.pk],
        "shared": [
            _line(one, _("Use and edit") if mine[one.pk] else _("Use"))
            for one in lists
            if one.pk in mine and one.owner_id != user.pk
        ],
        "others": [_line(one, "") for one in lists if one.pk not in mine and one.owner_id != user.pk],
        "trail": lists_trail(),
    }


def list_page(one: PermanentUserList, user: User, search: Search, ticked: Sequence[str] = ()) -> dict[str, Any]:
    """Return one list: its members, who of them is ticked, and what the person may do with it."""
    found = people_for(user, search.q).on_list(one)
    page = found_page(search, found, ticked=ticked, marks=lambda _accounts: {})
    gone = {person.public_id for person in page["page"].people if not person.user.is_active}
    owns = one.owner_id == user.pk
    return {
        **page,
        "one": one,
        "gone": gone,
        "lede": _owner_words(one, user),
        "owner_left": not may_keep_lists(one.owner),
        "owns": owns,
        "edits": may_edit(user, one),
        "passes": owns or user.is_administrator,
        "uses": user.is_planner and lists_of(user).filter(pk=one.pk).exists(),
        "size": one.memberships.count(),
        "shares": shared_with(one) if owns else [],
        "on_tests": _on_tests(one, user),
        "here_url": reverse("user-list", args=[one.public_id]),
        "trail": [*lists_trail(), (Truncator(one.name).chars(50), "")],
    }


def find_page(
    one: PermanentUserList,
    user: User,
    search: Search,
    within: PermanentUserList | None,
    ticked: Sequence[str],
) -> dict[str, Any]:
    """Return the page on which members are searched and ticked."""
    lists = by_name(lists_of(user).exclude(pk=one.pk))

    def members(accounts: Collection[int]) -> dict[int, str]:
        there = one.memberships.filter(person__in=accounts).order_by().values_list("person", flat=True)
        return dict.fromkeys(there, _("On the list"))

    page = found_page(search, found_people(user, search, within), ticked=ticked, marks=members, lists=lists)
    args, total = [one.public_id], page["total"]
    all_words = ngettext("Add the %(n)d who matches", "Add all %(n)d that match", total or 0) % {"n": total or 0}
    return {
        **page,
        "one": one,
        "heading": _("Add members"),
        "lede": one.name,
        "is_administrator": user.is_administrator,
        "here_url": reverse("user-list-find", args=args),
        "selected_url": reverse("user-list-add-members", args=args),
        "all_url": reverse("user-list-add-all", args=args),
        "all_words": all_words if total and page["is_searched"] else "",
        "cancel_url": reverse("user-list", args=args),
        "trail": list_trail(one, _("Add members")),
    }


def changes_page(test: Test, one: PermanentUserList) -> dict[str, Any]:
    """Return what changed in a list since it was added to the test."""
    changes = changes_since(test, one)
    count = len(changes.new)
    search = f"{reverse('add-permanent', args=[test.public_id])}{Search(list_id=one.public_id).query}"
    return {
        "test": test,
        "one": one,
        "changes": changes,
        "how_many": new_in_words(count + changes.more),
        "too_many": _too_many_words(test, count + changes.more),
        "search_url": search,
        "read_at": when(changes.read_at) if changes.read_at else "",
        "add_url": reverse("add-new-members", args=[test.public_id, one.public_id]),
        "whole_url": reverse("add-permanent-list", args=[test.public_id, one.public_id]),
        "add_words": ngettext("Add %(n)d new member", "Add %(n)d new members", count) % {"n": count},
        "list_url": reverse("user-list", args=[one.public_id]),
        "cancel_url": reverse("candidates", args=[test.public_id]),
        "trail": [*manage_trail(test), (Truncator(one.name).chars(50), "")],
    }


def _too_many_words(test: Test, count: int) -> str:
    """Return that not all new members find a place, and what to do; "" where they do."""
    if count <= test.places_left:
        return ""
    words = ngettext(
        "The test has room for %(left)d more, so the new members cannot be added all at once. Tick those who are to "
        "sit it.",
        "The test has room for %(left)d more, so the new members cannot be added all at once. Tick those who are to "
        "sit it.",
        test.places_left,
    )
    return words % {"left": test.places_left}


def tests_to_add_to(user: User) -> list[Test]:
    """Return the tests that the person plans and that still take candidates."""
    tests = tests_of(user, Role.PLANNER).in_use().filter(is_demo=False).with_longest_extra()
    return [test for test in tests if stage_of(test) != Stage.FINISHED]


def list_trail(one: PermanentUserList, here: str) -> list[tuple[str, str]]:
    """Return the breadcrumbs down to a page about a list."""
    return [*lists_trail(), (Truncator(one.name).chars(50), reverse("user-list", args=[one.public_id])), (here, "")]


def lists_trail(*below: str) -> list[tuple[str, str]]:
    """Return the breadcrumbs down to the lists, and what lies below them."""
    above = [
        (_("Permanent users"), reverse("permanent-users")),
        (_("Lists of permanent users"), reverse("user-lists")),
    ]
    return [*above, *((text, "") for text in below)]


def _line(one: Any, shared: str) -> ListLine:
    url = reverse("user-list", args=[one.public_id])
    return ListLine(one.name, url, one.size, str(one.owner), not may_keep_lists(one.owner), shared)


def _shared_with(count: int) -> str:
    return ngettext("%(n)d planner", "%(n)d planners", count) % {"n": count} if count else ""


def _owner_words(one: PermanentUserList, user: User) -> str:
    if one.owner_id == user.pk:
        return _("Your list.")
    return _("List of %(owner)s (%(username)s).") % {"owner": one.owner, "username": one.owner.username}


def _on_tests(one: PermanentUserList, user: User) -> list[dict[str, Any]]:
    """Return the person's tests that the list was added to; nobody learns of other people's tests (C7)."""
    if not user.is_planner:
        return []
    tests = list(tests_of(user, Role.PLANNER).filter(imports__from_list=one).distinct())
    return [
        {
            "name": found.test.name,
            "read_at": when(found.read_at),
            "new": new_in_words(found.new) if found.new else "",
            "url": reverse("list-changes", args=[found.test.public_id, one.public_id]),
        }
        for found in tests_with(one, tests)
    ]
