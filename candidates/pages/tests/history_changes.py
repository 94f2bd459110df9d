"""What an act of the history changed, from what to what: set-up, candidate, scale."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from candidates.models import AuditEvent, Test
from candidates.text import date_words, when


def changed_scale(event: AuditEvent, whom: str) -> str:
    """Return what was changed about the scale of grades."""
    old, new = event.detail.get("old", {}), event.detail.get("new", {})
    words = {
        "scale": _("scale"),
        "graders_give_grades": _("graders give grades"),
        "max_points": _("most points"),
        "marks_due_on": _("marks are due"),
        "grades": _("grades"),
    }
    changed = [name for name in words if old.get(name) != new.get(name)]
    changes = {name: [_scale_value(name, old), _scale_value(name, new)] for name in changed}
    return _("Changed the grade scale: %(what)s") % {"what": "; ".join(_in_order(words, changes))}


def _scale_value(name: str, scale: Mapping[str, Any]) -> Any:
    one = scale.get(name)
    if name == "scale" and one in Test.Scale.values:
        return str(Test.Scale(one).label)
    if name == "marks_due_on" and one:
        return date_words(date.fromisoformat(one))
    if name == "grades":
        return ", ".join(f"{word} {points}" if points else word for word, points in one or ())
    return one


def changed_test(event: AuditEvent, whom: str) -> str:
    """Return what was changed about the set-up."""
    return _("Changed the set-up: %(what)s") % {"what": "; ".join(_field_changes(event.detail))}


def changed_candidate(event: AuditEvent, whom: str) -> str:
    """Return what was changed about a candidate."""
    changes = event.detail.get("changes", {})
    words = {
        "candidate_id": _("Candidate ID"),
        "extra_minutes": _("extra time"),
        "place": _("location"),
        "seat": _("seat"),
        "name": _("name"),
        "private_reference": _("private reference"),
    }
    return _("Changed %(whom)s: %(what)s") % {"whom": whom, "what": "; ".join(_in_order(words, changes))}


def _field_changes(changes: Mapping[str, Any]) -> list[str]:
    known = {field.name: str(field.verbose_name) for field in Test._meta.concrete_fields}
    titles = {
        "name": _("name"),
        "opens_at": _("opening"),
        "ends_at": _("end"),
        "duration_minutes": _("duration"),
        "information": _("information for candidates"),
        "questions": _("questions"),
        "is_demo": _("demo test"),
    }
    words = titles | {name: text for name, text in known.items() if name not in titles}
    return _in_order(words, changes)


def _in_order(words: Mapping[str, str], changes: Mapping[str, Any]) -> list[str]:
    """Return what was changed in the order of the words: PostgreSQL keeps none of its own."""
    return [_from_to(text, changes[name]) for name, text in words.items() if name in changes]


def _from_to(title: str, values: object) -> str:
    if not isinstance(values, list) or len(values) != 2:
        return title
    old, new = (_value(one) for one in values)
    return _("%(what)s from %(old)s to %(new)s") % {"what": title, "old": old, "new": new}


def _value(one: object) -> str:
    if isinstance(one, bool):
        return _("yes") if one else _("no")
    if one is None or one == "":
        return _("none")
    if isinstance(one, list):
        return " ".join(str(part) for part in one if part) or _("none")
    moment = _moment(one) if isinstance(one, str) else None
    return when(moment) if moment else str(one)


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
