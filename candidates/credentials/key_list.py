"""The key list: which Candidate ID, person and user name belong together (D19).

It is for planners, and for the invigilators of a room where a planner allows it. No other page shows person and user
name together. It never holds a password, and is sorted like the slips.
"""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from candidates import audit
from candidates.access import plans
from candidates.credentials.opening import Action, Choice, chosen_candidates, locked_test
from candidates.credentials.refusals import NotShown, refusals_recorded, why_no_key_list
from candidates.credentials.slips import slip_sort_key
from candidates.models import Location, Test, User
from candidates.models.accounts import show_username
from candidates.models.candidates import slip_column
from candidates.tabular.exporting import Download, download_of, file_name

# Not translated: scripts go by these names.
HEAD = ("Candidate ID", "Private reference", "SSO user ID", "Building", "Room", "Username")


class KeyLine(NamedTuple):
    """One line of the list; the user name is as slips show it."""

    candidate_id: str
    private_reference: str
    sso_user_id: str
    building: str
    room: str
    username: str

    @property
    def place(self) -> str:
        return f"{self.building} {self.room}".strip()


def open_key_list(*, test: Test, choice: Choice, action: Action, by: User) -> list[KeyLine]:
    """Return the key list of the chosen candidates in the order of the slips, recorded before it is read.

    Raises NotShown as `why_no_key_list` says and where nobody
    who is chosen has login details, recorded as refused, and DatabaseError where the audit row cannot be written.
    """
    with refusals_recorded(action, test=test, by=by), transaction.atomic():
        test = locked_test(test)
        if refusal := why_no_key_list(test, by=by):
            raise refusal
        chosen = chosen_candidates(test, choice).order_by()
        public_ids = list(chosen.values_list("public_id", flat=True))
        if not public_ids:
            words = _(
                "None of the chosen candidates has login details. Choose all, or a room whose candidates have some."
            )
            raise NotShown("nobody", words if plans(by, test) else _("Nobody in your room has a slip."))
        audit.record(action, by=by, test=test, count=len(public_ids), detail={"candidates": public_ids})
        rows = chosen.values_list(
            *("candidate_id", "private_reference", "sso_user_id", "location__building", "location__room"),
            slip_column("username"),
        )
        lines = [
            KeyLine(candidate_id, reference, sso, building or "", room or "", show_username(username))
            for candidate_id, reference, sso, building, room, username in rows
        ]
    return sorted(lines, key=lambda line: slip_sort_key(line.building, line.room, line.candidate_id))


def choice_of(rooms: Collection[Location]) -> Choice:
    """Return the choice of an invigilator: candidates of their rooms and of no room, or all where they have no room."""
    if not rooms:
        return Choice()
    return Choice(location_ids=frozenset(room.pk for room in rooms), without_location=True)


def by_room(lines: Sequence[KeyLine]) -> list[tuple[str, list[KeyLine]]]:
    """Return the lines room by room, each with the room's name, empty for those without one."""
    return [(place, list(group)) for place, group in groupby(lines, key=lambda line: line.place)]


def key_list_file(test: Test, lines: Sequence[KeyLine]) -> Download:
    return download_of(file_name(test, "key-list", ending="csv"), [HEAD, *lines])
