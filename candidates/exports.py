"""Download the candidate list: exactly the rows that are shown, as CSV or XLSX, through an import-export resource."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import resources
from import_export.fields import Field
from import_export.widgets import IntegerWidget

from candidates import audit
from candidates.exporting import guard_formula
from candidates.lists.candidate_lines import CandidateLine
from candidates.lists.candidates import CandidateList
from candidates.lists.csv_file import file_name
from candidates.models import Test, User
from candidates.templatetags.deliver import zone


class ExportFormat(models.TextChoices):
    """The formats of the list; the value is the end of the file's name."""

    CSV = "csv", "text/csv; charset=utf-8"
    XLSX = "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class ListFile:
    """A file to be sent: its name in ASCII, its type, its bytes."""

    name: str
    content_type: str
    content: bytes


class GuardedText(Field):  # type: ignore[misc]  # import_export has no types
    """A column of text: stays text in a spreadsheet ("0001") and never runs as a formula (traps.md I12)."""

    def export(self, instance: Any, **kwargs: Any) -> str:
        return guard_formula(str(self.get_value(instance) or ""))


class CandidateListResource(resources.Resource):  # type: ignore[misc]  # import_export has no types
    """The list of one test: the lines that the page shows; it never looks for rows itself (traps.md I1, I2)."""

    # Not translated: scripts and our own import go by these names.
    candidate_id = GuardedText(attribute="candidate_id", column_name="Candidate ID")
    kind = GuardedText(attribute="kind_label", column_name="Kind")
    logs_in_with = GuardedText(attribute="logs_in_with", column_name="Logs in with")
    building = GuardedText(attribute="building", column_name="Building")
    room = GuardedText(attribute="room", column_name="Room")
    extra_minutes = Field(
        attribute="extra_minutes", column_name="Extra time (minutes)", widget=IntegerWidget(coerce_to_string=False)
    )
    ends = GuardedText(attribute="ends_at", column_name="Ends")
    private_reference = GuardedText(attribute="private_reference", column_name="Private reference")

    class Meta:
        export_order = (
            *("candidate_id", "kind", "logs_in_with", "building", "room", "extra_minutes", "ends"),
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

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        """Return the heads, guarded as the cells are."""
        return [guard_formula(str(head)) for head in super().get_export_headers(selected_fields=selected_fields)]


def download_list(*, test: Test, candidates: CandidateList, wanted: ExportFormat, by: User) -> ListFile:
    """Return the shown rows as a file, in the order of the page; recorded before it is made (traps.md C72)."""
    audit.record(
        audit.Action.LIST_DOWNLOADED,
        by=by,
        test=test,
        count=len(candidates.shown),
        detail={"format": wanted.value, "filtered": candidates.wanted.is_filtered},
    )
    dataset = CandidateListResource(test, candidates.shown).export()
    # a byte order mark, without which Excel takes UTF-8 for another encoding
    content = dataset.export("csv").encode("utf-8-sig") if wanted is ExportFormat.CSV else dataset.export("xlsx")
    return ListFile(file_name(test, "candidates", ending=wanted.value), wanted.label, content)
