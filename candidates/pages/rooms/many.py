"""Seats of many rooms at once: a list is pasted or chosen, shown with what it changes, and stored."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from candidates.access import person, room_page, rooms_in_order
from candidates.errors import Conflict
from candidates.intake.columns import Mapped
from candidates.intake.room_lists import BY_NAME, ROOM_BOUNDS, RoomList, as_text, map_rooms, read_rooms, room_label
from candidates.lifecycle.rooms import change_rooms
from candidates.pages.shared.base import status_of
from candidates.pages.shared.list_file import ListFileForm
from candidates.tabular.table import Table
from candidates.tabular.upload import was_cut_short
from candidates.text import plural


class RoomsForm(ListFileForm):
    """Rooms with their seats, pasted or in a file."""

    bounds = ROOM_BOUNDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build the form."""
        super().__init__(*args, spec=BY_NAME, **kwargs)
        self.fields["paste"].label = gettext_lazy("Rooms, one a line")
        self.fields["paste"].help_text = _(
            "Room, capacity, extra time: Vesthall V101; 120; yes. Copy the cells of a spreadsheet, with or without "
            "headings; building and room may be two columns. What is empty stays as it is."
        )
        self.fields["file"].help_text = _("CSV or XLSX with the same columns.")
        self.order_fields(["paste", "file"])

    def too_large(self) -> str:
        """Return the sentence about a file of which more came than is taken."""
        return _("The file is too large for a list of rooms. Keep only the columns of the rooms.")

    def too_many(self, rows: int) -> str:
        """Return the sentence about a list with more rows than are taken."""
        words = _("The list has %(count)d rows, and %(most)d are read at once. Divide it into several lists.")
        return words % {"count": rows, "most": self.bounds.rows}

    def map_rows(self, table: Table) -> Mapped:
        """Return the rows by the columns of the list. Raises UnreadableFile."""
        return map_rooms(table)

    def keep_rows(self) -> None:
        """Put the rows of a file into the field of pasted rows, where they can be mended; their numbers stay."""
        if not self.file_name:
            return
        data: QueryDict = self.data.copy()  # type: ignore[attr-defined]  # what a browser sent
        cells = {row.number: row.cells for row in self.table.rows}
        data["paste"] = as_text(cells.get(number, ()) for number in range(1, max(cells) + 1))
        self.data = data


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def change_many(request: HttpRequest) -> HttpResponse:
    """Ask for a list of rooms, show what it changes, and store what was shown."""
    if request.method != "POST":
        rooms = _all_rooms() if "all" in request.GET else ()
        return _page(request, RoomsForm(initial={"paste": as_text(rooms)}))
    form = RoomsForm(request.POST, request.FILES, cut_short=was_cut_short(request.upload_handlers))
    if not form.is_valid():
        return _page(request, form, status=status_of(form))
    found = read_rooms(form.mapped)
    form.keep_rows()
    if found.problems or "store" not in request.POST:
        return _page(request, form, found, status=422 if found.problems else 200)
    made = frozenset(request.POST.getlist("make"))
    chosen = found.changed + [row for row in found.unknown if str(row.number) in made]
    try:
        if request.POST.get("seen") != found.digest:
            raise Conflict(_("The list or the rooms are others than you saw. This would change now."))
        changed, added = change_rooms(changes=[(row.old, row.new) for row in chosen], by=person(request))
    except Conflict as conflict:
        return _page(request, form, read_rooms(form.mapped), refusal=conflict.sentence, made=made, status=409)
    messages.success(request, _stored_words(changed, added))
    return redirect("rooms")


def _stored_words(changed: int, added: int) -> str:
    words = []
    if changed:
        words.append(ngettext("%(rooms)s is changed.", "%(rooms)s are changed.", changed))
    if added:
        words.append(ngettext("%(new)s is added.", "%(new)s are added.", added))
    said = " ".join(words) or _("Nothing was changed.")
    return said % {"rooms": plural(changed, "room"), "new": plural(added, "room")}


def _all_rooms() -> Iterator[Sequence[str]]:
    """Yield the rooms in use as the list has them, below their headings."""
    yield _("Building"), _("Room"), _("Capacity"), _("Extra time")
    for one in rooms_in_order():
        if one.is_active:
            seats = "" if one.capacity is None else str(one.capacity)
            yield one.building, one.room, seats, _("yes") if one.for_extra_time else _("no")


def _page(
    request: HttpRequest,
    form: RoomsForm,
    found: RoomList | None = None,
    *,
    refusal: str = "",
    made: frozenset[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "found": found,
        "refusal": refusal,
        "problems": [(one, room_label(one.column)) for one in found.problems] if found else (),
        # a name that is nearly that of a room is rather misspelled than a new one
        "new": [(row, str(row.number) in made if made is not None else not row.near) for row in found.unknown]
        if found and not found.problems
        else (),
        "cancel_url": reverse("rooms"),
        "trail": [(_("Rooms"), reverse("rooms")), (_("Many rooms at once"), "")],
    }
    return render(request, "rooms/many.html", context, status=status)
