"""Make waiting lists as an upload makes them, for the tests of what happens to them afterwards."""

from candidates.intake.columns import map_columns
from candidates.intake.drafts import keep_draft
from candidates.intake.importing import Outcome, confirm, preview
from candidates.intake.listing import SPECS
from candidates.intake.reading import read_paste, read_upload
from candidates.models import ImportDraft, Test, User


def waiting(
    test: Test,
    by: User,
    text: str | bytes,
    *,
    kind: str = "one_time",
    name: str = "list.csv",
    authentication_type: str = "",
) -> ImportDraft:
    """Return a draft of this file, or of pasted rows where it has no name."""
    data = text.encode() if isinstance(text, str) else text
    table = read_upload(data, name) if name else read_paste(data.decode())
    return keep_draft(
        test=test,
        by=by,
        kind=kind,
        table=table,
        mapped=map_columns(table, SPECS[kind]),
        data=data,
        file_name=name,
        authentication_type=authentication_type or ("campus" if kind == "sso" else ""),
    )


def confirmed(draft: ImportDraft, by: User) -> Outcome:
    """Confirm the draft as its preview shows it now."""
    test = Test.objects.get(pk=draft.test_id)
    draft = ImportDraft.objects.get(pk=draft.pk)
    return confirm(test=test, draft=draft, by=by, seen=preview(test=test, draft=draft).seen(test))
