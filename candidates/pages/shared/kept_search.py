"""A search that was sent by a form, kept in the session and shown by GET: Back and Reload send nothing again.

The address holds a random key, and neither what was typed nor who is ticked. Each press is kept by itself and never
changed, so that two tabs do not meet, and Back shows what was there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from candidates.access import person, usable_list
from candidates.models import PermanentUserList
from candidates.models.ids import new_public_id
from candidates.pages.shared.searching import MAX_SEARCH_CHARACTERS, searched_for, typed_in
from candidates.text import whole_number

MAX_TICKED = 3000  # twice of what a test can hold: more cannot be meant
_IDS = re.compile(r"[0-9A-Za-z_-]{1,16}")
KEPT = "searches"
MAX_KEPT = 20
MAX_TICKS_KEPT = 2 * MAX_TICKED  # of all searches: each request of the person reads them


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for: words, a list ("" for everybody) by its public id, and the number of the page."""

    q: str = ""
    list_id: str = ""
    page: int = 1

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Search:
        """Return the search that an address or a form asks for; what cannot be meant counts as not asked."""
        return cls(
            q=searched_for(sent),
            list_id=sent.get("list", "").replace("\0", "")[:16],
            page=whole_number(sent.get("page", ""), digits=5, otherwise=1),
        )

    @property
    def query(self) -> str:
        """Return the search as the query string of an address, with its question mark; "" for everybody."""
        asked = {"q": self.q, "list": self.list_id, "page": self.page if self.page > 1 else ""}
        found = urlencode({name: value for name, value in asked.items() if value})
        return f"?{found}" if found else ""

    def at(self, page: int) -> Search:
        """Return the same search, on another page."""
        return replace(self, page=page)


def say_if_cut(request: HttpRequest) -> None:
    """Say so where more was typed than is searched for, on the page that shows what was found."""
    sent = request.POST if request.method == "POST" else request.GET
    if typed_in(sent) != searched_for(sent):
        words = _("A search can have up to %(most)d characters. The rest of what you typed was not searched for.")
        messages.warning(request, words % {"most": MAX_SEARCH_CHARACTERS})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of people is asked for; `one` is the list that is searched in, `notice` what is not as it was."""

    search: Search
    one: PermanentUserList | None = None
    ticked: list[str] = field(default_factory=list)
    notice: str = ""


def keep_ticks(request: HttpRequest, ticked: Sequence[str], at: str = "") -> str:
    """Keep who is ticked on this page or at another address, and return the key by which it finds them; "" for nobody.

    Who is kept there already is kept once, as the newest: pages that ask again and again push nothing out.
    """
    if not ticked:
        return ""
    made = {"at": at or request.path, "q": "", "list": "", "page": 1, "ticked": ",".join(ticked)}
    kept: list[dict[str, Any]] = request.session.get(KEPT, [])
    same = next((one for one in kept if one == made | {"key": one["key"]}), made | {"key": new_public_id()})
    request.session[KEPT] = _bounded([same, *(one for one in kept if one["key"] != same["key"])])
    return str(same["key"])


def kept_ticks(request: HttpRequest) -> list[str]:
    """Return who is ticked on this page by the key in its address; where it is kept no more, say so."""
    key = request.GET.get("ticks", "")
    for kept in request.session.get(KEPT, []) if key else []:
        if (kept["key"], kept["at"]) == (key, request.path):
            return str(kept["ticked"]).split(",")
    if key:
        messages.warning(request, _("Your earlier ticks are no longer kept. Tick again."))
    return []


def with_ticks(address: str, query: str, key: str) -> str:
    """Return the address of a page with its search, and the key of who is ticked there."""
    asked = "&".join(part for part in (query, f"ticks={key}" if key else "") if part)
    return f"{address}?{asked}" if asked else address


def read_ticks(sent: QueryDict) -> list[str]:
    """Return the public ids of who is ticked, on the page that was sent and on those before it, in order.

    The script sends the boxes of a page as one field (`ids`), and select-all as `all_matching`, which means everybody
    on the page (`shown`); without it each box comes by itself (`c`). `picked` are those of other pages, `drop` is one
    of them to be unticked.
    """
    here = sent.get("shown", "") if sent.get("all_matching") else ",".join([sent.get("ids", ""), *sent.getlist("c")])
    if "drop_all" in sent:
        return []
    everybody = f"{sent.get('picked', '')},{here}".split(",")
    dropped = sent.get("drop", "")
    return [one for one in dict.fromkeys(everybody) if one != dropped and _IDS.fullmatch(one)][:MAX_TICKED]


def shown_search(sent: Mapping[str, str]) -> Search:
    """Return the search that a page showed, whatever has been typed into its fields since."""
    return Search.of({"q": sent.get("shown_q", ""), "list": sent.get("shown_list", ""), "page": sent.get("at", "")})


def list_of(request: HttpRequest, search: Search) -> PermanentUserList | None:
    """Return the list that is searched in, None for everybody. Raises Http404 where the person may not use it."""
    return usable_list(person(request), search.list_id) if search.list_id else None


def keep_search(request: HttpRequest, pasted: Sequence[str] = ()) -> HttpResponseRedirect:
    """Keep the search and the ticks that a form sent, and lead to the page that shows them. Raises Http404.

    `pasted` are those who were ticked by what was pasted, beside the others.
    """
    search = Search.of(request.POST)
    ticked = list(dict.fromkeys([*read_ticks(request.POST), *pasted]))[:MAX_TICKED]
    say_if_cut(request)
    if "everybody" in request.POST:
        search = Search()
    list_of(request, search)
    made = {"key": new_public_id(), "at": request.path, "q": search.q, "list": search.list_id, "page": search.page}
    request.session[KEPT] = _bounded([made | {"ticked": ",".join(ticked)}, *request.session.get(KEPT, [])])
    return redirect(f"{request.path}?kept={made['key']}")


def asked_search(request: HttpRequest) -> Asked:
    """Return the search that an address asks for, by its words or by the key of one that is kept. Raises Http404."""
    key = request.GET.get("kept", "")
    say_if_cut(request)
    if not key:
        search = Search.of(request.GET)
        return Asked(search, list_of(request, search))
    for kept in request.session.get(KEPT, []):
        if (kept["key"], kept["at"]) == (key, request.path):
            return _shown_again(request, Search(kept["q"], kept["list"], kept["page"]), kept["ticked"])
    return Asked(Search(), notice=_("Your earlier search and ticks are no longer kept. Search and tick again."))


def _shown_again(request: HttpRequest, search: Search, ticked: str) -> Asked:
    """Return a search that was kept; where its list is gone, among everybody."""
    ids = ticked.split(",") if ticked else []
    try:
        return Asked(search, list_of(request, search), ids)
    except Http404:
        notice = _(
            "The list that you searched in was deleted, or is no longer shared with you. Everybody is searched "
            "now, and your ticks are kept."
        )
        return Asked(Search(q=search.q), None, ids, notice)


def _bounded(searches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newest searches; the last one always fits."""
    ticks, kept = 0, []
    for one in searches[:MAX_KEPT]:
        ticks += one["ticked"].count(",") + 1
        if ticks > MAX_TICKS_KEPT:
            break
        kept.append(one)
    return kept
