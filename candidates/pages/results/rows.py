"""The results of a test: marks joined with the people whose they are, and how far grading is. For planners alone."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from statistics import mean, median
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.lifecycle.grading import graders_of, marks_of, spare_logins_of
from candidates.lifecycle.scales import Scale, scale_of
from candidates.models import Test, User
from candidates.pages.shared.candidate_lines import SSO, CandidateLine, lines_of
from candidates.pages.shared.finding import Sought
from candidates.pages.shared.searching import known, query_of, searched_for
from candidates.tabular.exporting import Download, ExportFormat, download_of, file_name
from candidates.text import natural_key, plain_number, zone

TO_GRADE, MARKED, NOT_SUBMITTED = "to-grade", "marked", "not-submitted"
GRADE = "grade:"  # in front of a grade of the scale, so that no grade can be taken for one of the three
SORTS = ("id", "name", "points", "grade")


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One candidate with what came of the test; `grade` is the given one, or what the scale makes of the points."""

    candidate: CandidateLine
    points: Decimal | None
    grade: str
    comment: str
    marked_by: str
    marked_at: datetime | None
    handed_in: bool
    is_spare: bool

    @property
    def is_marked(self) -> bool:
        return self.points is not None or bool(self.grade)

    @property
    def state(self) -> str:
        """Return on which of the three piles the candidate lies."""
        if self.is_marked:
            return MARKED
        return TO_GRADE if self.handed_in else NOT_SUBMITTED

    @property
    def points_text(self) -> str:
        return plain_number(self.points)


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Which candidates are shown in which order; every value comes from an allow-list or is only searched for."""

    q: str = ""
    show: str = ""
    sort: str = "id"
    who: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], scale: Scale) -> "ResultFilter":
        """Return the filter that an address asks for; what is not known counts as not asked (J6)."""
        shown = (TO_GRADE, MARKED, NOT_SUBMITTED, *(GRADE + word for word in scale.words))
        return cls(
            q=searched_for(query),
            show=known(query.get("show", ""), shown),
            sort=known(query.get("sort", ""), [*SORTS, *(f"-{name}" for name in SORTS)]) or "id",
            who=known(query.get("who", ""), ("1",)),
        )

    @property
    def query(self) -> str:
        """Return the filter as a query string with its question mark."""
        return f"?{query_of(self)}"

    @property
    def words(self) -> str:
        """Return what was chosen, as the caption says it."""
        shown = state_words().get(self.show) or self.show.removeprefix(GRADE)
        return ", ".join(part for part in (_("‘%(text)s’") % {"text": self.q} if self.q else "", shown) if part)

    @property
    def order(self) -> str:
        """Return the order as the caption says it."""
        orders = {"id": _("by Candidate ID"), "name": _("by name"), "points": _("by points"), "grade": _("by grade")}
        return orders[self.sort.lstrip("-")]

    def chosen(self, lines: Sequence[ResultLine], scale: Scale) -> list[ResultLine]:
        """Return the lines that match, in order; equal ones by Candidate ID, who has no value last."""
        found = [line for line in lines if self._wants(line)]
        if self.q:
            matches = Sought.of(self.q).matches([line.candidate.who for line in found])
            hits = [(match.rank, line) for line, match in zip(found, matches, strict=True) if match is not None]
            found = [line for _rank, line in sorted(hits, key=lambda hit: hit[0])]
        return _sorted(found, self.sort, scale)

    def _wants(self, line: ResultLine) -> bool:
        if self.show.startswith(GRADE):
            return line.grade == self.show.removeprefix(GRADE)
        return not self.show or line.state == self.show


def _sorted(lines: list[ResultLine], sort: str, scale: Scale) -> list[ResultLine]:
    positions = {word: position for position, word in enumerate(scale.words)}
    keys: dict[str, Callable[[ResultLine], Any]] = {
        "name": lambda line: natural_key(line.candidate.name) if line.candidate.name else None,
        "points": lambda line: line.points,
        "grade": lambda line: positions.get(line.grade) if line.is_marked else None,
    }
    down = sort.startswith("-")
    if (by := keys.get(sort.lstrip("-"))) is None:
        return lines[::-1] if down else lines
    with_one = [line for line in lines if by(line) is not None]
    return sorted(with_one, key=by, reverse=down) + [line for line in lines if by(line) is None]


@dataclass(frozen=True)
class Results:
    """All candidates of a test with their marks, and those that are shown."""

    test: Test
    scale: Scale
    everybody: list[ResultLine]
    shown: list[ResultLine]
    wanted: ResultFilter
    graders: list[tuple[str, int]]

    @cached_property
    def counts(self) -> Counter[str]:
        """Return how many lie on each of the three piles."""
        return Counter(line.state for line in self.everybody)

    @property
    def marked(self) -> int:
        return self.counts[MARKED]

    @property
    def to_grade(self) -> int:
        return self.counts[TO_GRADE]

    @property
    def not_submitted(self) -> int:
        return self.counts[NOT_SUBMITTED]

    @property
    def handed_in(self) -> int:
        """Return how many there are to mark, marked ones too."""
        return self.marked + self.to_grade

    @property
    def has_points(self) -> bool:
        """Say whether the table has a column of points."""
        return not self.scale.graders_give_grades

    @cached_property
    def grades(self) -> list[tuple[str, str, int]]:
        """Return the grades from the best one, from which points each is given, and how many have it."""
        counts = Counter(line.grade for line in self.everybody)
        return [
            (
                grade.word,
                plain_number(grade.from_points) or ("" if self.scale.graders_give_grades else "0"),
                counts[grade.word],
            )
            for grade in self.scale.grades
        ]

    @property
    def scale_words(self) -> str:
        """Return the scale as the heading of its panel says it."""
        label = str(self.scale.kind.label)
        if self.scale.graders_give_grades:
            return _("Scale: %(scale)s, given by graders") % {"scale": label}
        if self.scale.max_points is None:
            return _("Scale: %(scale)s") % {"scale": label}
        words = (
            _("Scale: %(most)s points")
            if self.scale.kind == Test.Scale.POINTS
            else _("Scale: %(scale)s, from %(most)s points")
        )
        return words % {"scale": label, "most": plain_number(self.scale.max_points)}

    @property
    def points_head(self) -> str:
        """Return the head of the column of points."""
        if self.scale.max_points is None:
            return _("Points")
        return _("Points (of\u00a0%(most)s)") % {"most": plain_number(self.scale.max_points)}

    @cached_property
    def most_of_a_grade(self) -> int:
        return max((count for _word, _points, count in self.grades), default=0) or 1

    @cached_property
    def spread(self) -> dict[str, str]:
        """Return average, median and range of the points; nothing without any."""
        points = sorted(line.points for line in self.everybody if line.points is not None)
        if not points:
            return {}
        return {
            "average": plain_number(round(Decimal(mean(points)), 1)),
            "median": plain_number(round(Decimal(median(points)), 1)),
            "lowest": plain_number(points[0]),
            "highest": plain_number(points[-1]),
        }

    @property
    def graders_words(self) -> str:
        """Return who marked how many, those who have marked none as well; empty where nobody grades."""
        said = (
            ngettext("%(name)s marked %(n)d", "%(name)s marked %(n)d", count) % {"name": name, "n": count}
            for name, count in self.graders
        )
        return f"{found}." if (found := " · ".join(said)) else ""

    @property
    def shows_references(self) -> bool:
        return any(line.candidate.private_reference for line in self.shown)


def results_of(test: Test, query: Mapping[str, str], *, now: datetime) -> Results:
    """Return the results of a test: a few queries, however many candidates there are."""
    scale = scale_of(test)
    wanted = ResultFilter.of(query, scale)
    everybody = _lines(test, scale, now)
    return Results(test, scale, everybody, wanted.chosen(everybody, scale), wanted, _graders(test, everybody))


def _lines(test: Test, scale: Scale, now: datetime) -> list[ResultLine]:
    marks, spares = marks_of(test), spare_logins_of(test)
    return [
        ResultLine(
            candidate=line,
            points=mark.points if (mark := marks.get(line.public_id)) else None,
            grade=scale.grade_of(mark.points, mark.grade) if mark else "",
            comment=mark.comment if mark else "",
            marked_by=mark.by if mark else "",
            marked_at=mark.at if mark else None,
            handed_in=line.submitted_at is not None or (line.started_at is not None and now >= line.ends_at),
            is_spare=line.public_id in spares,
        )
        for line in lines_of(test)
    ]


def _graders(test: Test, lines: Iterable[ResultLine]) -> list[tuple[str, int]]:
    """Return who marked how many, who marked most first; graders of the test who have marked none yet as well."""
    counts = Counter(line.marked_by for line in lines if line.is_marked)
    names = dict.fromkeys([*graders_of(test), *(name for name in counts if name)])
    return sorted(((name, counts[name]) for name in names), key=lambda one: (-one[1], natural_key(one[0])))


def download_results(results: Results, wanted: ExportFormat, *, by: User) -> Download:
    """Return the shown rows as a file, in the order of the page; recorded before it is made."""
    detail = {"format": wanted.value, "filtered": bool(results.wanted.words)}
    audit.record(audit.Action.RESULTS_DOWNLOADED, by=by, test=results.test, count=len(results.shown), detail=detail)
    zone_words = zone()
    words = state_words()
    # Not translated: scripts of registers go by these names.
    head = ["Candidate ID", "Name", "Private reference", "SSO user ID", "Username", "State"]
    head += [*(["Points"] if results.has_points else []), *(["Grade"] if results.scale.grades else [])]
    head += ["Comment", "Marked by", "Marked"]
    rows = (
        [
            line.candidate.candidate_id,
            line.candidate.name,
            line.candidate.private_reference,
            line.candidate.sso_user_id,
            "" if line.candidate.kind == SSO else line.candidate.login,
            words[line.state],
            *([line.points] if results.has_points else []),
            *([line.grade] if results.scale.grades else []),
            line.comment,
            line.marked_by,
            f"{timezone.localtime(line.marked_at):%Y-%m-%d %H:%M} {zone_words}" if line.marked_at else "",
        ]
        for line in results.shown
    )
    return download_of(file_name(results.test, "results", ending=wanted.value), [head, *rows], wanted, sheet="Results")


def state_words() -> dict[str, str]:
    """Return the names of the three piles."""
    return {TO_GRADE: _("To grade"), MARKED: _("Marked"), NOT_SUBMITTED: _("Not submitted")}
