"""What the preview of a complete list shows: who would join, change and leave, and who stays, each with why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import type_label
from candidates.lifecycle.spares import people_on
from candidates.models import Candidate, Import, Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.rosters.complete import CompleteReport
from candidates.rosters.plan import Change, Entry, Plan, Why

MAX_SHOWN = 100
"""People of a group that are shown at first."""
FEW = 8
"""So many of those who stay are shown, whatever the reason."""
USUAL = (Why.OTHER_KIND, Why.SAME)
"""Why most stay: they are named where somebody asks for all."""
MAX_BOXES = 300
"""Of a group, that can be ticked without the script: the server takes 1000 fields, and cells to mend are among them."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One person of a group: the key of the tick, who it is, what changes, and why."""

    key: str
    candidate_id: str
    name: str
    person: str
    place: str
    extra: str
    changes: tuple[tuple[str, str, str], ...]  # what, before, after
    why: str
    ticked: bool
    label: str
    by_script: bool = False  # the box works with the script alone


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """The people of one group, those of them that are shown, and whether their boxes are there."""

    key: str
    heading: str
    caption: str
    lines: Sequence[PlanLine]
    total: int
    all_label: str = ""
    has_people: bool = False

    @property
    def more(self) -> bool:
        """Tell whether there are more than are shown."""
        return self.total > len(self.lines)


def offers_complete(draft: Import, test: Test) -> bool:
    """Tell whether the list may be the complete one: of a kind that is uploaded, and with somebody who could leave."""
    if draft.kind not in (Import.Kind.ONE_TIME, Import.Kind.SSO):
        return False
    return draft.is_complete or test.candidates.filter(kind=draft.kind, is_spare=False).exists()


def complete_words(draft: Import, test: Test) -> dict[str, str]:
    """Return the box by which a list is said to be complete, and what that means."""
    label = _("This file is the complete list") if draft.file_name else _("These rows are the complete list")
    if draft.kind == Import.Kind.SSO:
        kind = type_label(draft.authentication_type)
        text = _("Whoever is on the test with %(kind)s and not in it would leave. One-time and permanent users stay.")
        return {"complete_label": label, "complete_help": text % {"kind": kind}}
    text = _("Whoever is on the test as a one-time user and not in it would leave. SSO and permanent users stay.")
    return {"complete_label": label, "complete_help": text}


def plan_page(draft: Import, test: Test, report: CompleteReport, *, show_all: bool) -> dict[str, Any]:
    """Return the part of the preview that shows the plan."""
    plan = report.plan
    groups = [
        _group("join", plan.join, show_all, caption=_join_caption(draft)),
        _group("change", plan.change, show_all, caption=_("What stands here → what the list says. Logins stay.")),
        _group("leave", plan.leave, show_all, caption=_leave_caption(draft, test)),
    ]
    boxes = [line.key for group in groups for line in group.lines if not line.by_script]
    return {
        "plan_groups": [group for group in groups if group.total],
        "plan_stay": _group("stay", _in_order(plan.stay), show_all, caption=_stay_caption(plan)),
        "plan_shown": ",".join(boxes),
        "brake": brake_words(report),
        "removing": len(plan.leaving),
    }


def plan_facts(usual: Sequence[dict[str, Any]], test: Test, report: CompleteReport) -> list[dict[str, Any]]:
    """Return the figures on top: rows, what is wrong with them, and the groups of the plan with those ticked."""
    plan = report.plan
    groups = ((_("Would join"), plan.join), (_("Would change"), plan.change), (_("Would leave"), plan.leave))
    facts = [usual[0], *(fact for fact in usual[1:-1] if fact.get("shape") or fact["term"] == _("Left out"))]
    for term, entries in groups:
        ticked = sum(entry.ticked for entry in entries)
        note = "" if ticked == len(entries) else _("of %(n)d") % {"n": len(entries)}
        facts.append({"term": term, "value": ticked, "note": note})
    after = people_on([test])[test.pk] + len(report.ready) - len(report.leaving)
    facts.append({"term": _("Stay as they are"), "value": len(plan.stay)})
    facts.append({"term": _("On the test afterwards"), "value": after, "note": _("of %(n)d") % {"n": MAX_CANDIDATES}})
    return facts


def brake_words(report: CompleteReport) -> str:
    """Return what has to be said twice, "" where few leave."""
    if not report.is_braked:
        return ""
    found = {"n": len(report.leaving), "of": report.plan.people}
    return _("Yes, remove %(n)d of %(of)d: the list is complete") % found


def brake_reason() -> str:
    """Return from how many on it is asked."""
    found = {"n": settings.ROSTER_BRAKE_PEOPLE, "percent": settings.ROSTER_BRAKE_PERCENT}
    return _("More than %(n)d, or more than %(percent)d %%, would be removed. Tick the box if that is right.") % found


def _group(key: str, entries: Sequence[Entry], show_all: bool, *, caption: str) -> PlanGroup:
    shown = entries if show_all else entries[:MAX_SHOWN]
    if key == "stay" and not show_all and len(entries) > FEW:
        shown = [entry for entry in shown if entry.why not in USUAL]
    lines = [_line(key, entry, by_script=place >= MAX_BOXES) for place, entry in enumerate(shown)]
    every = len(lines) == len(entries)
    return PlanGroup(
        key=key,
        heading=_heading(key) % {"n": len(entries)},
        caption=caption,
        lines=lines,
        total=len(entries),
        all_label=(_all_label(key) if every else _("The %(n)d that are shown")) % {"n": len(lines)},
        has_people=any(line.person for line in lines),
    )


