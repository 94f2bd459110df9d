"""What graders see: Candidate IDs, submitted or not, mark and comment. No query here reads anything else (D19, P8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from candidates import audit
from candidates.access import candidates_to_grade
from candidates.candidate_ids import candidate_key
from candidates.lifecycle.grading import is_readable, mark_words
from candidates.models import Test, User
from candidates.pages.shared.searching import query_of, rank_in, searched_for
from candidates.tabular.exporting import Download, ExportFormat, download_of, file_name
from candidates.text import plain_number

TO_GRADE, MARKED, NOT_SUBMITTED = "to-grade", "marked", "not-submitted"


@dataclass(frozen=True, slots=True)
class GradeLine:
    """One candidate as graders see it."""

    public_id: str
    candidate_id: str
    key: str
    sort_key: str
    submitted: bool
    mark: Decimal | None
    grade: str
    comment: str
    marked_at: datetime | None  # what a grader has seen, for the next save; never shown

    @property
    def state(self) -> str:
        """Return on which of the three piles the candidate lies."""
        if self.mark is not None or self.grade:
            return MARKED
        return TO_GRADE if self.submitted else NOT_SUBMITTED

    @property
    def mark_text(self) -> str:
        """Return the mark as it is written: 24, 24.5, B; empty for none."""
        return mark_words(self.mark, self.grade)


@dataclass(frozen=True, slots=True)
class GradeFilter:
    """Which candidates are shown; the order is that of the Candidate ID (D27, C68), and of a search the best first."""

    q: str = ""
    show: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "GradeFilter":
        """Return the filter that an address asks for; what is not known counts as not asked (J6)."""
        show = query.get("show", "")
        return cls(
            q=searched_for(query),
            show=show if show in (TO_GRADE, MARKED, NOT_SUBMITTED) else "",
        )

    @property
    def query(self) -> str:
        """Return the filter as a query string with its question mark."""
        return f"?{query_of(self)}"

    @property
    def words(self) -> str:
        """Return what was chosen, as the caption says it."""
        chosen = [_("‘%(text)s’") % {"text": self.q} if self.q else "", state_words().get(self.show, "")]
        return ", ".join(part for part in chosen if part)


@dataclass(frozen=True)
class GradeList:
    """All candidates of a test as graders see them, and those that are shown."""

    everybody: list[GradeLine]
    found: list[GradeLine]
    wanted: GradeFilter

    @cached_property
    def shown(self) -> list[GradeLine]:
        """Return the candidates of the chosen pile."""
        return [line for line in self.found if not self.wanted.show or line.state == self.wanted.show]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many of the found ones lie on each pile."""
        states = [line.state for line in self.found]
        return {state: states.count(state) for state in (TO_GRADE, MARKED, NOT_SUBMITTED)}

    def next_after(self, sort_key: str = "", key: str = "", public_id: str = "") -> GradeLine | None:
        """Return the next candidate to grade by Candidate ID, from the first one on after the last."""
        waiting = [line for line in self.everybody if line.state == TO_GRADE and line.public_id != public_id]
        later = (line for line in waiting if (line.sort_key, line.key) > (sort_key, key))
        return next(later, next(iter(waiting), None))


def grade_list(test: Test, wanted: GradeFilter, *, now: datetime) -> GradeList:
    """Return the list of a test: one query, however many candidates there are."""
    rows = candidates_to_grade(test)
    everybody = [line_of(test, row, now=now) for row in rows]
    if not (key := candidate_key(wanted.q)):
        return GradeList(everybody, everybody, wanted)
    ranks = {line.public_id: rank_in(line.key, key) for line in everybody}
    found = [line for line in everybody if ranks[line.public_id] is not None]
    return GradeList(everybody, sorted(found, key=lambda line: ranks[line.public_id] or 0), wanted)


def line_of(test: Test, row: Mapping[str, Any], *, now: datetime) -> GradeLine:
    """Return one candidate, from the columns that access.GRADER_COLUMNS allows."""
    return GradeLine(
        public_id=row["public_id"],
        candidate_id=row["candidate_id"],
        key=row["candidate_key"],
        sort_key=row["sort_key"],
        submitted=is_readable(test=test, started_at=row["started_at"], submitted_at=row["submitted_at"], now=now),
        mark=row["mark__mark"],
        grade=row["mark__grade"] or "",
        comment=row["mark__comment"] or "",
        marked_at=row["mark__marked_at"],
    )


def download_marks(test: Test, lines: Sequence[GradeLine], wanted: ExportFormat, *, by: User) -> Download:
    """Return the shown rows as a file, recorded before it is made."""
    audit.record(audit.Action.MARKS_DOWNLOADED, by=by, test=test, count=len(lines))
    submitted, missing = _("Submitted"), _("Not submitted")
    head = [_("Candidate ID"), _("Submission"), _("Mark"), _("Comment")]
    rows = (
        (
            line.candidate_id,
            submitted if line.submitted else missing,
            line.mark_text if line.mark is None else line.mark,
            line.comment,
        )
        for line in lines
    )
    return download_of(file_name(test, "marks", ending=wanted.value), [head, *rows], wanted, sheet=_("Marks"))


def state_words() -> dict[str, str]:
    """Return the names of the three piles."""
    return {TO_GRADE: _("To grade"), MARKED: _("Marked"), NOT_SUBMITTED: _("Not submitted")}


def mark_head(*, given: bool, most: Decimal | None) -> str:
    """Return the name of the mark: with the most points, where graders do not give grades."""
    return _("Mark") if given or most is None else _("Mark (of %(most)s)") % {"most": plain_number(most)}
