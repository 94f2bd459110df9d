"""Make waiting lists as an upload makes them, for the tests of what happens to them afterwards."""

from candidates.intake.columns import map_columns
from candidates.intake.drafts import keep_draft
from candidates.intake.importing import Outcome, confirm
from candidates.intake.kinds import kind_of
from candidates.intake.reading import read_paste, read_upload
from candidates.models import Import, Test, User
from candidates.rosters.complete import look


def waiting(
    test: Test,
    by: User,
    text: str | bytes,
    *,
    kind: str = "one_time",
    name: str = "list.csv",
    authentication_type: str = "",
) -> Import:
    """Return a draft of this file, or of pasted rows where it has no name."""
    data = text.encode() if isinstance(text, str) else text
    table = read_upload(data, name) if name else read_paste(data.decode())
    return keep_draft(
        test=test,
        by=by,
        kind=kind,
        table=table,
        mapped=map_columns(table, kind_of(Import(kind=kind)).spec(Import(kind=kind))),
        data=data,
        file_name=name,
        authentication_type=authentication_type or ("campus" if kind == "sso" else ""),
    )


def confirmed(draft: Import, by: User) -> Outcome:
    """Confirm the draft as its preview shows it now."""
    draft = Import.objects.get(pk=draft.pk)
    return confirm(draft, by=by, seen=look(draft).seen(draft.required_test), look=look)


def complete(draft: Import, *unticked: str) -> Import:
    """Say that the draft is the complete list, and untick some of its changes."""
    draft.is_complete, draft.unticked = True, list(unticked)
    draft.save()
    return draft
