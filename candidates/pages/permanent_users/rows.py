"""What the pages of permanent users show: a constant number of queries, and no count that reads everybody twice."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from candidates.access import by_name, lists_of, tests_of
from candidates.lifecycle.permanent_users import number_of_people, people_for
from candidates.models import Contributor, ListMember, PermanentUser, PermanentUserList, User
from candidates.pages.shared.searching import searched_for
from candidates.text import natural_key, whole_number
from candidates.timing import stage_of

PAGE = 50
LAST_PAGE = 3000  # of 150,000 users
# What a filter finds is counted up to here: who gets more narrows the search rather than leafs through it.
MAX_COUNTED = 1000
STATUSES = ("active", "deactivated")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which permanent users are shown; every value comes from an allow-list or is only searched for."""

    q: str = ""
    status: str = ""
    list: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str], lists: Sequence[PermanentUserList]) -> "Wanted":
        """Return what an address asks for; what is not known counts as not asked (J6)."""
        status, one = query.get("status", ""), query.get("list", "")
        return cls(
            q=searched_for(query),
            status=status if status in STATUSES else "",
            list=one if any(one == known.public_id for known in lists) else "",
            page=min(max(whole_number(query.get("page", ""), digits=5), 1), LAST_PAGE),
        )

    @property
    def is_filtered(self) -> bool:
        """Say whether not everybody is meant."""
        return bool(self.q or self.status or self.list)

    def address(self, page: int) -> str:
        """Return the query string of another page of the same list."""
        asked = {"q": self.q, "status": self.status, "list": self.list, "page": str(page) if page > 1 else ""}
        return "?" + urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True)
class UserRow:
    """One permanent user on the list; e-mail and external ID stay empty for who is no administrator."""

    public_id: str
    name: str
    username: str
    email: str
    external_id: str
    lists: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class UserList:
    """One page of the permanent users; `found` counts up to MAX_COUNTED where something is filtered."""

    rows: tuple[UserRow, ...]
    wanted: Wanted
    lists: tuple[PermanentUserList, ...]
    total: int
    found: int
    has_more: bool

    @property
    def first(self) -> int:
        """Return the number of the first row of the page."""
        return (self.wanted.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        """Return the number of the last row of the page."""
        return self.first + len(self.rows) - 1

    @property
    def is_one_page(self) -> bool:
        """Say whether this page holds all that was found."""
        return self.wanted.page == 1 and not self.has_more

    @property
    def is_more_than_counted(self) -> bool:
        """Say whether more were found than are counted."""
        return self.wanted.is_filtered and self.found > MAX_COUNTED

    @property
    def before(self) -> str:
        """Return the address of the page before, empty on the first."""
        return self.wanted.address(self.wanted.page - 1) if self.wanted.page > 1 else ""

    @property
    def after(self) -> str:
        """Return the address of the next page, empty on the last."""
        return self.wanted.address(self.wanted.page + 1) if self.has_more else ""

    @property
    def words(self) -> str:
        """Return what was chosen, as the caption says it."""
        known = {one.public_id: one.name for one in self.lists}
        chosen = (
            _("‘%(text)s’") % {"text": self.wanted.q} if self.wanted.q else "",
            {"active": _("Active"), "deactivated": _("Deactivated")}.get(self.wanted.status, ""),
            known.get(self.wanted.list, ""),
        )
        return ", ".join(part for part in chosen if part)


def lists_shown_to(user: User) -> tuple[PermanentUserList, ...]:
    """Return the lists that a person keeps or that are shared with the person, by name."""
    return tuple(by_name(lists_of(user)))


def found_users(user: User, query: Mapping[str, str]) -> UserList:
    """Return the page of permanent users that an address asks for."""
    lists = lists_shown_to(user)
    wanted = Wanted.of(query, lists)
    found: Any = people_for(user, wanted.q)
    if wanted.status:
        found = found.active() if wanted.status == "active" else found.deactivated()
    if wanted.list:
        found = found.on_list(next(one for one in lists if one.public_id == wanted.list))
    first = (wanted.page - 1) * PAGE
    # Keys first: what is skipped on the way to a later page is walked along the index, without its account.
    if wanted.is_filtered and first + PAGE < MAX_COUNTED:
        every = found.keys(MAX_COUNTED + 1)  # the page and the count are one search
        keys, count = every[first : first + PAGE + 1], len(every)
    else:
        keys = list(found.order_by("sort_key", "pk").values_list("pk", flat=True)[first : first + PAGE + 1])
        count = _counted(found, first, keys) if wanted.is_filtered else 0
    total = number_of_people()
    return UserList(
        rows=_rows(user, keys[:PAGE], lists),
        wanted=wanted,
        lists=lists,
        total=total,
        found=count if wanted.is_filtered else total,
        has_more=len(keys) > PAGE,
    )


def _counted(found: QuerySet[PermanentUser], first: int, keys: Sequence[int]) -> int:
    """Return how many were found, counted up to MAX_COUNTED; nobody is asked again where the page shows the last."""
    if len(keys) > PAGE or (first and not keys):
        return int(found.order_by()[: MAX_COUNTED + 1].count())
    return first + len(keys)


def _rows(user: User, keys: Sequence[int], lists: Sequence[PermanentUserList]) -> tuple[UserRow, ...]:
    people = PermanentUser.objects.filter(pk__in=keys).select_related("user")
    names: dict[int, list[str]] = defaultdict(list)
    on = ListMember.objects.filter(person__in=keys, list__in=[one.pk for one in lists])
    for person, name in on.order_by().values_list("person", "list__name"):
        names[person].append(name)
    return tuple(
        UserRow(
            public_id=person.public_id,
            name=person.full_name,
            username=person.user.shown_username,
            email=person.user.email if user.is_administrator else "",
            external_id=person.external_id if user.is_administrator else "",
            lists=", ".join(sorted(names[person.pk], key=natural_key)),
            is_active=person.user.is_active,
        )
        for person in people.order_by("sort_key", "pk")
    )


def user_page(person: PermanentUser, viewer: User) -> dict[str, Any]:
    """Return the lists and tests that the viewer sees of this person; for administrators how many tests others plan."""
    on = set(person.memberships.values_list("list", flat=True))
    places = person.user.candidacies.all()
    planned = tests_of(viewer, Contributor.Role.PLANNER)
    mine = list(
        planned.with_longest_extra().filter(pk__in=places.order_by().values("test")).defer("questions", "information")
    )
    place_on = {place.test_id: place for place in places.filter(test__in=[test.pk for test in mine])}
    total = places.count() if viewer.is_administrator else 0
    return {
        "lists": [one for one in lists_shown_to(viewer) if one.pk in on],
        "tests": [(test, stage_of(test), place_on[test.pk]) for test in mine],
        "others": max(0, total - len(mine)),
    }
