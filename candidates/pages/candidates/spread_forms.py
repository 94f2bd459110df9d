"""How candidates are to be spread over rooms, and what of it the page showed."""

import secrets
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.access import known_locations
from candidates.lifecycle.seating import Fill
from candidates.lifecycle.spreading import MAX_SEED, Order, Spreading, Who, Wish
from candidates.pages.candidates.spread_rows import SpreadPage
from candidates.pages.shared.base import DeliverForm
from candidates.text import whole_number

SHOWN = "shown"


class SpreadForm(DeliverForm):
    """Who, in which order, how rooms are filled, and which rooms; what is not known counts as not asked for."""

    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    order = forms.ChoiceField(
        label=gettext_lazy("In the order of"),
        required=False,
        choices=[
            (Order.SHUFFLED.value, gettext_lazy("A shuffle, so that friends sit apart")),
            (Order.CANDIDATE_ID.value, gettext_lazy("Candidate ID")),
            (Order.NAME.value, gettext_lazy("Name")),
        ],
    )

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="id_%s")
        self.sent = data
        self.digest = ""

    @cached_property
    def wish(self) -> Wish:
        """Return what is asked for; of a page that nothing was sent from, all rooms of which the seats are known."""
        rooms = {one.public_id: one for one in known_locations() if one.capacity is not None}
        if self.sent is None:
            return Wish(rooms=frozenset(one.pk for one in rooms.values()), seed=secrets.randbelow(MAX_SEED))
        sent = self.sent
        ticked = [rooms[one].pk for one in sent.getlist("room") if one in rooms]
        return Wish(
            rooms=frozenset(ticked),
            who=_one_of(Who, sent.get("who"), Who.ALL),
            order=_one_of(Order, sent.get("order"), Order.SHUFFLED),
            fill=_one_of(Fill, sent.get("fill"), Fill.EVENLY),
            own_rooms="own" in sent,
            numbered="seats" in sent,
            seed=whole_number(sent.get("seed", ""), digits=len(str(MAX_SEED))),
        )

    @property
    def said(self) -> str:
        """Return what is asked for in one word, by which the page says what it showed."""
        wish = self.wish
        rooms = ",".join(str(key) for key in sorted(wish.rooms))
        return f"{wish.who} {wish.order} {wish.fill} {wish.own_rooms:d} {wish.numbered:d} {wish.seed} {rooms}"

    @property
    def was_changed(self) -> bool:
        """Say whether something else is asked for than the page showed the outcome of."""
        return self.sent is None or self.sent.get(SHOWN) != self.said

    def show(self, page: SpreadPage, found: Spreading) -> None:
        """Take the words and what is chosen from the plan that the page shows."""
        self.digest = found.digest
        self.initial = {"who": self.wish.who.value, "order": self.wish.order.value}
        self.is_bound = False  # what is chosen is shown, also where nothing known was sent
        field: Any = self.fields["who"]
        field.choices = [(Who.ALL.value, page.all_words), (Who.WITHOUT_ROOM.value, page.without_words)]

    @property
    def fills(self) -> list[tuple[str, str, bool]]:
        """Return how rooms can be filled: value, words, whether it is chosen."""
        words = {Fill.EVENLY: _("Fill evenly"), Fill.IN_TURN: _("Fill one after the other")}
        return [(fill.value, words[fill], fill is self.wish.fill) for fill in Fill]


def _one_of(kind: Any, text: str | None, otherwise: Any) -> Any:
    return kind(text) if text in set(kind) else otherwise
