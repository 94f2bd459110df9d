"""What several pages say about the student system that a test takes its candidates from."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.models import RosterConnection, Test
from candidates.rosters.connecting import connection_of, is_over
from candidates.rosters.planning import latest_plan
from candidates.rosters.roster_plan import RosterPlan
from candidates.rosters.source import Exam
from candidates.rosters.sources import setups
from candidates.rosters.stored import exam_from_json
from candidates.text import ago, day, when


@dataclass(frozen=True, slots=True)
class Panel:
    """What the page of a test says about its student system."""

    label: str
    title: str
    registered: str
    looked: str
    following: str
    waits: int
    held: int
    words: str
    trouble: str
    is_over: bool
    brought: int
    changed_here: int

    @property
    def waits_words(self) -> str:
        """Return in a sentence what waits, and what is held back."""
        return waits_words(self.waits, self.held)


def label_of(source: str) -> str:
    """Return what a student system is called, its slug where the settings no longer have it."""
    setup = setups().get(source)
    return setup["label"] if setup else source


def exam_name(exam: Exam) -> str:
    """Return the course code and the title, the code once."""
    return exam.title if exam.code and exam.code in exam.title else " ".join(filter(None, (exam.code, exam.title)))


def usable_sources() -> list[tuple[str, str]]:
    """Return the student systems whose settings are complete: slug and label."""
    return [(slug, one["label"]) for slug, one in setups().items() if not one["problems"]]


def can_be_connected(test: Test) -> bool:
    """Say whether a planner can connect a test: there is a student system, and the test still takes candidates."""
    return not test.is_demo and not is_over(test) and bool(usable_sources())


def panel_of(test: Test) -> Panel | None:
    """Return the panel of a test's page, None where it takes its candidates from nowhere; a few queries."""
    connection = connection_of(test)
    if connection is None:
        return None
    plan = latest_plan(test)
    exam = exam_from_json(connection.exam)
    over = is_over(test)
    return Panel(
        label=label_of(connection.source),
        title=exam_name(exam),
        registered=registered_words(exam, plan),
        looked=when(connection.looked_at) if connection.looked_at else _("Not yet"),
        following=next_words(connection, over=over),
        waits=0 if plan is None or over else waiting(plan),
        held=len(plan.held) + len(plan.refused) if plan else 0,
        words=_applying_words(connection),
        trouble=trouble_words(connection),
        is_over=over,
        brought=len(plan.work.key_of) if plan else 0,
        changed_here=sum(bool(line.owned) for line in (*plan.change, *plan.stay)) if plan else 0,
    )


def waits_words(waits: int, held: int) -> str:
    """Return in a sentence what waits, and what is held back."""
    said = []
    if waits:
        said.append(ngettext("%(n)d change waits.", "%(n)d changes wait.", waits) % {"n": waits})
    elif held:
        said.append(_("Nothing to apply."))
    if held:
        said.append(ngettext("%(n)d is held back.", "%(n)d are held back.", held) % {"n": held})
    return " ".join(said)


def waiting(plan: RosterPlan) -> int:
    """Return how many changes a planner can apply, ticked or not."""
    return len(plan.join) + len(plan.change) + len(plan.leave)


def registered_words(exam: Exam, plan: RosterPlan | None) -> str:
    """Return when the exam is there, and how many are registered."""
    parts = [day(exam.opens) if exam.opens else ""]
    if plan is not None:
        parts.append(_("%(n)d registered") % {"n": plan.people})
    return ", ".join(filter(None, parts))


def trouble_words(connection: RosterConnection) -> str:
    """Return why the last look failed and how old the last good one is, "" where it worked."""
    if connection.source not in setups():
        return _("The settings of this installation no longer have this student system. Everybody stays on the test.")
    if not connection.last_error:
        return ""
    said = _("The last try failed %(when)s. %(why)s") % {
        "when": when(connection.failed_at),
        "why": connection.last_error,
    }
    if connection.looked_at is None:
        return said
    good = _("The last good look was %(when)s (%(ago)s): it is shown, and nothing changes by itself meanwhile.")
    return f"{said} {good % {'when': when(connection.looked_at), 'ago': ago(connection.looked_at)}}"


def next_words(connection: RosterConnection, *, over: bool) -> str:
    """Return when the student system is asked next."""
    if over:
        return _("Not any more: the test has ended")
    if connection.next_look_at <= timezone.now():
        return _("Within minutes")
    return when(connection.next_look_at)


def _applying_words(connection: RosterConnection) -> str:
    if connection.removes_itself:
        return _("Changes are applied by itself, also who leaves.")
    if connection.applies_itself:
        return _("Who joins and what changes is applied by itself.")
    return _("Nothing changes on the test before a planner applies it.")
