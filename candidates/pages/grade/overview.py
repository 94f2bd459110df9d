"""The tests that somebody grades, as Grade's first page lists them: by the day when marks are due."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.access import Role, tests_of
from candidates.lifecycle.grading import Graded, graded_of
from candidates.models import User
from candidates.text import date_words, natural_key
from candidates.timing import Stage, stage_of

SHORT_NAME = 24  # characters of a test's name beside a figure


@dataclass(frozen=True, slots=True)
class GradedTest:
    """One test of the list."""

    public_id: str
    name: str
    stage: Stage
    opens_at: datetime
    due: date | None
    graded: Graded
    days_left: int | None

    @property
    def is_late(self) -> bool:
        return self.days_left is not None and self.days_left < 0 and bool(self.graded.to_grade)

    @property
    def more_to_come(self) -> bool:
        """Say whether answers may still come."""
        return self.stage != Stage.FINISHED

    @property
    def due_words(self) -> str:
        """Return how far away the day is."""
        if self.days_left is None:
            return _("more to come") if self.more_to_come else ""
        if self.is_late:
            return ngettext("%(n)d day late", "%(n)d days late", -self.days_left) % {"n": -self.days_left}
        if self.more_to_come:
            return _("more to come")
        if self.days_left == 0:
            return _("today")
        return ngettext("in %(n)d day", "in %(n)d days", self.days_left) % {"n": self.days_left}


@dataclass(frozen=True, slots=True)
class Overview:
    """All tests that somebody grades: what waits, what is ahead, and what is all marked."""

    waiting: list[GradedTest]
    coming: list[GradedTest]
    done: list[GradedTest]

    @property
    def facts(self) -> list[dict[str, object]]:
        """Return what is to be known first; nothing where nothing waits."""
        late = [one for one in self.waiting if one.is_late]
        ahead = [one for one in self.waiting if one.days_left is not None and one.days_left >= 0]
        found: list[dict[str, object]] = [
            {"term": _("To grade"), "value": sum(one.graded.to_grade for one in self.waiting)}
        ]
        if late:
            of = ngettext("of %(name)s", "of %(n)d tests", len(late))
            said = of % {"name": short_name(late[0].name), "n": len(late)}
            found.append({"term": _("Late"), "value": sum(one.graded.to_grade for one in late), "note": said})
        if ahead:
            due, name = date_words(ahead[0].due), short_name(ahead[0].name)
            found.append({"term": _("Next deadline"), "value": due, "note": name})
        return found if self.waiting else []


def short_name(name: str) -> str:
    """Return the code that the name of a test begins with, else the beginning of the name."""
    first = (name.split() or [""])[0]
    return first if any(map(str.isdigit, first)) and len(first) < SHORT_NAME else Truncator(name).chars(SHORT_NAME)


def overview_of(user: User, *, now: datetime) -> Overview:
    """Return the tests that the person grades, without demo tests; a few queries, however many there are."""
    found = tests_of(user, Role.GRADER).in_use().filter(is_demo=False).with_longest_extra()
    tests = list(found.defer("questions", "information"))
    graded, today = graded_of(tests, now=now), timezone.localdate(now)
    lines = [
        GradedTest(
            public_id=test.public_id,
            name=test.name,
            stage=stage_of(test, now=now),
            opens_at=test.window[0],
            due=test.marks_due_on,
            graded=graded.get(test.pk, Graded(0, 0)),
            days_left=(test.marks_due_on - today).days if test.marks_due_on else None,
        )
        for test in tests
    ]
    lines.sort(key=lambda one: (one.due or date.max, one.opens_at, natural_key(one.name)))
    rest = [one for one in lines if not one.graded.to_grade]
    done = [one for one in rest if one.stage == Stage.FINISHED]
    return Overview(
        waiting=[one for one in lines if one.graded.to_grade],
        coming=sorted(
            (one for one in rest if one.stage != Stage.FINISHED),
            key=lambda one: (one.opens_at, natural_key(one.name)),
        ),
        done=sorted(done, key=lambda one: one.opens_at, reverse=True),
    )
