"""What another system changes about one candidate, cleaned as cells of a list are."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings
from pydantic import Field

from candidates.api.lists import Extra
from candidates.api.problems import Wrong, invalid
from candidates.api.rows import MAX_SENT
from candidates.api.schemas import OURS, Body, Text
from candidates.intake.cells import (
    CellProblem,
    clean_candidate_id,
    clean_name,
    clean_place,
    clean_reference,
    clean_seat,
)
from candidates.intake.extra_time import parse_extra_time
from candidates.lifecycle.editing import Details
from candidates.models import Test


class CandidateChange(Body):
    """What can be changed about a candidate; a member that is left out stays as it is, an empty one is emptied."""

    candidate_id: Text | None = Field(default=None, max_length=MAX_SENT)
    name: Text | None = Field(default=None, max_length=MAX_SENT)
    private_reference: Text | None = Field(default=None, max_length=MAX_SENT, description=OURS)
    extra_time: Extra | None = Field(default=None, description="Minutes, or a percentage of the duration.")
    building_name: Text | None = Field(default=None, max_length=MAX_SENT)
    room_name: Text | None = Field(default=None, max_length=MAX_SENT)
    seat: Text | None = Field(default=None, max_length=MAX_SENT)


def changed_details(sent: CandidateChange, old: Details, test: Test) -> Details:
    """Return the candidate as it is to be. Raises Problem with every member that is wrong."""

    def minutes(text: str) -> int:
        limit = settings.EXTRA_TIME_LIMIT_MINUTES
        return parse_extra_time(text, duration_minutes=test.percent_base_minutes, limit=limit)

    cleaning: dict[str, tuple[str, Callable[[str], Any]]] = {
        "candidate_id": ("candidateId", clean_candidate_id),
        "name": ("name", clean_name),
        "private_reference": ("privateReference", clean_reference),
        "extra_time": ("extraTime", minutes),
        "building_name": ("buildingName", clean_place),
        "room_name": ("roomName", clean_place),
        "seat": ("seat", clean_seat),
    }
    wrong: list[Wrong] = []
    found: dict[str, Any] = {}
    for name, (member, clean) in cleaning.items():
        typed = getattr(sent, name)
        if typed is None:
            continue
        try:
            found[name] = clean(typed)
        except CellProblem as problem:
            wrong.append(Wrong(detail=problem.message, pointer=f"/{member}"))
    if wrong:
        raise invalid(wrong)
    place = (found.pop("building_name", old.place[0]), found.pop("room_name", old.place[1]))
    if "extra_time" in found:
        found["extra_minutes"] = found.pop("extra_time")
    known = asdict(old).keys()
    return replace(old, place=place, **{name: value for name, value in found.items() if name in known})
