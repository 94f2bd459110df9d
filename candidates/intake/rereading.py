"""Read a waiting list in another way: what was kept of the upload, with what a person chose (D13, D14)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from candidates.intake.bounds import CANDIDATE_BOUNDS
from candidates.intake.columns import map_columns
from candidates.intake.drafts import DraftGone
from candidates.intake.listing import SPECS
from candidates.intake.reading import Reading, read_paste, read_upload
from candidates.models import ImportDraft, UserImport
from candidates.models.tests import MAX_CANDIDATES
from candidates.tabular.decoding import Alternative, other_readings
from candidates.tabular.table import Bounds, Table, UnreadableFile


def alternatives(draft: ImportDraft | UserImport) -> tuple[Alternative, ...]:
    """Return the encodings under which the draft's file can be read, its own among them; none for other uploads."""
    return other_readings(bytes(draft.source)) if draft.file_name and draft.encoding else ()


def table_of(draft: ImportDraft | UserImport, reading: Reading, bounds: Bounds = CANDIDATE_BOUNDS) -> Table:
    """Return the table of what was uploaded. Raises UnreadableFile."""
    source = bytes(draft.source)
    if draft.file_name:
        return read_upload(source, draft.file_name, reading=reading, bounds=bounds)
    return read_paste(source.decode("utf-8", "surrogatepass"), reading=reading, bounds=bounds)


def read_again(*, draft: ImportDraft, reading: Reading, header: int | None, authentication_type: str = "") -> None:
    """Read the upload as chosen and put it in the place of the rows; what was mended in them is dropped.

    Raises UnreadableFile where it cannot be read so, and then the draft stays as it is; DraftGone.
    """
    table = table_of(draft, reading)
    mapped = map_columns(table, SPECS[draft.kind], header=header)
    if mapped.total > MAX_CANDIDATES:
        raise UnreadableFile(
            _("Read in this way, the list has %(n)d rows, more than a test holds.") % {"n": mapped.total}
        )
    with transaction.atomic():
        changed = ImportDraft.objects.filter(pk=draft.pk).update(
            rows=[row.as_json() for row in mapped.rows],
            encoding=table.encoding,
            delimiter=table.delimiter,
            header_row=mapped.header_row,
            letters_to_confirm=list(table.letters) if table.confirm_letters else [],
            authentication_type=authentication_type or draft.authentication_type,
            mends={},
            left_out=[],
        )
    if not changed:
        raise DraftGone
