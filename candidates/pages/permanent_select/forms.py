"""Choosing permanent users: the search, the list that is searched in, and who is ticked on this page and on others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from candidates.models import PermanentUserList
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.searching import searched_for
from candidates.text import whole_number

MOST_TICKED = 3000  # twice of what a test can hold: more cannot be meant
_IDS = re.compile(r"[0-9A-Za-z_-]{1,16}")


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
    return [one for one in dict.fromkeys(everybody) if one != dropped and _IDS.fullmatch(one)][:MOST_TICKED]


def shown_search(sent: Mapping[str, str]) -> Search:
    """Return the search that a page showed, whatever has been typed into its fields since."""
    return Search.of({"q": sent.get("shown_q", ""), "list": sent.get("shown_list", ""), "page": sent.get("at", "")})
