"""Download the candidate list: exactly the rows that are shown, as CSV or XLSX, through an import-export resource."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import resources
from import_export.fields import Field
from import_export.widgets import IntegerWidget

from candidates import audit
from candidates.models import Test, User
from candidates.pages.shared.candidate_lines import CandidateLine
from candidates.pages.shared.candidate_list import CandidateList
from candidates.pages.shared.room_sheets import download_by_room
from candidates.tabular.exporting import Download, ExportFormat, download_of, file_name
from candidates.text import zone


class Text(Field):  # type: ignore[misc]  # import_export has no types
    """A column of text; who writes the file guards it (exporting.py)."""

    def export(self, instance: Any, **kwargs: Any) -> str:
        return str(self.get_value(instance) or "")


class CandidateListResource(resources.Resource):  # type: ignore[misc]  # import_export has no types
    """The list of one test: the lines that the page shows; it never looks for rows itself (I1, I2)."""

    # Not translated: scripts and our own import go by these names.
    candidate_id = Text(attribute="candidate_id", column_name="Candidate ID")
    name = Text(attribute="name", column_name="Name")
    kind = Text(attribute="kind_label", column_name="Kind")
    logs_in_with = Text(attribute="logs_in_with", column_name="Logs in with")
    building = Text(attribute="building", column_name="Building")
    room = Text(attribute="room", column_name="Room")
    seat = Text(attribute="seat", column_name="Seat")
    extra_minutes = Field(
        attribute="extra_minutes", column_name="Extra time (minutes)", widget=IntegerWidget(coerce_to_string=False)
    )
    ends = Text(attribute="ends_at", column_name="Ends")
    private_reference = Text(attribute="private_reference", column_name="Private reference")

    class Meta:
        export_order = (
            *("candidate_id", "name", "kind", "logs_in_with", "building", "room", "seat", "extra_minutes", "ends"),
            "private_reference",
        )

    def __init__(self, test: Test, lines: Sequence[CandidateLine]) -> None:
        super().__init__()
        self.test = test
        self.lines = lines
        self.zone = zone()

    def get_queryset(self) -> Sequence[CandidateLine]:
        """Return the lines that were given, and nothing else."""
        return self.lines

    def dehydrate_ends(self, line: CandidateLine) -> str:
        """Return the end with its zone (D30), and "at the latest" where the duration may end it earlier (D29)."""
        end = f"{timezone.localtime(line.ends_at):%Y-%m-%d %H:%M} {self.zone}"
        bounded = self.test.duration_minutes is not None and line.started_at is None
        return _("%(end)s at the latest") % {"end": end} if bounded else end


def download_list(
    *, test: Test, candidates: CandidateList, wanted: ExportFormat, by: User, by_room: bool = False
) -> Download:
    """Return the shown rows as a file, in the order of the page; recorded before it is made (C72).

    With `by_room` the file is a workbook with a sheet for each room.
    """
    audit.record(
        audit.Action.LIST_DOWNLOADED,
        by=by,
        test=test,
        count=len(candidates.shown),
        detail={"format": wanted.value, "filtered": candidates.wanted.is_filtered},
    )
    dataset = CandidateListResource(test, candidates.shown).export()
    if by_room:
        places = ((line.building, line.room) for line in candidates.shown)
        return download_by_room(test, "candidates", dataset.headers, zip(places, dataset, strict=True))
    return download_of(file_name(test, "candidates", ending=wanted.value), [dataset.headers, *dataset], wanted)
