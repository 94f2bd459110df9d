"""An audit that takes no row: the database itself refuses it, as a damaged or full table would."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

REFUSE = {
    "sqlite": (
        "CREATE TRIGGER audit_is_broken BEFORE INSERT ON candidates_auditevent"
        " BEGIN SELECT RAISE(ABORT, 'the audit takes no row'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_is_broken() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit takes no row'; END $$",
        "CREATE TRIGGER audit_is_broken BEFORE INSERT ON candidates_auditevent"
        " FOR EACH ROW EXECUTE FUNCTION audit_is_broken()",
    ),
}
MEND = {
    "sqlite": ("DROP TRIGGER audit_is_broken",),
    "postgresql": ("DROP TRIGGER audit_is_broken ON candidates_auditevent", "DROP FUNCTION audit_is_broken"),
}


@contextmanager
def broken_audit() -> Iterator[None]:
    """Refuse every audit row until the end of the block."""
    _run(REFUSE[connection.vendor])
    try:
        yield
    finally:
        _run(MEND[connection.vendor])


def _run(statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
