"""What the pages about a test's student system show: exams to choose from, what would change, and the panel."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import type_label
from candidates.lifecycle.spares import people_on
from candidates.models import RosterConnection, Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.roster.forms import JOINS, LEAVES, NOTHING
from candidates.pages.shared.student_system import (
    exam_name,
    label_of,
    next_words,
    registered_words,
    trouble_words,
    waiting,
)
from candidates.rosters.connecting import is_over, proposed
from candidates.rosters.fields import Owned
from candidates.rosters.plan import Change
from candidates.rosters.planning import latest_plan
from candidates.rosters.roster_plan import Line, RosterPlan
from candidates.rosters.source import Exam
from candidates.rosters.sources import setups
from candidates.rosters.stored import exam_from_json
from candidates.text import minutes_words, when
from candidates.timing import stage_of

MAX_SHOWN = 100
"""People of a group that are shown at first."""
MAX_BOXES = 300
"""Of a group, that can be ticked without the script: the server takes 1000 fields."""


@dataclass(frozen=True, slots=True)
class ExamRow:
    """One exam of a student system to choose."""

    key: str
    name: str
    when: str
    place: str
    registered: str
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One person of the plan as the page shows it."""

    line: Line
    changes: tuple[tuple[str, str, str], ...]  # what, before, after
    extra: str
    label: str
    notes: tuple[str, ...]
    owned: tuple["OwnedLine", ...]
    by_script: bool = False


@dataclass(frozen=True, slots=True)
class OwnedLine:
    """One value that somebody changed here: the sentence, and how it is given back."""

    text: str
    button: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """The people of one group, those of them that are shown."""

    key: str
    heading: str
    caption: str
    lines: Sequence[PlanLine]
    total: int
    all_label: str

    @property
    def columns(self) -> int:
        """Return how many columns a sentence under a row takes."""
        return 5 if self.key == "join" else 4

    @property
    def more(self) -> bool:
        """Tell whether there are more than are shown."""
        return self.total > len(self.lines)


def exam_row(exam: Exam) -> ExamRow:
    """Return an exam as a planner chooses it."""
    times = [when(exam.opens) if exam.opens else "", when(exam.ends) if exam.ends else ""]
    words = " – ".join(filter(None, times)) or _("No time there yet")
    if exam.minutes:
        words += f", {minutes_words(exam.minutes)}"
    return ExamRow(
        key=exam.key,
        name=exam_name(exam),
        when=words,
        place=exam.place,
        registered="" if exam.expected is None else str(exam.expected),
        is_cancelled=exam.is_cancelled,
    )


def changes_page(
    test: Test, connection: RosterConnection, *, ticked: Collection[str] | None, show_all: bool
) -> dict[str, Any]:
    """Return everything that the page of changes shows; a constant number of queries."""
    plan = latest_plan(test, ticked=ticked)
    label = label_of(connection.source)
    exam = exam_from_json(connection.exam)
    page: dict[str, Any] = {
        "label": label,
        "stage": stage_of(test),
        "exam": exam_name(exam),
        "place": exam.place,
        "registered": registered_words(exam, plan),
        "looked": when(connection.looked_at) if connection.looked_at else "",
        "following": next_words(connection, over=is_over(test)),
        "is_over": is_over(test),
        "trouble": trouble_words(connection),
        "held_up": connection.held_up,
        "applies": LEAVES if connection.removes_itself else JOINS if connection.applies_itself else NOTHING,
        "groups": [],
        "waits": 0,
        "heading": _("Not looked at yet"),
    }
    if plan is None:
        return page
    after = people_on([test])[test.pk] + _ticked(plan.join) - _ticked(plan.leave)
    groups = [
        _group("join", plan.join, show_all, _join_caption(connection)),
        _group("change", plan.change, show_all, _change_caption(label)),
        _group("leave", plan.leave, show_all, _leave_caption(test)),
    ]
    shown = [one.line.key for group in groups for one in group.lines if not one.by_script]
    waits = waiting(plan)
    held = _group("held", plan.held, show_all, _held_caption(label))
    refused = _group(
        "refused", plan.refused, show_all, _("Something stands against them. Mend it there or here, then look again.")
    )
    withdrawn = _group("withdrawn", [one for one in plan.stay if one.is_withdrawn], show_all, _withdrawn_caption(label))
    ours = _group("ours", [one for one in plan.stay if one.owned], show_all, _ours_caption(label))
    return page | {
        "plan": plan,
        "waits": waits,
        "count": plan.count,
        "heading": _heading(waits, label),
        "facts": _facts(plan, after, withdrawn.total),
        "groups": [group for group in groups if group.total],
        "others": [group for group in (held, refused, withdrawn, ours) if group.total],
        "shown": ",".join(shown),
        "not_shown": plan.count - sum(one.line.is_ticked for group in groups for one in group.lines),
        "proposals": _proposals(test, exam),
        "submit": ngettext("Apply %(n)d change", "Apply %(n)d changes", plan.count) % {"n": plan.count},
        "brake": brake_words(plan),
        "brake_reason": brake_reason(plan),
    }


