"""Files to fill in: the columns of a kind of list, as CSV and as XLSX, without examples: they would be imported."""

from __future__ import annotations

from candidates.intake.columns import SSO, Spec
from candidates.models.tests import MAX_CANDIDATES
from candidates.tabular.exporting import Download, ExportFormat, download_of

# In English in every language, as the reader knows them and the guides show them.
_HEADS = {
    "candidate_id": "Candidate ID",
    "sso_user_id": "SSO user ID",
    "extra_time": "Extra time (minutes)",
    "building": "Building",
    "room": "Room",
}


def template_file(spec: Spec, wanted: ExportFormat) -> Download:
    """Return the file to fill in. In the workbook every cell of the list is text, so that Excel keeps the zeros."""
    heads = [_HEADS[name] for name in spec.fields]
    name = f"candidates-{'sso' if spec is SSO else 'one-time'}-template.{wanted.value}"
    empty = [[""] * len(heads)] * MAX_CANDIDATES if wanted is ExportFormat.XLSX else []
    return download_of(name, [heads, *empty], wanted)
