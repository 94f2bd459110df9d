"""Files to fill in: the columns of a list, as CSV and as XLSX, without examples: they would be imported."""

from __future__ import annotations

from collections.abc import Sequence

from candidates.intake.accounts.formats import Format
from candidates.intake.headings import PREPARED, SSO, SSO_USER_ID, Spec
from candidates.models.tests import MAX_CANDIDATES
from candidates.tabular.exporting import Download, ExportFormat, download_of

# In English in every language, as the reader knows them and the guides show them.
_HEADS = {
    "candidate_id": "Candidate ID",
    "sso_user_id": "SSO user ID",
    "extra_time": "Extra time (minutes)",
    "building": "Building",
    "room": "Room",
    "name": "Name",
    "private_reference": "Private reference",
    "seat": "Seat",
}


def candidates_template(spec: Spec, wanted: ExportFormat) -> Download:
    """Return the file to fill in for a kind of list of candidates."""
    if spec is PREPARED:
        heads = [_HEADS[name] if name != SSO_USER_ID else "User ID" for name in spec.fields]
        return _template("prepared-people-template", heads, wanted, sheet="Prepared")
    kind = "sso" if spec is SSO else "one-time"
    return _template(f"candidates-{kind}-template", [_HEADS[name] for name in spec.places], wanted, sheet="Candidates")


def users_template(chosen: Format, wanted: ExportFormat) -> Download:
    """Return the file to fill in for permanent users, with the headings of the format."""
    heads = [column.heading or str(column.label) for column in chosen.columns]
    return _template("permanent-users-template", heads, wanted, sheet="Users")


def _template(name: str, heads: Sequence[str], wanted: ExportFormat, *, sheet: str) -> Download:
    """Return the file. In the workbook every cell of the list is text, so that Excel keeps the zeros."""
    empty = [[""] * len(heads)] * MAX_CANDIDATES if wanted is ExportFormat.XLSX else []
    return download_of(f"{name}.{wanted.value}", [heads, *empty], wanted, sheet=sheet)