def _ticked(lines: Sequence[Line]) -> int:
    return sum(line.is_ticked for line in lines)


def _heading(waits: int, label: str) -> str:
    if not waits:
        return _("No changes from %(label)s") % {"label": label}
    words = ngettext("%(n)d change from %(label)s", "%(n)d changes from %(label)s", waits)
    return words % {"n": waits, "label": label}


def _facts(plan: RosterPlan, after: int, withdrawn: int) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    for term, lines in ((_("Would join"), plan.join), (_("Would change"), plan.change), (_("Would leave"), plan.leave)):
        note = "" if _ticked(lines) == len(lines) else _("of %(n)d") % {"n": len(lines)}
        facts.append({"term": term, "value": _ticked(lines), "note": note})
    facts.append({"term": _("Held back"), "value": len(plan.held)})
    if plan.refused:
        facts.append({"term": _("Refused"), "value": len(plan.refused), "shape": "is-fail"})
    if withdrawn:
        facts.append({"term": _("Withdrawn, kept"), "value": withdrawn})
    note = _("of %(n)d") % {"n": MAX_CANDIDATES}
    return [*facts, {"term": _("On the test afterwards"), "value": after, "note": note}]


def brake_words(plan: RosterPlan) -> str:
    """Return what has to be said twice, "" where few leave."""
    if not plan.must_be_confirmed:
        return ""
    gone = _ticked(plan.leave)
    if plan.is_empty:
        return _("Yes, nobody is registered any more: take %(n)d off the test") % {"n": gone}
    return _("Yes, %(n)d leave the test") % {"n": gone}


def brake_reason(plan: RosterPlan) -> str:
    """Return why it has to be said twice."""
    if plan.is_empty:
        return _("The student system says that nobody is registered. Tick the box only if that is right.")
    found = {"n": settings.ROSTER_BRAKE_PEOPLE, "percent": settings.ROSTER_BRAKE_PERCENT}
    return _("More than %(n)d, or more than %(percent)d %%, would leave. Tick the box if that is right.") % found


def _group(key: str, lines: Sequence[Line], show_all: bool, caption: str) -> Group:
    shown = lines if show_all else lines[:MAX_SHOWN]
    made = [_line(key, line, by_script=place >= MAX_BOXES) for place, line in enumerate(shown)]
    every = {
        "join": _("Add all %(n)d"),
        "change": _("Change all %(n)d"),
        "leave": _("Take out all %(n)d"),
    }.get(key, "%(n)d")
    label = every if len(made) == len(lines) else _("The %(n)d that are shown")
    heading = {
        "join": _("Would join %(n)d"),
        "change": _("Would change %(n)d"),
        "leave": _("Would leave %(n)d"),
        "held": _("Held back %(n)d"),
        "refused": _("Refused %(n)d"),
        "withdrawn": _("Withdrawn at the source, kept %(n)d"),
        "ours": _("Changed here %(n)d"),
    }[key]
    return Group(key, heading % {"n": len(lines)}, caption, made, len(lines), label % {"n": len(made)})


