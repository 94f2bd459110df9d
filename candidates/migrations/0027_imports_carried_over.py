"""Carry imports over into the one table: what candidates' lists have brought, and files of permanent users.

These with their rows, whatever they wait for. Lists of candidates that wait for confirmation are not carried over: they
live for a day, and are uploaded again.
"""

from datetime import timedelta
from typing import Any

from django.db import migrations

SAME = (
    "public_id status owner_id format_name columns file_name file_sha256 encoding delimiter header_row "
    "letters_to_confirm has_passwords source mends left_out report existing change_passwords add_to_id add_to_name "
    "back_to_test total done updated skipped problems created_at expires_at started_at finished_at cancel_asked_at "
    "lease leased_until"
).split()
ROWS_AT_ONCE = 20


def carry_over(apps: Any, schema_editor: Any) -> None:
    """Complete the records of candidates' lists, and copy the imports of users with their rows."""
    imports = apps.get_model("candidates", "Import").objects
    chunks = apps.get_model("candidates", "ImportChunk")
    for record in imports.only("pk", "list_read_at", "finished_at").iterator():
        made = record.list_read_at or record.finished_at
        imports.filter(pk=record.pk).update(status="done", created_at=made, expires_at=made + timedelta(hours=1))
    for old in apps.get_model("candidates", "UserImport").objects.select_related("owner").iterator(chunk_size=1):
        name = old.owner.name or old.owner.username
        made = {field: getattr(old, field) for field in SAME}
        new = imports.create(kind="users", owner_name=name[:200], added=old.made, **made)
        for chunk in old.chunks.order_by("number").iterator(chunk_size=ROWS_AT_ONCE):
            chunks.objects.create(source=new, number=chunk.number, rows=chunk.rows)


class Migration(migrations.Migration):
    dependencies = [("candidates", "0026_one_table_of_imports")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
