"""The candidates that are ticked in Manage candidates, for the pages that do something with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from candidates.access import person, planned_test, planner_page
from candidates.errors import Refused
from candidates.models import Test
from candidates.pages.shared.candidate_lines import CandidateLine, end_head
from candidates.pages.shared.candidate_list import ListFilter, ticked_lines
from candidates.pages.shared.kept_search import keep_ticks, with_ticks
from candidates.pages.shared.pasting import find_candidates, nobody_words, removed_words, tell_pasted
from candidates.pages.shared.ticked import TickedForm, boxes
from candidates.pages.shared.trails import trail_of

MAX_NAMED = 10


@dataclass(frozen=True, slots=True)
class Ticked:
    """Who is meant, on which test, and the list that one came from."""

    test: Test
    lines: list[CandidateLine]
    query: str  # of the list, with its question mark, or empty

    @property
    def ids(self) -> list[str]:
        """Return the public ids in the order of the page."""
        return [line.public_id for line in self.lines]

    @property
    def started(self) -> list[CandidateLine]:
        """Return those who have started."""
        return [line for line in self.lines if line.has_started]

    @property
    def list_url(self) -> str:
        """Return the address of the list as it was shown."""
        return reverse("candidates", args=[self.test.public_id]) + self.query

    def url(self, name: str) -> str:
        """Return the address of a step, which carries the filters of the list."""
        return reverse(name, args=[self.test.public_id]) + self.query

    def context(self, request: HttpRequest, here: str) -> dict[str, Any]:
        """Return what every page for ticked candidates shows; its way back keeps the ticks."""
        address = reverse("candidates", args=[self.test.public_id])
        back = with_ticks(address, self.query.removeprefix("?"), keep_ticks(request, self.ids, at=address))
        return {
            "test": self.test,
            "ticked": self,
            "ids": ",".join(self.ids),
            "end_head": end_head(self.test, self.lines),
            "cancel_url": back,
            "trail": [*trail_of(self.test), (_("Manage candidates"), back), (here, "")],
        }


def came_from_rooms(request: HttpRequest) -> bool:
    """Say whether candidates were chosen room by room on the page of one-time logins, and not ticked in the list."""
    return request.POST.get("from") == "rooms"


Asks = Callable[[HttpRequest, Test, str], HttpResponse]
"""Renders the page that asks for IDs, with the reason why those in the box mean nobody ("" at first)."""


def for_ticked(
    view: Callable[[HttpRequest, Ticked], HttpResponse], *, asks: Asks | None = None
) -> Callable[..., HttpResponse]:
    """Make a view for a planner's ticked candidates, and those whose IDs stand in the box.

    Where nobody is meant nothing happens, and the list says so. An address that `asks` can be opened without ticks.
    """

    @require_http_methods(["GET", "HEAD", "POST"] if asks else ["POST"])
    @planner_page
    @wraps(view)
    def of_test(request: HttpRequest, test_id: str) -> HttpResponse:
        test = planned_test(person(request), test_id)
        if asks and request.method != "POST":
            return asks(request, test, "")
        wanted = ListFilter.of(request.GET)
        query = f"?{wanted.query}" if wanted.query else ""
        try:
            lines = _chosen(request, test, wanted)
        except Refused as refusal:
            if asks and request.POST.get("from") == "box":
                return asks(request, test, refusal.sentence)
            messages.warning(request, refusal.sentence)
            if came_from_rooms(request):
                return redirect("one-time-logins", test.public_id)
            return redirect(reverse("candidates", args=[test.public_id]) + query)
        return view(request, Ticked(test, lines, query))

    return of_test


def _chosen(request: HttpRequest, test: Test, wanted: ListFilter) -> list[CandidateLine]:
    """Return who is ticked and who is in the box, and say what in the box names nobody. Raises Refused."""
    chosen, text = boxes(request.POST), request.POST.get("paste", "")
    if text.strip():
        pasted = find_candidates(test, text)
        if not pasted.found and not chosen and "all_matching" not in request.POST:
            raise Refused(nobody_words(pasted, removed_words(test, pasted.missing)))
        tell_pasted(request, text, pasted, removed_words(test, pasted.missing))
        chosen = list(dict.fromkeys([*chosen, *pasted.found]))
    form = TickedForm({"ids": ",".join(chosen), "all_matching": request.POST.get("all_matching", "")})
    if not form.is_valid():
        raise Refused(" ".join(str(text) for texts in form.errors.values() for text in texts))
    ids, all_matching = form.cleaned_data["ids"], form.cleaned_data["all_matching"]
    return ticked_lines(test, wanted, public_ids=ids, all_matching=all_matching)


def refused(refusal: str) -> dict[str, Any]:
    """Return what a page needs to say that an act was not done."""
    return {"problems": [("", refusal)] if refusal else [], "error": bool(refusal)}


def tell(request: HttpRequest, words: str, left: Sequence[str] = (), why: str = "") -> None:
    """Say what was done, and name the first of those who were left as they were."""
    messages.success(request, words)
    if left:
        messages.warning(request, why % {"ids": first_names(left)})


def first_names(names: Sequence[str]) -> str:
    """Return the first ten, as a message names them, which travels in the session, and how many more there are."""
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (_(" and %(n)d more") % {"n": more} if more > 0 else "")