def _heading(key: str) -> str:
    return {
        "join": _("Would join %(n)d"),
        "change": _("Would change %(n)d"),
        "leave": _("Would leave %(n)d"),
        "stay": _("Stay as they are %(n)d"),
    }[key]


def _all_label(key: str) -> str:
    return {
        "join": _("Add all %(n)d"),
        "change": _("Change all %(n)d"),
        "leave": _("Remove all %(n)d"),
        "stay": "%(n)d",
    }[key]


def _box_label(key: str) -> str:
    return {
        "join": _("Add %(id)s"),
        "change": _("Change %(id)s"),
        "leave": _("Remove %(id)s"),
        "stay": "%(id)s",
    }[key]


def _line(key: str, entry: Entry, *, by_script: bool) -> PlanLine:
    now, new = entry.standing.present if entry.standing else None, entry.listed
    candidate_id = now.candidate_id if now else new.candidate_id if new else ""
    extra = (new.extra_minutes if new else None) or 0
    return PlanLine(
        key=entry.key,
        candidate_id=candidate_id,
        name=now.name if now else new.name if new else "",
        person=new.person if new else "",
        place=" ".join(filter(None, (new.place if new else None) or ())),
        extra=str(extra or ""),
        changes=tuple(_change(change) for change in entry.changes) if key == "change" else (),
        why=_why(entry),
        ticked=entry.ticked,
        label=_box_label(key) % {"id": candidate_id},
        by_script=by_script,
    )


def _change(change: Change) -> tuple[str, str, str]:
    labels = {
        "candidate_id": _("Candidate ID"),
        "extra_minutes": _("Extra time"),
        "place": _("Location"),
        "name": _("Name"),
        "private_reference": _("Private reference"),
        "seat": _("Seat"),
    }
    return labels[change.field], _shown(change.field, change.old), _shown(change.field, change.new)


def _shown(field: str, value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(filter(None, value)) or _("none")
    if field == "extra_minutes":
        return _("%(n)s min") % {"n": value} if value else _("none")
    return str(value) or _("none")


def _why(entry: Entry) -> str:
    sentences: Mapping[Why, str] = {
        Why.NEW: _("Not on the test"),
        Why.DIFFERS: "",
        Why.ABSENT: _("Not in the list"),
        Why.SAME: _("In the list, and as it says"),
        Why.STARTED: _("Has started, so keeps %(what)s"),
        Why.ABSENT_STARTED: _("Not in the list, but has started: stays, and what they wrote is kept"),
        Why.ABSENT_ONLINE: _("Not in the list, but is logged in now: can leave three minutes after they log out"),
        Why.ABSENT_FINISHED: _("Not in the list, but the test has ended"),
        Why.OTHER_KIND: _("Logs in in another way: the list says nothing about them"),
        Why.SPARED: _("Named in a row that is left out or has a problem"),
    }
    sentence = sentences[entry.why]
    if entry.why == Why.STARTED:
        return sentence % {"what": ", ".join(f"{what} {old}" for what, old, _new in map(_change, entry.changes))}
    return sentence


def _in_order(stay: Iterable[Entry]) -> list[Entry]:
    """Return who stays, first those whom a person may wonder about; the others in their order."""
    return sorted(stay, key=lambda entry: USUAL.index(entry.why) + 1 if entry.why in USUAL else 0)


def _join_caption(draft: Import) -> str:
    return _("In the list and not on the test.")


def _leave_caption(draft: Import, test: Test) -> str:
    said = [
        _("On the test as one-time users and not in the list.")
        if draft.kind == Candidate.Kind.ONE_TIME
        else _("On the test with this authentication type and not in the list.")
    ]
    if test.is_activated and draft.kind == Candidate.Kind.ONE_TIME:
        said.append(_("Their login details stop working at once."))
    said.append(_("Nobody who has started is removed."))
    return " ".join(said)


def _stay_caption(plan: Plan) -> str:
    """Return how many stay for which reason."""
    count = {why: sum(entry.why == why for entry in plan.stay) for why in Why}
    kept = count[Why.ABSENT_STARTED] + count[Why.ABSENT_ONLINE]
    said = [
        (
            kept,
            ngettext(
                "%(n)d is not in the list and stays all the same: has started, or is logged in.",
                "%(n)d are not in the list and stay all the same: they have started, or are logged in.",
                kept,
            ),
        ),
        (
            count[Why.SAME],
            ngettext(
                "%(n)d is in the list, and nothing changes.",
                "%(n)d are in the list, and nothing changes.",
                count[Why.SAME],
            ),
        ),
        (
            count[Why.OTHER_KIND],
            ngettext(
                "%(n)d logs in in another way: the list says nothing about that.",
                "%(n)d log in in another way: the list says nothing about them.",
                count[Why.OTHER_KIND],
            ),
        ),
    ]
    return " ".join(words % {"n": n} for n, words in said if n)
