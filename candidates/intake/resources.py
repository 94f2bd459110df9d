"""Candidates as django-import-export maps, checks and reports them; what it stores goes through the door.

What these classes change of the library's defaults, and why, stands in docs/fault-cases.md I1-I14.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource
from import_export.results import Result
from import_export.widgets import CharWidget, Widget

from candidates.intake.columns import MappedRow
from candidates.intake.findings import Checked
from candidates.intake.headings import BUILDING, CANDIDATE_ID, EXTRA_TIME, ROOM, SSO_USER_ID
from candidates.intake.rows import CandidateRow
from candidates.models import Candidate, Test
from candidates.models.candidates import CandidateQuerySet

NUMBER = "row"


@dataclass(slots=True)
class Incoming:
    """Stand in for a candidate until the door has made one: the attributes that the columns set."""

    number: int
    candidate_id: str = ""
    extra_minutes: int = 0
    sso_user_id: str = ""
    building: str = ""
    room: str = ""


class NewOnly(BaseInstanceLoader):
    """Find nobody: whether an ID is on the test already is judged for all rows at once (D15, I2)."""

    def get_instance(self, row: dict[str, Any]) -> None:
        """Return None, without asking the database."""
        return


class CandidateResource(ModelResource):
    """The columns of a list of candidates, for exactly one test.

    `check` judges all rows at once; a row with a problem is invalid for the library, and then nothing is stored at all.
    `store` is handed the rows that are ready, once, where every row is; it is the door's business.
    """

    candidate_id = Field(attribute="candidate_id", column_name=CANDIDATE_ID, widget=CharWidget())
    # a plain widget: what comes in is the whole number that the check has made of the cell
    extra_time = Field(attribute="extra_minutes", column_name=EXTRA_TIME, widget=Widget())

    class Meta:
        model = Candidate
        fields = ("candidate_id", "extra_time")
        import_id_fields = ("candidate_id",)
        instance_loader_class = NewOnly
        use_bulk = True
        batch_size = None  # one batch: the door takes all rows or none
        skip_diff = True
        use_transactions = False

    kind = Candidate.Kind.ONE_TIME

    def __init__(
        self,
        *,
        test: Test,
        check: Callable[[Sequence[MappedRow]], Checked],
        store: Callable[[Sequence[CandidateRow]], None],
    ) -> None:
        super().__init__()
        self.test = test
        self.check = check
        self.store = store
        self.checked = Checked((), (), ())
        self._ready: dict[int, CandidateRow] = {}
        self._already: frozenset[int] = frozenset()
        self._why: dict[int, dict[str, str]] = {}

    def run(self, rows: Sequence[MappedRow], *, dry_run: bool) -> Result:
        """Check the rows and, unless it is a dry run or one of them has a problem, store them all.

        Raises what `check` and `store` raise, and whatever else broke: the library would only note it in its result
        (I5).
        """
        columns = [field.column_name for field in self.get_import_fields()]
        dataset = tablib.Dataset(
            *((row.number, *(row.values.get(column, "") for column in columns)) for row in rows),
            headers=(NUMBER, *columns),
        )
        result = self.import_data(dataset, dry_run=dry_run, mapped=rows)
        for error in [*result.base_errors, *(error for row in result.error_rows for error in row.errors)]:
            raise error.error
        return result

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        """Import without the library's transaction: its dry run would hold SQLite's only writer (I14)."""
        return self.import_data_inner(
            dataset, dry_run, raise_errors=False, using_transactions=False, collect_failed_rows=False, **kwargs
        )

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Judge all rows, each once."""
        self.checked = self.check(kwargs["mapped"])
        self._ready = {row.number: row for row in self.checked.ready}
        self._already = frozenset(row.number for row in self.checked.already)
        for problem in self.checked.problems:
            self._why.setdefault(problem.row, {}).setdefault(problem.column, problem.message)

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Put the checked values in the place of the raw cells. Raises ValidationError for a row with a problem."""
        if row[NUMBER] in self._already:
            row[EXTRA_TIME] = 0  # it is skipped, but the library reads it first
            return
        ready = self._ready.get(row[NUMBER])
        if ready is None:
            raise ValidationError(list(self._why[row[NUMBER]].values()))
        building, room = ready.location or ("", "")
        row |= {
            CANDIDATE_ID: ready.candidate_id,
            EXTRA_TIME: ready.extra_minutes,
            SSO_USER_ID: ready.sso_user_id,
            BUILDING: building,
            ROOM: room,
        }

    def skip_row(
        self, instance: Incoming, original: Incoming, row: dict[str, Any], import_validation_errors: Any = None
    ) -> bool:
        """Pass by who is on the test already: an update is no new candidate and does not go through the door."""
        return instance.number in self._already

    def get_queryset(self) -> CandidateQuerySet:
        """Return the candidates of this kind on this test, and nobody else's (I2)."""
        found: CandidateQuerySet = Candidate.objects.of_test(self.test).filter(kind=self.kind)
        return found.select_related("location")

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
        """Hand over the rows that are ready: all of them, and only where no row has a problem."""
        rows = [self._row(one) for one in self.create_instances]
        self.create_instances.clear()
        if not dry_run and not self.checked.problems and rows:
            self.store(rows)

    def _row(self, one: Incoming) -> CandidateRow:
        """Return what the columns have set, with what no column of a file can set."""
        ready = self._ready[one.number]
        return CandidateRow(
            number=one.number,
            candidate_id=one.candidate_id,
            extra_minutes=one.extra_minutes,
            location=(one.building, one.room) if one.building or one.room else None,
            sso_user_id=one.sso_user_id,
            authentication_type=ready.authentication_type,
            private_reference=ready.private_reference,
            account=ready.account,
        )

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Leave the sequences alone: the library sets them to the highest key it sees, behind imports still running."""


class OneTimeCandidateResource(CandidateResource):
    """The two columns of a list of one-time users (docs/domain.md §5)."""


class SsoCandidateResource(CandidateResource):
    """The five columns of CSV import (SSO) (docs/domain.md §7)."""

    sso_user_id = Field(attribute="sso_user_id", column_name=SSO_USER_ID, widget=CharWidget())
    building = Field(attribute="building", column_name=BUILDING, widget=CharWidget())
    room = Field(attribute="room", column_name=ROOM, widget=CharWidget())

    class Meta:
        fields = ("candidate_id", "sso_user_id", "extra_time", "building", "room")
        export_order = fields

    kind = Candidate.Kind.SSO

    def dehydrate_building(self, candidate: Candidate) -> str:
        """Return the building, "" without a location."""
        return candidate.location.building if candidate.location else ""

    def dehydrate_room(self, candidate: Candidate) -> str:
        """Return the room, "" without a location."""
        return candidate.location.room if candidate.location else ""


class PermanentCandidateResource(CandidateResource):
    """Permanent users who were chosen: the account comes from the draft, and no column sets it (I11)."""

    kind = Candidate.Kind.PERMANENT


RESOURCES: dict[str, type[CandidateResource]] = {
    resource.kind: resource for resource in (OneTimeCandidateResource, SsoCandidateResource, PermanentCandidateResource)
}