def _line(key: str, line: Line, *, by_script: bool) -> PlanLine:
    box = {"join": _("Add %(id)s"), "change": _("Change %(id)s"), "leave": _("Take out %(id)s")}.get(key, "%(id)s")
    extra = next((one.new for one in line.changes if one.field == "extra_minutes"), "") if key == "join" else ""
    return PlanLine(
        line=line,
        changes=tuple(_change(one) for one in line.changes) if key == "change" else (),
        extra=str(extra or ""),
        label=box % {"id": line.candidate_id or line.name or line.student_number},
        notes=(*line.open, *_less_time(line)),
        owned=tuple(_owned(line, one) for one in line.owned if key != "leave"),
        by_script=by_script,
    )


def _less_time(line: Line) -> Iterator[str]:
    for one in line.changes:
        if one.field == "extra_minutes" and int(str(one.new or 0)) < int(str(one.old or 0)):
            yield _("Less extra time than now: look twice.")


def _owned(line: Line, one: Owned) -> OwnedLine:
    told, here = shown(one.field, one.told), shown(one.field, one.here)
    text = _("%(what)s comes from there (%(told)s); changed here, and yours is kept (%(here)s).")
    return OwnedLine(
        text=text % {"what": field_label(one.field), "told": told, "here": here},
        button=_("Take %(told)s") % {"told": told},
        value=f"{line.public_id}:{one.field}",
    )


def _change(change: Change) -> tuple[str, str, str]:
    return field_label(change.field), shown(change.field, change.old), shown(change.field, change.new)


def field_label(field: str) -> str:
    """Return what a value is called."""
    return {
        "candidate_id": _("Candidate ID"),
        "extra_minutes": _("Extra time"),
        "place": _("Room"),
        "name": _("Name"),
        "private_reference": _("Student number"),
        "sso_user_id": _("SSO user ID"),
        "seat": _("Seat"),
    }[field]


def shown(field: str, value: object) -> str:
    """Return a value as people read it."""
    if isinstance(value, tuple | list):
        return " ".join(filter(None, value)) or _("none")
    if field == "extra_minutes":
        return _("%(n)s min") % {"n": value} if value else _("none")
    return str(value or "") or _("none")


def _proposals(test: Test, exam: Exam) -> list[str]:
    """Return what the exam says of times that is not as the test has it."""
    values = proposed(exam)
    terms: dict[str, tuple[str, Callable[[Any], str]]] = {
        "opens_at": (_("opens"), when),
        "ends_at": (_("ends"), when),
        "duration_minutes": (_("duration"), minutes_words),
    }
    return [
        f"{word} {words(values[name])}"
        for name, (word, words) in terms.items()
        if values.get(name) and values[name] != getattr(test, name)
    ]


def _join_caption(connection: RosterConnection) -> str:
    setup = setups().get(connection.source)
    if not setup or not setup["authentication_type"]:
        return _("Registered there and not on the test.")
    kind = type_label(setup["authentication_type"])
    return _("Registered there and not on the test. They log in with %(kind)s.") % {"kind": kind}


def _change_caption(label: str) -> str:
    return _("What stands here → what stands in %(label)s. Seats and logins stay.") % {"label": label}


def _leave_caption(test: Test) -> str:
    words = _("Nobody who has started is removed: they are marked as withdrawn, and what they wrote is kept.")
    return f"{words} {_('Logins of who leaves stop working at once.')}" if test.is_activated else words


def _held_caption(label: str) -> str:
    words = _("They come by themselves among “Would join” as soon as %(label)s says what is missing.")
    return words % {"label": label}


def _refused_caption() -> str:
    return _("Something stands against them. Mend it there or here, then look again.")


def _withdrawn_caption(label: str) -> str:
    return _("No longer registered in %(label)s. They had started, so they stay, with all answers.") % {"label": label}


def _ours_caption(label: str) -> str:
    return _("What stands here is kept, whatever %(label)s says, until you take its value again.") % {"label": label}
