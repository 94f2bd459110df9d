"""What was ticked in a table: from the one field that the script sends, or from the boxes without it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.base import DeliverForm

MAX_BOXES = 900  # ticked in a page: without the script each is a field of its own, and the server takes 1000


def boxes(sent: Any) -> list[str]:
    """Return the values that are ticked, in page order and without repeats.

    Those of the page, by the script in one field or each by itself, and those that a search hides (`picked`).
    """
    here = sent.getlist("c") if hasattr(sent, "getlist") else []
    hidden = "" if "drop_picked" in sent else str(sent.get("picked") or "")
    every = [text.strip() for text in [*str(sent.get("ids") or "").split(","), *here, *hidden.split(",")]]
    return list(dict.fromkeys(text for text in every if text and "\0" not in text))


@dataclass(frozen=True, slots=True)
class Ticks:
    """Who is ticked on a page that shows some of all rows: `shown` public ids among its rows, and names of the others.

    `hidden` are public id and name of those whom the search hides.
    """

    shown: frozenset[str] = frozenset()
    hidden: tuple[tuple[str, str], ...] = ()
    rows: int = 0
    gone: int = 0  # ticked, and on the test no more

    @classmethod
    def of(cls, ticked: Collection[str], shown: Collection[str], names: Mapping[str, str]) -> "Ticks":
        """Return who of the ticked is shown and who is not; who is not in `names` is there no more."""
        here = frozenset(ticked).intersection(shown)
        hidden = tuple((one, names[one]) for one in ticked if one not in here and one in names)
        return cls(here, hidden, len(shown), len(set(ticked)) - len(here) - len(hidden))

    @property
    def picked(self) -> str:
        """Return the public ids that the search hides, as the page carries them."""
        return ",".join(one for one, _name in self.hidden)

    @property
    def named(self) -> Sequence[str]:
        """Return the first names of those whom the search hides."""
        return [name for _one, name in self.hidden[:20]]

    @property
    def unnamed(self) -> int:
        """Return how many more there are."""
        return max(0, len(self.hidden) - 20)

    @property
    def are_all(self) -> bool:
        """Say whether so many rows are ticked, all of them, that one box has to stand for them."""
        return len(self.shown) == self.rows > MAX_BOXES

    @property
    def in_rows(self) -> frozenset[str]:
        """Return whose boxes come ticked."""
        return frozenset() if self.are_all else self.shown


class TickedForm(DeliverForm):
    """The ticked rows of a ``.selects`` table.

    ``cleaned_data["ids"]`` holds their values in page order without repeats, also those that a search hides;
    ``cleaned_data["all_matching"]`` is the number of rows that the page showed when select-all was ticked, else None.
    Nothing ticked is refused: an empty selection never means everybody.
    """

    ids = forms.CharField(required=False, widget=forms.HiddenInput)
    all_matching = forms.IntegerField(required=False, min_value=1, max_value=MAX_CANDIDATES, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Merge all ways of sending; raise ValidationError when nothing, or more than a test can hold, is ticked."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["ids"] = boxes(self.data)
        if len(cleaned["ids"]) > MAX_CANDIDATES:
            raise ValidationError(_("More rows are ticked than a test can hold. Load the page again."), code="too_many")
        if not cleaned["ids"] and not cleaned.get("all_matching") and not self.errors:
            raise ValidationError(_("Nothing is ticked, so nothing has changed. Tick rows first."), code="nothing")
        return cleaned
