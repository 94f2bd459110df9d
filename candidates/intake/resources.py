"""One-time candidates as django-import-export maps, checks and reports them; what it stores goes through the door.

What this class changes of the library's defaults, and why, stands in traps.md I1-I14.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource
from import_export.results import Result
from import_export.widgets import CharWidget, IntegerWidget

from candidates.intake.columns import CANDIDATE_ID, EXTRA_TIME, MappedRow
from candidates.intake.door import Added, add_candidates
from candidates.intake.problems import Checked
from candidates.intake.rows import CandidateRow
from candidates.models import Candidate, Test, User
from candidates.models.candidates import CandidateQuerySet

NUMBER = "row"


@dataclass(slots=True)
class Incoming:
    """Stand in for a candidate until the door has made one: the attributes that the two columns set."""

    number: int
    candidate_id: str = ""
    extra_minutes: int = 0


class NewOnly(BaseInstanceLoader):
    """Find nobody: an import adds, and an ID that is on the test is a problem of its row (D15, traps.md I2)."""

    def get_instance(self, row: dict[str, Any]) -> None:
        """Return None, without asking the database."""
        return


class OneTimeCandidateResource(ModelResource):
    """The two columns of a list of one-time users (domain.md section 5), for exactly one test.

    `check` judges all rows at once; a row with a problem is invalid for the library, and then nothing is stored at all.
    `claim` runs first in the transaction that stores the rows, and may refuse by raising.
    """

    candidate_id = Field(attribute="candidate_id", column_name=CANDIDATE_ID, widget=CharWidget())
    extra_time = Field(attribute="extra_minutes", column_name=EXTRA_TIME, widget=IntegerWidget())

    class Meta:
        model = Candidate
        fields = ("candidate_id", "extra_time")
        import_id_fields = ("candidate_id",)
        instance_loader_class = NewOnly
        use_bulk = True
        batch_size = None  # one batch: the door takes all rows or none
        skip_diff = True
        use_transactions = False

    def __init__(
        self,
        *,
        test: Test,
        by: User,
        source: str,
        check: Callable[[Sequence[MappedRow]], Checked],
        claim: Callable[[], None],
    ) -> None:
        super().__init__()
        self.test = test
        self.by = by
        self.source = source
        self.check = check
        self.claim = claim
        self.checked = Checked((), (), ())
        self.added: Added | None = None
        self._ready: dict[int, CandidateRow] = {}
        self._why: dict[int, dict[str, str]] = {}

    def run(self, rows: Sequence[MappedRow], *, dry_run: bool) -> Result:
        """Check the rows and, unless it is a dry run or one of them has a problem, add them all.

        Raises NoRoom, RowsRefused, Refused as the door does, what `claim` raises, and whatever else broke: the library
        would only note it in its result (traps.md I5).
        """
        dataset = tablib.Dataset(
            *((row.number, row.values[CANDIDATE_ID], row.values.get(EXTRA_TIME, "")) for row in rows),
            headers=(NUMBER, CANDIDATE_ID, EXTRA_TIME),
        )
        result = self.import_data(dataset, dry_run=dry_run, mapped=rows)
        for error in [*result.base_errors, *(error for row in result.error_rows for error in row.errors)]:
            raise error.error
        return result

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        """Import without the library's transaction: its dry run would hold SQLite's only writer (measured.md)."""
        return self.import_data_inner(
            dataset, dry_run, raise_errors=False, using_transactions=False, collect_failed_rows=False, **kwargs
        )

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Judge all rows, each once."""
        self.checked = self.check(kwargs["mapped"])
        self._ready = {row.number: row for row in self.checked.ready}
        for problem in self.checked.problems:
            self._why.setdefault(problem.row, {}).setdefault(problem.column, problem.message)

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Put the checked values in the place of the raw cells. Raises ValidationError for a row with a problem."""
        ready = self._ready.get(row[NUMBER])
        if ready is None:
            raise ValidationError(list(self._why[row[NUMBER]].values()))
        row[CANDIDATE_ID], row[EXTRA_TIME] = ready.candidate_id, ready.extra_minutes

    def get_queryset(self) -> CandidateQuerySet:
        """Return the one-time candidates of this test, and nobody else's (traps.md I2)."""
        found: CandidateQuerySet = Candidate.objects.of_test(self.test).filter(kind=Candidate.Kind.ONE_TIME)
        return found

    def init_instance(self, row: dict[str, Any] | None = None) -> Incoming:
        """Return what the columns are written to: only the door makes a Candidate."""
        return Incoming(number=row[NUMBER] if row else 0)

    def bulk_create(
        self,
        using_transactions: bool,
        dry_run: bool,
        raise_errors: bool,
        batch_size: int | None = None,
        result: Result | None = None,
    ) -> None:
        """Hand the instances to the door: all of them, and only where every row is ready."""
        rows = [CandidateRow(one.number, one.candidate_id, one.extra_minutes) for one in self.create_instances]
        self.create_instances.clear()
        if dry_run or self.checked.problems or not rows:
            return
        with transaction.atomic():
            self.claim()
            self.added = add_candidates(test=self.test, rows=rows, by=self.by, source=self.source)

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Leave the sequences alone: the library sets them to the highest key it sees, behind imports still running."""
