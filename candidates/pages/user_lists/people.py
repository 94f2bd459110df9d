"""What the pages show on which permanent users are found and ticked: for a test, and for a list of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.access import person
from candidates.errors import Refused
from candidates.intake.importing import why_nobody
from candidates.intake.selecting import LeftOut
from candidates.lifecycle.permanent_users import people_by_ids, people_called, people_for
from candidates.models import PermanentUserList, Test, User
from candidates.models.permanent_users import PermanentUserQuerySet
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.kept_search import Search
from candidates.pages.shared.pasting import Known, find_pasted, known_by, names_of, tell_pasted
from candidates.pages.shared.trails import manage_trail
from candidates.pages.shared.ways_in import full_in_words, places_in_words
from candidates.pages.user_lists.forms import SearchForm


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One permanent user who can be ticked; `mark` says why not ("" where the box is there)."""

    public_id: str
    name: str
    username: str
    mark: str
    ticked: bool


def found_people(user: User, search: Search, one: PermanentUserList | None) -> PermanentUserQuerySet:
    """Return whom a search of this person finds among those who may log in, in everybody or in a list."""
    return people_for(user, search.q).on_list(one).active()


def found_page(
    search: Search,
    found: PermanentUserQuerySet,
    *,
    ticked: Sequence[str],
    marks: Callable[[Collection[int]], Mapping[int, str]],
    lists: Collection[PermanentUserList] | None = None,
) -> dict[str, Any]:
    """Return one page of people with their boxes, who is ticked on other pages, and the ways to those pages.

    `marks` tells which of these accounts cannot be ticked, and the reason. Four queries at most.
    """
    page = found.page(search.page)
    marked = marks([person.pk for person in page.people])
    chosen = set(ticked)
    lines = [
        PersonLine(
            person.public_id,
            person.full_name,
            person.user.shown_username,
            marked.get(person.pk, ""),
            ticked=person.public_id in chosen and person.pk not in marked,
        )
        for person in page.people
    ]
    here = {line.public_id for line in lines}
    elsewhere = [one for one in ticked if one not in here]
    return {
        "search": search,
        "search_form": SearchForm(search, lists),
        "people": lines,
        "tickable": sum(not line.mark for line in lines),
        "shown": ",".join(line.public_id for line in lines if not line.mark),
        "elsewhere": picked_people(elsewhere),
        "page": page,
        "total": page.total,
        "caption": _caption(search, page.total, lists),
        "beyond": page.total is None,
        "is_searched": bool(search.q or search.list_id),
        "before": page.number - 1,
        "after": page.number + 1 if page.number < page.last else 0,
        "place": _("Page %(n)d of %(last)d") % {"n": page.number, "last": page.last},
    }


def picked_people(public_ids: Collection[str]) -> list[PersonLine]:
    """Return people who were ticked, in order; who was deactivated since is found by the preview."""
    if not public_ids:
        return []
    found = people_by_ids(public_ids).select_related("user")
    return [
        PersonLine(person.public_id, person.full_name, person.user.shown_username, "", ticked=True) for person in found
    ]


def keys_of(public_ids: Collection[str]) -> list[int]:
    """Return the accounts of people who were ticked; who was deactivated since is a problem of its row, not silent."""
    return people_by_ids(public_ids).keys()


def refuse_other_number(now: int, seen: str) -> None:
    """Raise Refused where not as many match as the page showed: nobody is added whom its reader does not know of."""
    if now > MAX_CANDIDATES:
        raise Refused(_("More than 1500 match. Search for fewer: nobody was added."))
    if str(now) != seen:
        words = ngettext(
            "The search now finds %(now)d person, which is another number than you saw. Nothing was changed: check "
            "again.",
            "The search now finds %(now)d people, which is another number than you saw. Nothing was changed: check "
            "again.",
            now,
        )
        raise Refused(words % {"now": now})


