"""What a waiting list says: its rows as they were read and as they were mended, and what it is a list of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from candidates.authentication_types import AuthenticationType, enabled_types
from candidates.intake.columns import ONE_TIME, PERMANENT, SSO, MappedRow, Spec
from candidates.models import ImportDraft
from candidates.tabular.hidden import spelt_out
from candidates.tabular.table import CellKind

SPECS = {spec.kind: spec for spec in (ONE_TIME, SSO, PERMANENT)}
SURPLUS = ""
"""The name of the cells right of the last column, among the mends of a row."""

Mends = Mapping[str, Mapping[str, str]]
"""Values by row number (as text, because JSON keys are) and column."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows that may be added to a test: what kind of list they are, and what happens to candidates on the test."""

    kind: str
    rows: tuple[MappedRow, ...]
    authentication_type: str = ""
    existing: str = ""
    left_out: int = 0

    @property
    def spec(self) -> Spec:
        """Return the columns of this kind of list."""
        return SPECS[self.kind]

    @property
    def sso(self) -> AuthenticationType | None:
        """Return the authentication type of an SSO list, None for other lists and for a type that is switched off."""
        return enabled_types().get(self.authentication_type)


def rows_of(draft: ImportDraft) -> list[MappedRow]:
    """Return the rows of a draft as they were read."""
    return [MappedRow.from_json(stored) for stored in draft.rows]


def listing_of(draft: ImportDraft) -> Listing:
    """Return what a draft says now: mended cells in the place of those that were read, without what was left out."""
    gone = set(draft.left_out)
    rows = tuple(mended(row, draft.mends) for row in rows_of(draft) if row.number not in gone)
    return Listing(draft.kind, rows, draft.authentication_type, draft.existing, left_out=len(gone))


def mended(row: MappedRow, mends: Mends) -> MappedRow:
    """Return a row with what was mended in it; a mended cell is plain text, whatever the workbook had made of it."""
    changed = mends.get(str(row.number))
    if not changed:
        return row
    values = row.values | {name: value for name, value in changed.items() if name != SURPLUS}
    kinds: dict[str, CellKind] = {name: kind for name, kind in row.kinds.items() if name not in changed}
    kinds |= {name: "hidden" for name, value in changed.items() if spelt_out(value)}
    return replace(row, values=values, kinds=kinds, surplus=changed.get(SURPLUS, row.surplus))


def columns_of(rows: Sequence[MappedRow], spec: Spec) -> list[str]:
    """Return the columns that the list has, in the published order."""
    names = {name for row in rows for name in row.values}  # one that was typed in the preview counts, too
    return [name for name in spec.fields if name in names]
