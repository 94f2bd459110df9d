"""Read who is registered for an exam of FS: number, Feide user, names, and what is granted for this registration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from candidates.rosters.source import Accommodation, AccommodationKind, Enrolment
from candidates.rosters.sources.fs import values


def read_person(registration: Mapping[str, Any], notices: list[str]) -> Enrolment:
    """Return one registration. `key` is the student number: it stays when somebody withdraws and registers again."""
    student = values.members(registration.get("studentVedLarested"), "studentVedLarested")
    names = values.members_or_none(student.get("navn"), "navn")
    number = values.needed(student, "studentnummer")
    granted, building, room = _adapted(student, values.needed(registration, "id"), notices)
    return Enrolment(
        key=number,
        login=values.text(student, "feideBruker"),
        candidate_id=_candidate_number(registration, notices),
        name=" ".join(filter(None, (values.text(names, "fornavn"), values.text(names, "etternavn")))),
        student_number=number,
        accommodations=granted,
        building=building,
        room=room,
    )


def _candidate_number(registration: Mapping[str, Any], notices: list[str]) -> str:
    told = values.each(registration.get("kandidatinformasjon"), "kandidatinformasjon")
    numbers = {values.text(one, "kandidatnummer") for one in told} - {""}
    if len(numbers) > 1:
        notices.append(_("FS tells more than one candidate number for one person, who is held back."))
        return ""
    return numbers.pop() if numbers else ""


def _adapted(
    student: Mapping[str, Any], registration: str, notices: list[str]
) -> tuple[tuple[Accommodation, ...], str, str]:
    """Return the extra time and the room that are granted for this registration, of no other exam of the person."""
    granted, rooms = [], []
    for one in values.each(student.get("eksamenstilpasningssoknader"), "eksamenstilpasningssoknader"):
        of = values.needed(values.members(one.get("vurderingsmelding"), "vurderingsmelding"), "id")
        if not values.yes_or_no(one, "innvilget") or of != registration:
            continue
        if more := values.text(one, "ekstratid"):
            granted.append(Accommodation(AccommodationKind.DURATION, more))
        if one.get("eksamensrom") is not None:
            rooms.append(_place(values.members(one["eksamensrom"], "eksamensrom")))
    if len(set(rooms)) > 1:
        notices.append(_("FS tells more than one room for one person. None of them is taken."))
    building, room = rooms[0] if len(set(rooms)) == 1 else ("", "")
    return tuple(granted), building, room


def _place(room: Mapping[str, Any]) -> tuple[str, str]:
    name = values.text(values.members_or_none(room.get("navn"), "navn"), "und")
    building = values.members_or_none(room.get("bygning"), "bygning")
    return values.text(building, "navn"), name or values.text(room, "kode")