def pasted_people(request: HttpRequest, one: PermanentUserList | None = None) -> tuple[str, ...]:
    """Return who was pasted on a page, where that was asked for, and say who was not found.

    Among the members of a list, or among everybody who may log in.
    """
    if "tick_pasted" not in request.POST:
        return ()
    text, user, more = request.POST.get("paste", ""), person(request), list[str]()

    def known(texts: Sequence[str]) -> Known:
        people, tried = people_called(user, texts, one)
        if not tried:
            words = _("So many external IDs cannot be looked for: you may try %(n)d in a minute. Usernames are ticked.")
            more.append(words % {"n": settings.PERMANENT_SEARCHES_A_MINUTE})
        return known_by((one.public_id, names_of(one.user.username, one.external_id)) for one in people)

    pasted = find_pasted(text, known)
    tell_pasted(request, text, pasted, more)
    return pasted.found


def on_test(test: Test, accounts: Collection[int]) -> dict[int, str]:
    """Return which of these accounts are on the test, each with a word about that."""
    words = _("On the test as %(id)s")
    taken = test.candidates.filter(user__in=accounts).order_by().values_list("user", "candidate_id")
    return {user: words % {"id": shown} for user, shown in taken}


def select_page(
    test: Test,
    user: User,
    search: Search,
    one: PermanentUserList | None,
    lists: Collection[PermanentUserList],
    ticked: Sequence[str],
) -> dict[str, Any]:
    """Return the context of the page "Select from permanent users" of a test."""
    page = found_page(search, found_people(user, search, one), ticked=ticked, marks=partial(on_test, test), lists=lists)
    args = [test.public_id]
    total = page["total"]
    add_all = ngettext("Add the %(n)d who matches", "Add all %(n)d that match", total or 0) % {"n": total or 0}
    if one is not None and not search.q:
        add_all = ngettext("Add the whole list (%(n)d)", "Add the whole list (%(n)d)", total or 0) % {"n": total or 0}
    return {
        **page,
        "test": test,
        "heading": _("Select from permanent users"),
        "lede": places_in_words(test),
        "closed": why_nobody(test) or ("" if test.places_left else full_in_words()),
        "has_people": bool(total is None or total or page["is_searched"]),
        "here_url": reverse("add-permanent", args=args),
        "selected_url": reverse("add-permanent-selected", args=args),
        "all_url": reverse("add-permanent-all", args=args),
        "selected_words": _("Add selected"),
        "all_words": add_all if total and page["is_searched"] else "",
        "cancel_url": reverse("candidates", args=args),
        "import_url": import_url(test) if user.is_administrator else "",
        "is_administrator": user.is_administrator,
        "lists_url": reverse("user-lists"),
        "trail": [*manage_trail(test), (_("Permanent users"), "")],
    }


def left_out_words(gone: LeftOut) -> str:
    """Return who of a list is not put on the test with the others, "" where everybody is."""
    if not gone.number:
        return ""
    names = [f"{person.full_name} ({person.user.shown_username})" for person in gone.first]
    words = ngettext(
        "%(n)d member may not log in any more and is left out: %(names)s.",
        "%(n)d members may not log in any more and are left out: %(names)s.",
        gone.number,
    )
    return words % {"n": gone.number, "names": ", ".join(names) + ("…" if gone.number > len(names) else "")}


def import_url(test: Test) -> str:
    """Return where administrators import permanent users, with the way back to this test."""
    return f"{reverse('user-import')}?test={test.public_id}"


def _caption(search: Search, total: int | None, lists: Collection[PermanentUserList] | None) -> str:
    """Return how many people the table is about, which, and in what order."""
    if total is None:
        many = _("More than %(n)d people") % {"n": MAX_CANDIDATES}
    else:
        many = ngettext("%(n)d person", "%(n)d people", total) % {"n": total}
    names = {one.public_id: one.name for one in lists or ()}
    which = [_("‘%(text)s’") % {"text": search.q} if search.q else "", names.get(search.list_id, "")]
    said = ", ".join(part for part in which if part)
    return f"{many}: {said}" if said else _("%(many)s, by last name") % {"many": many}
